"""Corruptions: preparations that change the targets of the training rows, and of no others.

Every draw belongs to a row of the data set, so that arms of one replicate share it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...core.components import Array, choice, number
from ...core.dataset import Dataset, one_hot
from ...core.errors import InputError
from ...core.families.preparation_function import PreparationFunction
from ...core.families.split_function import SplitFunction
from ...core.families.task_function import TaskFunction
from ...core.streams import Purpose, stream


def smallest(values: Array, share: float) -> Array:
    """Return the positions of the ``share`` of values that are smallest, ties in their order."""
    return np.argsort(values, kind="stable")[: round(share * len(values))]


@dataclass(frozen=True)
class RandomLabels(PreparationFunction):
    """Random labels: the targets of training rows have nothing to do with the inputs.

    ``"drawn"`` draws every label uniformly from the classes, ``"permuted"`` deals the training
    targets out anew and keeps their distribution; it works for numbers, too.
    Source: Zhang, Bengio, Hardt, Recht & Vinyals 2017.
    """

    kind: ClassVar[str] = "random-labels"
    order: ClassVar[int] = 20
    purpose: ClassVar[Purpose] = Purpose.RANDOM_LABELS
    method: str = choice("drawn", "permuted")

    def check(self, data: Dataset, task: TaskFunction, split: SplitFunction) -> None:
        """Refuse to draw classes for a task that has none."""
        if self.method == "drawn" and not data.classes:
            raise InputError(
                "preparations.random-labels draws classes, but the task predicts a number; use "
                "method = 'permuted'"
            )

    def corrupt(self, y: Array, data: Dataset, train: Array, seed: int, replicate: int) -> Array:
        """Return the targets of the training rows, ``y``, changed."""
        draws = stream(Purpose.RANDOM_LABELS, seed, replicate).random(len(data.raw))[train]
        if self.method == "permuted":
            return np.asarray(y[np.argsort(draws, kind="stable")])
        return one_hot(uniform_whole(draws, y.shape[1]), y.shape[1])


def uniform_whole(draws: Array, count: int) -> Array:
    """Turn uniform draws on [0, 1) into whole numbers from 0 to count − 1."""
    return np.minimum((draws * count).astype(np.int64), count - 1)


@dataclass(frozen=True)
class LabelNoise(PreparationFunction):
    """Wrong labels: a share ``fraction`` of training labels becomes another class, each as likely.

    Exactly round(``fraction`` · n) of n training rows are wrong, those with the smallest draws, so
    that a larger fraction corrupts a superset. Source: Nakkiran et al. 2020, for one.
    """

    kind: ClassVar[str] = "label-noise"
    order: ClassVar[int] = 21
    purpose: ClassVar[Purpose] = Purpose.LABEL_NOISE
    fraction: float = number(0.1, at_least=0.0, at_most=1.0, words="share of wrong labels")

    def check(self, data: Dataset, task: TaskFunction, split: SplitFunction) -> None:
        """Refuse a task without classes."""
        self.needs_classes(data)

    def corrupt(self, y: Array, data: Dataset, train: Array, seed: int, replicate: int) -> Array:
        """Return the targets of the training rows, ``y``, changed."""
        draws = stream(Purpose.LABEL_NOISE, seed, replicate).random((len(data.raw), 2))[train]
        wrong, classes = smallest(draws[:, 0], self.fraction), y.shape[1]
        labels = y.argmax(axis=1)
        labels[wrong] += 1 + uniform_whole(draws[wrong, 1], classes - 1)
        return one_hot(labels % classes, classes)


@dataclass(frozen=True)
class TargetNoise(PreparationFunction):
    """Noise on training targets: y′ = y + ε, ε ~ N(0, sd²), in the unit of the data.

    Source: our own, as what wrong labels are to a regression.
    """

    kind: ClassVar[str] = "target-noise"
    order: ClassVar[int] = 22
    purpose: ClassVar[Purpose] = Purpose.TARGET_NOISE
    sd: float = number(0.1, at_least=0.0, at_most=1e6, words="sd of target noise")

    def check(self, data: Dataset, task: TaskFunction, split: SplitFunction) -> None:
        """Refuse a task with classes."""
        self.needs_number(data)

    def corrupt(self, y: Array, data: Dataset, train: Array, seed: int, replicate: int) -> Array:
        """Return the targets of the training rows, ``y``, changed."""
        draws = stream(Purpose.TARGET_NOISE, seed, replicate).standard_normal(data.y.shape)
        return np.asarray(y + self.sd * draws[train])


@dataclass(frozen=True)
class Outliers(PreparationFunction):
    """Outliers: y′ = y ± size·σ for a share ``fraction`` of the training targets, σ their own.

    Exactly round(``fraction`` · n) of n training rows are moved, a superset for a larger fraction,
    up, down, or either way with equal chance. σ is the standard deviation of the training
    targets before any corruption. Source: Huber 1964, gross errors.
    """

    kind: ClassVar[str] = "outliers"
    order: ClassVar[int] = 23
    purpose: ClassVar[Purpose] = Purpose.OUTLIERS
    fraction: float = number(0.05, at_least=0.0, at_most=1.0, words="share of outliers")
    size: float = number(10.0, at_least=0.0, at_most=1e6)
    side: str = choice("both", "above", "below")

    def check(self, data: Dataset, task: TaskFunction, split: SplitFunction) -> None:
        """Refuse a task with classes."""
        self.needs_number(data)

    def corrupt(self, y: Array, data: Dataset, train: Array, seed: int, replicate: int) -> Array:
        """Return the targets of the training rows, ``y``, changed."""
        draws = stream(Purpose.OUTLIERS, seed, replicate).random((len(data.raw), 2))[train]
        moved = smallest(draws[:, 0], self.fraction)
        sign = np.where(draws[moved, 1] < 0.5, -1.0, 1.0)
        if self.side != "both":
            sign[:] = 1.0 if self.side == "above" else -1.0
        changed = y.copy()
        changed[moved] += self.size * data.y[train].std(axis=0) * sign[:, None]
        return changed


Corruption = RandomLabels | LabelNoise | TargetNoise | Outliers
