"""Trials of a plan in a row, written as ranges."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple


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
