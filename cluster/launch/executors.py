"""Executors: how a run's jobs are carried out. One in this process, one on a Dask cluster."""

from __future__ import annotations

import logging
import queue
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ...core.errors import ResourceError
from ...core.wording import counted
from ..folder.run_folder import RunFolder
from ..folder.store import LocalStore, disk_reason
from ..planning.present import PlannedJob
from ..work.clock import Clock, Stop, never
from ..work.numerics import versions
from ..work.perform import JobReport, Notify, perform
from .preflight import unsuited

if TYPE_CHECKING:
    from distributed import Client

TOPIC = "paribus-progress"
IN_FLIGHT = 3
"""Jobs submitted per worker: one in work, the next waiting, one in reserve."""
ATTEMPTS = 3
"""How often a job is tried before its failure is raised."""
FINAL = OSError | ResourceError
"""Failures that no other attempt can cure: a full or vanished disk fails every job alike."""
KEPT = "what is finished is kept, and the same command goes on from there"
LOST = f"the connection to the Dask scheduler is lost; {KEPT}"


class Executor(Protocol):
    """Carries out jobs and yields their reports as they end, in any order."""

    def run(
        self,
        jobs: list[PlannedJob],
        notify: Notify,
        redo: frozenset[str] = frozenset(),
        stop: Stop = never,
    ) -> Iterator[JobReport]:
        """Carry out all jobs; those in ``redo`` although they are committed.

        Once it is to ``stop``, no job is begun, and those in hand keep their states.
        """


class SerialExecutor:
    """One job after another in this process."""

    def __init__(self, folder: RunFolder, clock: Clock | None = None) -> None:
        self._folder, self._clock = folder, clock

    def run(
        self,
        jobs: list[PlannedJob],
        notify: Notify,
        redo: frozenset[str] = frozenset(),
        stop: Stop = never,
    ) -> Iterator[JobReport]:
        """Carry out all jobs, until it is to stop."""
        for planned in jobs:
            if stop():
                return
            again = planned.job.job_id in redo
            yield perform(
                self._folder,
                planned.plan,
                planned.job,
                notify,
                self._clock,
                again=again,
                stop=stop,
            )


@dataclass(frozen=True)
class Refusal:
    """The answer of a worker that must not train."""

    worker: str
    reason: str


HALTED: set[str] = set()
"""The runs whose jobs are to be stopped, on this worker."""


def halt(run: str) -> None:
    """Stop this worker's jobs of a run."""
    HALTED.add(run)


def perform_remotely(
    root: str, number: int, job_id: str, again: bool, expected: dict[str, str], run: str = ""
) -> JobReport | Refusal:
    """Carry out one job on a worker, if it has the client's versions.

    The task is names and versions; everything else is read here. Where the ``run`` has a name, the
    job stops once the run is halted.
    """
    from distributed import get_worker

    worker: Any = get_worker()
    if reason := unsuited(expected, worker):
        return Refusal(worker.address, reason)
    folder = RunFolder(LocalStore(Path(root)))
    plan, job = folder.planned_job(number, job_id)

    def notify(job_id: str, trials: float) -> None:
        worker.log_event(TOPIC, {"root": root, "job": job_id, "trials": float(trials)})

    stop = partial(HALTED.__contains__, run) if run else never
    return perform(folder, plan, job, notify, again=again, stop=stop)


@dataclass(frozen=True)
class Submitted:
    """A job on its way, and the workers that it is restricted to; None where to none."""

    planned: PlannedJob
    future: Any
    workers: list[str] | None


