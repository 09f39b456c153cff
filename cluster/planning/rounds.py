"""Rounds: from what a design wants to the next plan. Pure functions of the study and its plans."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...core.engine.examples import Sizes
from ...studies.data.loading import sizes_of
from ...studies.designs.design_function import Arm, Score, Want
from ...studies.study import Study
from .budgets import Allowance, afforded
from .costs import stack_bytes, stack_size, trial_seconds
from .jobs import Job
from .plan import Plan, PlannedArm
from .present import present_jobs
from .revisions import Known
from .runs import Member, Run, runs_of

LONGEST_JOB = 60.0
LONGEST_STACK = 30.0
SMALLEST_STACK = 4
# a stack is cut smaller where it would take longer than LONGEST_STACK seconds, so that workers
# share the load, but not below SMALLEST_STACK trials, which already give most of stacking's speed
SHORTEST_JOB = 1.0
FEWEST_JOBS = 16
MOST_JOBS = 2000


def next_plan(
    study: Study,
    plans: Sequence[Plan] = (),
    committed: Mapping[str, Any] | None = None,
    waiting: Collection[str] = (),
    scores: Sequence[Score] = (),
    kept: Collection[str] = (),
    allowance: Allowance | None = None,
) -> Plan:
    """Return the plan of the next round: all arms asked, new jobs, and new versions of open ones.

    Parameters
    ----------
    committed
        The jobs that are finished and never change, with the runs of trials their commits hold.
    waiting
        The jobs that have been trained to the epoch they were wanted to, and wait there.
    scores
        What the design may know.
    kept
        The jobs of which states are kept.
    allowance
        How much may be begun; what it does not allow is left to a later plan.
    """
    wants = study.design.wants(study.recipe, study.replicates, scores)
    asked: dict[Arm, list[range]] = {}
    for want in wants:
        asked.setdefault(want.arm, []).append(want.replicates)
    all_of_them = range(study.replicates)
    arms = tuple(
        PlannedArm.of(
            arm,
            study.fingerprints[study_task(arm)],
            () if replicates == [all_of_them] else tuple(replicates),
        )
        for arm, replicates in asked.items()
    )
    number, table = len(plans) + 1, study.to_table()
    position = {planned.arm: index for index, planned in enumerate(arms)}
    coming = to_come(study, wants, scores)
    plan = Plan(number, table, arms, (), 0.0, 0, folds=study.folds, to_come=coming)
    wanted: dict[str, tuple[Member, float]] = {}
    for want in wants:
        end = want.arm.recipe.epochs
        until = math.inf if want.until is None or want.until >= end else want.until
        replicates, folds = want.replicates, range(study.folds)
        arm = position[want.arm]
        members = [Member(arm, k, fold) for k in replicates for fold in folds]
        ids = plan.ids(members)
        wanted |= {name: (m, until) for name, m in zip(ids, members, strict=True)}
    known = Known(present_jobs(plans), committed or {}, waiting, kept)
    if allowance is not None:
        wanted = afforded(plan, known, wanted, allowance)
    revised, planned = known.revisions(wanted)
    new = [item for name, item in wanted.items() if name not in planned]
    jobs, seconds, most = _jobs(study, plan, new)
    return replace(plan, jobs=jobs, seconds=seconds, memory=most, revised=revised)


def to_come(study: Study, wants: Sequence[Want], scores: Sequence[Score]) -> int:
    """Return the most trials that a design may ask for once it has the scores of its wants.

    A design that wants nothing beyond what it knows wants nothing more, whatever it might have.
    """
    if not study.design.adaptive:
        return 0
    wanted = {(want.arm.recipe, replicate) for want in wants for replicate in want.replicates}
    if wanted <= {(score.recipe, score.replicate) for score in scores}:
        return 0
    return (study.design.most(study.replicates) - len(wanted)) * study.folds


def study_task(arm: Any) -> Any:
    """Return an arm's task."""
    return arm.recipe.task


def _jobs(
    study: Study, plan: Plan, new: Iterable[tuple[Member, float]]
) -> tuple[tuple[Job, ...], float, int]:
    """Pack trials that no job owns; return the jobs, all seconds, and the most bytes of a stack.

    Trials that may share a stack are put in order of replicate and fold, so that stack-mates share
    data order and draws, and cut into stacks; stacks fill jobs of about the same estimated time.
    """
    keys: dict[tuple[int, int], tuple[Any, Sizes]] = {}
    groups: dict[Any, list[Member]] = {}
    for member, until in new:
        arm = plan.arms[member.arm].arm
        if (member.arm, member.fold) not in keys:
            sizes = sizes_of(arm.recipe, member.fold)
            keys[member.arm, member.fold] = (arm.recipe.structure, sizes, arm.origin), sizes
        groups.setdefault((keys[member.arm, member.fold][0], until), []).append(member)
    stacks: dict[float, list[tuple[tuple[Run, ...], float]]] = {}
    most, total = 0, 0.0
    for (_, until), members in groups.items():
        recipe = plan.arms[members[0].arm].arm.recipe
        sizes = keys[members[0].arm, members[0].fold][1]
        each = trial_seconds(recipe, sizes, study.probe)
        largest = min(stack_size(recipe, sizes), max(SMALLEST_STACK, int(LONGEST_STACK / each)))
        each *= min(1.0, until / max(recipe.epochs, 1))
        members.sort(key=lambda member: (member.replicate, member.fold, member.arm))
        parts = even_parts(members, largest)
        longest = max(map(len, parts))  # for all of them, so that packing keeps their order
        stacks.setdefault(until, []).extend((runs_of(part), each * longest) for part in parts)
        most = max(most, stack_bytes(recipe, sizes, longest, study.probe))
        total += each * len(members)
    target = max(min(LONGEST_JOB, max(SHORTEST_JOB, total / FEWEST_JOBS)), total / MOST_JOBS)
    jobs: list[Job] = []
    for until, timed in stacks.items():
        last = None if math.isinf(until) else int(until)
        names = (f"j-{plan.number:04d}-{index:05d}" for index in itertools.count(len(jobs)))
        groups_of_stacks = pack(timed, target)
        jobs += [
            Job(name, tuple(group), last)
            for name, group in zip(names, groups_of_stacks, strict=False)
        ]
    return tuple(jobs), total, most


def even_parts(members: list[Member], largest: int) -> list[tuple[Member, ...]]:
    """Cut members into as few parts of at most ``largest`` as possible, all of about one size.

    >>> [len(part) for part in even_parts([Member(0, k) for k in range(20)], 16)]
    [10, 10]
    """
    count = -(-len(members) // largest)
    borders = [len(members) * index // count for index in range(count + 1)]
    return [tuple(members[a:b]) for a, b in itertools.pairwise(borders)]


def pack(stacks: Iterable[tuple[Any, float]], target: float) -> list[list[Any]]:
    """Fill groups with stacks up to ``target`` seconds each; the longest stacks come first."""
    filled: list[list[Any]] = []
    room = 0.0
    for stack, seconds in sorted(stacks, key=lambda item: -item[1]):
        if not filled or seconds > room:
            filled.append([])
            room = target
        filled[-1].append(stack)
        room -= seconds
    return filled
