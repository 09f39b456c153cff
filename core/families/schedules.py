"""Schedules: a factor, at each step, on the learning rate or the momentum.

``factor(fields, time, seen)`` returns it per trial, float64 of shape (T,) or (1,). Time is counted
in epochs, t = step / steps per epoch, or as the share s of the whole training, from 0 to 1.
``seen``, shape (T,) of WATCHED, is what a member that watches a loss keeps between epochs, that of
the selection set, else the validation set, else the training set; ``observe(fields, seen, loss)``
changes it in place after each.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from ..components import Array, Component, Fields, choice, number


class TrainingTime(NamedTuple):
    """Where a training stands: the step about to be taken and the full horizon."""

    step: int
    epoch: int
    steps_per_epoch: int
    epochs: int

    @property
    def epochs_done(self) -> float:
        """The epochs finished, fractions included."""
        return self.step / self.steps_per_epoch

    @property
    def share(self) -> float:
        """The share of the training's steps before this one: 0 at the first, 1 at the last."""
        return self.step / max(self.steps_per_epoch * self.epochs - 1, 1)


WATCHED = np.dtype([("best", np.float64), ("waited", np.float64), ("factor", np.float64)])
"""What a schedule has seen: the best loss, the epochs since, and the factor that follows."""
NOTHING_SEEN = np.array((np.inf, 0.0, 1.0), WATCHED)
"""What ``seen`` starts from."""


@dataclass(frozen=True)
class ScheduleFunction(Component, ABC):
    """What every schedule says of itself."""

    watches: ClassVar[bool] = False

    @property
    def largest(self) -> float:
        """The largest factor that it ever gives."""
        return 1.0

    @abstractmethod
    def factor(self, fields: Fields, time: TrainingTime, seen: Array) -> Array:
        """Return the factor per trial."""

    def observe(self, fields: Fields, seen: Array, loss: Array) -> None:
        """Take note of an epoch's loss on the set that is watched."""


@dataclass(frozen=True)
class ConstantFactor(ScheduleFunction):
    """Constant: factor = 1.

    Source: Robbins & Monro 1951 and the notes, as what others are compared with.
    """

    kind: ClassVar[str] = "constant"

    def factor(self, fields: Fields, time: TrainingTime, seen: Array) -> Array:
        """Return 1 for every trial, shape (1,)."""
        return np.ones(1)


@dataclass(frozen=True)
class StepDecay(ScheduleFunction):
    """Large first, smaller later: factor = decay^⌊epoch / every⌋, with epochs counted from 0.

    Source: the notes.
    """

    kind: ClassVar[str] = "step"
    decay: float = number(0.5, above=0.0, at_most=1.0)
    every: int = number(10, at_least=1)

    def factor(self, fields: Fields, time: TrainingTime, seen: Array) -> Array:
        """Return decay^⌊epoch / every⌋ per trial, shape (T,)."""
        return np.power(fields["decay"], time.epoch // self.every)


@dataclass(frozen=True)
class Exponential(ScheduleFunction):
    """Exponential decay: factor = decayᵗ, t in epochs.

    Source: the notes.
    """

    kind: ClassVar[str] = "exponential"
    decay: float = number(0.95, above=0.0, at_most=1.0)

    def factor(self, fields: Fields, time: TrainingTime, seen: Array) -> Array:
        """Return decayᵗ per trial."""
        return np.power(fields["decay"], time.epochs_done)


@dataclass(frozen=True)
class InverseTime(ScheduleFunction):
    """Inverse time: factor = 1 / (1 + decay·t), t in epochs.

    Source: Robbins & Monro 1951.
    """

    kind: ClassVar[str] = "inverse-time"
    decay: float = number(0.1, at_least=0.0)

    def factor(self, fields: Fields, time: TrainingTime, seen: Array) -> Array:
        """Return 1 / (1 + decay·t) per trial."""
        return np.asarray(1.0 / (1.0 + fields["decay"] * time.epochs_done))


def wave(share: Array | float) -> Array:
    """Return half a cosine wave, 1 at share 0 and 0 at share 1."""
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.asarray(share)))


@dataclass(frozen=True)
class Cosine(ScheduleFunction):
    """Half a cosine wave: factor = final + (1 − final)·(1 + cos πs)/2, s the share of training.

    Source: Loshchilov & Hutter 2017, SGDR, without restarts.
    """

    kind: ClassVar[str] = "cosine"
    final: float = number(0.0, at_least=0.0, at_most=1.0)

    def factor(self, fields: Fields, time: TrainingTime, seen: Array) -> Array:
        """Return the factor per trial, 1 at the first step and ``final`` at the last."""
        return fields["final"] + (1.0 - fields["final"]) * wave(time.share)


