"""Optimisers: in-place updates of a block of parameters of several trials.

``slots`` names the state arrays a member keeps, each shaped like the parameters and zero at the
start. ``coefficients(fields, rate, step)`` computes what a step needs per trial in float64 (rate
is the learning rate after its schedule, step counts from 0); the engine casts it once to the
recipe's dtype. ``update`` then changes θ and the slots in place; it may overwrite the gradient g
and the scratch block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .components import Array, Component, Fields, number


@dataclass(frozen=True)
class SGD(Component):
    """Gradient descent on mini-batches: θ ← θ − learning_rate·g, g the batch-mean gradient."""

    kind: ClassVar[str] = "sgd"
    slots: ClassVar[tuple[str, ...]] = ()
    learning_rate: float = number(0.1, above=0.0)

    @staticmethod
    def coefficients(_: Fields, rate: Array, __: int) -> tuple[Array, ...]:
        """Return (rate,)."""
        return (rate,)

    @staticmethod
    def update(theta: Array, g: Array, _: list[Array], c: tuple[Array, ...], __: Array) -> None:
        """Apply θ ← θ − rate·g."""
        np.multiply(g, c[0], g)
        np.subtract(theta, g, theta)


@dataclass(frozen=True)
class Momentum(Component):
    """Heavy-ball momentum, learning rate inside the buffer: v ← momentum·v − rate·g; θ ← θ + v.

    Source: Polyak 1964, in the form of the notes. With a constant rate it equals the form that
    keeps the rate outside; with a schedule the two differ.
    """

    kind: ClassVar[str] = "momentum"
    slots: ClassVar[tuple[str, ...]] = ("velocity",)
    learning_rate: float = number(0.1, above=0.0)
    momentum: float = number(0.9, at_least=0.0, below=1.0)

    @staticmethod
    def coefficients(fields: Fields, rate: Array, _: int) -> tuple[Array, ...]:
        """Return (rate, momentum)."""
        return rate, fields["momentum"]

    @staticmethod
    def update(theta: Array, g: Array, slots: list[Array], c: tuple[Array, ...], _: Array) -> None:
        """Apply v ← momentum·v − rate·g and θ ← θ + v."""
        (v,) = slots
        rate, momentum = c
        np.multiply(v, momentum, v)
        np.multiply(g, rate, g)
        np.subtract(v, g, v)
        np.add(theta, v, theta)


@dataclass(frozen=True)
class Adam(Component):
    """Adaptive moments: θ ← θ − rate·ŝ/(√r̂ + epsilon), with ŝ and r̂ corrected for their start.

    s ← β₁s + (1 − β₁)g, r ← β₂r + (1 − β₂)g², ŝ = s/(1 − β₁ᵗ), r̂ = r/(1 − β₂ᵗ), t from 1; epsilon
    stands outside the root. Source: Kingma & Ba 2015, algorithm 1.
    """

    kind: ClassVar[str] = "adam"
    slots: ClassVar[tuple[str, ...]] = ("mean", "square")
    learning_rate: float = number(0.001, above=0.0)
    beta1: float = number(0.9, at_least=0.0, below=1.0)
    beta2: float = number(0.999, at_least=0.0, below=1.0)
    epsilon: float = number(1e-8, above=0.0)

    @staticmethod
    def coefficients(fields: Fields, rate: Array, step: int) -> tuple[Array, ...]:
        """Return the per-trial constants of one step.

        With k = √(1 − β₂ᵗ) the update rate·ŝ/(√r̂ + ε) is (rate·k/(1 − β₁ᵗ))·s/(√r + ε·k).
        """
        beta1, beta2 = fields["beta1"], fields["beta2"]
        root = np.sqrt(1.0 - beta2 ** (step + 1))
        rate = rate * root / (1.0 - beta1 ** (step + 1))
        return beta1, 1.0 - beta1, beta2, 1.0 - beta2, rate, fields["epsilon"] * root

    @staticmethod
    def update(
        theta: Array, g: Array, slots: list[Array], c: tuple[Array, ...], scratch: Array
    ) -> None:
        """Update s and r, then apply θ ← θ − rate·s/(√r + ε)."""
        s, r = slots
        beta1, rest1, beta2, rest2, rate, epsilon = c
        np.multiply(g, rest1, scratch)
        np.multiply(s, beta1, s)
        np.add(s, scratch, s)
        np.multiply(g, g, g)
        np.multiply(g, rest2, g)
        np.multiply(r, beta2, r)
        np.add(r, g, r)
        np.sqrt(r, g)
        np.add(g, epsilon, g)
        np.divide(s, g, g)
        np.multiply(g, rate, g)
        np.subtract(theta, g, theta)


Optimiser = SGD | Momentum | Adam
