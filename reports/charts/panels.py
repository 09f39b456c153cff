"""The layout of a report's charts in words and marks: what is a colour, a column, held fixed."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from ..language.messages import series, text
from ..page.words import arm_words, axis_words, level_words
from ..statistics.analysis import Analysis
from .figure import panel_width

if TYPE_CHECKING:
    import altair as alt

LINE = 32
"""Letters of an arm's name in one line beside a chart."""
MOST_ABREAST = 4
"""The panels in one row of a wide screen."""
ALL = "all"
"""The name of the only kind, and of the only panel."""


def drawn(analysis: Analysis, frame: pd.DataFrame, free: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return the rows that are drawn, with ``kind``, their colour, and ``panel``, their column.

    Drawn are the rows at the fixed levels, of ``free`` axes every level; or those of the arms that
    are drawn one by one.
    """
    layout, results = analysis.layout, analysis.results
    if layout.arms:
        names = dict(zip(layout.arms, kinds(analysis), strict=True))
        frame = frame[frame["arm"].isin(layout.arms)]
        return frame.assign(kind=frame["arm"].map(names), panel=ALL)
    for path, level in layout.fixed.items():
        if path not in results.together(*free):
            frame = frame[frame[f"axis:{path}"] == level.label]
    frame = frame.copy()
    for name, axis in (("kind", layout.colour), ("panel", layout.column)):
        levels = results.levels(axis) if axis else []
        spoken = level_names(analysis, axis) if axis else []
        words = dict(zip((x.label for x in levels), spoken, strict=True))
        frame[name] = frame[f"axis:{axis}"].map(words) if axis else ALL
    return frame


def level_names(analysis: Analysis, axis: str) -> list[str]:
    """Name the levels of one axis, with those of the axes that it is coupled with, no two alike."""
    arms, paths = analysis.study.arms, analysis.results.together(axis)
    levels = {arm.level(axis).label: arm for arm in reversed(arms)}
    ordered = [level.label for level in analysis.results.levels(axis)]
    words = [series(level_words(levels[label].level(path)) for path in paths) for label in ordered]
    return distinct(words, ordered)


def arm_names(analysis: Analysis) -> list[str]:
    """Name every arm, no two alike."""
    arms = analysis.study.arms
    return distinct([arm_words(arm) for arm in arms], [arm.label for arm in arms])


def distinct(words: list[str], exact: list[str]) -> list[str]:
    """Return the words, and what is exact where words are alike.

    >>> distinct(["ReLU", "0.1235", "0.1235"], ["relu", "0.12345", "0.12346"])
    ['ReLU', '0.12345', '0.12346']
    """
    counts = Counter(words)
    return [word if counts[word] == 1 else long for word, long in zip(words, exact, strict=True)]


def kinds(analysis: Analysis) -> list[str]:
    """Return the names of the kinds, in the order of their colours."""
    layout = analysis.layout
    if layout.arms:
        names = arm_names(analysis)
        return [names[i] for i in layout.arms]
    return level_names(analysis, layout.colour) if layout.colour else [ALL]


def columns(analysis: Analysis) -> list[str]:
    """Return the names of the panels, from left to right."""
    column = analysis.layout.column
    return level_names(analysis, column) if column else [ALL]


def colour_title(analysis: Analysis) -> str:
    """Return what the colours stand for."""
    colour = analysis.layout.colour
    return axes_words(analysis, colour) if colour else text("arm")


def axes_words(analysis: Analysis, axis: str) -> str:
    """Name an axis with those that it is coupled with."""
    return series(map(axis_words, analysis.results.together(axis)))


def coupled_words(analysis: Analysis, axis: str) -> str:
    """Say which axes change together with one, for a caption."""
    others = [path for path in analysis.results.together(axis) if path != axis]
    axes = series(map(axis_words, others))
    return text("Along with it changes: {axes}.", axes=axes) if others else ""


def arm_axis(names: list[str]) -> tuple[alt.Axis, int]:
    """Return the axis of a chart with a row for each arm, and a row's height in pixels.

    Long names are broken into lines of :data:`LINE` letters.
    """
    import altair as alt

    lines = {
        name: textwrap.wrap(name.replace("N(0, ", "N(0,\u00a0"), LINE)
        for name in names
        if len(name) > LINE
    }
    expression = json.dumps(lines, ensure_ascii=False) + "[datum.label] || datum.label"
    most = max(map(len, lines.values()), default=1)
    return alt.Axis(labelLimit=330, labelExpr=expression), max(20, 12 * most + 6)


def selection_words(analysis: Analysis, free: tuple[str, ...] = ()) -> str:
    """Say which part of the arms is drawn, for a caption."""
    layout, arms = analysis.layout, len(analysis.study.arms)
    if layout.arms:
        if len(layout.arms) == arms:
            return ""
        return text(
            "Drawn are {shown} of {arms} arms: those that the answer names, and others from the "
            "best to the worst.",
            shown=len(layout.arms),
            arms=arms,
        )
    freed = analysis.results.together(*free)
    fixed = [level_words(level) for path, level in layout.fixed.items() if path not in freed]
    return text("Held fixed: {levels}.", levels=series(fixed)) if fixed else ""


def panels(analysis: Analysis, layered: alt.LayerChart) -> alt.FacetChart | alt.LayerChart:
    """Return the chart as one panel for each column, or as wide as the page without columns."""
    column = analysis.layout.column
    if column is None:
        return layered.properties(width="container")
    return wrapped(layered, columns(analysis), axes_words(analysis, column))


def abreast(analysis: Analysis, charts: list[alt.LayerChart]) -> alt.TopLevelMixin:
    """Return charts side by side, or below each other where each has its own panels."""
    import altair as alt

    if len(charts) == 1:
        return panels(analysis, charts[0])
    if analysis.layout.column is None:
        width = panel_width(len(charts))
        return alt.hconcat(*(chart.properties(width=width) for chart in charts))
    return alt.vconcat(*(panels(analysis, chart) for chart in charts))


def wrapped(layered: alt.LayerChart, names: list[str], title: str | None = None) -> alt.FacetChart:
    """Return the chart as a panel for each value of ``panel``, in rows that the page breaks."""
    import altair as alt

    columns = min(len(names), MOST_ABREAST)
    return layered.properties(width=panel_width(columns)).facet(
        facet=alt.Facet("panel:N", title=title, sort=names), columns=columns
    )
