"""Running a study: record what is asked, carry out what is left, keep what is finished."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ...core.engine.outcome import Status
from ...core.errors import InputError, ResourceError
from ...studies.files.fallback import with_data
from ...studies.files.functions import functions_of, resolved
from ...studies.study import Study
from ..folder import functions
from ..folder.run import Run
from ..folder.run_folder import RunFolder
from ..folder.store import LocalStore, disk_reason
from ..planning.budgets import Budget
from ..planning.plan import Plan
from ..planning.present import PlannedJob, present_jobs
from ..work.clock import Clock, SystemClock
from .clients import cores, local_client, scheduler_client
from .executors import DaskExecutor, Executor, SerialExecutor
from .progress import Progress, Quiet
from .spending import Spending


def writable(path: Path) -> None:
    """Create the folder and prove that it takes files, before anything is trained."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path, prefix="_"):
            pass
    except OSError as error:
        raise ResourceError(f"cannot write to {path}: {error.strerror or error}") from None


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Say plainly what the disk refused."""
    try:
        yield
    except OSError as error:
        reason = disk_reason(error)
        raise ResourceError(
            f"cannot use {path}: {reason}; what is finished is kept, and the same command "
            "goes on from there"
        ) from None


def run_study(
    study: Study,
    results: str | Path = "results",
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
    retry_failed: bool = False,
    run_code: bool = False,
    minutes: float | None = None,
    trials: int | None = None,
    updates: float | None = None,
    clock: Clock | None = None,
) -> Run:
    """Run a study, or what is left of it, and return its run, which tells what was trained.

    Its data are fetched first; where they cannot be had, its fallback is run. Where a budget is
    used up, no job is begun any more, and the same call goes on from there: whole replicates come
    first, so that as many arms as possible can be compared.

    Parameters
    ----------
    study
        What to run.
    results
        The folder that holds one folder per study.
    workers
        Processes on this machine; the number of physical cores by default, 0 for none beside
        this one.
    scheduler
        The address of a Dask scheduler to use instead.
    progress
        Told how the run is going.
    retry_failed
        Train the jobs that hold failed trials again.
    run_code
        Allow to execute activation functions of the results folder that are not the user's own.
    minutes, trials, updates
        The budget of this call. After its minutes jobs in hand keep their states and stop.
    clock
        What the minutes are taken from; the machine's by default.

    Raises
    ------
    InputError
        If the folder belongs to another study, holds code to be executed that was not allowed, or
        a budget is not above 0.
    ResourceError
        If the folder cannot be written or workers fail; what is finished is kept.
    """
    if not str(results):
        raise InputError("--results must name a folder")
    path, progress, clock = Path(results) / study.name, progress or Quiet(), clock or SystemClock()
    spending = Spending(Budget(minutes, trials, updates), clock)
    study = resolved(with_data(study))
    functions.try_out(functions_of(arm.recipe for arm in study.arms))
    study.check_data()  # before anything is written
    writable(path)
    folder = RunFolder(LocalStore(path))

    def permitted(left: list[PlannedJob]) -> list[PlannedJob]:
        arms = (arm for present in left for arm in functions.arms_of(present.plan, present.job))
        functions.permit(folder.store, path, functions.planned(arms), run_code=run_code)
        return left

    with disk_errors(path):
        plans = folder.prepare(study, spending.allowance)
        again = failed_jobs(folder, plans) if retry_failed else []
        left = permitted(spending.affordable(folder.work_left(plans) + again, folder.kept()))
        done = folder.statuses(plans).total() - sum(present.job.trials for present in again)
        asked = len(plans[-1].asked) + plans[-1].to_come
        progress.start(min(asked, done + (trials or asked)), done)
        trained = 0
        redo = frozenset(present.job.job_id for present in again)
        with executor_for(left, folder, path, workers, scheduler, clock) as executor:
            while executor is not None and left:
                for report in executor.run(left, progress.moved, redo, spending.stop):
                    trained += report.trials if report.worked else 0
                    progress.ended(report)
                if spending.stop():
                    break
                former, redo = left, frozenset()
                plans = folder.prepare(study, spending.allowance)
                left = permitted(spending.affordable(folder.work_left(plans), folder.kept()))
                if left == former:  # nothing was done, and nothing would be
                    break
        last = plans[-1]
        whole = folder.statuses(plans).total() == len(last.asked) and not last.to_come
    return Run(path, trained, "" if whole else spending.used_up)


def failed_jobs(folder: RunFolder, plans: list[Plan]) -> list[PlannedJob]:
    """Return the committed jobs that hold failed trials, with all trials of their commits."""
    commits, jobs = folder.parts.committed(), present_jobs(plans)
    return [
        jobs[name].committed(commit.runs)
        for name, commit in commits.items()
        if name in jobs and folder.parts.statuses(name, commit)[Status.FAILED]
    ]


@contextlib.contextmanager
def executor_for(
    left: list[PlannedJob],
    folder: RunFolder,
    path: Path,
    workers: int | None,
    scheduler: str | None,
    clock: Clock,
) -> Iterator[Executor | None]:
    """Open the executor that is asked for, none where nothing is left to do."""
    if not left:
        yield None
    elif scheduler is not None:
        with scheduler_client(scheduler) as client:
            yield DaskExecutor(client, path)
    elif workers == 0:
        yield SerialExecutor(folder, clock)
    else:
        with local_client(min(workers or cores(), len(left))) as client:
            yield DaskExecutor(client, path)
