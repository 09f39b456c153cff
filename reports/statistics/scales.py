"""Scales on which replicates are averaged and compared."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...studies.metrics import Scale

FloatArray = NDArray[np.float64]


def onto(scale: Scale, values: Any) -> FloatArray:
    """Move values to the scale on which they are averaged; what it cannot hold becomes NaN."""
    x = np.asarray(values, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        if scale == "log":
            return np.where(x > 0, np.log(x), np.nan)
        if scale == "logit":
            return np.where((x > 0) & (x < 1), np.log(x) - np.log1p(-x), np.nan)
    return x


def back(scale: Scale, value: float) -> float:
    """Move one value back from its scale."""
    if scale == "log":
        return math.exp(value) if value < 700 else math.inf
    if scale == "logit":
        return 1.0 / (1.0 + math.exp(-value))
    return value
