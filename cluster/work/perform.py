"""What one task does: train a job's stacks and commit them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import pyarrow as pa

from ...core.engine.examples import Sizes
from ...core.engine.training import Training
from ...core.errors import InputError, ResourceError
from ...core.measures.probes import Probe
from ...core.trial import Trial
from ...studies.data.loading import examples_of, sizes_of
from ..folder.finished import FinishedStack
from ..folder.run_folder import RunFolder
from ..folder.table import fitted
from ..folder.tables import tables_of
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
    if not again and folder.parts.commit_of(job.job_id) is not None:
        return JobReport(job.job_id, job.trials, 0, 0, worked=False)
    clock = clock or SystemClock()
    arms = {member.arm for stack in job.stacks for member in stack}
    tables = tables_of(plan.arms[arm].arm.recipe for arm in arms)
    parts = {name: [table.schema.empty_table()] for name, table in tables.items()}
    done = 0
    sizes = data_sizes(plan, job)
    with one_blas_thread():
        for index, members in enumerate(job.stacks):
            trials = [plan.trial(member) for member in members]
            labels = [plan.arms[member.arm].arm.label for member in members]
            stack = FinishedStack(
                trials, labels, sizes[index], job=job.job_id, numerics=numerics_fingerprint()
            )
            started = clock.seconds()

            def tell(share: float, done: int = done, count: int = len(members)) -> None:
                if notify is not None:
                    notify(job.job_id, done + share * count)

            try:
                probe = Probe(**plan.study["probe"])
                training = resumed(trials, probe, folder, job, index)
                _train(training, folder, job, index, clock, tell)
                seconds = clock.seconds() - started
                stack = replace(stack, training=training, seconds=seconds)
                rows = {name: table.part(stack) for name, table in tables.items()}
            except (OSError, InputError, ResourceError):
                raise
            except Exception as error:  # a trial that fails is a result with a reason in one line
                message = " ".join(f"{type(error).__name__}: {error}".split())
                seconds = clock.seconds() - started
                stack = replace(stack, training=None, message=message, seconds=seconds)
                rows = {name: table.part(stack) for name, table in tables.items()}
            for name, part in rows.items():
                parts[name].append(part)
            done += len(members)
    whole = {name: pa.concat_tables(parts[name]) for name in tables}
    statuses = Counter(whole["trials"]["status"].to_pylist())
    if not worthwhile(folder, job, statuses["failed"]):
        return JobReport(job.job_id, job.trials, 0, 0, worked=False)
    for name, table in tables.items():
        whole[name] = fitted(whole[name], folder.parts.schema(table))
    folder.commit(job.job_id, whole)
    return JobReport(job.job_id, job.trials, statuses["diverged"], statuses["failed"])


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


def worthwhile(folder: RunFolder, job: Job, failed: int) -> bool:
    """Whether to commit: never over a commit with as few failures, as another worker's may be."""
    commit = folder.parts.commit_of(job.job_id)
    return commit is None or failed < folder.parts.statuses(job.job_id, commit)["failed"]
