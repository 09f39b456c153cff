"""What a run of a study would take, told before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...core.inference.planning import detectable
from ...core.inference.scores import FEWEST_PAIRS
from ...core.luck import crossed_in
from ...studies.data.loading import inputs_vary, sizes_of
from ...studies.files.functions import resolved
from ...studies.luck import crossing_words
from ...studies.study import Study
from ..folder.extension import refuse_other
from ..folder.run_folder import RunFolder
from ..folder.store import LocalStore
from ..planning.costs import LARGEST_STACK

TRIAL_BYTES, EPOCH_BYTES, LAYER_BYTES, JOB_BYTES = 250, 20, 140, 60_000
"""Compressed bytes per row of each table, and of what a job's parts hold besides."""
PROCESS_BYTES = 250e6
"""Memory of a worker before it holds any data."""


def estimate(study: Study, results: Path, workers: int) -> dict[str, Any]:
    """Return what is left to do and what it should take on this many workers."""
    study = resolved(study)
    study.check_data()
    path = results / study.name
    folder = RunFolder(LocalStore(path))
    plans = folder.plans()
    if plans:
        refuse_other(study, plans)
    plan = folder.next_plan(study, plans)
    jobs = folder.work_left([*plans, plan])
    left = sum(present.job.trials for present in jobs)
    seconds = 0.0
    for present in jobs:
        of = present.plan
        seconds += of.seconds * present.job.trials / sum(job.trials for job in of.jobs)
    if not plans:  # of what a design decides later, only the first round is planned
        first = sum(w.until or w.arm.recipe.epochs for w in study.design.wants(study.recipe, 1))
        seconds *= study.design.epochs(study.recipe) / max(first, 1)
    epochs = layers = data = 0.0
    for arm in (planned.arm for planned in plan.arms):
        sizes = sizes_of(arm.recipe)
        probes = len(study.probe.wanted(arm.recipe.steps_per_epoch(sizes.train), arm.recipe.epochs))
        epochs += arm.recipe.epochs + 1
        layers += probes * (arm.recipe.depth + 1)
        rows = sizes.train + sizes.validation + sizes.test + sizes.selection
        copies = min(study.replicates, LARGEST_STACK) if inputs_vary(arm.recipe) else 1
        data = max(data, 8.0 * rows * sizes.features * copies)
    crossed = crossed_in(study.luck)
    each = TRIAL_BYTES + (epochs * EPOCH_BYTES + layers * LAYER_BYTES) / len(plan.arms)
    disk = (len(plan.asked) + plan.to_come) * each
    return {
        "study": study.name,
        "arms": len(plan.arms),
        "replicates": study.replicates,
        **({"crossing": crossing_words(crossed, study.replicates)} if crossed else {}),
        **({"folds": study.folds} if study.folds > 1 else {}),
        **resolution(study),
        "trials": len(plan.asked),
        **({"at_most": rounds_words(len(plan.asked), plan.to_come)} if plan.to_come else {}),
        **epochs_words(study),
        "finished": len(plan.asked) - left,
        "stacks_left": sum(len(present.job.runs) for present in jobs),
        "jobs_left": len(jobs),
        "workers": workers,
        "time": duration(seconds / max(1, min(workers, len(jobs)))) if jobs else "0 s",
        "memory_per_worker": size(max(p.memory for p in (plan, *plans)) + data + PROCESS_BYTES),
        "disk": size(disk + len(jobs) * JOB_BYTES),
        "folder": str(path),
    }


def rounds_words(asked: int, to_come: int) -> str:
    """Say how many trials a design that goes in rounds may ask for in all.

    >>> rounds_words(24, 36)
    '60 trials in all: this round is known, later ones depend on results'
    """
    return f"{asked + to_come:,} trials in all: this round is known, later ones depend on results"


def resolution(study: Study) -> dict[str, str]:
    """Return what so many paired replicates can show, whatever they are."""
    if len(study.arms) < 2:
        return {}
    if study.replicates < FEWEST_PAIRS:
        return {"resolves": f"nothing: fewer than {FEWEST_PAIRS} pairs reach no 5 % level"}
    ratio = detectable(study.replicates)
    return {"resolves": f"differences of {ratio:.2g} sd of a pair's, 4 times in 5"}


def epochs_words(study: Study) -> dict[str, str]:
    """Say how many epochs a design takes that trains fewer than all arms to their end."""
    each = study.replicates * study.folds
    wanted = each * study.design.epochs(study.recipe)
    full = each * sum(arm.recipe.epochs for arm in study.arms)
    return {"epochs": f"{wanted:,} of {full:,} with every arm to its end"} if wanted < full else {}


def duration(seconds: float) -> str:
    """Write a duration with one unit.

    >>> duration(0.4), duration(90), duration(5400)
    ('under 1 s', 'about 90 s', 'about 90 min')
    """
    if seconds < 1:
        return "under 1 s"
    if seconds < 120:
        return f"about {seconds:.0f} s"
    if seconds < 7200:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.1f} h"


def size(count: float) -> str:
    """Write a number of bytes with one unit.

    >>> size(2.5e6)
    'about 2.5 MB'
    """
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if count >= factor:
            return f"about {count / factor:.1f} {unit}"
    return f"about {count / 1e3:.0f} kB"
