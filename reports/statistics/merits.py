"""Merits: how good each trial is, larger being better, with a place for what has no value."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ...core.engine.outcome import Status
from ...studies.metrics import Metric
from .scales import onto

FloatArray = NDArray[np.float64]


def merits(trials: pd.DataFrame, metric: Metric) -> pd.Series:
    """Return each trial's value on the metric's scale, turned so that larger is better.

    A diverged trial has −∞, as has one whose training ended without a value of the metric; a value
    at the end of its scale, such as a loss of 0, has +∞ or −∞. A trial that failed has NaN.
    """
    raw = trials[metric.name].to_numpy(np.float64)
    x = onto(metric.scale, raw)
    lowest, highest = raw <= 0, raw >= (1 if metric.scale == "logit" else math.inf)
    if metric.scale != "linear":
        x = np.where(lowest, -math.inf, np.where(highest, math.inf, x))
    if metric.direction == "lower":
        x = -x
    elif metric.direction == "nearer one":
        x = -np.abs(x if metric.scale == "log" else x - 1.0)
    status = trials["status"].to_numpy()
    x = np.where((status == Status.DIVERGED) | ~np.isfinite(raw), -math.inf, x)
    return pd.Series(np.where(status == Status.FAILED, np.nan, x), trials.index)


@dataclass(frozen=True)
class MeritTable:
    """Merits of the replicates that every arm has, shape (arms, replicates), all of them finite.

    Where some had none, ``infinite`` of them, all are ``ranked``: their ranks among all trials
    stand in their place, ties at the mean rank, diverged trials last.
    """

    values: FloatArray
    replicates: tuple[int, ...]
    ranked: bool
    infinite: int


def merit_table(trials: pd.DataFrame, metric: Metric, arms: int) -> MeritTable:
    """Return the merits of ``arms`` arms over the replicates that are complete."""
    frame = trials.assign(merit=merits(trials, metric))
    table = frame.pivot(index="arm", columns="replicate", values="merit")
    table = table.reindex(range(arms)).dropna(axis="columns")
    values = table.to_numpy(np.float64)
    infinite = int((~np.isfinite(values)).sum())
    if infinite:
        values = stats.rankdata(values).reshape(values.shape)
    return MeritTable(values, tuple(map(int, table.columns)), infinite > 0, infinite)
