"""Regularisers that keep the gradient, or each unit's weights, within a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..components import Array, number
from .regulariser_function import Hooks, RegulariserFunction, StackView

if TYPE_CHECKING:
    from ..engine.architecture import Architecture


@np.errstate(over="ignore")
def shrinkage(vectors: Array, limit: Array) -> Array:
    """Return min(1, limit/‖v‖) of vectors along the last axis, in their dtype.

    Where the square of a length overflows float32 it is taken in float64, so that an exploding
    gradient is clipped and not lost.
    """
    length = np.sqrt(np.vecdot(vectors, vectors)).astype(np.float64)
    beyond = ~np.isfinite(length)
    if beyond.any():
        wide = vectors[beyond].astype(np.float64)
        length[beyond] = np.sqrt(np.vecdot(wide, wide))
    return np.asarray(limit / np.maximum(length, limit), vectors.dtype)


@dataclass(frozen=True)
class ClipValue(RegulariserFunction):
    """Clipping by value: g ← max(−limit, min(limit, g)) for every parameter.

    Source: Mikolov 2012; the notes, which force the gradient into a range.
    """

    kind: ClassVar[str] = "clip-value"
    limit: float = number(1.0, above=0.0)

    def bind(self, stack: StackView) -> Hooks:
        """Clip the gradient."""
        limit = stack.cast(stack.fields["limit"], 1)

        def clip(g: Array) -> None:
            np.minimum(g, limit, out=g)
            np.maximum(g, -limit, out=g)

        return Hooks(gradient=clip)

    def operations(self, architecture: Architecture, examples: int) -> int:
        """Return two comparisons per parameter."""
        return 2 * architecture.parameters


@dataclass(frozen=True)
class ClipNorm(RegulariserFunction):
    """Clipping by global norm: g ← g·min(1, limit/‖g‖), ‖g‖ over all parameters of the network.

    Source: Pascanu, Mikolov & Bengio 2013.
    """

    kind: ClassVar[str] = "clip-norm"
    limit: float = number(1.0, above=0.0)

    def bind(self, stack: StackView) -> Hooks:
        """Scale the gradient where its norm exceeds the limit."""
        limit = stack.cast(stack.fields["limit"], 0)

        def clip(g: Array) -> None:
            g *= shrinkage(g, limit)[:, None]

        return Hooks(gradient=clip)

    def operations(self, architecture: Architecture, examples: int) -> int:
        """Return the norm's two and the scaling per parameter."""
        return 3 * architecture.parameters


@dataclass(frozen=True)
class MaxNorm(RegulariserFunction):
    """Bound on each unit's incoming weights: w ← w·min(1, limit/‖w‖) after every step.

    Source: Srebro & Shraibman 2005; Srivastava et al. 2014, §5.1.
    """

    kind: ClassVar[str] = "max-norm"
    limit: float = number(3.0, above=0.0)

    def bind(self, stack: StackView) -> Hooks:
        """Scale the rows of the weights whose norm exceeds the limit."""
        limit, layers = stack.cast(stack.fields["limit"], 1), stack.weights

        def project() -> None:
            for weights in layers:
                np.multiply(weights, shrinkage(weights, limit)[:, :, None], weights)

        return Hooks(project=project)

    def operations(self, architecture: Architecture, examples: int) -> int:
        """Return the norm's two and the scaling per weight."""
        return 3 * architecture.weights
