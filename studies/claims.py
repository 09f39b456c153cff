"""Whether a study can judge what it expects: everything wrong is said before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Literal

from ..core.errors import InputError, unknown
from ..core.measures.layers import METRICS as LAYER_MEASURES
from .designs.design_function import Arm
from .expectations import Expectation
from .files.drafts import Draft
from .metrics import METRICS, Metric
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


def ambiguous(expectations: Iterable[Expectation], matching: Matching) -> list[str]:
    """Return a note on each expectation that is not judged, as several arms have its levels."""
    notes = []
    for expected in expectations:
        arms = matching(expected.arm)
        if arms and expected.axis:
            first = arms[0].level(expected.axis).value
            arms = matching((*expected.arm, (expected.axis, first)))
        if len(arms) > 1:
            paths = {path: None for arm in arms for path in arm.paths}
            differing = [p for p in paths if len({arm.level(p).label for arm in arms}) > 1]
            also = f"; name a level of {' and '.join(differing)}, too" if differing else ""
            notes.append(
                expected.named(f"it is not judged, for {len(arms)} arms have its levels{also}")
            )
    return notes


def unjudgeable(
    expectations: Iterable[Expectation],
    matching: Matching,
    lacking: Mapping[str, str | Literal[False]],
) -> list[str]:
    """Return one sentence for each expectation that no result could be judged by.

    ``lacking`` has a sentence for each need of a metric that is not met.
    """
    wrong = []
    for expected in expectations:
        metric = METRICS.get(expected.measure)
        unmet = [lacking[need] for need in metric.needs if lacking[need]] if metric else []
        found = [f"measure = {expected.measure!r} would have no value: {why}" for why in unmet[:1]]
        found += _off_scale(expected, metric) + _no_level(expected, matching)
        if expected.judge == "sd" and expected.runs < 2:
            found.append("judge = 'sd' needs runs = 2 or more; one run has no spread")
        wrong += list(map(expected.named, found))
    return wrong


def _off_scale(expected: Expectation, metric: Metric | None) -> list[str]:
    """Refuse numbers in another unit than the measure's, and those that a scale cannot hold."""
    given = [expected.published, *([expected.upper] if expected.has_band else [])]
    shares = metric is not None and metric.unit == "%"
    if shares and expected.judge != "sd" and max(given) > 1:
        return [
            f"{expected.measure} is a share from 0 to 1; write {max(given) / 100:g} for "
            f"{max(given):g} %"
        ]
    if expected.judge not in ("prediction", "mean"):
        return []
    if expected.scale == "log" and expected.published <= 0:
        return [f"published = {expected.published:g} has no logarithm; give scale = 'linear'"]
    if expected.scale == "share" and metric is not None and not shares:
        return [f"scale = 'share' is for shares from 0 to 1, which {expected.measure} is not"]
    if expected.scale == "share" and not 0 <= expected.published <= 1:
        return [f"published = {expected.published:g} is no share from 0 to 1"]
    return []


def _no_level(expected: Expectation, matching: Matching) -> list[str]:
    """Refuse levels that no arm has and none could have; those of other arms are told nothing."""
    if any(not levels for levels in expected.rejects):
        return ["rejects has an empty table, which rejects the arm itself"]
    named = dict.fromkeys(
        (path, str(value))
        for levels in (expected.arm, *expected.than, *expected.rejects)
        for path, value in levels
        if path != "measure"
        and not matching(((path, value),))
        and not any(_may_have(arm, path, value) for arm in matching(()))
    )
    return [
        unknown(f"level of {path}", value, {arm.level(path).label for arm in matching(())})
        for path, value in named
    ]


def _may_have(arm: Arm, path: str, value: Any) -> bool:
    """Whether a level can be put on an arm's recipe."""
    try:
        Draft(arm.recipe).put(path, value, "level")
    except InputError:
        return False
    return True


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
