"""Which axes the primary metric depends on: exact on full grids, by a forest elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...core.inference.importance import Share, decompose
from ...core.inference.means import half_width
from .forest import TREES, columns_of, forest_importance
from .frames import Results
from .merits import MeritTable, merit_table

FEWEST_ARMS = 10
"""Arms that a forest needs."""
RESAMPLES = 20


@dataclass(frozen=True)
class Importance:
    """How much of the metric's variance each axis, or pair of axes, explains.

    ``effects`` name axes by their paths, the largest first. Of a grid they are parts of the whole
    variance, ``higher`` and ``luck`` the rest; by a forest, whose out-of-bag R² is ``r2``, they are
    total shares of the variance between arms, and ``higher``, ``luck`` are None. ``infinite`` of
    ``trials`` had no finite value, so that ranks stand for values.
    """

    effects: tuple[tuple[tuple[str, ...], Share], ...]
    higher: Share | None
    luck: Share | None
    r2: float
    replicates: int
    infinite: int
    trials: int

    @property
    def exact(self) -> bool:
        """Whether the shares are those of a full grid."""
        return self.luck is not None


def importance_of(results: Results) -> Importance | None:
    """Return the importance of a study's axes, None for fewer than two or too few trials."""
    axes = results.axes
    if len(axes) < 2:
        return None
    table = merit_table(results.trials, results.metric, len(results.study.arms))
    places = [
        [labels.index(arm.level(path).label) for arm in results.study.arms]
        for path in axes
        for labels in [[level.label for level in results.levels(path)]]
    ]
    sizes = [len(results.levels(path)) for path in axes]
    crossed = math.prod(sizes) == len(set(zip(*places, strict=True))) == len(results.study.arms)
    if crossed:
        return exact(axes, places, sizes, table) if len(table.replicates) >= 2 else None
    if len(results.study.arms) < FEWEST_ARMS or not table.replicates:
        return None
    return by_forest(results, axes, table)


def exact(
    axes: list[str], places: list[list[int]], sizes: list[int], table: MeritTable
) -> Importance:
    """Take the variance of a full grid apart."""
    grid = np.empty((*sizes, len(table.replicates)))
    grid[tuple(places)] = table.values
    made = decompose(grid)
    effects = [(tuple(axes[f] for f in share.factors), share) for share in made.effects]
    higher = made.higher if len(axes) > 2 else None
    return _importance(effects, higher, made.luck, math.nan, table)


def by_forest(results: Results, axes: list[str], table: MeritTable) -> Importance:
    """Ask a forest, once for all replicates and then for resampled ones, to have intervals."""
    levels = [[arm.level(path).value for arm in results.study.arms] for path in axes]
    columns = [columns_of(each) for each in levels]
    whole = forest_importance(columns, table.values.mean(axis=1))
    n = len(table.replicates)
    half = np.full(len(axes), math.nan)
    if n >= 3:
        rng = np.random.default_rng(0)
        drawn = [
            forest_importance(
                columns,
                table.values[:, rng.integers(0, n, n)].mean(axis=1),
                trees=TREES // 4,
                seed=k,
            ).importances
            for k in range(RESAMPLES)
        ]
        half = half_width(1.0, n - 1) * np.std(drawn, axis=0, ddof=1)
    effects: list[tuple[tuple[str, ...], Share]] = []
    for i, (path, share) in enumerate(zip(axes, whole.importances, strict=True)):
        low, high = share - float(half[i]), share + float(half[i])
        bounds = (max(0.0, low), min(1.0, high)) if n >= 3 else (math.nan, math.nan)
        effects.append(((path,), Share((i,), share, *bounds)))
    return _importance(effects, None, None, whole.r2, table)


def _importance(
    effects: list[tuple[tuple[str, ...], Share]],
    higher: Share | None,
    luck: Share | None,
    r2: float,
    table: MeritTable,
) -> Importance:
    ordered = tuple(sorted(effects, key=lambda effect: -effect[1].share))
    n = len(table.replicates)
    return Importance(ordered, higher, luck, r2, n, table.infinite, table.values.size)
