"""Jobs: what one task trains, as values and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from .runs import Member, Run


class Stop(NamedTuple):
    """A trial that its design withdraws: its stack, its position there, and after which epoch."""

    stack: int
    position: int
    epoch: int


@dataclass(frozen=True)
class Job:
    """What one task does: stacks of trials, trained one after another.

    They are trained ``until`` an epoch, where their states and scores are kept for the design to
    decide, or to their end, where the job is committed; ``stops`` names the trials that leave
    before.
    """

    job_id: str
    runs: tuple[tuple[Run, ...], ...]
    until: int | None = None
    stops: tuple[Stop, ...] = ()

    @cached_property
    def stacks(self) -> tuple[tuple[Member, ...], ...]:
        """The members of each stack."""
        return tuple(tuple(m for run in stack for m in run.members()) for stack in self.runs)

    @property
    def trials(self) -> int:
        """The number of trials."""
        sizes = (len(r.arms) * len(r.replicates) * len(r.folds) for s in self.runs for r in s)
        return sum(sizes)

    def bounds(self) -> list[Any]:
        """Return the runs as JSON types."""
        return [[[(r.start, r.stop, r.step) for r in run] for run in stack] for stack in self.runs]

    def holding(self, bounds: Any) -> Job:
        """Return the job with the runs that :meth:`bounds` wrote."""
        return replace(self, runs=_runs_from(bounds))

    def to_table(self) -> dict[str, Any]:
        """Return the job as JSON types."""
        table: dict[str, Any] = {"job": self.job_id, "runs": self.bounds()}
        table |= {"until": self.until} if self.until is not None else {}
        return table | ({"stops": self.stops} if self.stops else {})


def job_from(table: Mapping[str, Any]) -> Job:
    """Return the job that :meth:`Job.to_table` wrote."""
    stops = tuple(Stop(*item) for item in table.get("stops", ()))
    return Job(table["job"], _runs_from(table["runs"]), table.get("until"), stops)


def _runs_from(bounds: Any) -> tuple[tuple[Run, ...], ...]:
    return tuple(tuple(Run(*(range(*each) for each in run)) for run in stack) for stack in bounds)
