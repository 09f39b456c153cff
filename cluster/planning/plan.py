"""Plans: which trials are trained together, and in which jobs, as values and as JSON.

A plan holds every arm that is asked at its time, the jobs that it adds, and new versions of former
jobs whose trials are to be trained further, or no longer. Plans are only ever added; of a job the
last version counts.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from ...core.identity import trial_id
from ...core.trial import NUMERICS_VERSION, Luck, Trial, arm_id
from ...studies.designs.design_function import Arm
from ...studies.files.drafts import recipe_from, recipe_table
from ...studies.luck import fixed_luck

FORMAT = 2
"""Raised whenever a plan could not be read by what read the former ones."""


class Member(NamedTuple):
    """A trial within a plan: the position of its arm, its replicate and fold."""

    arm: int
    replicate: int
    fold: int = 0


class Run(NamedTuple):
    """Members in a row: for every replicate, for every fold, every arm of a range."""

    arms: range
    replicates: range
    folds: range

    def members(self) -> Iterator[Member]:
        """Yield the members in order."""
        for replicate, fold, arm in itertools.product(self.replicates, self.folds, self.arms):
            yield Member(arm, replicate, fold)


def runs_of(members: Sequence[Member]) -> tuple[Run, ...]:
    """Write members, given in the order of replicate, fold and arm, as few runs in the same order.

    >>> runs = runs_of([Member(a, k) for k in range(10) for a in (0, 3, 6)])
    >>> runs
    (Run(arms=range(0, 9, 3), replicates=range(0, 10), folds=range(0, 1)),)
    >>> len(list(runs[0].members()))
    30
    """
    rows = itertools.groupby(members, key=lambda m: (m.replicate, m.fold))
    runs = [
        Run(arms, range(replicate, replicate + 1), range(fold, fold + 1))
        for (replicate, fold), row in rows
        for arms in ranges_of([member.arm for member in row])
    ]
    return tuple(_joined(_joined(runs, "folds"), "replicates"))


def _joined(runs: list[Run], axis: str) -> list[Run]:
    """Join neighbours that differ in one range alone, where these ranges follow on each other."""
    joined: list[Run] = []
    for run in runs:
        part: range = getattr(run, axis)
        if joined:
            last: range = getattr(joined[-1], axis)
            longer = joined[-1]._replace(**{axis: range(last.start, part.stop)})
            if last.stop == part.start and longer == run._replace(**{axis: longer[_PLACE[axis]]}):
                joined[-1] = longer
                continue
        joined.append(run)
    return joined


_PLACE = {name: index for index, name in enumerate(Run._fields)}


def ranges_of(numbers: Sequence[int]) -> list[range]:
    """Write ascending numbers as ranges.

    >>> ranges_of([0, 3, 6]), ranges_of([5]), ranges_of([0, 1, 5])
    ([range(0, 9, 3)], [range(5, 6)], [range(0, 2), range(5, 6)])
    """
    ranges: list[range] = []
    first = 0
    while first < len(numbers):
        last = first
        step = numbers[first + 1] - numbers[first] if first + 1 < len(numbers) else 1
        while last + 1 < len(numbers) and numbers[last + 1] - numbers[last] == step:
            last += 1
        ranges.append(range(numbers[first], numbers[last] + step, step))
        first = last + 1
    return ranges


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

    def to_table(self) -> dict[str, Any]:
        """Return the job as JSON types."""
        bounds = [
            [[(r.start, r.stop, r.step) for r in run] for run in stack] for stack in self.runs
        ]
        table: dict[str, Any] = {"job": self.job_id, "runs": bounds}
        table |= {"until": self.until} if self.until is not None else {}
        return table | ({"stops": self.stops} if self.stops else {})


@dataclass(frozen=True)
class PlannedArm:
    """An arm as a plan stores it: its id, the data's fingerprint, and what its recipe changes."""

    arm_id: str
    fingerprint: str
    paths: tuple[str, ...]
    recipe: Mapping[str, Any]

    @classmethod
    def of(cls, arm: Arm, fingerprint: str) -> PlannedArm:
        """Return the planned form of an arm."""
        name = arm_id(arm.recipe, fingerprint)
        planned = cls(name, fingerprint, arm.paths, recipe_table(arm.recipe))
        planned.__dict__["arm"] = arm  # what the property below would make again
        return planned

    @cached_property
    def arm(self) -> Arm:
        """The arm itself."""
        return Arm(recipe_from(self.recipe), self.paths)


