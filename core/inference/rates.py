"""Rates: how often something happens, with an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from scipy import special


@dataclass(frozen=True)
class Rate:
    """``k`` of ``n``, with an interval for the probability behind it."""

    k: int
    n: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share k / n, NaN of nothing."""
        return self.k / self.n if self.n else math.nan


NOTHING = Rate(0, 0, 0.0, 1.0)
"""What is known of nothing."""


def rate(
    k: int, n: int, *, level: float = 0.95, method: Literal["exact", "wilson"] = "exact"
) -> Rate:
    """Return k of n with its interval: exact (Clopper & Pearson 1934), or Wilson's (1927).

    The exact one never covers less than ``level``; Wilson's covers it on the average.

    >>> r = rate(19, 20)
    >>> f"{r.share:.2f} [{r.low:.3f}, {r.high:.3f}]"
    '0.95 [0.751, 0.999]'
    """
    if not n:
        return NOTHING
    if method == "exact":
        tail = (1.0 - level) / 2
        low = float(special.betaincinv(k, n - k + 1, tail)) if k else 0.0
        high = float(special.betaincinv(k + 1, n - k, 1.0 - tail)) if k < n else 1.0
        return Rate(k, n, low, high)
    z = float(special.ndtri(0.5 + level / 2))
    middle = (k + z**2 / 2) / (n + z**2)
    half = z * math.sqrt(k * (n - k) / n + z**2 / 4) / (n + z**2)
    return Rate(k, n, middle - half if k else 0.0, middle + half if k < n else 1.0)
