"""Optimisers that divide the gradient by its size, or take its sign alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, Fields, choice, number
from .optimiser_function import (
    Coefficients,
    OptimiserFunction,
    Slots,
    average,
    descend,
    over_root,
)


@dataclass(frozen=True)
class AdaGrad(OptimiserFunction):
    """Adaptive gradient: r ← r + g²; θ ← θ − rate·g/(√r + epsilon).

    Source: Duchi, Hazan & Singer 2011, epsilon outside the root as in the notes.
    """

    kind: ClassVar[str] = "adagrad"
    words: ClassVar[str] = "AdaGrad"
    slots: ClassVar[tuple[str, ...]] = ("square",)
    adaptive: ClassVar[bool] = True
    learning_rate: float = number(0.01, above=0.0, words="learning rate")
    epsilon: float = number(1e-7, above=0.0)

    def coefficients(self, fields: Fields, rate: Array, step: Array) -> Coefficients:
        """Return (rate, epsilon)."""
        return rate, fields["epsilon"]

    def update(self, theta: Array, g: Array, slots: Slots, c: Coefficients, scratch: Array) -> None:
        """Add g² to r and descend along g/(√r + ε)."""
        (r,), (rate, epsilon) = slots, c
        np.multiply(g, g, scratch)
        np.add(r, scratch, r)
        over_root(g, r, epsilon, scratch)
        descend(theta, scratch, rate)


@dataclass(frozen=True)
class RMSProp(OptimiserFunction):
    """Root mean square: r ← rho·r + (1 − rho)·g²; θ ← θ − rate·g/√(r + epsilon).

    Source: Tieleman & Hinton 2012, epsilon inside the root as in the notes; ``form = "outside"``
    has √r + epsilon.
    """

    kind: ClassVar[str] = "rmsprop"
    words: ClassVar[str] = "RMSProp"
    slots: ClassVar[tuple[str, ...]] = ("square",)
    adaptive: ClassVar[bool] = True
    learning_rate: float = number(0.001, above=0.0, words="learning rate")
    rho: float = number(0.9, at_least=0.0, below=1.0)
    epsilon: float = number(1e-6, above=0.0)
    form: str = choice("inside", "outside")

    def coefficients(self, fields: Fields, rate: Array, step: Array) -> Coefficients:
        """Return (rate, rho, 1 − rho, epsilon)."""
        return rate, fields["rho"], 1.0 - fields["rho"], fields["epsilon"]

    def update(self, theta: Array, g: Array, slots: Slots, c: Coefficients, scratch: Array) -> None:
        """Average g² into r and descend along g over its root."""
        (r,), (rate, rho, rest, epsilon) = slots, c
        np.multiply(g, g, scratch)
        average(r, scratch, rho, rest, scratch)
        if self.form == "outside":
            over_root(g, r, epsilon, scratch)
        else:
            np.add(r, epsilon, scratch)
            np.sqrt(scratch, scratch)
            np.divide(g, scratch, scratch)
        descend(theta, scratch, rate)


@dataclass(frozen=True)
class AdaDelta(OptimiserFunction):
    """Adaptive differences: Δ = g·√(u + epsilon)/√(r + epsilon); θ ← θ − rate·Δ.

    r ← rho·r + (1 − rho)·g² before, u ← rho·u + (1 − rho)·Δ² after; the source has rate 1.
    Source: Zeiler 2012, algorithm 1.
    """

    kind: ClassVar[str] = "adadelta"
    words: ClassVar[str] = "AdaDelta"
    slots: ClassVar[tuple[str, ...]] = ("square", "change")
    adaptive: ClassVar[bool] = True
    learning_rate: float = number(1.0, above=0.0, words="learning rate")
    rho: float = number(0.95, at_least=0.0, below=1.0)
    epsilon: float = number(1e-6, above=0.0)

    def coefficients(self, fields: Fields, rate: Array, step: Array) -> Coefficients:
        """Return (rate, rho, 1 − rho, epsilon)."""
        return rate, fields["rho"], 1.0 - fields["rho"], fields["epsilon"]

    def update(self, theta: Array, g: Array, slots: Slots, c: Coefficients, scratch: Array) -> None:
        """Average g² into r, form Δ, average Δ² into u and descend along Δ."""
        (r, u), (rate, rho, rest, epsilon) = slots, c
        np.multiply(g, g, scratch)
        average(r, scratch, rho, rest, scratch)
        np.add(u, epsilon, scratch)
        np.sqrt(scratch, scratch)
        np.multiply(g, scratch, g)
        np.add(r, epsilon, scratch)
        np.sqrt(scratch, scratch)
        np.divide(g, scratch, g)
        np.multiply(g, g, scratch)
        average(u, scratch, rho, rest, scratch)
        descend(theta, g, rate)


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
