"""What a number of pairs can resolve, told before and after."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from .scores import FEWEST_PAIRS

MOST_PAIRS = 1_000_000
NODES = 64
CHANCE = 0.8
"""That of detecting a difference that is there."""


def power(pairs: int, ratio: float, level: float = 0.95) -> float:
    """Return the chance that a paired t-test detects an effect of ``ratio`` sd of the differences.

    The noncentral t law with pairs − 1 degrees of freedom and centre √pairs · ratio, by quadrature
    over the law of the sd: SciPy's own is NaN far out.

    >>> round(power(10, 1.0), 2)
    0.8
    """
    if pairs < 2:
        return 0.0
    limit = float(special.stdtrit(pairs - 1, 0.5 + level / 2))
    centre = math.sqrt(pairs) * ratio
    nodes, weights = _quadrature()
    spread = np.sqrt(special.chdtri(pairs - 1, (1.0 - nodes) / 2) / (pairs - 1))
    beyond = special.ndtr(centre - limit * spread) + special.ndtr(-centre - limit * spread)
    return float(weights @ beyond / 2)


@cache
def _quadrature() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Gauss and Legendre's nodes and weights on [−1, 1]."""
    return np.polynomial.legendre.leggauss(NODES)


def pairs_needed(spread: float, margin: float) -> int:
    """Return how many pairs detect a difference of ``margin`` four times in five, at least six.

    Parameters
    ----------
    spread
        The standard deviation of the paired differences.
    margin
        The difference that matters, on the same scale.

    Examples
    --------
    >>> pairs_needed(1.0, 1.0), pairs_needed(1.0, 0.5), pairs_needed(0.0, 1.0)
    (10, 34, 6)
    """
    if spread <= 0.0:
        return FEWEST_PAIRS
    ratio = margin / spread
    if power(FEWEST_PAIRS, ratio) >= CHANCE:
        return FEWEST_PAIRS
    rough = 8.0 / ratio**2  # about (1.96 + 0.84)² / ratio²
    if rough > MOST_PAIRS:
        return MOST_PAIRS
    low, high = FEWEST_PAIRS, max(2 * FEWEST_PAIRS, int(2 * rough))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle, ratio) >= CHANCE else (middle, high)
    return high


def spread_interval(spread: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a standard deviation of n normal values, by the χ² law."""
    tail = (1.0 - level) / 2
    low, high = (float(special.chdtri(n - 1, p)) for p in (tail, 1.0 - tail))
    return spread * math.sqrt((n - 1) / low), spread * math.sqrt((n - 1) / high)


def detectable(pairs: int) -> float:
    """Return the effect, in sd of the differences, that so many pairs detect four times in five.

    >>> round(detectable(10), 1)
    1.0
    """
    if pairs < 2:
        return math.inf
    low, high = 1e-3, 100.0
    while high - low > 1e-9 * high:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if power(pairs, middle) >= CHANCE else (middle, high)
    return high


def break_even(n: int, level: float = 0.95) -> float:
    """Return the variance ratio below which pairing shortens the interval.

    (t of 2n − 2 over t of n − 1)², as a paired comparison has half the degrees of freedom.

    >>> round(break_even(10), 2)
    0.86
    """
    if n < 2:
        return math.nan
    unpaired, paired = (float(special.stdtrit(df, 0.5 + level / 2)) for df in (2 * n - 2, n - 1))
    return (unpaired / paired) ** 2
