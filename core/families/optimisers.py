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
from .optimiser_function import (
    Coefficients,
    OptimiserFunction,
    Slots,
    accumulate,
    average,
    descend,
    over_root,
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
class AdaptiveMoments(OptimiserFunction):
    """The fields, moments and corrections that Adam and its variants share.

    The slots hold the sums S ← β₁S + g and R ← β₂R + g²; the averages of the source are
    s = (1 − β₁)S and r = (1 − β₂)R, as long as β₁ is constant: it takes no schedule. A fork with
    another β keeps the averages s and r, and corrects them by the new β and all steps taken.
    """

    slots: ClassVar[tuple[str, ...]] = ("mean", "square")
    adaptive: ClassVar[bool] = True
    learning_rate: float = number(0.001, above=0.0, words="learning rate")
    beta1: float = number(0.9, at_least=0.0, below=1.0)
    beta2: float = number(0.999, at_least=0.0, below=1.0)
    epsilon: float = number(1e-8, above=0.0)

    def coefficients(self, fields: Fields, rate: Array, step: Array) -> Coefficients:
        """Return β₁, β₂, the rate on S/(√R + εq) and εq, with q = √((1 − β₂ᵗ)/(1 − β₂)).

        rate·ŝ/(√r̂ + ε), ŝ = s/(1 − β₁ᵗ), r̂ = r/(1 − β₂ᵗ), is rate·q(1 − β₁)/(1 − β₁ᵗ)·S/(√R + εq).
        """
        beta1, beta2 = fields["beta1"], fields["beta2"]
        root = np.sqrt((1.0 - beta2 ** (step + 1)) / (1.0 - beta2))
        rate = rate * root * (1.0 - beta1) / (1.0 - beta1 ** (step + 1))
        return beta1, beta2, rate, fields["epsilon"] * root

    def slot_scales(self, fields: Fields) -> tuple[Array | float, ...]:
        """Return 1 − β₁ for the mean and 1 − β₂ for the squares."""
        squares = (1.0 - fields["beta2"],) * (len(self.slots) - 1)
        return (1.0 - fields["beta1"], *squares)


@dataclass(frozen=True)
class Adam(AdaptiveMoments):
    """Adaptive moments: θ ← θ − rate·ŝ/(√r̂ + epsilon), ŝ = s/(1 − beta1ᵗ), r̂ = r/(1 − beta2ᵗ).

    s ← beta1·s + (1 − beta1)·g and r ← beta2·r + (1 − beta2)·g², t from 1. One note prints the
    update as rate·ŝ/√s·g, by mistake. Source: Kingma & Ba 2015, algorithm 1.
    """

    kind: ClassVar[str] = "adam"
    words: ClassVar[str] = "Adam"

    def update(self, theta: Array, g: Array, slots: Slots, c: Coefficients, scratch: Array) -> None:
        """Update both moments and descend along S/(√R + ε)."""
        (s, r), (beta1, beta2, rate, epsilon) = slots, c
        accumulate(s, g, beta1)
        np.multiply(g, g, g)
        accumulate(r, g, beta2)
        over_root(s, r, epsilon, g)
        descend(theta, g, rate)


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled decay: θ ← θ − rate·(ŝ/(√r̂ + epsilon) + decay·W), weights only.

    For SGD decoupled decay equals L2, for Adam it does not. Source: Loshchilov & Hutter 2019.
    """

    kind: ClassVar[str] = "adamw"
    words: ClassVar[str] = "AdamW"
    decay_field: ClassVar[str] = "decay"
    decay: float = number(0.01, at_least=0.0)


@dataclass(frozen=True)
class AMSGrad(AdaptiveMoments):
    """Adam with a non-decreasing square: r̂ takes the largest r so far, θ ← θ − rate·ŝ/(√r̂ + ε).

    Both moments are corrected for their start as in Adam, as PyTorch does and the source does not.
    Source: Reddi, Kale & Kumar 2018, algorithm 2.
    """

    kind: ClassVar[str] = "amsgrad"
    words: ClassVar[str] = "AMSGrad"
    slots: ClassVar[tuple[str, ...]] = ("mean", "square", "largest")

    def update(self, theta: Array, g: Array, slots: Slots, c: Coefficients, scratch: Array) -> None:
        """Update both moments, keep the largest, and descend along S/(√max R + ε)."""
        (s, r, largest), (beta1, beta2, rate, epsilon) = slots, c
        accumulate(s, g, beta1)
        np.multiply(g, g, g)
        accumulate(r, g, beta2)
        np.maximum(largest, r, out=largest)
        over_root(s, largest, epsilon, g)
        descend(theta, g, rate)


@dataclass(frozen=True)
class Nadam(AdaptiveMoments):
    """Adam with Nesterov's look-ahead: θ ← θ − rate·m/(√r̂ + ε), m from ŝ one step ahead and g.

    m = beta1·s/(1 − beta1ᵗ⁺¹) + (1 − beta1)·g/(1 − beta1ᵗ). Source: Dozat 2016, constant beta1.
    """

    kind: ClassVar[str] = "nadam"
    words: ClassVar[str] = "Nadam"

    def coefficients(self, fields: Fields, rate: Array, step: Array) -> Coefficients:
        """Return β₁, β₂, the weight of S against g, the rate on g, and εq."""
        beta1, beta2 = fields["beta1"], fields["beta2"]
        root = np.sqrt((1.0 - beta2 ** (step + 1)) / (1.0 - beta2))
        ahead = beta1 * (1.0 - beta1 ** (step + 1)) / (1.0 - beta1 ** (step + 2))
        rate = rate * root * (1.0 - beta1) / (1.0 - beta1 ** (step + 1))
        return beta1, beta2, ahead, rate, fields["epsilon"] * root

    def update(self, theta: Array, g: Array, slots: Slots, c: Coefficients, scratch: Array) -> None:
        """Update both moments and descend along (ahead·S + g)/(√R + ε)."""
        (s, r), (beta1, beta2, ahead, rate, epsilon) = slots, c
        accumulate(s, g, beta1)
        np.multiply(g, g, scratch)
        accumulate(r, scratch, beta2)
        np.multiply(s, ahead, scratch)
        np.add(g, scratch, g)
        over_root(g, r, epsilon, scratch)
        descend(theta, scratch, rate)


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
