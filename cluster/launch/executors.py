"""Executors: how a run's jobs are carried out. One in this process, one on a Dask cluster."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ...core.errors import ResourceError
from ..folder.run_folder import RunFolder
from ..folder.store import LocalStore, disk_reason
from ..planning.rounds import PlannedJob
from ..work.perform import JobReport, Notify, perform

if TYPE_CHECKING:
    from distributed import Client

TOPIC = "paribus-progress"
IN_FLIGHT = 3
"""Jobs submitted per worker: one in work, the next waiting, one in reserve."""
ATTEMPTS = 3
"""How often a job is tried before its failure is raised."""


LOST = (
    "the connection to the Dask scheduler is lost; what is finished is kept, and the same command "
    "goes on from there"
)


class Executor(Protocol):
    """Carries out jobs and yields their reports as they end, in any order."""

    def run(
        self, jobs: list[PlannedJob], notify: Notify, redo: frozenset[str] = frozenset()
    ) -> Iterator[JobReport]:
        """Carry out all jobs; those in ``redo`` although they are committed."""


class SerialExecutor:
    """One job after another in this process."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def run(
        self, jobs: list[PlannedJob], notify: Notify, redo: frozenset[str] = frozenset()
    ) -> Iterator[JobReport]:
        """Carry out all jobs."""
        for present in jobs:
            job = present.job
            yield perform(self._folder, present.plan, job, notify, again=job.job_id in redo)


def perform_remotely(root: str, number: int, job_id: str, again: bool) -> JobReport:
    """Carry out one job on a worker; the task is three names, everything else is read here."""
    from distributed import get_worker

    folder = RunFolder(LocalStore(Path(root)))
    plan, job = folder.planned_job(number, job_id)
    worker: Any = get_worker()

    def notify(job_id: str, trials: float) -> None:
        worker.log_event(TOPIC, {"root": root, "job": job_id, "trials": float(trials)})

    return perform(folder, plan, job, notify, again=again)


class DaskExecutor:
    """Jobs on a Dask cluster, a bounded number in flight, each released as soon as it ends."""

    def __init__(self, client: Client, root: Path) -> None:
        self._client, self._root = client, str(root.resolve())

    def run(
        self, jobs: list[PlannedJob], notify: Notify, redo: frozenset[str] = frozenset()
    ) -> Iterator[JobReport]:
        """Carry out all jobs.

        Raises
        ------
        ResourceError
            If the scheduler is lost, or a job still fails after several attempts; what is
            committed stays.
        """

        def heard(event: tuple[float, dict[str, Any]]) -> None:
            if event[1]["root"] == self._root:
                notify(event[1]["job"], event[1]["trials"])

        waiting = list(reversed(jobs))
        ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        tried: dict[str, int] = {}
        owners: dict[Any, PlannedJob] = {}
        failures: list[str] = []
        self._client.subscribe_topic(TOPIC, heard)
        try:
            while waiting or owners:
                while waiting and len(owners) < IN_FLIGHT * self._workers():
                    present = waiting.pop()
                    job = present.job
                    tried[job.job_id] = tried.get(job.job_id, 0) + 1
                    future = self._client.submit(
                        perform_remotely,
                        self._root,
                        present.version,
                        job.job_id,
                        job.job_id in redo,
                        pure=False,
                    )
                    owners[future.key] = present
                    future.add_done_callback(ended.put)
                future = self._next(ended)
                present = owners.pop(future.key)
                job = present.job
                if future.status == "finished":
                    yield future.result()
                else:
                    error = future.exception()
                    final = isinstance(error, OSError | ResourceError)
                    if tried[job.job_id] < ATTEMPTS and not final:
                        waiting.append(present)
                    else:
                        reason = disk_reason(error) if isinstance(error, OSError) else error
                        failures.append(f"{job.job_id}: {reason or type(error).__name__}")
                        if final:
                            waiting.clear()  # a full or vanished disk fails every job alike
                future.release()
        finally:
            if self._client.status == "running":
                self._client.unsubscribe_topic(TOPIC)
        if failures:
            raise ResourceError(
                f"{len(failures)} jobs could not be finished ({failures[0]}); what is finished is "
                "kept, and the same command goes on from there"
            )

    def _workers(self) -> int:
        """Return how many workers there are now, at least 1."""
        try:
            return max(1, len(self._client.nthreads()))
        except OSError:  # the connection broke
            raise ResourceError(LOST) from None

    def _next(self, ended: queue.SimpleQueue[Any]) -> Any:
        """Wait for a future to end, as long as there is a scheduler."""
        while True:
            with contextlib.suppress(queue.Empty):
                future = ended.get(timeout=1.0)
                if future.status != "cancelled":
                    return future
            if self._client.status in ("closing", "closed"):
                raise ResourceError(LOST)
