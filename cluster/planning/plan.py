"""Plans: which trials are trained together, and in which jobs. Pure functions of the study."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from ...core.engine.examples import Sizes, stack_key
from ...core.recipe import Recipe
from ...core.trial import NUMERICS_VERSION, Trial
from ...studies.data.loading import sizes_of
from ...studies.designs.designs import Arm
from ...studies.files.schema import recipe_from
from ...studies.luck import fixed_luck
from ...studies.study import Study, recipe_table
from .costs import stack_bytes, stack_size, trial_seconds

LONGEST_JOB = 60.0
LONGEST_STACK = 30.0
SMALLEST_STACK = 4
# a stack is cut smaller where it would take longer than LONGEST_STACK seconds, so that workers
# share the load, but not below SMALLEST_STACK trials, which already give most of stacking's speed
SHORTEST_JOB = 1.0
FEWEST_JOBS = 16
MOST_JOBS = 2000


class Member(NamedTuple):
    """A trial within a plan: the position of its arm, its replicate and fold."""

    arm: int
    replicate: int
    fold: int = 0


@dataclass(frozen=True)
class Job:
    """What one task does: stacks of trials, trained one after another."""

    job_id: str
    stacks: tuple[tuple[Member, ...], ...]

    @property
    def trials(self) -> int:
        """The number of trials."""
        return sum(len(stack) for stack in self.stacks)


@dataclass(frozen=True)
class PlannedArm:
    """An arm as a plan stores it."""

    arm: Arm
    fingerprint: str


@dataclass(frozen=True)
class Plan:
    """An append-only part of a run: arms, and jobs that own trials for ever."""

    number: int
    study: Mapping[str, Any]
    arms: tuple[PlannedArm, ...]
    jobs: tuple[Job, ...]
    seconds: float
    bytes: int

    def trial(self, member: Member) -> Trial:
        """Return the trial that a member stands for."""
        planned = self.arms[member.arm]
        luck = fixed_luck(self.study.get("luck", {}))
        return Trial(
            planned.arm.recipe,
            planned.fingerprint,
            self.study["seed"],
            member.replicate,
            luck,
            member.fold,
        )

    def recipes(self, job: Job) -> set[Recipe]:
        """Return what a job's trials train."""
        return {self.arms[m.arm].arm.recipe for stack in job.stacks for m in stack}

    @cached_property
    def trial_ids(self) -> frozenset[str]:
        """The ids of all trials of this plan."""
        return frozenset[str]().union(*self.ids_by_job.values())

    @cached_property
    def ids_by_job(self) -> dict[str, frozenset[str]]:
        """The ids of the trials of each job."""
        return {
            job.job_id: frozenset(self.trial(m).trial_id for stack in job.stacks for m in stack)
            for job in self.jobs
        }

    def to_table(self) -> dict[str, Any]:
        """Return the plan as JSON types."""
        return {
            "format": 1,
            "numerics": NUMERICS_VERSION,
            "number": self.number,
            "seconds": self.seconds,
            "bytes": self.bytes,
            "study": dict(self.study),
            "arms": [
                {
                    "levels": dict(planned.arm.levels),
                    "recipe": recipe_table(planned.arm.recipe),
                    "fingerprint": planned.fingerprint,
                }
                for planned in self.arms
            ],
            "jobs": [{"job": job.job_id, "stacks": job.stacks} for job in self.jobs],
        }


def plan_from(table: Mapping[str, Any]) -> Plan:
    """Return the plan that :meth:`Plan.to_table` wrote."""
    arms = tuple(
        PlannedArm(
            Arm(recipe_from(arm["recipe"]), tuple(arm["levels"].items())), arm["fingerprint"]
        )
        for arm in table["arms"]
    )
    jobs = tuple(
        Job(item["job"], tuple(tuple(Member(*m) for m in stack) for stack in item["stacks"]))
        for item in table["jobs"]
    )
    return Plan(table["number"], table["study"], arms, jobs, table["seconds"], table["bytes"])


def make_plan(study: Study, number: int, already: Collection[str] = ()) -> Plan:
    """Plan the study's trials that no earlier plan holds.

    Trials that may share a stack are put in order of replicate and fold, so that stack-mates share
    data order and draws, and cut into stacks; stacks fill jobs of about the same estimated time.
    """
    already = set(already)
    arms = tuple(PlannedArm(arm, study.fingerprints[task_of(arm)]) for arm in study.arms)
    groups: dict[Any, list[Member]] = {}
    sizes: dict[Any, Sizes] = {}
    for position, planned in enumerate(arms):
        by_fold = [sizes_of(planned.arm.recipe, fold) for fold in range(study.folds)]
        for trial in study.trials_of(planned.arm):
            if trial.trial_id not in already:
                key = stack_key(trial, by_fold[trial.fold])
                member = Member(position, trial.replicate, trial.fold)
                groups.setdefault(key, []).append(member)
                sizes[key] = by_fold[trial.fold]
    stacks: list[tuple[tuple[Member, ...], float, int]] = []
    for key, members in groups.items():
        recipe = arms[members[0].arm].arm.recipe
        largest = stack_size(recipe, sizes[key])
        each = trial_seconds(recipe, sizes[key], study.probe)
        largest = min(largest, max(SMALLEST_STACK, int(LONGEST_STACK / each)))
        members.sort(key=lambda member: (member.replicate, member.fold, member.arm))
        stacks += [
            (part, each * len(part), stack_bytes(recipe, sizes[key], len(part), study.probe))
            for part in even_parts(members, largest)
        ]
    total = sum(seconds for _, seconds, _ in stacks)
    most = max((size for _, _, size in stacks), default=0)
    target = max(min(LONGEST_JOB, max(SHORTEST_JOB, total / FEWEST_JOBS)), total / MOST_JOBS)
    jobs = pack(((members, seconds) for members, seconds, _ in stacks), target, number)
    return Plan(number, study.to_table(), arms, jobs, total, most)


def even_parts(members: list[Member], largest: int) -> list[tuple[Member, ...]]:
    """Cut members into as few parts of at most ``largest`` as possible, all of about one size.

    >>> [len(part) for part in even_parts([Member(0, k) for k in range(20)], 16)]
    [10, 10]
    """
    count = -(-len(members) // largest)
    borders = [len(members) * index // count for index in range(count + 1)]
    return [tuple(members[a:b]) for a, b in itertools.pairwise(borders)]


def task_of(arm: Arm) -> Any:
    """Return an arm's task."""
    return arm.recipe.task


def pack(
    stacks: Iterable[tuple[tuple[Member, ...], float]], target: float, number: int
) -> tuple[Job, ...]:
    """Fill jobs with stacks up to ``target`` seconds each; the longest stacks come first."""
    ordered = sorted(stacks, key=lambda item: -item[1])
    filled: list[list[tuple[Member, ...]]] = []
    room = 0.0
    for members, seconds in ordered:
        if not filled or seconds > room:
            filled.append([])
            room = target
        filled[-1].append(members)
        room -= seconds
    return tuple(
        Job(f"j-{number:04d}-{index:05d}", tuple(group)) for index, group in enumerate(filled)
    )
