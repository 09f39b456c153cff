"""Budgets: how much one call may train, and that whole replicates come first."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ...core.errors import InputError
from ...core.recipe import Recipe
from ...core.wording import counted
from ...studies.data.loading import sizes_of
from .plan import Plan
from .present import PlannedJob
from .revisions import Known, Wanted
from .runs import Member


@dataclass(frozen=True)
class Budget:
    """What one call may spend: minutes from its start, trials, updates; None is no limit.

    A trial is counted when the call begins with it, or goes on with what a former one began, and
    its updates are those it would make if it neither diverged nor stopped early.

    Raises
    ------
    InputError
        If a limit is not a number above 0.
    """

    minutes: float | None = None
    trials: int | None = None
    updates: float | None = None

    def __post_init__(self) -> None:
        messages = []
        for name, value in vars(self).items():
            whole = name == "trials"
            kinds = int if whole else int | float
            right = isinstance(value, kinds) and not isinstance(value, bool)
            if value is not None and not (right and 0 < value < math.inf):
                what = "a whole number of at least 1" if whole else "a finite number above 0"
                messages.append(f"{name} = {value!r} must be {what}")
        if messages:
            raise InputError(*messages)

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return any(value is not None for value in vars(self).values())

    def __str__(self) -> str:
        """Say the limits.

        >>> str(Budget(minutes=1.5, trials=60)), str(Budget(minutes=1, updates=1e6))
        ('1.5 minutes or 60 trials', '1 minute or 1,000,000 updates')
        """
        said = []
        if self.minutes is not None:
            said.append(f"{self.minutes:g} minute{'' if self.minutes == 1 else 's'}")
        if self.trials is not None:
            said.append(counted(self.trials, "trial"))
        if self.updates is not None:
            said.append(f"{self.updates:,.10g} update{'' if self.updates == 1 else 's'}")
        return " or ".join(said)


class Allowance:
    """What is left of a budget's trials and updates while a call goes on."""

    def __init__(self, budget: Budget) -> None:
        self._trials = math.inf if budget.trials is None else float(budget.trials)
        self._updates = math.inf if budget.updates is None else float(budget.updates)
        self._begun: set[str] = set()
        self.refused = False
        """Whether there was work that it did not allow."""

    def cost(self, present: PlannedJob) -> dict[str, float]:
        """Return the updates that are left of a job's trials, by id."""
        job = present.job
        stopped = {(stop.stack, stop.position) for stop in job.stops}
        start = max((stop.epoch for stop in job.stops), default=0)
        if job.until != present.first.until:
            start = max(start, present.first.until or 0)
        return {
            name: updates_of(present.plan, member, job.until, start)
            for stack, (members, names) in enumerate(zip(job.stacks, present.ids(), strict=True))
            for position, (member, name) in enumerate(zip(members, names, strict=True))
            if (stack, position) not in stopped
        }

    def takes(self, present: PlannedJob) -> bool:
        """Whether a job may be begun, which is then counted: anything is left, if not for all."""
        cost = self.cost(present)
        new = cost.keys() - self._begun
        if (new and self._trials <= 0) or self._updates <= 0:
            self.refused = True
            return False
        self._begun |= new
        self._trials -= len(new)
        self._updates -= sum(cost.values())
        return True

    def allowed(self, fresh: Mapping[str, float], begun: Sequence[PlannedJob]) -> set[str]:
        """Return the first of the trials that are not begun that fit beside the jobs that are."""
        costs = [self.cost(present) for present in begun]
        trials = self._trials - len({*(name for cost in costs for name in cost)} - self._begun)
        updates = self._updates - sum(sum(cost.values()) for cost in costs)
        names: set[str] = set()
        for name, cost in fresh.items():
            trials, updates = trials - 1, updates - cost
            if trials < 0 or updates < 0:
                self.refused = True
                break
            names.add(name)
        return names


def updates_of(plan: Plan, member: Member, until: float | None, start: int = 0) -> float:
    """Return the updates of a trial from one epoch's end to another's, or to that of the last."""
    recipe: Recipe = plan.arms[member.arm].arm.recipe
    last = recipe.epochs if until is None else min(until, recipe.epochs)
    steps = recipe.steps_per_epoch(sizes_of(recipe, member.fold).train)
    return max(0.0, last - start) * steps


def afforded(
    plan: Plan, known: Known, wanted: Wanted, allowance: Allowance
) -> dict[str, tuple[Member, float]]:
    """Return what is wanted without those trials, not yet begun, that are beyond the allowance.

    Jobs that are begun come first and stay whole; then trials by replicate, so that as many arms as
    possible have the same ones.
    """
    revised = {job.job_id: job for _, job in known.revisions(wanted)[0]}
    begun = {name: present for name, present in known.jobs.items() if known.begun(name)}
    going_on = [
        replace(present, job=revised.get(name, present.job))
        for name, present in begun.items()
        if name not in known.committed and (name in revised or name not in known.waiting)
    ]
    fresh = [name for name in wanted if known.owners.get(name) not in begun]
    fresh.sort(key=lambda name: first_by_replicate(wanted[name][0]))
    costs = {name: updates_of(plan, *wanted[name]) for name in fresh}
    allowed = allowance.allowed(costs, going_on)
    return {name: item for name, item in wanted.items() if name not in costs or name in allowed}


def first_by_replicate(member: Member) -> tuple[int, int, int]:
    """Return what trials are ordered by: the replicate, then the arm."""
    return member.replicate, member.arm, member.fold


def in_order(jobs: Sequence[PlannedJob], begun: Collection[str]) -> list[PlannedJob]:
    """Return jobs that are begun, then those of the first replicates."""

    def place(present: PlannedJob) -> tuple[bool, int]:
        replicates = (run.replicates.start for stack in present.job.runs for run in stack)
        return present.job.job_id not in begun, min(replicates, default=0)

    return sorted(jobs, key=place)
