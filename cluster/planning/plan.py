"""Plans: which trials are trained together, and in which jobs, as values and as JSON.

A plan holds every arm that is asked at its time, the jobs that it adds, and new versions of former
jobs whose trials are to be trained further, or no longer. Plans are only ever added; of a job the
last version counts. Reading plans loads no NumPy, so that they answer at once; making arms and
trials of them does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...core.identity import NUMERICS_VERSION, trial_id
from ...core.luck import Sources, crossed_in, fixed_in, levels_at, sources_in, told_apart
from .jobs import Job, job_from
from .runs import Member, runs_of

if TYPE_CHECKING:
    from ...core.trial import Trial
    from ...studies.designs.design_function import Arm

FORMAT = 3
"""Raised whenever a plan could not be read by what read the former ones."""


@dataclass(frozen=True)
class PlannedArm:
    """An arm as a plan stores it: its id, the data's fingerprint, and what its recipe changes.

    ``origin`` holds the recipe and the epoch that a fork goes on from, as JSON types;
    ``replicates`` are those that are asked of it, none where these are all of the study's and no
    others.
    """

    arm_id: str
    fingerprint: str
    paths: tuple[str, ...]
    recipe: Mapping[str, Any]
    origin: tuple[Mapping[str, Any], int] | None = None
    replicates: tuple[range, ...] = ()

    @classmethod
    def of(cls, arm: Arm, fingerprint: str, replicates: tuple[range, ...] = ()) -> PlannedArm:
        """Return the planned form of an arm."""
        from ...core.trial import arm_id
        from ...studies.files.drafts import recipe_table

        name, origin = arm_id(arm.recipe, fingerprint, arm.origin), None
        if arm.origin is not None:
            origin = recipe_table(arm.origin.recipe), arm.origin.epoch
        planned = cls(name, fingerprint, arm.paths, recipe_table(arm.recipe), origin, replicates)
        planned.__dict__["arm"] = arm  # what the property below would make again
        return planned

    @cached_property
    def arm(self) -> Arm:
        """The arm itself."""
        from ...core.trial import Origin
        from ...studies.designs.design_function import Arm
        from ...studies.files.drafts import recipe_from

        origin = None
        if self.origin is not None:
            table, epoch = self.origin
            origin = Origin(recipe_from(table), epoch)
        return Arm(recipe_from(self.recipe), self.paths, origin=origin)

    def to_table(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arm as JSON types, its recipes as what they change in a base recipe."""

        def changes(recipe: Mapping[str, Any]) -> dict[str, Any]:
            return {k: v for k, v in recipe.items() if v != base.get(k)}

        table: dict[str, Any] = {
            "arm": self.arm_id,
            "data": self.fingerprint,
            "paths": self.paths,
            "changes": changes(self.recipe),
        }
        if self.origin is not None:
            recipe, epoch = self.origin
            table["origin"] = {"epoch": epoch, "changes": changes(recipe)}
        if self.replicates:
            table["replicates"] = [(part.start, part.stop) for part in self.replicates]
        return table


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
    def luck(self) -> Sources:
        """The purposes whose draws are fixed or crossed."""
        return sources_in(self.study.get("luck", {}))

    def trial(self, member: Member) -> Trial:
        """Return the trial that a member stands for."""
        from ...core.trial import Trial

        planned, seed = self.arms[member.arm], self.study["seed"]
        arm, data, k = planned.arm, planned.fingerprint, member.replicate
        fixed, levels = fixed_in(self.luck), levels_at(crossed_in(self.luck), k)
        return Trial(arm.recipe, data, seed, k, fixed, member.fold, levels, arm.origin)

    def ids(self, members: Sequence[Member]) -> list[str]:
        """Return the ids of trials, without making these."""
        seed, fixed, crossed = self.study["seed"], dict(fixed_in(self.luck)), crossed_in(self.luck)
        levels = {k: told_apart(levels_at(crossed, k), k) for k in {m.replicate for m in members}}
        return [
            trial_id(self.arms[a].arm_id, seed, k, fixed, fold, levels[k]) for a, k, fold in members
        ]

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
        asked = range(self.study["replicates"])
        return [
            planned
            for planned in self.arms
            if not planned.replicates or any(part.start in asked for part in planned.replicates)
        ]

    def to_bytes(self) -> bytes:
        """Return the plan as JSON, an arm and a job a line, for people who look into the file."""
        base = self.study["recipe"]
        arms = [planned.to_table(base) for planned in self.arms]
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
        arms = tuple(arm_from(item, base) for item in table["arms"])
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


def arm_from(table: Mapping[str, Any], base: Mapping[str, Any]) -> PlannedArm:
    """Return the arm that :meth:`PlannedArm.to_table` wrote."""
    origin = table.get("origin")
    return PlannedArm(
        table["arm"],
        table["data"],
        tuple(table["paths"]),
        {**base, **table["changes"]},
        ({**base, **origin["changes"]}, origin["epoch"]) if origin else None,
        tuple(range(*each) for each in table.get("replicates", ())),
    )


def _arm_of_format_1(table: Mapping[str, Any]) -> PlannedArm:
    from ...studies.designs.design_function import Arm
    from ...studies.files.drafts import recipe_from

    arm = Arm(recipe_from(table["recipe"]), tuple(table["levels"]))
    return PlannedArm.of(arm, table["fingerprint"])


def _folds_of_format_1(table: Mapping[str, Any]) -> int:
    members = (member for job in table["jobs"] for stack in job["stacks"] for member in stack)
    return 1 + max((Member(*member).fold for member in members), default=0)
