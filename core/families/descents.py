"""Optimisers without memory of the gradient's size: descent, momentum, an exact solution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, Fields, choice, number
from .optimiser_function import (
    Coefficients,
    OptimiserFunction,
    Slots,
    accumulate,
)


@dataclass(frozen=True)
class SGD(OptimiserFunction):
    """Gradient descent: θ ← θ − learning_rate·g, g the mean gradient over the batch.

    With the whole training set as batch it is gradient descent proper. Source: Robbins & Monro
    1951; the notes.
    """

    kind: ClassVar[str] = "sgd"
    words: ClassVar[str] = "SGD"
    linear: ClassVar[bool] = True
    learning_rate: float = number(0.1, above=0.0, words="learning rate")

    def coefficients(self, fields: Fields, rate: Array, step: Array) -> Coefficients:
        """Return nothing: the engine has multiplied the rate in."""
        return ()

    def update(self, theta: Array, g: Array, slots: Slots, c: Coefficients, scratch: Array) -> None:
        """Apply θ ← θ − g, with g already multiplied by the rate."""
        np.subtract(theta, g, theta)


@dataclass(frozen=True)
class Velocity(OptimiserFunction):
    """The fields and constants that both forms of momentum share."""

    slots: ClassVar[tuple[str, ...]] = ("velocity",)
    momentum_field: ClassVar[str] = "momentum"
    learning_rate: float = number(0.1, above=0.0, words="learning rate")
    momentum: float = number(0.9, at_least=0.0, below=1.0)

    def coefficients(self, fields: Fields, rate: Array, step: Array) -> Coefficients:
        """Return (rate, momentum)."""
        return rate, fields["momentum"]


@dataclass(frozen=True)
class Momentum(Velocity):
    """Heavy-ball momentum: v ← momentum·v − rate·g; θ ← θ + v.

    ``form = "outside"`` keeps the learning rate out of the buffer, v ← momentum·v + g; θ ← θ −
    rate·v, as PyTorch does: the same for a constant rate, another under a schedule.
    Source: Polyak 1964; the notes (inside).
    """

    kind: ClassVar[str] = "momentum"
    form: str = choice("inside", "outside")

    def update(self, theta: Array, g: Array, slots: Slots, c: Coefficients, scratch: Array) -> None:
        """Apply the two lines of the chosen form."""
        (v,), (rate, momentum) = slots, c
        if self.form == "outside":
            accumulate(v, g, momentum)
            np.multiply(v, rate, g)
            np.subtract(theta, g, theta)
            return
        np.multiply(g, rate, g)
        np.multiply(v, momentum, v)
        np.subtract(v, g, v)
        np.add(theta, v, theta)


@dataclass(frozen=True)
class Nesterov(Velocity):
    """Nesterov momentum: v ← momentum·v − rate·∇C(θ + momentum·v); θ ← θ + v.

    The parameters held are the look-ahead ones, Θ = θ + momentum·v, at which the gradient is
    taken: v ← momentum·v − rate·g; Θ ← Θ + momentum·v − rate·g. Under a schedule the
    look-ahead takes this step's momentum for the next one's. Source: Nesterov 1983, in the form of
    Sutskever et al. 2013 and Bengio et al. 2013.
    """

    kind: ClassVar[str] = "nesterov"

    def update(self, theta: Array, g: Array, slots: Slots, c: Coefficients, scratch: Array) -> None:
        """Apply v ← momentum·v − rate·g and Θ ← Θ + momentum·v − rate·g."""
        (v,), (rate, momentum) = slots, c
        np.multiply(g, rate, g)
        np.multiply(v, momentum, v)
        np.subtract(v, g, v)
        np.subtract(theta, g, theta)
        np.multiply(v, momentum, scratch)
        np.add(theta, scratch, theta)


@dataclass(frozen=True)
class LeastSquares(OptimiserFunction):
    """Exact least squares: a = H⁺y for the output weights, the least-norm minimum of ‖Ha − y‖².

    Hidden layers keep their initial weights: without any, H are the features themselves (the
    polynomial's true curve), with one random ReLU layer, random features. One epoch is the whole
    solution. Source: Belkin et al. 2019 for its double descent; the notes' polynomial.
    """

    kind: ClassVar[str] = "least-squares"
    solves: ClassVar[bool] = True

    def coefficients(self, fields: Fields, rate: Array, step: Array) -> Coefficients:
        """Return nothing: no step is taken."""
        return ()

    def update(self, theta: Array, g: Array, slots: Slots, c: Coefficients, scratch: Array) -> None:
        """Leave everything; the engine solves instead of stepping."""
