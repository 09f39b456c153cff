"""The shape of a sample: whether its mean can stand for it, or skew and two modes forbid it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

LEAST = 5
"""The fewest values whose shape is judged."""
SKEW_LIMIT = 1.65
"""√n·|mean − median| over the spread, above which a sample counts as skewed."""


def gap_limit(n: int) -> float:
    """Return the weighted gap above which ``n`` values count as two groups.

    7.5 + 120/n² lies above the 97 % quantile of Student's t₃ for every n from 5 to 50, and far
    above normal samples' (simulated, 40,000 samples each).
    """
    return 7.5 + 120.0 / n**2


@dataclass(frozen=True)
class Shape:
    """What a sample of ``n`` finite values looks like.

    ``modes`` is 2 where one gap, whose middle is ``gap``, parts the values into two groups, of
    which ``below`` and ``above`` are the shares; else 1, and these three are NaN.
    """

    n: int
    skewed: bool
    modes: int
    gap: float = math.nan
    below: float = math.nan
    above: float = math.nan

    @property
    def plain(self) -> bool:
        """Whether neither skew nor a second mode shows."""
        return not self.skewed and self.modes == 1


def shape_of(values: ArrayLike, grain: float | None = None) -> Shape:
    """Return the shape of a sample; fewer than five finite values have none to speak of.

    Skew: √n·|x̄ − m| / (√(π/2)·mean|x − m|) with the median m, which heavy tails leave alone
    (Miao, Gel & Gastwirth 2006). Two modes: the largest √min(k, n − k)·gap/s over the places k
    where the sorted values can be parted, s the pooled spread within both parts. Both limits keep
    false alarms together at or below 5 % for normal samples and 10 % for Student's t₃.

    Parameters
    ----------
    values
        The sample; what is not finite is left out.
    grain
        The step in which values can differ, as 1/examples for an accuracy. Rounding to it may
        have made a spread of grain/√12, half a step of x̄ − m and a step of any gap. By default
        the smallest difference where values are tied, else 0.

    Examples
    --------
    >>> shape_of([0.10, 0.92, 0.93, 0.94, 0.95, 0.96])
    Shape(n=6, skewed=True, modes=2, gap=0.51, below=0.16666666666666666, above=0.8333333333333334)
    >>> shape_of([0.91, 0.92, 0.93, 0.94, 0.95, 0.96]).plain
    True
    """
    x = np.sort(np.asarray(values, dtype=np.float64).ravel())
    x = x[np.isfinite(x)]
    n = len(x)
    steps = np.diff(x)
    if n < LEAST or (largest := float(np.max(np.abs(x)))) == 0.0:
        return Shape(n, False, 1)
    moved = steps > 1e-9 * largest
    if not moved.any():
        return Shape(n, False, 1)
    if grain is None:
        grain = 0.0 if moved.all() else float(steps[moved].min())
    median = float(np.median(x))
    spread = math.sqrt(math.pi / 2) * max(float(np.abs(x - median).mean()), grain / math.sqrt(12))
    lean = max(0.0, abs(float(x.mean()) - median) - grain / 2)
    skewed = math.sqrt(n) * lean / spread > SKEW_LIMIT
    k = np.arange(1, n)
    sums, squares = np.cumsum(x - median), np.cumsum((x - median) ** 2)
    between = sums[:-1] ** 2 / k + (sums[-1] - sums[:-1]) ** 2 / (n - k)
    rounding = max(grain**2 / 12, (1e-9 * largest) ** 2)
    within = np.sqrt(np.maximum((squares[-1] - between) / (n - 2), rounding))
    distance = np.sqrt(np.minimum(k, n - k)) * (steps - grain) / within
    best = int(distance.argmax())
    if distance[best] <= gap_limit(n):
        return Shape(n, skewed, 1)
    below = (best + 1) / n
    return Shape(n, skewed, 2, float(x[best] + x[best + 1]) / 2, below, (n - best - 1) / n)
