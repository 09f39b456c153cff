"""Arms along one axis: those that differ in nothing else, for each combination of other levels."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass

from ...core.trial import Origin
from ...studies.designs.axes import is_number
from ...studies.designs.design_function import Level
from .frames import Results


@dataclass(frozen=True)
class Row:
    """Arms along an axis, in the order of its levels.

    Parameters
    ----------
    by
        The levels of the other axes asked for.
    arms
        Positions in the study's arms.
    levels
        The level of each arm on the axis.
    origin
        What forks among them go on from; the unchanged twin is then one of the arms.
    """

    by: tuple[Level, ...]
    arms: tuple[int, ...]
    levels: tuple[Level, ...]
    origin: Origin | None = None

    @property
    def numeric(self) -> bool:
        """Whether the axis holds numbers."""
        return all(is_number(level.value) for level in self.levels)


def rows_along(results: Results, axis: str, by: Collection[str]) -> list[Row]:
    """Return the arms along an axis for every combination of levels of ``by``.

    On all other axes arms have the baseline's level. Numbers are sorted; other levels keep the
    study's order. Forks from different epochs stand apart, the unchanged twin beside each of them.
    """
    fixed, arms = fixed_levels(results, axis, by), results.study.arms
    forked = dict.fromkeys(arm.origin for arm in arms if arm.origin)
    origins: list[Origin | None] = [*forked] or [None]
    groups: dict[tuple[Origin | None, tuple[str, ...]], list[int]] = {}
    for origin, (position, arm) in itertools.product(origins, enumerate(arms)):
        alike = all(arm.level(level.path).label == level.label for level in fixed)
        if alike and arm.origin in (origin, None):
            key = origin, tuple(arm.level(p).label for p in by)
            groups.setdefault(key, []).append(position)
    return [_row(results, axis, by, group, key[0]) for key, group in groups.items()]


def _row(
    results: Results, axis: str, by: Collection[str], group: list[int], origin: Origin | None
) -> Row:
    level = {position: results.arm(position).level(axis) for position in group}
    if all(is_number(each.value) for each in level.values()):
        group = sorted(group, key=lambda position: float(level[position].value))
    others = tuple(results.arm(group[0]).level(path) for path in by)
    return Row(others, tuple(group), tuple(level[position] for position in group), origin)


def fixed_levels(results: Results, axis: str, by: Collection[str]) -> list[Level]:
    """Return the baseline's levels on the axes that are neither along nor asked for.

    An axis that every arm is tuned on by itself is none of them.
    """
    base, head = results.arm(results.baseline), axis.partition(".")[0]
    together = {path for path in results.together(axis) if path != axis}
    paths = [
        path
        for path in results.axes
        if path in results.study.design.compared
        and path not in (*by, *together)
        and path.partition(".")[0] != head
    ]
    return [base.level(path) for path in paths]
