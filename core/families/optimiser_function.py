"""What an optimiser is, and the parts that optimisers are chains of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, Component, Fields

Slots = list[Array]
"""A block of each of an optimiser's slots."""
Coefficients = tuple[Array, ...]


def average(slot: Array, values: Array, keep: Array, rest: Array, scratch: Array) -> None:
    """Apply slot ← keep·slot + rest·values; ``scratch`` may be ``values``."""
    np.multiply(values, rest, scratch)
    np.multiply(slot, keep, slot)
    np.add(slot, scratch, slot)


def accumulate(slot: Array, values: Array, keep: Array) -> None:
    """Apply slot ← keep·slot + values."""
    np.multiply(slot, keep, slot)
    np.add(slot, values, slot)


def descend(theta: Array, direction: Array, rate: Array) -> None:
    """Apply θ ← θ − rate·direction; the direction is overwritten."""
    np.multiply(direction, rate, direction)
    np.subtract(theta, direction, theta)


def decay_weights(weights: Array, size: Array, scratch: Array) -> None:
    """Apply W ← W − size·W."""
    np.multiply(weights, size, scratch)
    np.subtract(weights, scratch, weights)


def over_root(values: Array, square: Array, epsilon: Array, out: Array) -> None:
    """Write values/(√square + epsilon) to ``out``, epsilon outside the root."""
    np.sqrt(square, out)
    np.add(out, epsilon, out)
    np.divide(values, out, out)


@dataclass(frozen=True)
class OptimiserFunction(Component, ABC):
    """What every optimiser says of itself.

    A ``linear`` member's step is −rate·g with no memory: the engine then multiplies the few numbers
    of the output's δ by the rate instead of every gradient, and the member subtracts what comes.
    ``adaptive`` members divide the gradient by its size, which decides how rates go with width;
    ``momentum_field`` is what a momentum schedule changes, ``decay_field`` the strength of a
    decoupled decay, W ← W − rate·strength·W before the step, which the engine applies; ``solves``
    tells that an epoch is one exact solution and no descent.
    """

    slots: ClassVar[tuple[str, ...]] = ()
    linear: ClassVar[bool] = False
    adaptive: ClassVar[bool] = False
    momentum_field: ClassVar[str] = ""
    decay_field: ClassVar[str] = ""
    solves: ClassVar[bool] = False

    @abstractmethod
    def coefficients(self, fields: Fields, rate: Array, step: Array) -> Coefficients:
        """Return the per-trial constants of one step, float64 of shape (T,)."""

    def slot_scales(self, fields: Fields) -> tuple[Array | float, ...]:
        """Return what each slot is multiplied by to give the quantity of its source.

        A fork with other fields keeps that quantity, as an average, and not the slot.
        """
        return (1.0,) * len(self.slots)

    @abstractmethod
    def update(self, theta: Array, g: Array, slots: Slots, c: Coefficients, scratch: Array) -> None:
        """Change θ and the slots in place."""
