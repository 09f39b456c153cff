"""A joint prediction box: where all the numbers of one more run fall together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]
TAILS = 3.0
"""Degrees of freedom of the heaviest tails for which a box keeps its level with few runs."""
DRAWS = 20_000
NO_SPREAD = 1e-12
"""Values that differ by less than this share of their size do not differ."""


@dataclass(frozen=True)
class Box:
    """One interval for each number, in all of which one more run falls with probability 1 − α.

    ``centre``, ``low`` and ``high`` have shape (p,); the ends are infinite where values show no
    spread from which an interval could be made.
    """

    centre: FloatArray
    low: FloatArray
    high: FloatArray


def prediction_box(x: FloatArray, alpha: float) -> Box:
    """Return mean ± c·s·√(1 + 1/n) for each of the p columns of ``x``, whose rows are runs.

    With n ≥ 1/α − 1 runs, c is the ⌈(1 − α)(n + 1)⌉-th smallest of their own largest deviations,
    each from the mean and s of all others: it follows tails and dependence as they are. With fewer
    it is :func:`critical_value`.

    Parameters
    ----------
    x
        Shape (n, p), without gaps.
    alpha
        The probability that one more run of the same law falls outside.

    References
    ----------
    Vovk, Gammerman & Shafer, Algorithmic Learning in a Random World, 2005; Barber, Candès, Ramdas &
    Tibshirani, Predictive inference with the jackknife+, 2021.
    """
    n, p = x.shape
    centre = x.mean(axis=0) if n else np.full(p, np.nan)
    if n < 2:
        return Box(centre, np.full(p, -np.inf), np.full(p, np.inf))
    sd = spread(x)
    rank = math.ceil((1 - alpha) * (n + 1) - 1e-9)
    if rank <= n and n > 2:
        c = float(np.sort(deviations(x[:, sd > 0]))[rank - 1])
    else:
        c = critical_value(n, alpha / p)
    half = np.full(p, np.inf)
    half[sd > 0] = c * sd[sd > 0] * math.sqrt(1 + 1 / n)
    return Box(centre, centre - half, centre + half)


def spread(x: FloatArray) -> FloatArray:
    """Return the sd of each column, 0 where it is rounding."""
    sd = x.std(axis=0, ddof=1)
    return np.where(sd > NO_SPREAD * np.abs(x).max(axis=0, initial=0.0), sd, 0.0)


def deviations(x: FloatArray) -> FloatArray:
    """Return how far each row lies from the others: its largest |xᵢ − mean| / (s·√(1 + 1/(n−1))).

    Mean and s are those of the other n − 1 rows; the result has shape (n,), 0 without columns.
    """
    n = len(x)
    off = x - x.mean(axis=0)
    squares = np.square(off).sum(axis=0) - np.square(off) * n / (n - 1)
    squares = np.where(squares > (NO_SPREAD * np.abs(x).max(axis=0, initial=0.0)) ** 2, squares, 0)
    sd = np.sqrt(squares / (n - 2))
    apart = np.abs(off) * (n / (n - 1) / math.sqrt(1 + 1 / (n - 1)))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(apart > 0, apart / sd, 0.0)
    return np.asarray(ratio.max(axis=1, initial=0.0))


@lru_cache(maxsize=256)
def critical_value(n: int, alpha: float) -> float:
    """Return c with P(|y − mean| > c·s·√(1 + 1/n)) = α at most, from normal tails to t₃'s.

    It is the larger of the normal law's, which is Student's quantile, and t₃'s, which is averaged
    over samples drawn from a fixed seed.
    """
    from scipy.optimize import brentq  # takes a third of a second to load

    x = np.random.default_rng(n).standard_t(TAILS, (DRAWS, n))
    mean, half = x.mean(axis=1), x.std(axis=1, ddof=1) * math.sqrt(1 + 1 / n)

    def excess(log_c: float) -> float:
        reach = math.exp(log_c) * half
        beyond = special.stdtr(TAILS, mean - reach) + special.stdtr(TAILS, -mean - reach)
        return float(beyond.mean()) - alpha

    heavy = math.exp(brentq(excess, -3.0, 20.0, xtol=1e-6))
    return max(heavy, float(special.stdtrit(n - 1, 1 - alpha / 2)))
