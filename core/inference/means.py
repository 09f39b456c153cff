"""Means and medians of one sample, with intervals; and what dependent replicates do to them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval, which is NaN where the sample is too small for one."""

    estimate: float
    low: float
    high: float
    n: int


def half_width(error: float, freedom: float, level: float = 0.95) -> float:
    """Return t · error, half of a t-interval, for an estimate of this standard error.

    >>> round(half_width(1.0, 9), 2)
    2.26
    """
    return float(special.stdtrit(freedom, 0.5 + level / 2)) * error


def mean_interval(values: Any, *, factor: float = 1.0, level: float = 0.95) -> Interval:
    """Return mean ± t · s · √(factor / n) of finite values (Student 1908).

    Parameters
    ----------
    values
        Shape (n,).
    factor
        The variance of the mean over s²/n, above 1 for dependent values.

    Examples
    --------
    >>> i = mean_interval([1.0, 2.0, 3.0])
    >>> f"{i.estimate:.1f} [{i.low:.2f}, {i.high:.2f}]"
    '2.0 [-0.48, 4.48]'
    """
    x = np.asarray(values, np.float64)
    n = len(x)
    if n < 2:
        return Interval(float(x[0]) if n else math.nan, math.nan, math.nan, n)
    mean, spread = float(x.mean()), float(x.std(ddof=1))
    half = half_width(spread * math.sqrt(factor / n), n - 1, level)
    return Interval(mean, mean - half, mean + half, n)


def median_interval(values: Any, *, level: float = 0.95) -> Interval:
    """Return the median with the shortest symmetric pair of order statistics around it.

    It covers at least ``level`` whatever the law (Thompson 1936), with infinite values too; it is
    NaN for fewer than six values, whose range covers less.

    >>> median_interval([1.0, 2.0, 3.0, 4.0, 5.0, float("inf")])
    Interval(estimate=3.5, low=1.0, high=inf, n=6)
    """
    x = np.sort(np.asarray(values, np.float64))
    n = len(x)
    if not n:
        return Interval(math.nan, math.nan, math.nan, 0)
    middle = float(x[n // 2])
    if n % 2 == 0 and x[n // 2 - 1] != x[n // 2]:
        middle = float(x[n // 2 - 1] + x[n // 2]) / 2
    rank = int(special.bdtrik((1.0 - level) / 2, n, 0.5))
    cut = rank - 1 if special.bdtr(rank, n, 0.5) > (1.0 - level) / 2 else rank
    if cut < 0:
        return Interval(middle, math.nan, math.nan, n)
    return Interval(middle, float(x[cut]), float(x[n - 1 - cut]), n)
