"""Luck taken apart: the variance of the metric by source, where sources are crossed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...core.inference.scores import ranks
from ...core.inference.variance_components import Component, variance_components
from ...core.streams import Purpose
from ...studies.metrics import Metric
from .frames import Results
from .merits import merits

PREFIX = "luck_"
"""What the columns of the trials that hold the levels of crossed purposes begin with."""


@dataclass(frozen=True)
class LuckApart:
    """Components of the metric's variance within an arm, and within the paired difference.

    ``purposes`` are the sources, to which the factors of the components refer; ``levels`` how many
    draws of each there were. Values are on the metric's scale, ranks where ``infinite`` trials of
    the two arms have no finite one. ``difference`` is None without a contrast.
    """

    purposes: tuple[Purpose, ...]
    levels: tuple[int, ...]
    baseline: tuple[Component, ...]
    difference: tuple[Component, ...] | None
    infinite: int


def luck_apart(results: Results) -> LuckApart | None:
    """Take luck apart, None where no two sources are crossed in full."""
    trials = results.trials
    columns = [
        str(name)
        for name in trials
        if str(name).startswith(PREFIX) and trials[name].nunique(dropna=True) > 1
    ]
    if len(columns) < 2:
        return None
    tables = [crossed(trials, columns, arm, results.metric) for arm in results.named]
    base = tables[0]
    if base is None:
        return None
    other = tables[1] if len(tables) > 1 else None
    if other is not None and other.shape != base.shape:
        other = None
    known = base if other is None else np.stack([base, other])
    infinite = int((~np.isfinite(known)).sum())
    if infinite:
        known = ranks(known)
        base, other = (known, None) if other is None else (known[0], known[1])
    return LuckApart(
        tuple(Purpose[name.removeprefix(PREFIX).upper()] for name in columns),
        base.shape,
        variance_components(base),
        None if other is None else variance_components(other - base),
        infinite,
    )


def crossed(
    trials: pd.DataFrame, columns: list[str], arm: int, metric: Metric
) -> NDArray[np.float64] | None:
    """Return an arm's merits by the levels of these columns, None where they are not all there."""
    frame = trials[trials["arm"] == arm]
    frame = frame.assign(merit=merits(frame, metric))
    by_levels = frame.groupby(columns)["merit"].mean()
    levels = [sorted(frame[name].dropna().unique()) for name in columns]
    shape = tuple(map(len, levels))
    grid = pd.MultiIndex.from_product(levels)
    whole: NDArray[np.float64] = by_levels.reindex(grid).to_numpy(np.float64)
    if not shape or min(shape) < 2 or np.isnan(whole).any():
        return None
    return whole.reshape(shape)
