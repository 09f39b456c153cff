"""Rungs: what the trials of a job had reached when it stopped at an epoch for the design to decide.

A rung is a file beside the states; it is written after these, so that where it stands the states
can be gone on from, and where they are lost the trials are trained again to the same bits.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ...core.engine.outcome import GRAVEST_FIRST, SCORES
from ...studies.designs.design_function import Score
from ..planning.present import PlannedJob
from .names import rung_name
from .store import Store

SPEAKS_FIRST = (*(str(status) for status in GRAVEST_FIRST[:-1]), "", str(GRAVEST_FIRST[-1]))
"""Which of several folds speaks for its replicate: one in training before one that ended well."""


class Reached(NamedTuple):
    """How one trial stood: the epochs trained, its status, and its scores as far as defined.

    The status is empty while the trial is in training.
    """

    trial_id: str
    epochs: int
    status: str
    scores: dict[str, float]


def write_rung(store: Store, job_id: str, until: int, rows: Iterable[Reached]) -> None:
    """Write a job's rung at an epoch."""
    store.write(rung_name(job_id, until), json.dumps([row._asdict() for row in rows]).encode())


def rungs_of(store: Store, jobs: Mapping[str, PlannedJob]) -> dict[str, list[Reached]]:
    """Return the rung of every job that waits at the epoch it is wanted to."""
    names = set(store.names("_states"))
    rungs = {}
    for name, present in jobs.items():
        file = rung_name(name, present.job.until)
        if file in names:
            try:
                rungs[name] = [Reached(**row) for row in json.loads(store.read(file))]
            except (ValueError, TypeError):  # damaged: the job is trained to this epoch again
                store.delete(file)
    return rungs


def committed_rows(columns: Mapping[str, list[Any]]) -> list[Reached]:
    """Return how the finished trials of a table stand."""
    rows = zip(*(columns[name] for name in ("trial_id", "epochs_trained", "status")), strict=True)
    return [
        Reached(name, epochs, status, _known({s: columns[s][index] for s in SCORES}))
        for index, (name, epochs, status) in enumerate(rows)
    ]


def _known(scores: Mapping[str, float | None]) -> dict[str, float]:
    return {n: v for n, v in scores.items() if v is not None and not math.isnan(v)}


def scores_of(rows: Iterable[Reached], jobs: Mapping[str, PlannedJob]) -> list[Score]:
    """Return what a design may know: one score for each recipe and replicate, folds averaged.

    A replicate counts once all of its folds are known; a score that a fold lacks it lacks too.
    """
    by_id = {row.trial_id: row for row in rows}
    folds: dict[tuple[Any, int], list[Reached]] = defaultdict(list)
    counts: dict[tuple[Any, int], int] = defaultdict(int)
    for present in jobs.values():
        for member in (member for stack in present.job.stacks for member in stack):
            name = present.plan.ids([member])[0]
            key = present.plan.arms[member.arm].arm.recipe, member.replicate
            counts[key] += 1
            if name in by_id:
                folds[key].append(by_id[name])
    return [
        _averaged(recipe, replicate, of_folds)
        for (recipe, replicate), of_folds in folds.items()
        if len(of_folds) == counts[recipe, replicate]
    ]


def _averaged(recipe: Any, replicate: int, folds: list[Reached]) -> Score:
    status = min((row.status for row in folds), key=SPEAKS_FIRST.index)
    shared = set.intersection(*(set(row.scores) for row in folds))
    means = {name: sum(row.scores[name] for row in folds) / len(folds) for name in shared}
    return Score(recipe, replicate, min(row.epochs for row in folds), status, means)
