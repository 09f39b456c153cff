"""Learning-rate schedules: a factor on the optimiser's learning rate at each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from .components import Array, Component, Fields, number


class Progress(NamedTuple):
    """Where a training stands: the step about to be taken and the full horizon."""

    step: int
    epoch: int
    steps_per_epoch: int
    epochs: int


@dataclass(frozen=True)
class Constant(Component):
    """The learning rate stays as it is: factor 1."""

    kind: ClassVar[str] = "constant"

    def factor(self, _: Fields, progress: Progress) -> Array:
        """Return 1 for every trial, shape (1,)."""
        return np.ones(1)


@dataclass(frozen=True)
class Step(Component):
    """Large first, smaller later: factor decay^⌊epoch / every⌋, with epochs counted from 0."""

    kind: ClassVar[str] = "step"
    decay: float = number(0.5, above=0.0, at_most=1.0)
    every: int = number(10, at_least=1)

    def factor(self, fields: Fields, progress: Progress) -> Array:
        """Return decay^⌊epoch / every⌋ per trial, shape (T,)."""
        return np.power(fields["decay"], progress.epoch // self.every)


Schedule = Constant | Step
