"""Regularisers that pull the weights towards zero, at every step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..components import Array, Fields, choice, number
from .optimiser_function import decay_weights
from .regulariser_function import Hooks, Penalty, Pull, RegulariserFunction, StackView

if TYPE_CHECKING:
    from ..engine.architecture import Architecture


@dataclass(frozen=True)
class L2(RegulariserFunction):
    """Squared-norm penalty, coupled to the gradient: g ← g + λW.

    ``normalisation`` names what the strength λ multiplies: ``"half"`` adds ½λ‖W‖² to the loss
    (gradient λW); ``"per-example"`` adds λ/(2n)‖W‖² with n training examples (gradient (λ/n)W),
    Nielsen's convention, in which λ = 5 at n = 50,000 is a decay of 1e-4.
    Source: Hoerl & Kennard 1970; Nielsen 2015, ch. 3; the notes (both).
    """

    kind: ClassVar[str] = "l2"
    words: ClassVar[str] = "L2"
    strength: float = number(0.0, at_least=0.0, words="L2 strength λ")
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

    def bind(self, stack: StackView) -> Hooks:
        """Add its gradient."""
        decay = self.decay(stack.fields, stack.training_examples)
        return Hooks(penalty=Penalty(decay, self.add_gradient))

    def operations(self, architecture: Architecture, examples: int) -> int:
        """Return a product and a sum per weight."""
        return 2 * architecture.weights


@dataclass(frozen=True)
class L1(RegulariserFunction):
    """Absolute penalty: g ← g + strength·sign(W), or soft thresholding after the step.

    The loss gains strength·Σ|w|. ``form = "proximal"`` applies W ← sign(W)·max(0, |W| −
    rate·strength) instead, which gives exact zeros. Source: Tibshirani 1996; Parikh & Boyd 2014
    for the proximal step.
    """

    kind: ClassVar[str] = "l1"
    words: ClassVar[str] = "L1"
    strength: float = number(0.0, at_least=0.0)
    form: str = choice("subgradient", "proximal")

    @staticmethod
    def add_gradient(weights: Array, g: Array, strength: Array, scratch: Array) -> None:
        """Apply g ← g + strength·sign(W), 0 at the kink."""
        np.sign(weights, scratch)
        np.multiply(scratch, strength, scratch)
        np.add(g, scratch, g)

    @staticmethod
    def shrink(weights: Array, threshold: Array, scratch: Array) -> None:
        """Apply W ← W − max(−threshold, min(threshold, W))."""
        np.minimum(weights, threshold, out=scratch)
        np.maximum(scratch, -threshold, out=scratch)
        np.subtract(weights, scratch, weights)

    def bind(self, stack: StackView) -> Hooks:
        """Add its gradient, or shrink the weights after the step."""
        strength = stack.fields["strength"]
        if self.form == "proximal":
            return Hooks(shrink=Pull(strength, self.shrink))
        return Hooks(penalty=Penalty(strength, self.add_gradient))

    def operations(self, architecture: Architecture, examples: int) -> int:
        """Return three per weight, in either form."""
        return 3 * architecture.weights


@dataclass(frozen=True)
class DecoupledDecay(RegulariserFunction):
    """Decay apart from the gradient: W ← W − rate·strength·W before the optimiser's step.

    For SGD it equals L2 of the same strength; adaptive optimisers divide L2's part of the
    gradient by its size, and differ. Source: Hanson & Pratt 1988; Loshchilov & Hutter 2019.
    """

    kind: ClassVar[str] = "decoupled-decay"
    strength: float = number(0.0, at_least=0.0)

    def bind(self, stack: StackView) -> Hooks:
        """Decay the weights before the step."""
        return Hooks(decay=Pull(stack.fields["strength"], decay_weights))

    def operations(self, architecture: Architecture, examples: int) -> int:
        """Return a product and a difference per weight."""
        return 2 * architecture.weights