class DaskExecutor:
    """Jobs on a Dask cluster, a bounded number in flight, each released as soon as it ends."""

    def __init__(self, client: Client, root: Path) -> None:
        self._client, self._root = client, str(root.resolve())
        self._versions = versions()
        self._refused: dict[str, str] = {}
        self._failed: Counter[str] = Counter()

    def run(
        self,
        jobs: list[PlannedJob],
        notify: Notify,
        redo: frozenset[str] = frozenset(),
        stop: Stop = never,
    ) -> Iterator[JobReport]:
        """Carry out all jobs, until it is to stop; a worker that refuses one is given no other.

        Raises
        ------
        ResourceError
            If the scheduler is lost, no worker is left that may train, or a job still fails after
            several attempts; what is committed stays.
        """

        def on_event(event: tuple[float, dict[str, Any]]) -> None:
            if event[1]["root"] == self._root:
                notify(event[1]["job"], event[1]["trials"])

        waiting = list(reversed(jobs))
        ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        in_flight: dict[Any, Submitted] = {}
        failures: list[str] = []
        run = "" if stop is never else uuid.uuid4().hex
        self._failed.clear()
        self._client.subscribe_topic(TOPIC, on_event)
        try:
            while waiting or in_flight:
                workers = self._workers()
                if stop():
                    waiting.clear()
                    self._client.run(halt, run, on_error="ignore")
                while waiting and len(in_flight) < IN_FLIGHT * max(1, len(workers)):
                    submitted = self._submit(waiting.pop(), redo, workers, run)
                    in_flight[submitted.future.key] = submitted
                    submitted.future.add_done_callback(ended.put)
                future = self._next(ended)
                if future is None:
                    waiting += taken_back(in_flight, workers)
                    continue
                if future.key not in in_flight:
                    continue  # taken back, and yet done
                submitted = in_flight.pop(future.key)
                planned, job_id = submitted.planned, submitted.planned.job.job_id
                result = future.result() if future.status == "finished" else future.exception()
                future.release()
                if isinstance(result, JobReport):
                    yield result
                elif self._try_again(job_id, result):
                    waiting.append(planned)
                else:
                    reason = disk_reason(result) if isinstance(result, OSError) else result
                    failures.append(f"{job_id}: {reason or type(result).__name__}")
                    if isinstance(result, FINAL):
                        waiting.clear()
        finally:
            if self._client.status == "running":
                self._client.unsubscribe_topic(TOPIC)
        if failures:
            raise ResourceError(
                f"{counted(len(failures), 'job')} could not be finished ({failures[0]}); {KEPT}"
            )

    def _workers(self) -> list[str]:
        """Return the workers that may train, as far as is known."""
        try:
            present = list(self._client.nthreads())
        except OSError:
            raise ResourceError(LOST) from None
        suited = [worker for worker in present if worker not in self._refused]
        if present and not suited:
            raise ResourceError(f"worker {present[0]} {self._refused[present[0]]}; {KEPT}")
        return suited

    def _submit(
        self, planned: PlannedJob, redo: frozenset[str], workers: list[str], run: str
    ) -> Submitted:
        """Send a job to any worker, or past those that refused one."""
        places = workers if self._refused else None
        future = self._client.submit(
            perform_remotely,
            self._root,
            planned.version,
            planned.job.job_id,
            planned.job.job_id in redo,
            self._versions,
            run,
            pure=False,
            workers=places,
        )
        return Submitted(planned, future, places)

    def _try_again(self, job_id: str, result: Refusal | BaseException) -> bool:
        """Whether to send a job again that was refused or has failed; a refusal is remembered."""
        if isinstance(result, Refusal):
            if result.worker not in self._refused:
                logging.getLogger(__name__).warning(
                    "worker %s %s; it is given no jobs", result.worker, result.reason
                )
            self._refused[result.worker] = result.reason
            return True
        self._failed[job_id] += 1
        return self._failed[job_id] < ATTEMPTS and not isinstance(result, FINAL)

    def _next(self, ended: queue.SimpleQueue[Any]) -> Any:
        """Wait a second for a future to end; None if none did."""
        try:
            future = ended.get(timeout=1.0)
        except queue.Empty:
            future = None
        if self._client.status in ("closing", "closed"):
            raise ResourceError(LOST)
        return None if future is None or future.status == "cancelled" else future


def taken_back(in_flight: dict[Any, Submitted], workers: list[str]) -> list[PlannedJob]:
    """Remove and return the jobs that are restricted to workers that are gone."""
    gone = [
        key
        for key, submitted in in_flight.items()
        if submitted.workers is not None and not set(workers).intersection(submitted.workers)
    ]
    return [submitted.planned for submitted in map(in_flight.pop, gone)]
