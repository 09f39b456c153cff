"""Scales on which replicates are averaged and compared, and what stands for a missing value."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...studies.metrics import Metric, Scale

FloatArray = NDArray[np.float64]


def onto(scale: Scale, values: Any) -> FloatArray:
    """Move values to the scale on which they are averaged; the logarithm of 0 is −∞."""
    x = np.asarray(values, dtype=np.float64)
    if scale == "log":
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(x >= 0, np.log(x), np.nan)
    return x


def back(scale: Scale, value: float) -> float:
    """Move one value back from its scale."""
    if scale == "log":
        return math.inf if value > 700 else math.exp(value)
    return value


def compared(metric: Metric, values: Any, diverged: Any) -> FloatArray:
    """Return what arms are compared by: values on the metric's scale, ±∞ where there is none.

    A training that diverged is worse than any value, and a loss of zero better than any other; a
    value that is missing for another reason stays NaN. Where nearer to 1 is better, it is the
    distance |log value|.
    """
    x = onto(metric.scale, values)
    if metric.distance:
        x = np.abs(x)
    worst = {"higher": -math.inf, "none": math.nan}.get(metric.direction, math.inf)
    return np.where(np.isnan(x) & np.asarray(diverged, bool), worst, x)


def better(metric: Metric, difference: float) -> bool | None:
    """Return whether a difference of compared values is for the better, None of neither."""
    if not metric.directed or difference == 0 or math.isnan(difference):
        return None
    return (difference > 0) == (metric.direction == "higher")


def gains(metric: Metric, values: FloatArray) -> FloatArray:
    """Return compared values with their sign such that higher is better."""
    return values if metric.direction == "higher" else -values
