"""Executors: how a run's jobs are carried out. One in this process, one on a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..core.errors import ResourceError
from .plan import Job, Plan
from .run_folder import RunFolder
from .store import LocalStore
from .work import JobReport, Notify, perform

if TYPE_CHECKING:
    from distributed import Client

TOPIC = "paribus-progress"
IN_FLIGHT = 3
"""Jobs submitted per worker: one in work, the next waiting, one in reserve."""
ATTEMPTS = 3
"""How often a job is tried before its failure is raised."""


class Executor(Protocol):
    """Carries out jobs and yields their reports as they end, in any order."""

    def run(self, jobs: list[tuple[Plan, Job]], notify: Notify) -> Iterator[JobReport]:
        """Carry out all jobs."""


class SerialExecutor:
    """One job after another in this process."""

    def __init__(self, folder: RunFolder, *, again: bool = False) -> None:
        self._folder, self._again = folder, again

    def run(self, jobs: list[tuple[Plan, Job]], notify: Notify) -> Iterator[JobReport]:
        """Carry out all jobs."""
        for plan, job in jobs:
            yield perform(self._folder, plan, job, notify, again=self._again)


_plans: dict[tuple[str, int], Plan] = {}


def perform_remotely(root: str, number: int, job_id: str, again: bool) -> JobReport:
    """Carry out one job on a worker; the task is three names, everything else is read here."""
    from distributed import get_worker

    folder = RunFolder(LocalStore(Path(root)))
    key = (root, number)
    if key not in _plans:
        _plans.clear()
        _plans[key] = folder.plan(number)
    plan = _plans[key]
    job = next(job for job in plan.jobs if job.job_id == job_id)
    worker: Any = get_worker()

    def notify(job_id: str, trials: float) -> None:
        worker.log_event(TOPIC, {"job": job_id, "trials": float(trials)})

    return perform(folder, plan, job, notify, again=again)


class DaskExecutor:
    """Jobs on a Dask cluster, a bounded number in flight, each released as soon as it ends."""

    def __init__(self, client: Client, root: Path, *, again: bool = False) -> None:
        self._client, self._root, self._again = client, str(root.resolve()), again

    def run(self, jobs: list[tuple[Plan, Job]], notify: Notify) -> Iterator[JobReport]:
        """Carry out all jobs.

        Raises
        ------
        ResourceError
            If a job still fails after several attempts; what is committed stays.
        """
        from distributed import as_completed

        def heard(event: tuple[float, dict[str, Any]]) -> None:
            notify(event[1]["job"], event[1]["trials"])

        self._client.subscribe_topic(TOPIC, heard)
        waiting = list(reversed(jobs))
        tried: dict[str, int] = {}
        owners: dict[Any, tuple[Plan, Job]] = {}

        def submit() -> Any:
            plan, job = waiting.pop()
            tried[job.job_id] = tried.get(job.job_id, 0) + 1
            future = self._client.submit(
                perform_remotely, self._root, plan.number, job.job_id, self._again, pure=False
            )
            owners[future.key] = (plan, job)
            return future

        window = IN_FLIGHT * max(1, len(self._client.nthreads()))
        pending = as_completed([submit() for _ in range(min(window, len(waiting)))])
        failures: list[str] = []
        try:
            for future in pending:
                plan, job = owners.pop(future.key)
                if future.status == "finished":
                    yield future.result()
                else:
                    error = future.exception()
                    if tried[job.job_id] < ATTEMPTS and not isinstance(error, OSError):
                        waiting.append((plan, job))
                    else:
                        failures.append(f"{job.job_id}: {type(error).__name__}: {error}")
                        if isinstance(error, OSError):
                            waiting.clear()  # a full or vanished disk fails every job alike
                future.release()
                if waiting:
                    pending.add(submit())
        finally:
            self._client.unsubscribe_topic(TOPIC)
        if failures:
            raise ResourceError(
                f"{len(failures)} jobs could not be finished ({failures[0]}); what is finished is "
                "kept, and the same command goes on from there"
            )
