"""Scalings: preparations that change inputs or targets of all sets by what training rows say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...core.components import Array, number
from ...core.dataset import Dataset, parts
from ...core.errors import InputError
from ...core.families.preparation_function import PreparationFunction, Scale
from ...core.families.split_function import SplitFunction
from ...core.families.task_function import TaskFunction


def pieces(data: Dataset, rows: Array) -> Iterator[tuple[slice, Array]]:
    """Yield the inputs of these rows piece by piece, each with its place, raw / divisor."""
    for part in parts(len(rows)):
        yield part, data.raw[rows[part]].astype(np.float64) / data.divisor


@np.errstate(over="ignore", invalid="ignore")
def scaled_inputs(data: Dataset, rows: Array, scale: Scale, dtype: str) -> Array:
    """Return the inputs of these rows scaled, computed in float64 and rounded once to ``dtype``."""
    mean, sd = scale
    scaled = np.empty((len(rows), data.raw.shape[1]), dtype)
    for part, x in pieces(data, rows):
        scaled[part] = (x - mean) / sd
    return scaled


@dataclass(frozen=True)
class TargetStandardisation(PreparationFunction):
    """All targets standardised: y′ = (y − mean)/sd, of the training targets before any corruption.

    So losses are in units of their variance, the same in every arm. Constant targets are left.
    Source: common practice in regression.
    """

    kind: ClassVar[str] = "target-standardisation"
    order: ClassVar[int] = 30

    def check(self, data: Dataset, task: TaskFunction, split: SplitFunction) -> None:
        """Refuse a task with classes."""
        self.needs_number(data)

    def target_scale(self, clean: Array) -> Scale:
        """Return mean and sd of the clean training targets, 0 and 1 where they are constant."""
        sd = clean.std(axis=0)
        varied = (clean.max(axis=0) > clean.min(axis=0)) & (sd > 0.0)
        return np.where(varied, clean.mean(axis=0), 0.0), np.where(varied, sd, 1.0)


@dataclass(frozen=True)
class FeatureSubset(PreparationFunction):
    """Fewer inputs: only the first ``features`` of them. Selections still see all inputs.

    Source: our own, for features in order of power.
    """

    kind: ClassVar[str] = "feature-subset"
    order: ClassVar[int] = 31
    features: int = number(1, at_least=1, words="features")

    def check(self, data: Dataset, task: TaskFunction, split: SplitFunction) -> None:
        """Refuse more inputs than there are."""
        if self.features > data.raw.shape[1]:
            raise InputError(
                f"preparations.feature-subset.features = {self.features} is more than the "
                f"{data.raw.shape[1]} inputs of task {task}"
            )

    def kept_inputs(self) -> int:
        """Return ``features``."""
        return self.features


@dataclass(frozen=True)
class Standardisation(PreparationFunction):
    """Inputs standardised: x′ = (x − mean)/sd, mean and sd of the training rows alone.

    sd is that of the training rows themselves (division by n, not n − 1). Inputs that are constant
    on the training rows are left alone. Source: LeCun et al. 1998, Efficient BackProp, §4.3.
    """

    kind: ClassVar[str] = "standardisation"
    order: ClassVar[int] = 32

    @np.errstate(over="ignore", invalid="ignore")  # a user's numbers may be too large to square
    def input_scale(self, data: Dataset, train: Array) -> Scale:
        """Return mean and sd of the training rows, 0 and 1 where they are constant, float64."""
        features = data.raw.shape[1]
        low, high = np.full(features, np.inf), np.full(features, -np.inf)
        total, square = np.zeros(features), np.zeros(features)
        for _, x in pieces(data, train):
            low, high = np.minimum(low, x.min(axis=0)), np.maximum(high, x.max(axis=0))
            total += x.sum(axis=0)
        mean = total / len(train)
        for _, x in pieces(data, train):
            square += np.square(x - mean).sum(axis=0)
        sd = np.sqrt(square / len(train))
        varied = (high > low) & (sd > 0.0)
        return np.where(varied, mean, 0.0), np.where(varied, sd, 1.0)


Scaling = TargetStandardisation | FeatureSubset | Standardisation