@dataclass(frozen=True)
class WarmUp(ScheduleFunction):
    """Linear warm-up: factor = (t + 1 step)/length until t = length epochs, then as ``after`` says.

    ``after`` keeps 1 (``"constant"``) or falls to 0 at the last step along half a cosine or a
    straight line. Source: Goyal et al. 2017, §2.2.
    """

    kind: ClassVar[str] = "warm-up"
    length: float = number(1.0, above=0.0)
    after: str = choice("constant", "cosine", "linear")

    def factor(self, fields: Fields, time: TrainingTime, seen: Array) -> Array:
        """Return the factor per trial, at most 1."""
        per_epoch = time.steps_per_epoch
        steps = np.maximum(fields["length"] * per_epoch, 1.0)
        rising = np.minimum((time.step + 1) / steps, 1.0)
        if self.after == "constant":
            return np.asarray(rising)
        last = per_epoch * time.epochs - 1
        share = np.clip((time.step - steps) / np.maximum(last - steps, 1.0), 0.0, 1.0)
        falling = 1.0 - share if self.after == "linear" else wave(share)
        return np.asarray(np.where(time.step < steps, rising, falling))


@dataclass(frozen=True)
class OneCycle(ScheduleFunction):
    """One cycle: factor from initial up to height at s = peak, then down to final, by half cosines.

    s is the share of training. On the momentum it runs the other way: initial = final = 1 and a
    height below 1. Source: Smith & Topin 2018, super-convergence.
    """

    kind: ClassVar[str] = "one-cycle"
    peak: float = number(0.3, above=0.0, below=1.0)
    initial: float = number(0.04, at_least=0.0)
    height: float = number(1.0, at_least=0.0)
    final: float = number(0.0001, at_least=0.0)

    @property
    def largest(self) -> float:
        """The largest of where it begins, turns and ends."""
        return max(self.initial, self.height, self.final)

    def factor(self, fields: Fields, time: TrainingTime, seen: Array) -> Array:
        """Return the factor per trial."""
        peak, share = fields["peak"], time.share
        rise, fall = share / peak, (share - peak) / (1.0 - peak)
        up = fields["height"] + (fields["initial"] - fields["height"]) * wave(rise)
        down = fields["final"] + (fields["height"] - fields["final"]) * wave(fall)
        return np.asarray(np.where(share <= peak, up, down))


@dataclass(frozen=True)
class RangeTest(ScheduleFunction):
    """Learning-rate range test: factor = lowest·(1/lowest)ˢ, from ``lowest`` up to 1.

    In one training the loss stays flat, falls, then diverges as the rate grows; a good rate lies
    below the divergence. Source: Smith 2017, cyclical learning rates, §3.3, exponentially spaced.
    """

    kind: ClassVar[str] = "range-test"
    lowest: float = number(1e-5, above=0.0, at_most=1.0)

    def factor(self, fields: Fields, time: TrainingTime, seen: Array) -> Array:
        """Return the factor per trial."""
        return np.power(fields["lowest"], 1.0 - time.share)


@dataclass(frozen=True)
class ReduceOnPlateau(ScheduleFunction):
    """Reduce on plateau: factor = decayᵏ, k the times that ``patience`` epochs brought no new best.

    An epoch is a new best where the loss on the split's selection set (the validation set without
    one, the training set without either) falls below (1 − threshold) times the former best. The
    loss before training is the first best, so that a training that never improves on its start is
    reduced after ``patience`` epochs. Source: common practice, after the notes' "large first,
    smaller later".
    """

    kind: ClassVar[str] = "reduce-on-plateau"
    watches: ClassVar[bool] = True
    decay: float = number(0.5, above=0.0, at_most=1.0)
    patience: int = number(5, at_least=1)
    threshold: float = number(1e-4, at_least=0.0, below=1.0)

    def factor(self, fields: Fields, time: TrainingTime, seen: Array) -> Array:
        """Return the factor per trial."""
        return np.asarray(seen["factor"])

    def observe(self, fields: Fields, seen: Array, loss: Array) -> None:
        """Count the epochs without a new best, and reduce where they reach the patience."""
        better = loss < seen["best"] * (1.0 - fields["threshold"])
        seen["best"] = np.where(better, loss, seen["best"])
        seen["waited"] = np.where(better, 0.0, seen["waited"] + 1.0)
        tired = seen["waited"] >= self.patience
        seen["factor"] = np.where(tired, seen["factor"] * fields["decay"], seen["factor"])
        seen["waited"] = np.where(tired, 0.0, seen["waited"])


Schedule = (
    ConstantFactor
    | StepDecay
    | Exponential
    | InverseTime
    | Cosine
    | WarmUp
    | OneCycle
    | RangeTest
    | ReduceOnPlateau
)
