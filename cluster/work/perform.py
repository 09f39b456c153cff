"""What one task does: train a job's stacks and commit them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import pyarrow as pa

from ...core.engine.examples import Sizes
from ...core.engine.outcome import Status
from ...core.errors import InputError, ResourceError
from ...studies.data.loading import sizes_of
from ...studies.one_thread import one_blas_thread
from ...studies.study_fields import measures_of
from ..folder import functions
from ..folder.finished import FinishedStack
from ..folder.run_folder import RunFolder
from ..folder.rungs import Reached, write_rung
from ..folder.table import fitted
from ..folder.tables import tables_for
from ..planning.jobs import Job
from ..planning.plan import Plan
from .clock import Clock, Stop, SystemClock, never
from .numerics import numerics_fingerprint
from .stages import Stage


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
    stop: Stop = never,
) -> JobReport:
    """Train a job's stacks, going on from saved states, and commit its parts.

    A job that is wanted until an epoch only keeps its states and leaves a rung instead. One that
    is committed already is left alone, unless ``again``; one that is to ``stop`` keeps the states
    of all its stacks and commits nothing. What goes wrong inside a stack's training
    fails its trials, with the reason; what goes wrong with the disk is raised.
    """
    commit = folder.parts.commit_of(job.job_id)
    if commit is not None:
        if not again:
            return JobReport(job.job_id, job.trials, 0, 0, worked=False)
        job = job if commit.runs is None else job.holding(commit.runs)
    clock = clock or SystemClock()
    arms = functions.arms_of(plan, job)
    measures = measures_of(plan.study)
    tables = tables_for(arms, plan)
    parts = {name: [table.schema.empty_table()] for name, table in tables.items()}
    asked = tables if job.until is None else {}
    reached: list[Reached] = []
    done = 0
    sizes = data_sizes(plan, job)
    functions.load(folder.store, functions.planned(arms))
    with one_blas_thread():
        for index, members in enumerate(job.stacks):
            trials = [plan.trial(member) for member in members]
            labels = [plan.arms[member.arm].arm.label for member in members]
            stack = FinishedStack(
                trials, labels, sizes[index], job=job.job_id, numerics=numerics_fingerprint()
            )
            started = clock.seconds()

            def notify_share(share: float, done: int = done, count: int = len(members)) -> None:
                if notify is not None:
                    notify(job.job_id, done + share * count)

            try:
                stage = Stage(folder, job, index, trials, measures)
                if not stage.train(clock, notify_share, stop):
                    return JobReport(job.job_id, 0, 0, 0, worked=False)
                seconds = clock.seconds() - started
                stack = replace(stack, training=stage.training, seconds=seconds)
                if job.until is not None:
                    reached += stage.reached()
                rows = {name: table.part(stack) for name, table in asked.items()}
            except (OSError, InputError, ResourceError):
                raise
            except Exception as error:  # a trial that fails is a result with a reason in one line
                message = " ".join(f"{type(error).__name__}: {error}".split())
                seconds = clock.seconds() - started
                stack = replace(stack, training=None, message=message, seconds=seconds)
                rows = {name: table.part(stack) for name, table in asked.items()}
                reached += [Reached(trial.trial_id, 0, Status.FAILED, {}) for trial in trials]
            for name, part in rows.items():
                parts[name].append(part)
            done += len(members)
    if job.until is not None:
        write_rung(folder.store, job.job_id, job.until, reached)
        ended = Counter(row.status for row in reached)
        return JobReport(job.job_id, 0, ended[Status.DIVERGED], ended[Status.FAILED])
    whole = {name: pa.concat_tables(parts[name]) for name in tables}
    statuses = Counter(whole["trials"]["status"].to_pylist())
    if not worthwhile(folder, job, statuses[Status.FAILED]):
        return JobReport(job.job_id, job.trials, 0, 0, worked=False)
    for name, table in tables.items():
        whole[name] = fitted(whole[name], folder.parts.schema(table))
    folder.commit(job, whole)
    return JobReport(job.job_id, job.trials, statuses[Status.DIVERGED], statuses[Status.FAILED])


def data_sizes(plan: Plan, job: Job) -> list[Sizes]:
    """Return the sizes of each stack's data; data that cannot be read stop the run, not a trial."""
    try:
        return [sizes_of(plan.trial(stack[0]).recipe, stack[0].fold) for stack in job.stacks]
    except InputError as error:
        raise ResourceError(f"the data of job {job.job_id} cannot be used: {error}") from error


def worthwhile(folder: RunFolder, job: Job, failed: int) -> bool:
    """Whether to commit: never over a commit with as few failures, as another worker's may be."""
    commit = folder.parts.commit_of(job.job_id)
    return commit is None or failed < folder.parts.statuses(job.job_id, commit)[Status.FAILED]
