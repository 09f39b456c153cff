"""The primary metric over two axes, a cell for each pair of levels."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ...studies.designs.design_function import Level
from ..language.messages import capital, sentences, series, text
from ..language.numbers import amount, number
from ..page.words import level_words, value_words
from ..statistics.analysis import Analysis
from ..statistics.estimates import best_first
from ..statistics.layout import MOST_COLUMNS, leading
from .figure import LOST, Figure, decades
from .no_skill import no_skill
from .numeric_axes import is_number, numbers_of
from .panels import ALL, arm_names, axes_words, distinct, level_names, wrapped

LEAST, MOST = 3, 24
"""The levels of an axis of a map."""
BRIGHT = 0.55
"""Above this share of the colours a cell is so bright that its number is written in black."""


def axes_of(analysis: Analysis) -> tuple[str, str, str | None] | None:
    """Return the axes across and upwards, and that of the panels, None where there is no map.

    Across is the axis with more levels. An axis beyond the third is held at the baseline's level.
    """
    results = analysis.results
    sizes = {path: len(results.levels(path)) for path in leading(results)}
    fit = [path for path, size in sizes.items() if LEAST <= size <= MOST]
    if len(fit) < 2:
        return None
    upwards, sideways = sorted(fit[:2], key=lambda path: sizes[path])
    rest = (p for p, size in sizes.items() if p not in fit[:2] and size <= MOST_COLUMNS)
    return sideways, upwards, next(rest, None)


def held(analysis: Analysis, shown: tuple[str | None, ...]) -> list[Level]:
    """Return the baseline's levels on the axes that are not shown."""
    results = analysis.results
    base, mine = results.arm(results.baseline), {*results.together(*shown), *shown}
    return [base.level(path) for path in leading(results) if path not in mine]


def frame(analysis: Analysis, axes: tuple[str, str, str | None]) -> pd.DataFrame:
    """Return a row for each cell, with its ``across``, ``upwards`` and ``panel``.

    ``mid`` is the median over ``n`` replicates in the metric's unit, null where more than half of
    them, ``lost``, have none; ``words`` say it, and ``best`` marks the best cell.
    """
    results, metric = analysis.results, analysis.metric
    fixed = held(analysis, axes)
    arms = [
        position
        for position, arm in enumerate(results.study.arms)
        if all(arm.level(level.path).label == level.label for level in fixed)
    ]
    names = [dict(named(analysis, path)) if path else {} for path in axes]
    ordered = best_first(metric, {arm: analysis.estimates[arm] for arm in arms})
    rows = []
    for arm in arms:
        estimate = analysis.estimates[arm]
        labels = [results.arm(arm).level(path).label if path else "" for path in axes]
        middle = metric.factor * estimate.median
        finite = bool(np.isfinite(middle))
        rows.append(
            {
                **{
                    where: known.get(label, ALL)
                    for where, known, label in zip(
                        ("across", "upwards", "panel"), names, labels, strict=True
                    )
                },
                "arm": arm,
                "mid": middle if finite else np.nan,
                "n": estimate.of,
                "lost": estimate.lost.k,
                "words": number(middle) if finite else ("×" if estimate.lost.k else ""),
                "best": bool(ordered) and arm == ordered[0],
            }
        )
    return pd.DataFrame(rows)


def named(analysis: Analysis, path: str) -> list[tuple[str, str]]:
    """Return the labels of an axis's levels with their names, numbers in their order."""
    levels = analysis.results.levels(path)
    if len(numbers_of(analysis, path)) and all(is_number(level.value) for level in levels):
        levels = sorted(levels, key=lambda level: float(level.value))
    labels = [level.label for level in levels]
    alone = len(analysis.results.together(path)) == 1
    words = [value_words(level) for level in levels]
    whole = level_names(analysis, path)
    known = {x.label: w for x, w in zip(analysis.results.levels(path), whole, strict=True)}
    return list(
        zip(labels, distinct(words, labels) if alone else [known[x] for x in labels], strict=True)
    )


def shaded(analysis: Analysis, rows: pd.DataFrame) -> tuple[pd.DataFrame, list[float]]:
    """Add to the cells ``value``, what their colour stands for, and ``bright``; with its domain.

    It is log₁₀ where decades matter. Values worse than without skill have its colour, unless
    all are.
    """
    metric, known = analysis.metric, rows["mid"].dropna()
    low, high = float(known.min()), float(known.max())
    floor = no_skill(analysis, metric.score, rows["arm"])
    if floor and metric.direction == "lower" and floor[-1] > low:
        high = min(high, floor[-1])
    if floor and metric.direction == "higher" and floor[0] < high:
        low = max(low, floor[0])
    log = metric.unit != "%" and (decades(low, high) or metric.distance)
    value = rows["mid"].clip(low, high)
    if log:
        value = np.log10(value.where(value > 0))
        low, high = np.log10(low), np.log10(high)
    if metric.distance:
        high = max(abs(low), abs(high), 0.1)
        low = -high
    share = (value - low) / ((high - low) or 1.0)
    if metric.distance:
        bright = (share - 0.5).abs() < 0.3
    else:
        bright = (1 - share if metric.direction == "lower" else share) > BRIGHT
    return rows.assign(value=value, bright=bright), [low, high]


