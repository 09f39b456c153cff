"""Trends: how a metric changes along an axis of numbers, replicate by replicate."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...core.inference.factorial import contrasts
from ...core.inference.slopes import slope_weights
from ...studies.answers import Trend
from .along import Row, rows_along
from .effects import Conditions, judge_together
from .frames import Results
from .widening import of_contrasts


@dataclass(frozen=True)
class Slope:
    """The slope of the metric along an axis, on the scale of the analysis.

    Parameters
    ----------
    row
        The arms that it is made of.
    doubling
        Whether it is for each doubling of the axis, or for each 1 of it where levels are not all
        above 0.
    mean, low, high, p
        Its mean over replicates with the interval and p joint with those of the other rows, NaN
        for fewer than six replicates.
    n, same
        The replicates, and those whose slope has the sign of the mean.
    first, second
        The mean slopes over the lower and the upper half of the levels, NaN for fewer than four.
    """

    row: Row
    doubling: bool
    mean: float
    low: float
    high: float
    p: float
    n: int
    same: int
    first: float
    second: float

    @property
    def clear(self) -> bool:
        """Whether its interval leaves out no change."""
        return self.low > 0 or self.high < 0

    @property
    def bent(self) -> bool:
        """Whether the two halves go in opposite directions."""
        return self.first * self.second < 0


def slopes(results: Results, asked: Trend, given: Conditions) -> list[Slope]:
    """Return the slope for every combination of levels of ``asked.by``, judged as one family."""
    rows = rows_along(results, asked.axis, asked.by)
    table = results.compared(results.metric).reindex(columns=range(len(results.study.arms)))
    values = table.to_numpy(np.float64)
    places = [np.array([float(level.value) for level in row.levels]) for row in rows]
    doubling = all((place > 0).all() for place in places)
    places = [np.log2(place) if doubling else place for place in places]

    def along(row: Row, part: slice) -> NDArray[np.float64]:
        place = places[rows.index(row)][part]
        weights = slope_weights(place)[:, None]
        made: NDArray[np.float64] = contrasts(values[:, list(row.arms[part])], weights)[:, 0]
        return made

    whole = np.array([along(row, slice(None)) for row in rows])
    factors = of_contrasts(results, whole, [int(k) for k in table.index])
    size = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
    judged = judge_together(whole, replace(given, named=None, step=0.0), factors, size=size)
    made = []
    for row, replicates, each in zip(rows, whole, judged, strict=True):
        known = replicates[np.isfinite(replicates)]
        half = len(row.arms) // 2
        halves = [math.nan, math.nan]
        if half >= 2:
            parts = (slice(0, len(row.arms) - half), slice(half, None))
            halves = [float(np.mean(x[np.isfinite(x)])) for x in (along(row, p) for p in parts)]
        same = int((np.sign(known) == np.sign(each.estimate)).sum())
        made.append(
            Slope(
                row,
                doubling,
                each.estimate,
                each.low,
                each.high,
                each.p,
                len(known),
                same,
                *halves,
            )
        )
    return made
