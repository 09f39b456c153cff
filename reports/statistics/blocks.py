"""Arms over several data sets, each of which is a block and none an arm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.inference.blocks import Friedman, friedman
from ...core.inference.reversals import medians
from ...studies.designs.design_function import Level
from .frames import Results
from .merits import merits

TASK = "task"
FEWEST = 5
"""Data sets from which on a test is told."""


@dataclass(frozen=True)
class Blocks:
    """Average ranks over data sets of what arms share beside the data set.

    ``treatments`` are those levels, ``values`` their median merits, shape (data sets,
    treatments). ``test`` is None for fewer than :data:`FEWEST` data sets; ``left_out`` are data
    sets on which some treatment has no trial that ended.
    """

    tasks: tuple[Level, ...]
    treatments: tuple[tuple[Level, ...], ...]
    values: NDArray[np.float64]
    ranks: tuple[float, ...]
    test: Friedman | None
    left_out: int


def blocks_of(results: Results) -> Blocks | None:
    """Rank arms within data sets, None where no axis varies these or nothing else varies."""
    if TASK not in results.axes:
        return None
    others = [path for path in results.axes if path != TASK]
    scored = results.trials.assign(merit=merits(results.trials, results.metric))
    table = scored.pivot(index="arm", columns="replicate", values="merit")
    table = table.reindex(range(len(results.study.arms)))
    values = dict(enumerate(medians(table.to_numpy(np.float64))))
    known = table.notna().any(axis="columns").to_numpy()
    places: dict[tuple[str, ...], tuple[Level, ...]] = {}
    cells: dict[tuple[str, tuple[str, ...]], float] = {}
    for position, arm in enumerate(results.study.arms):
        levels = tuple(arm.level(path) for path in others)
        labels = tuple(level.label for level in levels)
        places.setdefault(labels, levels)
        if known[position]:
            cells[arm.level(TASK).label, labels] = values[position]
    tasks = results.levels(TASK)
    whole = [task for task in tasks if all((task.label, labels) in cells for labels in places)]
    if len(whole) < 2 or len(places) < 2:
        return None
    grid = np.array([[cells[task.label, labels] for labels in places] for task in whole])
    made = friedman(grid)
    return Blocks(
        tuple(whole),
        tuple(places.values()),
        grid,
        made.ranks,
        made if len(whole) >= FEWEST else None,
        len(tasks) - len(whole),
    )
