"""Rank reversals: pairs of arms of which each is ahead under one of two conditions."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .means import mean_interval

FloatArray = NDArray[np.float64]
TOP = 3
"""Arms at the top of each order among which reversals are looked for."""
FEWEST = 3
"""Pairs of replicates that an interval needs here."""
LEVEL = 0.98
"""With both intervals at this level fewer than 2 % of studies of equal arms show a reversal."""


def order_of(values: ArrayLike) -> NDArray[np.int64]:
    """Return arms from the best to the worst by their medians, shape (arms, replicates).

    Larger is better, −∞ is a diverged trial, and an arm without any value (NaN) comes last.

    >>> order_of([[0.5, 0.6, 0.7], [0.9, -np.inf, 0.8], [np.nan, np.nan, np.nan]]).tolist()
    [1, 0, 2]
    """
    return np.argsort(-medians(values), kind="stable")


def medians(values: ArrayLike) -> FloatArray:
    """Return the arms' medians over the replicates that have a value, −∞ where none has."""
    x = np.asarray(values, dtype=np.float64)
    known = [row[~np.isnan(row)] for row in x]
    return np.array([float(np.median(row)) if len(row) else -math.inf for row in known])


def reversals(first: ArrayLike, second: ArrayLike) -> list[tuple[int, int]]:
    """Return the pairs (a, b) of which a is ahead in ``first`` and b in ``second``.

    Only pairs among the :data:`TOP` arms of either order count, and only where both paired 98 %
    t-intervals of the difference exclude zero; a pair with a diverged or absent trial is left out
    of both, so that a difference in divergence alone is no reversal.

    Parameters
    ----------
    first, second
        Values of the same arms and replicates under two conditions, shape (arms, replicates),
        larger being better.
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    top = sorted({*order_of(x)[:TOP].tolist(), *order_of(y)[:TOP].tolist()})
    pairs = []
    for a, b in itertools.combinations(top, 2):
        sides = ahead(x[a], x[b]), ahead(y[a], y[b])
        if sides == (1, -1):
            pairs.append((a, b))
        elif sides == (-1, 1):
            pairs.append((b, a))
    return pairs


def ahead(a: FloatArray, b: FloatArray) -> int:
    """Return 1 where the paired interval of a − b lies above zero, −1 where below, else 0."""
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < FEWEST:
        return 0
    d = a[both] - b[both]
    if d.std(ddof=1) <= 1e-12 * np.max(np.abs([a[both], b[both]])):  # rounding
        return 0
    interval = mean_interval(d, level=LEVEL)
    return int(interval.low > 0) - int(interval.high < 0)
