"""Regularisers: terms added to the gradient of the weights, and masks on hidden activations.

Biases are never penalised. A recipe holds at most one member of each kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .components import Array, Component, Fields, choice, number


@dataclass(frozen=True)
class L2(Component):
    """Squared-norm penalty on the weights, coupled to the gradient.

    ``normalisation`` names what the strength λ multiplies: ``"half"`` adds ½λ‖W‖² to the loss
    (gradient λW); ``"per-example"`` adds λ/(2n)‖W‖² with n training examples (gradient (λ/n)W),
    Nielsen's convention, in which λ = 5 at n = 50,000 is a decay of 1e-4.
    """

    kind: ClassVar[str] = "l2"
    strength: float = number(0.0, at_least=0.0)
    normalisation: str = choice("half", "per-example")

    def decay(self, fields: Fields, training_examples: int) -> Array:
        """Return the coefficient of W in the gradient per trial, float64 of shape (T,)."""
        if self.normalisation == "half":
            return fields["strength"]
        return fields["strength"] / training_examples

    @staticmethod
    def add_gradient(weights: Array, g: Array, decay: Array, scratch: Array) -> None:
        """Apply g ← g + decay·W."""
        np.multiply(weights, decay, scratch)
        np.add(g, scratch, g)


@dataclass(frozen=True)
class Dropout(Component):
    """Inverted dropout on hidden layers while training: h ← 0 with probability p, else h/(1 − p).

    A unit is dropped where its 16-bit uniform draw lies below p, so a larger p drops a superset;
    kept values are divided by the realised 1 − p. p = 0 changes nothing, p = 1 drops all.
    Source: Srivastava et al. 2014.
    """

    kind: ClassVar[str] = "dropout"
    p: float = number(0.5, at_least=0.0, at_most=1.0)

    @staticmethod
    def thresholds(fields: Fields) -> tuple[Array, Array]:
        """Return per trial the first 16-bit draw that is kept and the factor of kept values."""
        threshold = np.rint(fields["p"] * 65536.0)
        kept = 1.0 - threshold / 65536.0
        factor = np.divide(1.0, kept, out=np.zeros_like(kept), where=kept > 0.0)
        return threshold.astype(np.int32), factor


Penalty = L2
Mask = Dropout
Regulariser = Penalty | Mask
