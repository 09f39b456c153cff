"""Optima: which level of an axis is best, and which may be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core.inference.best import may_be_best
from ...studies.answers import Optimum
from .along import Row, rows_along
from .estimates import Estimate, best_first
from .frames import Results
from .scales import gains


@dataclass(frozen=True)
class Best:
    """The best of the arms along an axis.

    Parameters
    ----------
    row
        The arms that were compared.
    arm
        The position of the arm with the best median, None where no arm has a value.
    estimate
        What it reached.
    possible
        The arms that may be the best, None where there are too few replicates to say.
    lost
        The arms in which most replicates have no value.
    """

    row: Row
    arm: int | None
    estimate: Estimate | None
    possible: tuple[int, ...] | None
    lost: tuple[int, ...]

    @property
    def at_edge(self) -> bool:
        """Whether the best of several numbers is the first or the last; nothing is beyond a 0."""
        if not self.row.numeric or len(self.row.arms) < 2 or self.arm is None:
            return False
        here = self.row.arms.index(self.arm)
        return here in (0, len(self.row.arms) - 1) and bool(self.row.levels[here].value)


def optima(results: Results, asked: Optimum) -> list[Best]:
    """Return the best level of the axis for every combination of levels of ``asked.by``."""
    return [_best(results, row) for row in rows_along(results, asked.axis, asked.by)]


def _best(results: Results, row: Row) -> Best:
    metric = results.metric
    estimates = {arm: results.estimates[arm] for arm in row.arms}
    ordered = best_first(metric, estimates)
    lost = tuple(arm for arm, e in estimates.items() if e.lost.k * 2 > e.of > 0)
    if not ordered:
        return Best(row, None, None, None, lost)
    compared = results.compared(metric)
    table = compared[[arm for arm in row.arms if arm in compared]].dropna()
    may = may_be_best(gains(metric, table.to_numpy(np.float64).T)) if len(table.columns) else None
    possible = None
    if may is not None:
        possible = tuple(int(arm) for arm, each in zip(table.columns, may, strict=True) if each)
    return Best(row, ordered[0], estimates[ordered[0]], possible, lost)
