"""Adam and its variants: averages of the gradient and of its square."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, Fields, number
from .optimiser_function import (
    Coefficients,
    OptimiserFunction,
    Slots,
    accumulate,
    descend,
    over_root,
)


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
