"""Whether a study can judge what it expects: everything wrong is said before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any

from ..core.errors import unknown
from ..core.measures.layers import METRICS as LAYER_MEASURES
from .designs.design_function import Arm
from .expectations import Expectation
from .quantities.quantity_function import MEASURES, Levels

Matching = Callable[[Levels], Sequence[Arm]]


def mistakes(
    expectations: Iterable[Expectation], axes: Sequence[str], matching: Matching
) -> list[str]:
    """Return one sentence for each mistake; arms that a study does not have are none."""
    expectations = list(expectations)
    wrong = []
    for expected in expectations:
        mistakes = _of_axes(expected, axes) or _of_arm(expected, matching)
        wrong += list(dict.fromkeys(map(expected.named, mistakes)))
    return wrong + _of_families(expectations)


def axis_levels(axis: str, matching: Matching) -> tuple[float, ...]:
    """Return the numbers on an axis, none where a level is something else."""
    levels = {arm.level(axis).value for arm in matching(())} if axis else set()
    if all(isinstance(x, int | float) and not isinstance(x, bool) for x in levels):
        return tuple(sorted(levels))
    return ()


def _of_axes(expected: Expectation, axes: Sequence[str]) -> list[str]:
    named = [expected.arm, *expected.than]
    paths = {path: None for levels in named for path, _ in levels}
    paths |= {p: None for levels in expected.rejects for p, _ in levels if p != "measure"}
    paths |= {expected.axis: None} if expected.axis else {}
    wrong = [unknown("axis", path, axes) for path in paths if path not in axes]
    measures = [v for levels in expected.rejects for p, v in levels if p == "measure"]
    return wrong + [unknown("measure", m, MEASURES) for m in measures if m not in MEASURES]


def _of_arm(expected: Expectation, matching: Matching) -> list[str]:
    arms = matching(expected.arm)
    if not arms:
        return []
    recipe = arms[0].recipe
    asked = expected.asked(axis_levels=axis_levels(expected.axis, matching))
    wrong = asked.mistakes(recipe.epochs)
    least = min(arm.recipe.depth for arm in arms) + 1
    if expected.measure in LAYER_MEASURES and expected.layer > least:
        wrong.append(
            f"layer = {expected.layer} lies beyond the arm's {least} layers, the output included"
        )
    return wrong


def _of_families(expectations: list[Expectation]) -> list[str]:
    """Refuse a family whose members cannot be judged together."""
    wrong = []

    def alike(expected: Expectation) -> tuple[Any, ...]:
        return (expected.judge, str(expected.rejects), expected.level)

    members = sorted((e for e in expectations if e.family), key=lambda e: e.family)
    for family, group in groupby(members, key=lambda e: e.family):
        if len({alike(member) for member in group}) > 1:
            wrong.append(f"family {family!r}: its expectations need one judge, level and rejects")
    return wrong
