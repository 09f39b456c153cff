"""The family of regularisers: whatever is added to a training to generalise or to stay stable.

A recipe holds at most one member of each kind; a new one is one class, named in the union below.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..components import Array, number
from .clips import ClipNorm, ClipValue, MaxNorm
from .disturbances import Dropout, InputNoise, LabelSmoothing
from .penalties import L1, L2, DecoupledDecay
from .regulariser_function import Hooks, RegulariserFunction, StackView

if TYPE_CHECKING:
    from ..engine.architecture import Architecture
    from ..engine.examples import Sizes
    from ..recipe import Recipe

__all__ = [
    "L1",
    "L2",
    "Averaging",
    "ClipNorm",
    "ClipValue",
    "DecoupledDecay",
    "Dropout",
    "EarlyStopping",
    "InputNoise",
    "LabelSmoothing",
    "MaxNorm",
    "Regulariser",
]


@dataclass(frozen=True)
class Averaging(RegulariserFunction):
    """Weight averaging: θ̄ ← decay·θ̄ + (1 − decay)·θ after every step; scores are those of θ̄.

    θ̄ starts at the initial parameters, and the statistics of batch normalisation, averaged alike,
    at those of the first batch, which these parameters saw. Source: Polyak & Juditsky 1992, in
    exponential form.
    """

    kind: ClassVar[str] = "averaging"
    decay: float = number(0.99, at_least=0.0, below=1.0)

    def arrays(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Add θ̄ and the running statistics, averaged alike."""
        parameters, statistics = arrays["parameters"], arrays["statistics"]
        return {"averaged": parameters.copy(), "averaged_statistics": statistics.copy()}

    def bind(self, stack: StackView) -> Hooks:
        """Average the parameters and the running statistics after every step."""
        decay = stack.fields["decay"]
        keep, rest = stack.cast(decay, 1), stack.cast(1.0 - decay, 1)
        parameters, averaged = stack.arrays["parameters"], stack.arrays["averaged"]
        statistics = stack.arrays["statistics"]
        averaged_statistics = stack.arrays["averaged_statistics"]
        batches = stack.arrays["batches"]

        def after_step(spent: Array) -> None:
            np.multiply(averaged, keep, averaged)
            np.multiply(parameters, rest, spent)
            np.add(averaged, spent, averaged)
            if statistics.size:
                np.copyto(averaged_statistics, statistics, where=(batches == 1)[:, None])
                np.multiply(averaged_statistics, keep, averaged_statistics)
                np.add(averaged_statistics, (1.0 - keep) * statistics, averaged_statistics)

        return Hooks(after_step=after_step, scored=(averaged, averaged_statistics))

    def nbytes(self, architecture: Architecture, batches: Collection[int], itemsize: int) -> int:
        """Return those of θ̄."""
        return architecture.parameters * itemsize

    def operations(self, architecture: Architecture, examples: int) -> int:
        """Return two products and a sum per parameter."""
        return 3 * architecture.parameters


@dataclass(frozen=True)
class EarlyStopping(RegulariserFunction):
    """Early stopping: end at epoch − best epoch ≥ patience, with the weights of the best epoch.

    A new best is a validation loss below the former best by more than ``margin``, or a loss on the
    split's selection set, where it has one: what was chosen for its validation loss is not judged
    by it. The training needs one of these sets. The network before training counts as epoch 0:
    where no epoch improves on it, the initial weights are restored. Source: Prechelt 1998; the
    notes.
    """

    kind: ClassVar[str] = "early-stopping"
    selects: ClassVar[bool] = True
    patience: int = number(5, at_least=1)
    margin: float = number(0.0, at_least=0.0)

    def bind(self, stack: StackView) -> Hooks:
        """Do nothing in a step: between epochs a training asks for patience and margin."""
        return Hooks()

    def refuses_data(self, recipe: Recipe, sizes: Sizes) -> Iterator[str]:
        """Refuse to stop without a set to look at."""
        if not (sizes.validation or sizes.selection):
            yield "regularisers.early-stopping needs a validation set; the split leaves none"


Regulariser = (
    L2
    | L1
    | DecoupledDecay
    | MaxNorm
    | Dropout
    | InputNoise
    | LabelSmoothing
    | ClipValue
    | ClipNorm
    | Averaging
    | EarlyStopping
)