@dataclass(frozen=True)
class Plan:
    """An append-only part of a run: arms, jobs that own trials for ever, and jobs' new versions.

    ``study`` is the study's table at its time; ``revised`` holds new versions of former jobs, each
    with the number of the plan whose arms it counts by.
    """

    number: int
    study: Mapping[str, Any]
    arms: tuple[PlannedArm, ...]
    jobs: tuple[Job, ...]
    seconds: float
    memory: int
    revised: tuple[tuple[int, Job], ...] = ()
    folds: int = 1
    numerics: int = NUMERICS_VERSION
    format: int = FORMAT

    @cached_property
    def luck(self) -> Luck:
        """The purposes whose draws are fixed."""
        return fixed_luck(self.study.get("luck", {}))

    def trial(self, member: Member) -> Trial:
        """Return the trial that a member stands for."""
        planned, seed = self.arms[member.arm], self.study["seed"]
        recipe, data = planned.arm.recipe, planned.fingerprint
        return Trial(recipe, data, seed, member.replicate, self.luck, member.fold)

    def ids(self, members: Sequence[Member]) -> list[str]:
        """Return the ids of trials, without making these."""
        seed, luck = self.study["seed"], dict(self.luck)
        return [trial_id(self.arms[a].arm_id, seed, k, luck, fold) for a, k, fold in members]

    @cached_property
    def asked(self) -> dict[str, tuple[int, int]]:
        """The ids of all trials that the study asked for at this plan's time: arm, replicate."""
        replicates = self.study["replicates"]
        members = [
            Member(arm, replicate, fold)
            for arm in range(len(self.arms))
            for replicate in range(replicates)
            for fold in range(self.folds)
        ]
        return {
            name: (member.arm, member.replicate)
            for name, member in zip(self.ids(members), members, strict=True)
        }

    def to_bytes(self) -> bytes:
        """Return the plan as JSON, an arm and a job a line, for people who look into the file."""
        base = self.study["recipe"]
        arms = [
            {
                "arm": planned.arm_id,
                "data": planned.fingerprint,
                "paths": planned.paths,
                "changes": {k: v for k, v in planned.recipe.items() if v != base.get(k)},
            }
            for planned in self.arms
        ]
        parts: dict[str, Any] = {
            "format": FORMAT,
            "numerics": self.numerics,
            "number": self.number,
            "seconds": self.seconds,
            "bytes": self.memory,
            "folds": self.folds,
            "study": self.study,
            "arms": arms,
            "jobs": [job.to_table() for job in self.jobs],
            "revised": [{"plan": number, **job.to_table()} for number, job in self.revised],
        }
        lines = [f'"{name}": {_json(value)}' for name, value in parts.items()]
        return ("{" + ",\n".join(lines) + "}\n").encode()


def _json(value: Any) -> str:
    """Return compact JSON; a list of tables has one a line."""
    if isinstance(value, list):
        return "[" + ",\n ".join(_json(item) for item in value) + "]"
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def plan_from(table: Mapping[str, Any]) -> Plan:
    """Return the plan that :meth:`Plan.to_bytes` wrote, or that the former format 1 holds."""
    study = table["study"]
    if table["format"] == 1:
        arms = tuple(_arm_of_format_1(item) for item in table["arms"])
        jobs = tuple(
            Job(
                item["job"],
                tuple(runs_of([Member(*member) for member in stack]) for stack in item["stacks"]),
            )
            for item in table["jobs"]
        )
    else:
        base = study["recipe"]
        arms = tuple(
            PlannedArm(item["arm"], item["data"], tuple(item["paths"]), base | item["changes"])
            for item in table["arms"]
        )
        jobs = tuple(map(job_from, table["jobs"]))
    return Plan(
        table["number"],
        study,
        arms,
        jobs,
        table["seconds"],
        table["bytes"],
        tuple((item["plan"], job_from(item)) for item in table.get("revised", ())),
        table.get("folds") or _folds_of_format_1(table),
        table.get("numerics", 0),
        table["format"],
    )


def job_from(table: Mapping[str, Any]) -> Job:
    """Return the job that :meth:`Job.to_table` wrote."""
    runs = tuple(
        tuple(Run(*(range(*bounds) for bounds in run)) for run in stack) for stack in table["runs"]
    )
    stops = tuple(Stop(*item) for item in table.get("stops", ()))
    return Job(table["job"], runs, table.get("until"), stops)


def _arm_of_format_1(table: Mapping[str, Any]) -> PlannedArm:
    arm = Arm(recipe_from(table["recipe"]), tuple(table["levels"]))
    return PlannedArm.of(arm, table["fingerprint"])


def _folds_of_format_1(table: Mapping[str, Any]) -> int:
    members = (member for job in table["jobs"] for stack in job["stacks"] for member in stack)
    return 1 + max((Member(*member).fold for member in members), default=0)
