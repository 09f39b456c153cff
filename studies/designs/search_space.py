"""The space that a search looks through: axes as dimensions, points as their coordinates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...core.errors import InputError
from ...core.recipe import Recipe
from ..files.paths import value_at
from .axes import Axis
from .design_function import Arm, arms_of
from .random_sample import RandomSample

Point = tuple[float, ...]
"""One coordinate for each dimension: a value of its range, or the position of its level."""
DIGITS = 4
"""Significant digits of the values that a model proposes; more would only name its noise."""


@dataclass(frozen=True)
class Dimension:
    """An axis of the space: a range, of whole numbers or on a log scale, or levels in a row."""

    path: str
    low: float
    high: float
    log: bool = False
    whole: bool = False
    ordered: bool = True

    @property
    def size(self) -> float:
        """The number of coordinates."""
        return self.high - self.low + 1 if self.whole else math.inf

    def at(self, share: float) -> float:
        """Return the coordinate at a share of the way from low to high, 0 ≤ share < 1.

        >>> Dimension("width", 3, 6, whole=True).at(0.99), Dimension("x", 0.01, 1, log=True).at(0.5)
        (6, 0.1)
        """
        if self.whole and not self.log:
            return self.low + math.floor(share * self.size)
        return self.along(share)

    def along(self, share: float) -> float:
        """Return the coordinate at a share of the way from low to high, both ends included."""
        ends = [math.log(end) if self.log else end for end in (self.low, self.high)]
        value = ends[0] + share * (ends[1] - ends[0])
        return self.rounded(math.exp(value) if self.log else value)

    def rounded(self, value: float) -> float:
        """Return a coordinate near a value, inside the range."""
        near = round(value) if self.whole else float(f"{value:.{DIGITS}g}")
        return min(max(near, self.low), self.high)

    def share(self, coordinate: float) -> float:
        """Return how far from low to high a coordinate lies."""
        low, high, here = (
            math.log(x) if self.log else float(x) for x in (self.low, self.high, coordinate)
        )
        return (here - low) / (high - low) if high > low else 0.0


Space = tuple[Dimension, ...]


@dataclass(frozen=True)
class SearchSpace:
    """The axes of a search over a base recipe, with their dimensions."""

    axes: tuple[Axis, ...]
    dimensions: Space

    @classmethod
    def of(cls, axes: tuple[Axis, ...], base: Recipe) -> SearchSpace:
        """Return the space; the base recipe's fields say which ranges are of whole numbers.

        Raises
        ------
        InputError
            If a range ends where no recipe may be.
        """
        (arm,) = RandomSample(axes, samples=1).arms(base)
        return cls(axes, tuple(_dimension(axis, arm) for axis in axes))

    @property
    def size(self) -> float:
        """The number of points."""
        return math.prod(dimension.size for dimension in self.dimensions)

    def levels(self, point: Point) -> list[tuple[str, Any]]:
        """Return the levels that a point stands for, with their paths."""
        return [
            (axis.path, axis.levels[int(at)] if axis.levels else at)
            for axis, at in zip(self.axes, point, strict=True)
        ]

    def point(self, arm: Arm) -> Point:
        """Return the point that an arm of this space is."""
        return tuple(_coordinate(axis, arm) for axis in self.axes)


def point_at(space: Space, shares: Sequence[float]) -> Point:
    """Return the point at shares of the ways along the dimensions."""
    return tuple(d.at(share) for d, share in zip(space, shares, strict=True))


def _dimension(axis: Axis, arm: Arm) -> Dimension:
    if axis.levels:
        ordered = axis.spacing != "categorical"
        return Dimension(axis.path, 0, len(axis.levels) - 1, whole=True, ordered=ordered)
    assert axis.low is not None
    assert axis.high is not None
    whole = isinstance(value_at(arm.recipe, axis.path), int)
    low, high = (int(end) if whole else float(end) for end in (axis.low, axis.high))
    return Dimension(axis.path, low, high, axis.spacing == "log", whole)


def _coordinate(axis: Axis, arm: Arm) -> float:
    if axis.levels:
        return next(i for i, level in enumerate(axis.levels) if _stands(axis.path, level, arm))
    return float(value_at(arm.recipe, axis.path))


def _stands(path: str, level: Any, arm: Arm) -> bool:
    """Whether an arm is the same recipe once a level is put on it."""
    try:
        (same,) = arms_of(arm.recipe, [[(path, level)]], "design")
    except InputError:
        return False
    return same.recipe == arm.recipe
