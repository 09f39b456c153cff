"""Thresholds: where on an axis a metric passes a value, replicate by replicate."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.inference.means import Interval, mean_interval, median_interval
from ...core.inference.rates import Rate, rate
from ...core.trial import Origin
from ...studies.answers import Threshold
from ...studies.designs.design_function import Level
from .along import Row, rows_along
from .frames import Results
from .scales import onto


@dataclass(frozen=True)
class Passing:
    """Where the metric passes the value, for one combination of levels.

    Parameters
    ----------
    levels
        The combination.
    interval
        The place on the axis over replicates, ∞ beyond its end.
    n, beyond
        The replicates that were looked at, and those that do not pass inside the axis.
    diverged
        The levels of the axis at which trainings diverged, each with their rate.
    origin
        What forks go on from, whose arm is then one of those looked at.
    """

    levels: tuple[Level, ...]
    interval: Interval
    n: int
    beyond: int
    diverged: tuple[tuple[Level, Rate], ...]
    origin: Origin | None = None


def crossing(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return where y(x) first changes its sign, straight between points; ∞ where it does not.

    NaN values are passed over.

    >>> crossing(np.array([1.0, 2.0, 4.0]), np.array([-1.0, -0.5, 0.5]))
    3.0
    """
    there = np.isfinite(y)
    points = list(zip(x[there], y[there], strict=True))
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if y0 * y1 <= 0 and y0 != y1:
            return float(x0 + (x1 - x0) * y0 / (y0 - y1))
    return math.inf if points else math.nan


def passings(results: Results, asked: Threshold) -> list[Passing]:
    """Return for every combination of levels of ``asked.by`` where the metric passes its value.

    Forks from different epochs stand apart, the unchanged twin beside each of them.
    """
    rows = rows_along(results, asked.axis, asked.by)
    return [_passing(results, asked, row) for row in rows]


def _passing(results: Results, asked: Threshold, row: Row) -> Passing:
    metric, arms, levels = results.metric, list(row.arms), row.levels
    x = np.log([float(level.value) for level in levels])
    mine = results.trials[results.trials["arm"].isin(arms)]
    table = mine.pivot(index="replicate", columns="arm", values=metric.name).reindex(columns=arms)
    y = onto(metric.scale, table) - onto(metric.scale, asked.value)
    places = np.array([crossing(x, each) for each in y])
    places = places[~np.isnan(places)]
    inside = places[np.isfinite(places)]
    whole = len(inside) == len(places)
    interval = mean_interval(inside) if whole else median_interval(places)
    place, low, high = np.exp([interval.estimate, interval.low, interval.high])
    diverged = []
    for arm, level in zip(arms, levels, strict=True):
        gone = results.diverged[results.trials["arm"] == arm]
        if gone.any():
            diverged.append((level, rate(int(gone.sum()), len(gone))))
    return Passing(
        row.by,
        Interval(float(place), float(low), float(high), interval.n),
        len(places),
        len(places) - len(inside),
        tuple(diverged),
        row.origin,
    )
