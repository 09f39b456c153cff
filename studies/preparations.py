"""Preparations: what is done to the data of a split before a network is trained on them.

A recipe holds at most one of each kind. They are applied in the order of the unions at the foot:
selections choose among the training rows, corruptions change the targets of the training rows,
scalings change inputs or targets of all sets by what the training rows say. Validation and test
rows are never selected or corrupted. Every draw belongs to a row of the data set, so that a row is
corrupted alike whatever other rows train.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, get_args

import numpy as np

from ..core.components import Array, Component, choice, number
from ..core.errors import InputError
from ..core.recipe import Recipe
from ..core.streams import Purpose, stream
from .dataset import Dataset, one_hot, parts
from .tasks import dataset


def needs_classes(preparation: Component, data: Dataset) -> None:
    """Refuse a preparation of classes for a task that predicts a number."""
    if not data.classes:
        raise InputError(
            f"preparations.{preparation.kind} needs classes, but the task predicts a number"
        )


def needs_number(preparation: Component, data: Dataset) -> None:
    """Refuse a preparation of numbers for a task that predicts classes."""
    if data.classes:
        raise InputError(
            f"preparations.{preparation.kind} needs a task that predicts a number, but this one "
            "has classes"
        )


def smallest(values: Array, share: float) -> Array:
    """Return the positions of the ``share`` of values that are smallest, ties in their order."""
    return np.argsort(values, kind="stable")[: round(share * len(values))]


@dataclass(frozen=True)
class ClassSkew(Component):
    """Training rows in which some classes are rare.

    Of the first ``rare`` classes only ``share`` of the training rows are kept, the first ones, so
    that a smaller share keeps a subset. With ``examples`` so many rows are kept in the same
    proportions instead of as many as there are (0), so that arms can be compared at equal size.
    The split must give every replicate the same class counts: ``stratified`` or ``official``.
    """

    kind: ClassVar[str] = "class-skew"
    rare: int = number(1, at_least=1)
    share: float = number(0.1, at_least=0.0, at_most=1.0)
    examples: int = number(0, at_least=0)

    def check(self, recipe: Recipe, data: Dataset) -> None:
        """Refuse a task or split whose class counts are not the same in every replicate."""
        needs_classes(self, data)
        if self.rare >= len(data.classes):
            raise InputError(
                f"preparations.class-skew.rare = {self.rare} leaves none of the "
                f"{len(data.classes)} classes whole"
            )
        task: Any = recipe.task
        if not getattr(recipe.split, "fixed_counts", False):
            raise InputError(
                "preparations.class-skew needs a split with the same class counts in every "
                f"replicate, 'stratified' or 'official', but split = {recipe.split.kind!r}"
            )
        if task.drawn and not np.array_equal(data.y, dataset(task, 0, 1).y):
            raise InputError(
                "preparations.class-skew needs the same class counts in every replicate, but task "
                f"{task.kind!r} draws its classes"
            )

    def select(self, data: Dataset, train: Array) -> Array:
        """Return the rows kept, in their order."""
        labels = data.labels[train]
        counts = np.bincount(labels, minlength=len(data.classes))
        keep = self.quotas(counts)
        seen = np.empty(len(train), np.int64)
        for label, count in enumerate(counts):
            seen[labels == label] = np.arange(count)
        return train[seen < keep[labels]]

    def quotas(self, counts: Array) -> Array:
        """Return how many rows of each class are kept, by largest remainders."""
        weights = counts * np.where(np.arange(len(counts)) < self.rare, self.share, 1.0)
        if not self.examples:
            return np.rint(weights).astype(np.int64)
        if self.examples > weights.sum():
            raise InputError(
                f"preparations.class-skew.examples = {self.examples} is more than the "
                f"{int(weights.sum())} training rows that share = {self.share:g} leaves"
            )
        wanted = weights * (self.examples / weights.sum())
        keep = np.floor(wanted).astype(np.int64)
        short = self.examples - int(keep.sum())
        keep[np.argsort(keep - wanted, kind="stable")[:short]] += 1
        return keep


@dataclass(frozen=True)
class Truncation(Component):
    """Training rows from a part of the input range only.

    Kept is the ``share`` of training rows whose value of one input, counted from 1, is lowest,
    highest, or nearest to the middle in rank; input 0 stands for the mean of all inputs. A smaller
    share keeps a subset, and the size is the same in every replicate.
    """

    kind: ClassVar[str] = "truncation"
    feature: int = number(1, at_least=0)
    share: float = number(0.5, above=0.0, at_most=1.0)
    side: str = choice("low", "high", "middle")

    def check(self, recipe: Recipe, data: Dataset) -> None:
        """Refuse an input that does not exist."""
        if self.feature > data.raw.shape[1]:
            raise InputError(
                f"preparations.truncation.feature = {self.feature} is more than the "
                f"{data.raw.shape[1]} inputs of task {recipe.task}"
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
        return train[np.sort(ranked[first : first + kept])]


@dataclass(frozen=True)
class RandomLabels(Component):
    """All targets of training rows replaced by what has nothing to do with the inputs.

    ``"drawn"`` draws every label uniformly from the classes, ``"permuted"`` deals the training
    targets out anew and keeps their distribution; it works for numbers, too.
    Source: Zhang, Bengio, Hardt, Recht & Vinyals 2017.
    """

    kind: ClassVar[str] = "random-labels"
    method: str = choice("drawn", "permuted")

    def check(self, recipe: Recipe, data: Dataset) -> None:
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
class LabelNoise(Component):
    """A share of training labels replaced by another class, each other class equally likely.

    Exactly round(``fraction`` · n) of n training rows are wrong, those with the smallest draws, so
    that a larger fraction corrupts a superset. Source: Nakkiran et al. 2020, for one.
    """

    kind: ClassVar[str] = "label-noise"
    fraction: float = number(0.1, at_least=0.0, at_most=1.0)

    def check(self, recipe: Recipe, data: Dataset) -> None:
        """Refuse a task without classes."""
        needs_classes(self, data)

    def corrupt(self, y: Array, data: Dataset, train: Array, seed: int, replicate: int) -> Array:
        """Return the targets of the training rows, ``y``, changed."""
        draws = stream(Purpose.LABEL_NOISE, seed, replicate).random((len(data.raw), 2))[train]
        wrong, classes = smallest(draws[:, 0], self.fraction), y.shape[1]
        labels = y.argmax(axis=1)
        labels[wrong] += 1 + uniform_whole(draws[wrong, 1], classes - 1)
        return one_hot(labels % classes, classes)


@dataclass(frozen=True)
class TargetNoise(Component):
    """Noise ε ~ N(0, ``sd``²) added to the training targets, in the unit of the data."""

    kind: ClassVar[str] = "target-noise"
    sd: float = number(0.1, at_least=0.0, at_most=1e6)

    def check(self, recipe: Recipe, data: Dataset) -> None:
        """Refuse a task with classes."""
        needs_number(self, data)

    def corrupt(self, y: Array, data: Dataset, train: Array, seed: int, replicate: int) -> Array:
        """Return the targets of the training rows, ``y``, changed."""
        draws = stream(Purpose.TARGET_NOISE, seed, replicate).standard_normal(data.y.shape)
        return np.asarray(y + self.sd * draws[train])


@dataclass(frozen=True)
class Outliers(Component):
    """A share of training targets moved away by ``size`` standard deviations.

    Exactly round(``fraction`` · n) of n training rows are moved, a superset for a larger fraction,
    up, down, or either way with equal chance. The standard deviation is that of the training
    targets before any corruption. Source: Huber 1964, gross errors.
    """

    kind: ClassVar[str] = "outliers"
    fraction: float = number(0.05, at_least=0.0, at_most=1.0)
    size: float = number(10.0, at_least=0.0, at_most=1e6)
    side: str = choice("both", "above", "below")

    def check(self, recipe: Recipe, data: Dataset) -> None:
        """Refuse a task with classes."""
        needs_number(self, data)

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


@dataclass(frozen=True)
class TargetStandardisation(Component):
    """All targets as (y − mean)/sd, mean and sd of the training targets before any corruption.

    So losses are in units of their variance, the same in every arm. Constant targets are left.
    """

    kind: ClassVar[str] = "target-standardisation"

    def check(self, recipe: Recipe, data: Dataset) -> None:
        """Refuse a task with classes."""
        needs_number(self, data)

    @staticmethod
    def scale(y: Array, clean: Array) -> Array:
        """Return the targets in units of the clean training targets."""
        sd = clean.std(axis=0)
        varied = (clean.max(axis=0) > clean.min(axis=0)) & (sd > 0.0)
        return np.where(varied, (y - clean.mean(axis=0)) / np.where(varied, sd, 1.0), y)


@dataclass(frozen=True)
class FeatureSubset(Component):
    """The first ``features`` inputs only. Selections still see all inputs."""

    kind: ClassVar[str] = "feature-subset"
    features: int = number(1, at_least=1)

    def check(self, recipe: Recipe, data: Dataset) -> None:
        """Refuse more inputs than there are."""
        if self.features > data.raw.shape[1]:
            raise InputError(
                f"preparations.feature-subset.features = {self.features} is more than the "
                f"{data.raw.shape[1]} inputs of task {recipe.task}"
            )


@dataclass(frozen=True)
class Standardisation(Component):
    """Every input as (x − mean)/sd, mean and sd of the training rows alone.

    sd is that of the training rows themselves (division by n, not n − 1). Inputs that are constant
    on the training rows are left alone.
    """

    kind: ClassVar[str] = "standardisation"

    def check(self, recipe: Recipe, data: Dataset) -> None:
        """Accept every task."""

    @staticmethod
    def scale(data: Dataset, train: Array, rows: Array, dtype: str) -> Array:
        """Return the inputs of ``rows``, computed in float64 and rounded once to ``dtype``."""

        def pieces(of: Array) -> Any:
            return ((p, data.raw[of[p]].astype(np.float64) / data.divisor) for p in parts(len(of)))

        features = data.raw.shape[1]
        low, high = np.full(features, np.inf), np.full(features, -np.inf)
        total, square = np.zeros(features), np.zeros(features)
        for _, x in pieces(train):
            np.minimum(low, x.min(axis=0), low)
            np.maximum(high, x.max(axis=0), high)
            total += x.sum(axis=0)
        mean = total / len(train)
        for _, x in pieces(train):
            square += np.square(x - mean).sum(axis=0)
        sd = np.sqrt(square / len(train))
        varied = (high > low) & (sd > 0.0)
        mean, sd = np.where(varied, mean, 0.0), np.where(varied, sd, 1.0)
        scaled = np.empty((len(rows), features), dtype)
        for part, x in pieces(rows):
            scaled[part] = (x - mean) / sd
        return scaled


Selection = ClassSkew | Truncation
Corruption = RandomLabels | LabelNoise | TargetNoise | Outliers
Scaling = TargetStandardisation | FeatureSubset | Standardisation
Preparation = Selection | Corruption | Scaling


def chosen(recipe: Recipe, family: Any) -> list[Any]:
    """Return the recipe's preparations of a family, in the order in which they are applied."""
    kinds = get_args(family) or (family,)
    return [p for kind in kinds for p in recipe.preparations if type(p) is kind]


def check(recipe: Recipe, data: Dataset) -> None:
    """Refuse preparations that do not fit the data; one sentence for each."""
    messages: list[str] = []
    for preparation in chosen(recipe, Preparation):
        try:
            preparation.check(recipe, data)
        except InputError as error:
            messages += error.messages
    if messages:
        raise InputError(*messages)


def features(recipe: Recipe) -> int:
    """Return the number of inputs kept, 0 for all."""
    return next((subset.features for subset in chosen(recipe, FeatureSubset)), 0)


def targets(recipe: Recipe, data: Dataset, train: Array, seed: int, replicate: int) -> Array:
    """Return the targets of all rows, those of the training rows corrupted; ``data.y`` if none."""
    corruptions, scaled = chosen(recipe, Corruption), chosen(recipe, TargetStandardisation)
    y = data.y
    with np.errstate(over="ignore", invalid="ignore"):  # a user's numbers may be too large
        if corruptions:
            y = y.copy()
        for corruption in corruptions:
            y[train] = corruption.corrupt(y[train], data, train, seed, replicate)
        if scaled:
            y = TargetStandardisation.scale(y, data.y[train])
    return y
