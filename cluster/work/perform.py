"""What one task does: train a job's stacks and commit them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ...core.engine.examples import Sizes
from ...core.engine.training import Outcome, Training
from ...core.errors import InputError, ResourceError
from ...core.measures.probes import Probe
from ...core.trial import Trial
from ...studies.data.loading import examples_of, sizes_of
from ..folder import functions
from ..folder.run_folder import RunFolder
from ..folder.tables import EPOCHS, LAYERS, epochs_table, layers_table, rows_table, trial_row
from ..planning.plan import Job, Plan
from .clock import Clock, SystemClock
from .numerics import numerics_fingerprint, one_blas_thread

SAVE_EVERY = 20.0
"""Seconds between two states of a stack in training."""
TELL_EVERY = 0.5
"""Seconds between two messages about a job's progress."""


@dataclass(frozen=True)
class JobReport:
    """How a job ended: counts of its trials by status; ``worked`` tells whether it was trained."""

    job_id: str
    trials: int
    diverged: int
    failed: int
    worked: bool = True


Notify = Callable[[str, float], None]
"""Called with a job's id and the number of its trials done, fractions included."""


def perform(
    folder: RunFolder,
    plan: Plan,
    job: Job,
    notify: Notify | None = None,
    clock: Clock | None = None,
    *,
    again: bool = False,
) -> JobReport:
    """Train a job's stacks, going on from saved states, and commit its parts.

    A job that is committed already is left alone, unless ``again``. What goes wrong inside a
    stack's training fails its trials, with the reason; what goes wrong with the disk is raised.
    """
    if not again and folder.commit_of(job.job_id) is not None:
        return JobReport(job.job_id, job.trials, 0, 0, worked=False)
    clock = clock or SystemClock()
    epochs, layers = [EPOCHS.empty_table()], [LAYERS.empty_table()]
    rows: list[dict[str, Any]] = []
    done = 0
    sizes = data_sizes(plan, job)
    functions.load(folder.store, functions.planned(plan.arms_of(job)))
    with one_blas_thread():
        for index, members in enumerate(job.stacks):
            trials = [plan.trial(member) for member in members]
            labels = [plan.arms[member.arm].arm.label for member in members]
            started = clock.seconds()

            def tell(share: float, done: int = done, count: int = len(members)) -> None:
                if notify is not None:
                    notify(job.job_id, done + share * count)

            try:
                probe = Probe(**plan.study["probe"])
                training = resumed(trials, probe, folder, job, index)
                _train(training, folder, job, index, clock, tell)
                epochs.append(epochs_table(training, trials))
                layers.append(layers_table(training, trials, sizes[index]))
                found = [
                    trial_row(trial, label, sizes[index], training.outcome(position))
                    for position, (trial, label) in enumerate(zip(trials, labels, strict=True))
                ]
            except (OSError, InputError, ResourceError):
                raise
            except Exception as error:  # a trial that fails is a result with a reason
                found = [
                    failed_row(trial, label, sizes[index], error)
                    for trial, label in zip(trials, labels, strict=True)
                ]
            about = {
                "stack_trials": len(trials),
                "stack_seconds": clock.seconds() - started,
                "job": job.job_id,
                "numerics": numerics_fingerprint(),
            }
            rows += [row | about for row in found]
            done += len(members)
    statuses = [row["status"] for row in rows]
    if not worthwhile(folder, job, statuses):
        return JobReport(job.job_id, job.trials, 0, 0, worked=False)
    table = rows_table(rows, folder.schema("trials"))
    folder.commit(job.job_id, pa.concat_tables(epochs), pa.concat_tables(layers), table)
    return JobReport(job.job_id, len(rows), statuses.count("diverged"), statuses.count("failed"))


def _train(
    training: Training,
    folder: RunFolder,
    job: Job,
    index: int,
    clock: Clock,
    tell: Callable[[float], None],
) -> None:
    saved = told = clock.seconds()
    while not training.finished:
        training.run_epoch()
        now = clock.seconds()
        if now - told > TELL_EVERY:
            tell(training.epoch / max(training.recipe.epochs, 1))
            told = now
        if now - saved > SAVE_EVERY:
            folder.save_state(job.job_id, index, training.state())
            saved = now


def resumed(trials: list[Trial], probe: Probe, folder: RunFolder, job: Job, index: int) -> Training:
    """Return the training of a stack, gone on from its saved state where there is a sound one."""
    state = folder.load_state(job.job_id, index)
    if state is not None:
        training = Training(trials, examples_of(trials), probe)
        try:
            training.restore(state)
        except (KeyError, ValueError, IndexError):
            pass  # damaged or of other trials: start afresh
        else:
            return training
    return Training(trials, examples_of(trials), probe)


def data_sizes(plan: Plan, job: Job) -> list[Sizes]:
    """Return the sizes of each stack's data; data that cannot be read stop the run, not a trial."""
    try:
        return [sizes_of(plan.trial(stack[0]).recipe, stack[0].fold) for stack in job.stacks]
    except InputError as error:
        raise ResourceError(f"the data of job {job.job_id} cannot be used: {error}") from error


def worthwhile(folder: RunFolder, job: Job, statuses: list[str]) -> bool:
    """Whether to commit: never over a commit with as few failures, as another worker's may be."""
    if folder.commit_of(job.job_id) is None:
        return True
    held = folder.part("trials", job.job_id)["status"].to_pylist()
    return statuses.count("failed") < int(held.count("failed"))


def failed_row(trial: Trial, arm: str, sizes: Sizes, error: Exception) -> dict[str, Any]:
    """Return the row of a trial that could not be trained, with the reason in one line."""
    outcome = Outcome("failed", 0, None, None, None, {}, {})
    message = " ".join(f"{type(error).__name__}: {error}".split())
    return trial_row(trial, arm, sizes, outcome) | {"message": message}
