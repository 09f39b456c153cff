"""Numeric axes: which setting of a design a chart has on its horizontal axis, and how it lies."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ...studies.designs.design_function import Level
from ..language.messages import sentences, series, text
from ..page.words import axis_words, level_words
from ..statistics.analysis import Analysis
from ..statistics.layout import MOST_COLOURS, MOST_COLUMNS, leading
from .figure import number_label
from .panels import ALL, axes_words, coupled_words, level_names

LEAST_LEVELS = 3
ASIDE = 0.008
"""How far two kinds stand beside each other at a level, as a share of the axis."""
WIDE = 10.0
"""Positive levels that span more than this factor lie on a logarithmic axis."""


@dataclass(frozen=True)
class Across:
    """What a chart against a numeric axis shows: the axis, colours, columns, and what is fixed.

    Where arms differ in more than that and form no line, as in a random search, every arm is drawn
    as a point and ``loose`` is true.
    """

    axis: str
    colour: str | None = None
    column: str | None = None
    fixed: tuple[Level, ...] = ()
    loose: bool = False


def is_number(value: Any) -> bool:
    """Whether a level's value is a finite number."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value)


def numbers_of(analysis: Analysis, path: str) -> list[float]:
    """Return the numbers that the arms have at a path, in order; empty if some have none."""
    values = [arm.level(path).value for arm in analysis.study.arms]
    return sorted({float(x) for x in values}) if all(map(is_number, values)) else []


def numeric_axis(analysis: Analysis, least: int = LEAST_LEVELS) -> str | None:
    """Return the axis that the answer names, else the first with enough levels that are numbers."""
    named = getattr(analysis.study.answer, "axis", "")
    paths = [named, *leading(analysis.results)] if named else leading(analysis.results)
    return next((path for path in paths if len(numbers_of(analysis, path)) >= least), None)


def across(analysis: Analysis, axis: str) -> Across:
    """Return what is drawn against an axis: others as colour and columns, the rest held fixed."""
    results = analysis.results
    family = axis.partition(".")[0]
    mine = {axis, *results.together(axis)}
    others = [
        path
        for path in leading(results)
        if path not in mine and (axis in results.axes or path.partition(".")[0] != family)
    ]
    sizes = {path: len(results.levels(path)) for path in others}
    crossed = math.prod(sizes.values()) * len(numbers_of(analysis, axis)) == len(results.study.arms)
    colour = column = None
    if crossed:
        colour = next((path for path in others if sizes[path] <= MOST_COLOURS), None)
        rest = (path for path in others if path != colour and sizes[path] <= MOST_COLUMNS)
        column = next(rest, None)
    base = results.arm(results.baseline)
    shown = {*results.together(colour, column), colour, column}
    fixed = tuple(base.level(path) for path in others if path not in shown)
    chosen = Across(axis, colour, column, fixed)
    drawn = {results.arm(arm).level(axis).label for arm in arms_across(analysis, chosen)}
    return chosen if len(drawn) >= LEAST_LEVELS else Across(axis, loose=True)


def arms_across(analysis: Analysis, chosen: Across) -> list[int]:
    """Return the positions of the arms that are drawn."""
    return [
        position
        for position, arm in enumerate(analysis.study.arms)
        if all(arm.level(level.path).label == level.label for level in chosen.fixed)
    ]


def levels_across(analysis: Analysis, chosen: Across) -> pd.DataFrame:
    """Return the ``level``, ``kind`` and ``panel`` of each ``arm`` that is drawn.

    ``place`` is where the level lies on the axis, and ``x`` that, moved aside for its kind.
    """
    arms = analysis.study.arms
    shown = arms_across(analysis, chosen)
    table = pd.DataFrame(
        {
            "arm": shown,
            "level": [float(arms[arm].level(chosen.axis).value) for arm in shown],
            "kind": named_levels(analysis, chosen.colour, shown),
            "panel": named_levels(analysis, chosen.column, shown),
        }
    )
    return table.assign(place=places(table["level"]), x=dodged(table))


def named_levels(analysis: Analysis, path: str | None, arms: Iterable[int]) -> list[str]:
    """Name the level of each arm on an axis."""
    if path is None:
        return [ALL for _ in arms]
    labels = [level.label for level in analysis.results.levels(path)]
    words = dict(zip(labels, level_names(analysis, path), strict=True))
    return [words[analysis.results.arm(arm).level(path).label] for arm in arms]


def logarithmic(levels: pd.Series) -> bool:
    """Whether numbers lie on a logarithmic axis: none below 0, and those above 0 far apart."""
    positive = levels[levels > 0]
    return bool(levels.min() >= 0 and len(positive) and positive.max() / positive.min() > WIDE)


def places(levels: pd.Series) -> pd.Series:
    """Return where numbers lie on their axis; on a logarithmic one 0 has a place at the left.

    >>> places(pd.Series([0.0, 0.01, 0.1, 1.0])).round(6).tolist()
    [0.002512, 0.01, 0.1, 1.0]
    """
    if not logarithmic(levels):
        return levels
    positive = levels[levels > 0]
    decades = math.log10(positive.max() / positive.min())
    return levels.where(levels > 0, positive.min() / 10 ** (0.3 * max(1.0, decades)))


def dodged(table: pd.DataFrame) -> pd.Series:
    """Return the places of levels, those of different kinds a little beside each other."""
    place = places(table["level"])
    kinds = list(dict.fromkeys(table["kind"]))
    aside = table["kind"].map(kinds.index) - (len(kinds) - 1) / 2
    if logarithmic(table["level"]):
        return place * (place.max() / place.min()) ** (ASIDE * aside)
    return place + ASIDE * aside * (place.max() - place.min())


def number_channel(analysis: Analysis, chosen: Across, table: pd.DataFrame) -> Any:
    """Return the horizontal channel of the places ``x`` of an axis's levels."""
    import altair as alt

    log = logarithmic(table["level"])
    zero = float(table["place"].min()) if log and (table["level"] == 0).any() else -math.inf
    values = sorted(set(table["place"]))
    label = number_label()
    if math.isfinite(zero):
        label = f"datum.value < {1.01 * zero!r} ? '0' : ({label})"
    axis = alt.Axis(
        title=axes_words(analysis, chosen.axis) or axis_words(chosen.axis),
        values=values,
        labelExpr=label,
        labelOverlap="greedy",
        labelSeparation=6,
        grid=False,
    )
    ends = [float(table["x"].min()), float(table["x"].max())]
    scale = alt.Scale(type="log", domain=ends, nice=False, padding=14)
    if not log:
        scale = alt.Scale(domain=ends, zero=False, nice=False, padding=14)
    return alt.X("x:Q", axis=axis, scale=scale)


def across_words(analysis: Analysis, chosen: Across) -> str:
    """Say what is held fixed, or that other settings differ too, for a caption."""
    if chosen.loose:
        return text("Every arm is a point; arms differ in other settings too.")
    coupled = coupled_words(analysis, chosen.axis) if chosen.axis in analysis.results.axes else ""
    if not chosen.fixed:
        return coupled
    held = text("Held fixed: {levels}.", levels=series(map(level_words, chosen.fixed)))
    return sentences(coupled, held)
