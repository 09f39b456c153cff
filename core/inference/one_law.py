"""Whether two sets of runs come from one law: intervals for what a publication says of its runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .means import half_width

FloatArray = NDArray[np.float64]
Ends = tuple[float, float]
DRAWS = 10_000
"""Simulated pairs of samples behind a quantile."""


def median_of_others(x: FloatArray, alpha: float, runs: int = 0) -> Ends:
    """Return the order statistics between which the median lies, or that of ``runs`` more runs.

    For any continuous law, the number of ``x`` below the median of m other runs is beta-binomial,
    a = b = (m + 1)/2; below the law's own median it is binomial. The ends are infinite where
    even all of ``x`` on one side would not be rare enough.

    >>> median_of_others(np.arange(5.0), 0.05), median_of_others(np.arange(6.0), 0.05)
    ((-inf, inf), (0.0, 5.0))
    """
    n = len(x)
    k = _rank(n, alpha, runs)
    if k == 0:
        return -math.inf, math.inf
    ordered = np.sort(x)
    return float(ordered[k - 1]), float(ordered[n - k])


@lru_cache(maxsize=256)
def _rank(n: int, alpha: float, runs: int) -> int:
    """Return how many order statistics lie at either end with probability α/2 at most."""
    from scipy import stats  # takes half a second to load

    a = (runs + 1) / 2
    law = stats.betabinom(n, a, a) if runs else stats.binom(n, 0.5)
    return int(np.searchsorted(law.cdf(np.arange(n // 2)), alpha / 2, side="right")) if n else 0


def mean_of_others(x: FloatArray, alpha: float, runs: int = 0, sd: float = math.nan) -> Ends:
    """Return mean ± t·√(s²/n + sd²/m): where the mean of ``runs`` = m other runs falls.

    Without ``sd`` these spread as ``x`` does; with it the degrees of freedom are Welch's. Without
    ``runs`` it is the interval of the law's mean. The ends are infinite without a spread.
    """
    n = len(x)
    measured = float(x.var(ddof=1)) / n if n > 1 else 0.0
    if measured <= (1e-12 * float(np.abs(x).max(initial=0.0))) ** 2:
        return -math.inf, math.inf
    known = runs > 1 and not math.isnan(sd)
    published = (sd**2 if known else measured * n) / runs if runs else 0.0
    freedom = n - 1.0
    if known:
        parts = measured**2 / (n - 1) + published**2 / (runs - 1)
        freedom = (measured + published) ** 2 / parts
    half = half_width(math.sqrt(measured + published), freedom, 1 - alpha)
    mean = float(x.mean())
    return mean - half, mean + half


def sd_of_others(x: FloatArray, alpha: float, runs: int) -> Ends:
    """Return where the sd of ``runs`` other runs falls, for tails from the normal law's to t₃'s.

    The ends are 0 and ∞ with fewer than 5 values or without a spread.
    """
    n = len(x)
    sd = float(x.std(ddof=1)) if n > 1 else 0.0
    if n < 5 or runs < 2 or sd <= 1e-12 * float(np.abs(x).max(initial=0.0)):
        return 0.0, math.inf
    least, most = _sd_ratios(n, runs, alpha)
    return sd * least, sd * most


@lru_cache(maxsize=64)
def _sd_ratios(n: int, runs: int, alpha: float) -> Ends:
    """Return the α/2 and 1 − α/2 quantiles of the ratio of two sds, the wider of both laws'."""
    rng, ends = np.random.default_rng([n, runs]), []
    laws: list[Callable[[tuple[int, int]], FloatArray]] = [
        rng.standard_normal,
        lambda shape: rng.standard_t(3.0, shape),
    ]
    for draw in laws:
        logs = [
            np.concatenate(
                [np.log(draw((500, m)).std(axis=1, ddof=1)) for _ in range(DRAWS // 500)]
            )
            for m in (n, runs)
        ]
        ends.append(np.quantile(logs[1] - logs[0], [alpha / 2, 1 - alpha / 2]))
    low, high = np.array(ends).T
    return math.exp(low.min()), math.exp(high.max())


def counts_between(n: int, share: float, alpha: float, runs: int = 0) -> tuple[int, int]:
    """Return how many of ``n`` runs fall between quantiles that enclose a ``share`` of a law.

    Where these are quantiles of m = ``runs`` other runs the count is beta-binomial for any
    continuous law, a = share·(m + 1), b = (1 − share)·(m + 1); otherwise binomial.

    >>> counts_between(100, 0.95, 0.05)
    (90, 99)
    """
    from scipy import stats

    a, b = share * (runs + 1), (1 - share) * (runs + 1)
    law = stats.betabinom(n, a, b) if runs else stats.binom(n, share)
    below = law.cdf(np.arange(n + 1))
    above = law.sf(np.arange(n + 1) - 1)
    allowed = np.flatnonzero((below > alpha / 2) & (above > alpha / 2))
    return (int(allowed[0]), int(allowed[-1])) if len(allowed) else (0, n)
