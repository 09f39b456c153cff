"""Scores of paired differences: their studentised sum, and their centre."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
FEWEST_PAIRS = 6
"""Fewer pairs cannot reach p = .05: the least two-sided p of n sign-flips is 2 / 2ⁿ."""
ALIKE = 1e-9
"""A spread below this share of the values' size is rounding, and ties are taken as ties."""


def t_squared(sums: FloatArray, scores: FloatArray) -> FloatArray:
    """Return t² = (n − 1) r / (1 − r) with r = (Σ ±y)² / (n Σ y²), of scores y; ∞ where r = 1."""
    n, squares = len(scores), float(scores @ scores)
    if squares == 0.0:
        return np.zeros(len(sums))
    r = np.minimum(sums**2 / (n * squares), 1.0)
    rest = 1.0 - r
    return np.asarray(
        np.where(rest > ALIKE, (n - 1) * r / np.where(rest > ALIKE, rest, 1.0), math.inf)
    )


def ranks(values: FloatArray) -> FloatArray:
    """Return the rank of each value among all of them from 1, ties at the mean rank.

    >>> ranks(np.array([[3.0, 1.0], [3.0, np.inf]])).tolist()
    [[2.5, 1.0], [2.5, 4.0]]
    """
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    rank = np.cumsum(counts) - (counts - 1) / 2
    return np.asarray(rank[place].reshape(values.shape))


def centre(values: FloatArray) -> float:
    """Return the mean, or the median of all pairs' means where some value is infinite."""
    if np.isfinite(values).all():
        return float(values.mean())
    with np.errstate(invalid="ignore"):
        sums = values[:, None] + values[None, :]
    walsh = np.where(np.isnan(sums), 0.0, sums / 2)[np.triu_indices(len(values))]
    ordered = np.sort(walsh)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return float(ordered[middle])
    two = ordered[middle - 1 : middle + 1]
    return float(two.mean()) if np.isfinite(two).all() else float(two[0])
