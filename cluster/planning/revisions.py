"""Revisions: what becomes of the jobs that are planned, given what is wanted now."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from .jobs import Job, Stop
from .present import PlannedJob
from .runs import Member, runs_of

Wanted = Mapping[str, tuple[Member, float]]
"""The trials wanted, by id: where they stand in the plan to be, and until which epoch, ∞ to the
end."""


@dataclass(frozen=True)
class Known:
    """The jobs planned so far, and how each stands.

    ``committed`` are finished and never change, with the runs of trials that their commits hold;
    ``waiting`` have come to the epoch they were wanted to; of those in ``kept`` there are states.
    """

    jobs: Mapping[str, PlannedJob]
    committed: Mapping[str, Any]
    waiting: Collection[str]
    kept: Collection[str]

    @cached_property
    def owners(self) -> dict[str, str]:
        """The job of every trial that a present version or a commit holds."""
        owners: dict[str, str] = {}
        for name, present in self.jobs.items():
            ids = self._commit(name) if name in self.committed else [*chained(present.ids())]
            owners |= dict.fromkeys(ids, name)
        return owners

    def _commit(self, name: str) -> list[str]:
        return self.jobs[name].ids_in(self.committed[name])

    def begun(self, name: str) -> bool:
        """Whether a job is committed, or another version would lose what is kept of it."""
        stops = self.jobs[name].job.stops
        return bool(name in self.committed or name in self.waiting or name in self.kept or stops)

    def revisions(self, wanted: Wanted) -> tuple[tuple[tuple[int, Job], ...], set[str]]:
        """Return new versions of open jobs, and the ids of all trials that a job owns.

        A trial that waits at an epoch and is wanted no further is withdrawn. Of a job that nothing
        was kept of, only the trials that are wanted are trained, but all stay with it: another
        client may be training them at this moment, and none may be planned twice.
        """
        revised: list[tuple[int, Job]] = []
        owned: set[str] = set()
        for name, present in self.jobs.items():
            if name in self.committed:
                owned.update(self._commit(name))
                continue
            version, ids = self._version(name, present, wanted)
            if version != present.job:
                revised.append((present.plan.number, version))
            owned.update(chained(ids))
        return tuple(revised), owned

    def _version(
        self, name: str, present: PlannedJob, wanted: Wanted
    ) -> tuple[Job, list[list[str]]]:
        """Return an open job's new version, and the ids of the trials that stay with it."""
        ids, job = present.ids(), present.job
        if name in self.waiting:
            return further(job, ids, wanted), ids
        if job.stops or job.until != present.first.until:
            return (job if job.stops else wanted_of(job, ids, wanted)), ids
        whole = [present.plan.ids(stack) for stack in present.first.stacks]
        if name in self.kept and wanted_of(job, ids, wanted) == job:
            return job, whole
        free = {i for i in wanted if self.owners.get(i, name) == name}
        return wanted_of(present.first, whole, free), whole


def chained(ids: list[list[str]]) -> itertools.chain[str]:
    """Return the ids of all stacks in a row."""
    return itertools.chain.from_iterable(ids)


def wanted_of(job: Job, ids: list[list[str]], wanted: Collection[str]) -> Job:
    """Return a job with those of its trials that are wanted."""
    stacks = [
        [m for m, name in zip(stack, names, strict=True) if name in wanted]
        for stack, names in zip(job.stacks, ids, strict=True)
    ]
    if sum(map(len, stacks)) == job.trials:
        return job
    return replace(job, runs=tuple(runs_of(stack) for stack in stacks if stack))


def further(job: Job, ids: list[list[str]], wanted: Wanted) -> Job:
    """Return the version of a waiting job that trains on, or ends, as is wanted of its trials."""
    epoch = job.until or 0
    stopped = {(stop.stack, stop.position) for stop in job.stops}
    stops, ends = list(job.stops), []
    for stack, names in enumerate(ids):
        for position, name in enumerate(names):
            if (stack, position) in stopped:
                continue
            end = wanted[name][1] if name in wanted else 0.0
            if end < epoch:
                stops.append(Stop(stack, position, epoch))
            else:
                ends.append(end)
    until = min((end for end in ends if end > epoch), default=None if not ends else float(epoch))
    last = None if until is None or math.isinf(until) else int(until)
    return replace(job, until=last, stops=tuple(stops))
