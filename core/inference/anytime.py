"""Intervals that hold at every look, however often a study is extended after looking."""

from __future__ import annotations

import math

PRIOR = 1.0
"""The prior weight, in replicates: effects of about one sd of the differences are expected."""


def critical_t(n: int, alpha: float, prior: float = PRIOR) -> float:
    """Return the |t| of n values that is exceeded at any n ≥ 2 with a chance of at most alpha.

    With g = prior / (n + prior) and R = (1 / (α² g))^{1/n}, it is √((n − 1)(R − 1) / (1 − g R)),
    ∞ where g R ≥ 1. The confidence sequence of the t-statistic: its Bayes factor under a normal
    prior on effects, and Jeffreys' on the sd, is a test martingale. Source: Lai 1976; Wang &
    Ramdas 2025, Anytime-valid t-tests and confidence sequences.

    >>> [round(critical_t(n, 0.05), 1) for n in (6, 10, 20, 100)]
    [5.4, 3.9, 3.4, 3.3]
    """
    if n < 2:
        return math.inf
    g = prior / (n + prior)
    ratio = (1.0 / (alpha**2 * g)) ** (1.0 / n)
    if g * ratio >= 1.0:
        return math.inf
    return math.sqrt((n - 1) * (ratio - 1.0) / (1.0 - g * ratio))
