"""Several data sets: treatments ranked within blocks, and whether their average ranks differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
LEVEL = 0.95


@dataclass(frozen=True)
class Friedman:
    """Average ranks, 1 the best, with Friedman's χ², Iman and Davenport's F, and its p.

    Average ranks that differ by less than ``critical`` are not told apart (Nemenyi).
    """

    ranks: tuple[float, ...]
    chi2: float
    f: float
    p: float
    critical: float
    blocks: int


def friedman(
    values: ArrayLike, level: float = LEVEL, *, permutations: int = 9999, seed: int = 0
) -> Friedman:
    """Rank treatments within each block and compare their average ranks, ties at the mean rank.

    χ² = N·Σⱼ(Rⱼ − (k + 1)/2)² / mean within-block variance of the ranks, F = (N − 1)χ²/(N(k − 1) −
    χ²), and the critical difference q·√(k(k + 1)/(6N)), q the studentised range over √2. p is that
    of permuting ranks within blocks: F's own distribution says 0 where a few blocks agree. Source:
    Demšar 2006, JMLR 7; Iman & Davenport 1980.

    Parameters
    ----------
    values
        What each treatment reaches in each block, larger being better, −∞ where it diverged; shape
        (N blocks, k treatments).

    Raises
    ------
    ValueError
        If there are fewer than two blocks or treatments, or a value is NaN.

    Examples
    --------
    >>> result = friedman([[0.9, 0.8, 0.7], [0.6, 0.5, 0.55], [0.8, 0.7, 0.6], [0.7, 0.6, 0.5]])
    >>> result.ranks, round(result.chi2, 2), round(result.p, 2)
    ((1.0, 2.25, 2.75), 6.5, 0.04)
    """
    from scipy import stats  # takes half a second to load

    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 2 or min(x.shape) < 2 or np.isnan(x).any():
        raise ValueError(f"values of shape {x.shape} must be (blocks, treatments), 2 or more each")
    ranks = stats.rankdata(-x, axis=1)
    blocks, k = ranks.shape
    within = float(((ranks - (k + 1) / 2) ** 2).sum()) / (blocks * (k - 1))
    chi2, f = statistics(ranks.mean(axis=0), blocks, within)
    drawn = np.random.default_rng(seed).permuted(
        np.broadcast_to(ranks, (permutations, blocks, k)), axis=2
    )
    spread, observed = (
        ((r - (k + 1) / 2) ** 2).sum(axis=-1) for r in (drawn.mean(axis=1), ranks.mean(axis=0))
    )
    p = float((1 + np.sum(spread >= observed * (1 - 1e-9))) / (permutations + 1))
    average = tuple(map(float, ranks.mean(axis=0)))
    return Friedman(average, chi2, f, p, critical_difference(k, blocks, level), blocks)


def statistics(average: ArrayLike, blocks: int, within: float | None = None) -> tuple[float, float]:
    """Return Friedman's χ² and Iman and Davenport's F of average ranks over so many blocks.

    ``within`` is the variance of the ranks within blocks, k(k + 1)/12 without ties.
    """
    r = np.asarray(average, dtype=np.float64)
    k = len(r)
    variance = k * (k + 1) / 12 if within is None else within
    if variance == 0.0:
        return 0.0, 0.0
    chi2 = blocks * float(((r - (k + 1) / 2) ** 2).sum()) / variance
    rest = blocks * (k - 1) - chi2
    return chi2, (blocks - 1) * chi2 / rest if rest > 1e-9 * chi2 else math.inf


def critical_difference(k: int, blocks: int, level: float = LEVEL) -> float:
    """Return Nemenyi's critical difference of the average ranks of ``k`` treatments.

    >>> round(critical_difference(4, 14), 2)
    1.25
    """
    return _quantile(k, level) * math.sqrt(k * (k + 1) / (12 * blocks))


@cache
def _quantile(k: int, level: float) -> float:
    from scipy import stats

    return float(stats.studentized_range.ppf(level, k, math.inf))
