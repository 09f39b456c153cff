"""Merits: how good each trial is, larger being better, with a place for what has no value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...core.engine.outcome import Status
from ...core.inference.scores import ranks
from ...studies.metrics import Metric
from .scales import compared, gains

FloatArray = NDArray[np.float64]


def merits(trials: pd.DataFrame, metric: Metric) -> pd.Series:
    """Return each trial's value on the metric's scale, turned so that larger is better.

    A diverged trial has −∞, as has one whose training ended without a value of the metric; a value
    at the end of its scale, such as a loss of 0, has +∞ or −∞. A trial that failed has NaN.
    """
    ended = (trials["status"] != Status.FAILED).to_numpy()
    x = gains(metric, compared(metric, trials[metric.name], ended))
    return pd.Series(np.where(ended, x, np.nan), trials.index)


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
        values = ranks(values)
    return MeritTable(values, tuple(map(int, table.columns)), infinite > 0, infinite)
