"""Selections: preparations that train on some of the training rows only, unlike the rest.

The number of rows kept is the same in every replicate, since sizes decide what shares a stack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...core.components import Array, choice, number
from ...core.dataset import Dataset, parts
from ...core.errors import InputError
from ...core.families.preparation_function import PreparationFunction
from ...core.families.split_function import SplitFunction
from ...core.families.task_function import TaskFunction


@dataclass(frozen=True)
class ClassSkew(PreparationFunction):
    """Rare classes: only ``share`` of the training rows of the first ``rare`` classes are kept.

    The first ones are kept, so that a smaller share keeps a subset. With ``examples`` so many rows
    are kept in the same proportions instead of as many as there are (0), so that arms can be
    compared at equal size.
    The split must give every replicate the same class counts: ``stratified`` or ``official``.
    Source: Buda, Maki & Mazurowski 2018, step imbalance.
    """

    kind: ClassVar[str] = "class-skew"
    order: ClassVar[int] = 10
    rare: int = number(1, at_least=1)
    share: float = number(0.1, at_least=0.0, at_most=1.0, words="share kept of rare classes")
    examples: int = number(0, at_least=0)

    def check(self, data: Dataset, task: TaskFunction, split: SplitFunction) -> None:
        """Refuse a task or split whose class counts are not the same in every replicate."""
        self.needs_classes(data)
        if self.rare >= len(data.classes):
            raise InputError(
                f"preparations.class-skew.rare = {self.rare} leaves none of the "
                f"{len(data.classes)} classes whole"
            )
        if not split.fixed_counts:
            raise InputError(
                "preparations.class-skew needs a split with the same class counts in every "
                f"replicate, 'stratified' or 'official', but split = {split.kind!r}"
            )
        if task.drawn and not np.array_equal(data.y, task.dataset(0, 1).y):
            raise InputError(
                "preparations.class-skew needs the same class counts in every replicate, but task "
                f"{task.kind!r} draws its classes"
            )

    def select(self, data: Dataset, train: Array) -> Array:
        """Return the rows kept, in their order."""
        labels = data.labels[train]
        counts = np.bincount(labels, minlength=len(data.classes))
        keep = self.quotas(counts)
        earlier = np.empty(len(train), np.int64)  # rows of the same class before each row
        for label, count in enumerate(counts):
            earlier[labels == label] = np.arange(count)
        return np.asarray(train[earlier < keep[labels]])

    def quotas(self, counts: Array) -> Array:
        """Return how many rows of each class are kept, by largest remainders."""
        weights = counts * np.where(np.arange(len(counts)) < self.rare, self.share, 1.0)
        if not self.examples:
            return np.asarray(np.rint(weights), np.int64)
        if self.examples > weights.sum():
            raise InputError(
                f"preparations.class-skew.examples = {self.examples} is more than the "
                f"{int(weights.sum())} training rows that share = {self.share:g} leaves"
            )
        wanted = weights * (self.examples / weights.sum())
        keep: Array = np.floor(wanted).astype(np.int64)
        short = self.examples - int(keep.sum())
        keep[np.argsort(keep - wanted, kind="stable")[:short]] += 1
        return keep


@dataclass(frozen=True)
class Truncation(PreparationFunction):
    """Truncation of the input range: only the ``share`` of training rows in one part of it is kept.

    Kept are the rows whose value of one input, counted from 1, is lowest, highest, or nearest to
    the middle in rank; input 0 stands for the mean of all inputs. A smaller share keeps a subset,
    and the size is the same in every replicate. Source: our own; Shimodaira 2000 on covariate
    shift.
    """

    kind: ClassVar[str] = "truncation"
    order: ClassVar[int] = 11
    feature: int = number(1, at_least=0)
    share: float = number(0.5, above=0.0, at_most=1.0, words="share kept of the input range")
    side: str = choice("low", "high", "middle")

    def check(self, data: Dataset, task: TaskFunction, split: SplitFunction) -> None:
        """Refuse an input that does not exist."""
        if self.feature > data.raw.shape[1]:
            raise InputError(
                f"preparations.truncation.feature = {self.feature} is more than the "
                f"{data.raw.shape[1]} inputs of task {task}"
            )

    def select(self, data: Dataset, train: Array) -> Array:
        """Return the rows kept, in their order."""
        if self.feature:
            values = data.raw[train, self.feature - 1]
        else:
            values = np.concatenate([data.raw[train[p]].mean(axis=1) for p in parts(len(train))])
        ranked = np.argsort(values, kind="stable")
        kept = max(1, round(self.share * len(train)))
        left = len(train) - kept
        first = {"low": 0, "high": left, "middle": left // 2}[self.side]
        return np.asarray(train[np.sort(ranked[first : first + kept])])


Selection = ClassSkew | Truncation
