"""Which jobs there are at present: each in the last version that a plan holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .jobs import Job
from .plan import Plan


@dataclass(frozen=True)
class PlannedJob:
    """A job in its present version, and in its first.

    ``plan`` is the one whose arms it counts by, ``version`` the number of the one that holds it.
    """

    plan: Plan
    job: Job
    version: int
    first: Job

    def ids(self) -> list[list[str]]:
        """Return the ids of each stack's trials."""
        return [self.plan.ids(stack) for stack in self.job.stacks]

    def committed(self, bounds: Any) -> PlannedJob:
        """Return the job with the trials of its commit, which says their runs.

        A commit that does not say them, as none of paribus 0.1 does, holds those of the first
        version.
        """
        bounds = self.first.bounds() if bounds is None else bounds
        return replace(self, job=self.job.holding(bounds))

    def ids_in(self, bounds: Any) -> list[str]:
        """Return the ids of the trials of its commit, which says their runs."""
        return [name for stack in self.committed(bounds).ids() for name in stack]


def present_jobs(plans: Sequence[Plan]) -> dict[str, PlannedJob]:
    """Return every job in its last version, oldest first."""
    by_number = {plan.number: plan for plan in plans}
    jobs: dict[str, PlannedJob] = {}
    for plan in plans:
        for job in plan.jobs:
            jobs[job.job_id] = PlannedJob(plan, job, plan.number, job)
        for number, job in plan.revised:
            first = jobs[job.job_id].first
            jobs[job.job_id] = PlannedJob(by_number[number], job, plan.number, first)
    return jobs
