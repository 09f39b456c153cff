"""Optimisers: in-place updates of a block of parameters of several trials, as chains of parts.

``slots`` names the state arrays a member keeps, each shaped like the parameters and zero at the
start. ``coefficients(fields, rate, step)`` computes what a step needs per trial in float64 (rate
is the learning rate after its schedule, step counts from 0); the engine casts it once to the
recipe's dtype. ``update(theta, g, slots, c, scratch)`` then changes θ and the slots in place; it
may overwrite the gradient g and the scratch block. ε stands where each source puts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, Fields, choice, number
from .adaptive_optimisers import AdaDelta, AdaGrad, Adam, AdamW, AMSGrad, Nadam, RMSProp
from .optimiser_function import (
    Coefficients,
    OptimiserFunction,
    Slots,
    accumulate,
    descend,
)

__all__ = [
    "SGD",
    "AMSGrad",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "AdamW",
    "LeastSquares",
    "Lion",
    "Momentum",
    "Nadam",
    "Nesterov",
    "Optimiser",
    "RMSProp",
]


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
class Lion(OptimiserFunction):
    """Sign of an interpolation: θ ← θ − rate·sign(beta1·m + (1 − beta1)·g), then m ← beta2·m + ….

    m ← beta2·m + (1 − beta2)·g after the step; every parameter moves by the rate or not at all.
    Source: Chen et al. 2023.
    """

    kind: ClassVar[str] = "lion"
    words: ClassVar[str] = "Lion"
    slots: ClassVar[tuple[str, ...]] = ("mean",)
    adaptive: ClassVar[bool] = True
    momentum_field: ClassVar[str] = "beta1"
    learning_rate: float = number(1e-4, above=0.0, words="learning rate")
    beta1: float = number(0.9, at_least=0.0, below=1.0)
    beta2: float = number(0.99, at_least=0.0, below=1.0)

    def coefficients(self, fields: Fields, rate: Array, step: Array) -> Coefficients:
        """Return (rate, β₁, 1 − β₁, β₂, 1 − β₂)."""
        beta1, beta2 = fields["beta1"], fields["beta2"]
        return rate, beta1, 1.0 - beta1, beta2, 1.0 - beta2

    def update(self, theta: Array, g: Array, slots: Slots, c: Coefficients, scratch: Array) -> None:
        """Step by the sign and average g into m."""
        (m,), (rate, beta1, rest1, beta2, rest2) = slots, c
        np.multiply(m, beta1, scratch)
        np.multiply(m, beta2, m)
        np.multiply(g, rest2, g)
        np.add(m, g, m)
        np.multiply(g, rest1 / rest2, g)
        np.add(scratch, g, scratch)
        np.sign(scratch, scratch)
        descend(theta, scratch, rate)


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


Optimiser = (
    SGD
    | Momentum
    | Nesterov
    | AdaGrad
    | RMSProp
    | AdaDelta
    | Adam
    | AdamW
    | AMSGrad
    | Nadam
    | Lion
    | LeastSquares
)
