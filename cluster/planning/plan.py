"""Plans: which trials are trained together, and in which jobs, as values and as JSON.

A plan holds every arm that is asked at its time, the jobs that it adds, and new versions of former
jobs whose trials are to be trained further, or no longer. Plans are only ever added; of a job the
last version counts. Reading plans loads no NumPy, so that they answer at once; making arms and
trials of them does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from ...core.identity import NUMERICS_VERSION, trial_id
from .runs import Member, Run, runs_of

if TYPE_CHECKING:
    from ...core.trial import Luck, Trial
    from ...studies.designs.design_function import Arm

FORMAT = 2
"""Raised whenever a plan could not be read by what read the former ones."""


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


@dataclass(frozen=True)
class PlannedArm:
    """An arm as a plan stores it: its id, the data's fingerprint, and what its recipe changes.

    ``replicates`` are those that are asked of it, none where these are all of the study's and no
    others.
    """

    arm_id: str
    fingerprint: str
    paths: tuple[str, ...]
    recipe: Mapping[str, Any]
    replicates: tuple[range, ...] = ()

    @classmethod
    def of(cls, arm: Arm, fingerprint: str, replicates: tuple[range, ...] = ()) -> PlannedArm:
        """Return the planned form of an arm."""
        from ...core.trial import arm_id
        from ...studies.files.drafts import recipe_table

        name = arm_id(arm.recipe, fingerprint)
        planned = cls(name, fingerprint, arm.paths, recipe_table(arm.recipe), replicates)
        planned.__dict__["arm"] = arm  # what the property below would make again
        return planned

    @cached_property
    def arm(self) -> Arm:
        """The arm itself."""
        from ...studies.designs.design_function import Arm
        from ...studies.files.drafts import recipe_from

        return Arm(recipe_from(self.recipe), self.paths)


@dataclass(frozen=True)
class Plan:
    """An append-only part of a run: arms, jobs that own trials for ever, and jobs' new versions.

    ``study`` is the study's table at its time; ``revised`` holds new versions of former jobs, each
    with the number of the plan whose arms it counts by. ``to_come`` is the most trials that the
    design may ask for in later rounds.
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
    to_come: int = 0

    @cached_property
    def luck(self) -> Luck:
        """The purposes whose draws are fixed."""
        return tuple(self.study.get("luck", {}).items())

    def trial(self, member: Member) -> Trial:
        """Return the trial that a member stands for."""
        from ...core.trial import Trial

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
        members = [
            Member(arm, replicate, fold)
            for arm, planned in enumerate(self.arms)
            for replicates in planned.replicates or (range(self.study["replicates"]),)
            for replicate in replicates
            for fold in range(self.folds)
        ]
        return {
            name: (member.arm, member.replicate)
            for name, member in zip(self.ids(members), members, strict=True)
        }

    @property
    def compared(self) -> list[PlannedArm]:
        """The arms that are compared: asked for replicates of the study's, not only for others."""
        own = range(self.study["replicates"])
        return [
            planned
            for planned in self.arms
            if not planned.replicates or any(part.start in own for part in planned.replicates)
        ]

    def to_bytes(self) -> bytes:
        """Return the plan as JSON, an arm and a job a line, for people who look into the file."""
        base = self.study["recipe"]
        arms = [
            {
                "arm": planned.arm_id,
                "data": planned.fingerprint,
                "paths": planned.paths,
                "changes": {k: v for k, v in planned.recipe.items() if v != base.get(k)},
                **({"replicates": bounds} if (bounds := _bounds(planned.replicates)) else {}),
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
            **({"to_come": self.to_come} if self.to_come else {}),
            "study": self.study,
            "arms": arms,
            "jobs": [job.to_table() for job in self.jobs],
            "revised": [{"plan": number, **job.to_table()} for number, job in self.revised],
        }
        lines = [f'"{name}": {_json(value)}' for name, value in parts.items()]
        return ("{" + ",\n".join(lines) + "}\n").encode()


def _bounds(ranges: Sequence[range]) -> list[tuple[int, int]]:
    return [(part.start, part.stop) for part in ranges]


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
            PlannedArm(
                item["arm"],
                item["data"],
                tuple(item["paths"]),
                base | item["changes"],
                tuple(range(*each) for each in item.get("replicates", ())),
            )
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
        int(table.get("folds") or _folds_of_format_1(table)),
        table.get("numerics", 0),
        table["format"],
        table.get("to_come", 0),
    )


def job_from(table: Mapping[str, Any]) -> Job:
    """Return the job that :meth:`Job.to_table` wrote."""
    stops = tuple(Stop(*item) for item in table.get("stops", ()))
    return Job(table["job"], _runs_from(table["runs"]), table.get("until"), stops)


def _runs_from(bounds: Any) -> tuple[tuple[Run, ...], ...]:
    return tuple(tuple(Run(*(range(*each) for each in run)) for run in stack) for stack in bounds)


def _arm_of_format_1(table: Mapping[str, Any]) -> PlannedArm:
    from ...studies.designs.design_function import Arm
    from ...studies.files.drafts import recipe_from

    arm = Arm(recipe_from(table["recipe"]), tuple(table["levels"]))
    return PlannedArm.of(arm, table["fingerprint"])


def _folds_of_format_1(table: Mapping[str, Any]) -> int:
    members = (member for job in table["jobs"] for stack in job["stacks"] for member in stack)
    return 1 + max((Member(*member).fold for member in members), default=0)
