"""What each arm reached: mean, median and how many replicates have no value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.inference.means import mean_interval, median_interval
from ...core.inference.rates import NOTHING, Rate, rate
from ...core.inference.shape import LEAST, Shape, shape_of
from ...studies.metrics import Metric, Scale
from .scales import back, onto

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """What an arm reached, back on the metric's own scale.

    Parameters
    ----------
    mean, low, high
        The mean of the replicates that have a finite value, with its 95 % t-interval; NaN for
        fewer than two.
    n
        The number of replicates with a finite value.
    median, median_low, median_high
        The median of all replicates, one without a value counting as worst, with the interval of
        order statistics; that is NaN for fewer than six.
    lost
        How many of the replicates that ended have no finite value, with its interval.
    shape
        Whether finite values are skewed or have two modes, on the scale of the analysis.
    """

    mean: float
    low: float
    high: float
    n: int
    median: float = math.nan
    median_low: float = math.nan
    median_high: float = math.nan
    lost: Rate = NOTHING
    shape: Shape | None = None

    @property
    def of(self) -> int:
        """The number of replicates that ended with or without a value."""
        return self.lost.n


def estimate(values: Any, scale: Scale, *, factor: float = 1.0) -> Estimate:
    """Return mean ± t·s·√(factor/n), taken on ``scale``, of the values that are finite there."""
    x = onto(scale, values)
    i = mean_interval(x[np.isfinite(x)], factor=factor, level=LEVEL)
    mean, low, high = (back(scale, value) for value in (i.estimate, i.low, i.high))
    return Estimate(mean, low, high, i.n)


def arm_estimate(
    metric: Metric,
    values: Any,
    diverged: Any,
    factor: float = 1.0,
    grain: float | None = None,
) -> Estimate:
    """Return what an arm reached; no interval reaches beyond what the metric can be.

    ``factor`` is the variance of the mean over s²/n, ``grain`` the smallest difference of values
    that are counts.
    """
    values, diverged = np.asarray(values, np.float64), np.asarray(diverged, bool)
    mean = estimate(values, metric.scale, factor=factor)
    worst = -math.inf if metric.direction == "higher" else math.inf
    ended = values[~np.isnan(values) | diverged]
    filled = np.where(np.isnan(ended), worst, ended)
    least, most = metric.bounds
    middle = median_interval(filled, level=LEVEL)
    low, high = (float(np.clip(x, least, most)) for x in (mean.low, mean.high))
    shape = shape_of(onto(metric.scale, values), grain)
    return Estimate(
        mean.mean,
        low,
        high,
        mean.n,
        middle.estimate,
        middle.low,
        middle.high,
        rate(int((~np.isfinite(onto(metric.scale, filled))).sum()), len(ended), level=LEVEL),
        shape if shape.n >= LEAST else None,
    )


def best_first(metric: Metric, estimates: Mapping[int, Estimate]) -> list[int]:
    """Return the arms that have a value, the best median first; no order without a direction.

    Arms with the same median go by the share of replicates without a value, then by the mean.
    """
    if not metric.directed:
        return []

    def key(arm: int) -> tuple[float, float, float]:
        e = estimates[arm]
        middle, mean = (cost(metric, value) for value in (e.median, e.mean))
        return middle, e.lost.share, mean

    return sorted((arm for arm, e in estimates.items() if e.n), key=key)


def cost(metric: Metric, value: float) -> float:
    """Return a number that is lower for better values, ∞ for none."""
    if math.isnan(value):
        return math.inf
    if metric.distance:
        return abs(math.log(value)) if value > 0 else math.inf
    return -value if metric.direction == "higher" else value