def figure(analysis: Analysis) -> Figure | None:
    """Draw the median of the primary metric as colour over two axes."""
    axes = axes_of(analysis)
    if axes is None:
        return None
    every = frame(analysis, axes)
    if every["mid"].notna().sum() < LEAST or every.duplicated(["across", "upwards", "panel"]).any():
        return None
    rows, domain = shaded(analysis, every)
    metric, (across, upwards, column) = analysis.metric, axes
    layered = chart(analysis, rows, axes, domain)
    if column is None:
        whole: alt.TopLevelMixin = layered.properties(width="container")
    else:
        names = [words for _, words in named(analysis, column)]
        whole = wrapped(layered, names, axes_words(analysis, column))
    fixed = held(analysis, axes)
    best = rows[rows["best"]]
    reach = [amount(metric, x / metric.factor) for x in (rows["mid"].min(), rows["mid"].max())]
    return Figure(
        "score-map",
        text(
            "{metric} over {across} and {upwards}",
            metric=capital(text(metric.heading or metric.words)),
            across=axes_words(analysis, across),
            upwards=axes_words(analysis, upwards),
        ),
        text(
            "The best median is {score}, with {arm}; the medians reach from {low} to {high}.",
            score=amount(metric, best["mid"].iloc[0] / metric.factor),
            arm=arm_names(analysis)[int(best["arm"].iloc[0])],
            low=reach[0],
            high=reach[1],
        )
        if len(best)
        else text("The medians reach from {low} to {high}.", low=reach[0], high=reach[1]),
        sentences(
            text(
                "{metric}, median over replicates (n = {n}), a diverged one counting as worst.",
                metric=capital(text(metric.words)),
                n=int(rows["n"].max()),
            ),
            text("Outlined: the best cell.") if len(best) else "",
            text("×: most replicates diverged.") if (rows["words"] == "×").any() else "",
            text("Held fixed: {levels}.", levels=series(map(level_words, fixed))) if fixed else "",
        ),
        whole,
        {"cells": rows},
    )


def chart(
    analysis: Analysis, rows: pd.DataFrame, axes: tuple[str, str, str | None], domain: list[float]
) -> alt.LayerChart:
    """Draw the cells with their numbers."""
    metric = analysis.metric
    sideways, upwards = ([words for _, words in named(analysis, path)] for path in axes[:2] if path)
    slanted = max(map(len, sideways)) > 6
    x = alt.X(
        "across:N",
        sort=sideways,
        axis=alt.Axis(title=axes_words(analysis, axes[0]), labelAngle=-35 if slanted else 0),
    )
    y = alt.Y("upwards:N", sort=upwards[::-1], title=axes_words(analysis, axes[1]))
    scale = alt.Scale(scheme="viridis", domain=domain, reverse=metric.direction == "lower")
    if metric.distance:
        scale = alt.Scale(scheme="blueorange", domain=domain, domainMid=0)
    colour = alt.Color("value:Q", scale=scale, legend=None)
    plane = alt.Chart(alt.NamedData("cells"))
    tiles = plane.mark_rect().encode(
        x,
        y,
        colour,
        tooltip=[
            alt.Tooltip("across:N", title=axes_words(analysis, axes[0])),
            alt.Tooltip("upwards:N", title=axes_words(analysis, axes[1])),
            alt.Tooltip("mid:Q", title=text("median"), format=".3~g"),
            alt.Tooltip("n:Q", title=text("replicates")),
            alt.Tooltip("lost:Q", title=text("diverged")),
        ],
    )
    ink = alt.condition("datum.bright", alt.value("#111111"), alt.value("#ffffff"))
    numbers = plane.transform_filter("datum.words != '×'").mark_text(fontSize=11)
    crosses = plane.transform_filter("datum.words == '×'").mark_text(
        fontSize=17, fontWeight="bold", color=LOST
    )
    outline = plane.transform_filter("datum.best").mark_rect(
        fill=None, stroke="#D55E00", strokeWidth=3
    )
    layered: alt.LayerChart = (
        tiles
        + outline.encode(x, y)
        + numbers.encode(x, y, alt.Text("words:N"), color=ink)
        + crosses.encode(x, y, alt.Text("words:N"))
    )
    return layered.properties(height=max(110, 36 * len(upwards)))
