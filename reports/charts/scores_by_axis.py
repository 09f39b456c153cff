"""The primary metric against a numeric axis: the U of a learning rate, error against a size."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...studies.metrics import METRICS, Metric
from ..language.messages import capital, counted, sentences, text
from ..language.numbers import amount
from ..page.words import axis_words
from ..statistics.analysis import Analysis
from ..statistics.estimates import Estimate, best_first
from .figure import LOST, Figure, decades, kinds_channels, value_axis
from .line_ends import MOST_NAMED, at_the_ends, written
from .no_skill import no_skill, no_skill_words
from .numeric_axes import (
    LEAST_LEVELS,
    Across,
    across,
    across_words,
    levels_across,
    number_channel,
    numeric_axis,
)
from .panels import ALL, arm_names, axes_words, level_names, wrapped

DEEPEST = 100.0
"""A training score is followed down to so many times less than the lowest of the metric's."""
PAIRS = {"validation": "train", "test": "train"}
"""The set whose score stands beside that of another."""


def counterpart(metric: Metric) -> Metric | None:
    """Return the training score that goes with a held-out one.

    >>> counterpart(METRICS["validation_loss"]).name, counterpart(METRICS["speed_ratio"])
    ('train_loss', None)
    """
    held_out, _, score = metric.name.partition("_")
    return METRICS.get(f"{PAIRS[held_out]}_{score}") if held_out in PAIRS else None


def frame(analysis: Analysis, chosen: Across) -> pd.DataFrame:
    """Return what is drawn, in the metric's unit, with ``x``, ``kind``, ``panel`` and ``part``.

    ``median`` rows hold for each arm the median ``mid`` over ``n`` replicates, a diverged one
    counting as worst, its interval ``lo`` to ``hi``, and whether it ``may`` be the best;
    ``training`` rows the median of the training score; ``replicate`` rows each replicate's value;
    ``lost`` rows how many replicates have no finite value, in ``words``.
    """
    levels, metric = levels_across(analysis, chosen), analysis.metric
    may = set(analysis.best or ())
    parts = [
        medians(levels, analysis.estimates, metric).assign(
            part="median", may=[arm in may for arm in levels["arm"]]
        )
    ]
    pair = counterpart(metric)
    if pair is not None:
        beside = medians(levels, analysis.results.estimates_of(pair), pair)
        parts.append(beside.assign(part="training"))
    trials = analysis.results.trials[["arm", "replicate", metric.name]].merge(levels, on="arm")
    trials["mid"] = metric.factor * trials.pop(metric.name)
    parts.append(trials[np.isfinite(trials["mid"])].assign(part="replicate"))
    lost = [analysis.estimates[arm].lost for arm in levels["arm"]]
    marks = levels.assign(
        part="lost",
        k=[rate.k for rate in lost],
        words=[text("{k} of {n}", k=rate.k, n=rate.n) for rate in lost],
    )
    parts.append(marks[marks["k"] > 0])
    made = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return made.sort_values(["part", "panel", "kind", "x"], kind="stable", ignore_index=True)


def medians(
    levels: pd.DataFrame, estimates: Mapping[int, Estimate], metric: Metric
) -> pd.DataFrame:
    """Return the levels with the median of each arm, its interval and its number of replicates."""
    mine = [estimates[arm] for arm in levels["arm"]]
    columns = {
        "mid": [e.median for e in mine],
        "lo": [e.median_low for e in mine],
        "hi": [e.median_high for e in mine],
    }
    values = {
        name: [metric.factor * x if np.isfinite(x) else np.nan for x in column]
        for name, column in columns.items()
    }
    return levels.assign(**values, n=[e.of for e in mine])


def figure(analysis: Analysis) -> Figure | None:
    """Draw the primary metric against a numeric axis."""
    axis = numeric_axis(analysis)
    if axis is None:
        return None
    chosen = across(analysis, axis)
    rows = frame(analysis, chosen)
    known = rows[(rows["part"] == "median") & rows["mid"].notna()]
    if known.groupby(["kind", "panel"])["x"].nunique().max() < LEAST_LEVELS:
        return None
    table, domain = completed(analysis, chosen, rows)
    layered = chart(analysis, chosen, table, domain)
    if chosen.column is None:
        whole: alt.TopLevelMixin = layered.properties(width="container")
    else:
        names = level_names(analysis, chosen.column)
        whole = wrapped(layered, names, axes_words(analysis, chosen.column))
    words = text(analysis.metric.heading or analysis.metric.words)
    return Figure(
        "scores-by-axis",
        text("{metric} against {axis}", metric=capital(words), axis=axis_title(analysis, chosen)),
        takeaway(analysis, rows),
        caption(analysis, chosen, table),
        whole,
        {"scores": table},
    )


def axis_title(analysis: Analysis, chosen: Across) -> str:
    """Name the axis, with those that it is coupled with."""
    return axes_words(analysis, chosen.axis) or axis_words(chosen.axis)


def completed(
    analysis: Analysis, chosen: Across, rows: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[float, float]]:
    """Add what needs the chart's heights: no skill, the place of each ×, and names of lines.

    The domain holds all medians and their intervals, and no skill unless that would flatten them.
    """
    metric = analysis.metric
    shown = rows[rows["part"].isin(["median", "training"])]
    floor = pd.DataFrame(
        [
            {"panel": panel, "mid": value, "part": "no-skill"}
            for panel, mine in rows.groupby("panel", sort=False)["arm"]
            for value in no_skill(analysis, metric.score, mine.astype(int))
        ],
        columns=["panel", "mid", "part"],
    )
    values = shown[["mid", "lo", "hi"]].to_numpy(float).ravel()
    values = values[np.isfinite(values)]
    floor = floor[near(metric, values, floor["mid"].to_numpy(float))]
    values = np.concatenate([values, floor["mid"].to_numpy(float)])
    low, high = float(values.min()), float(values.max())
    if metric.scale == "log" and low <= 0 < high:
        low = float(values[values > 0].min())
    if metric.scale == "log":  # a training loss of rounding errors would flatten all others
        medians = shown.loc[shown["part"] == "median", ["mid", "lo"]].to_numpy(float)
        low = max(low, float(np.nanmin(np.where(medians > 0, medians, high))) / DEEPEST)
    log = logarithmic(metric, (low, high))
    edge = low if metric.direction == "higher" else high
    placed = rows.assign(mid=rows["mid"].where(rows["part"] != "lost", edge))
    sets = {"median": text(metric.heading or metric.words), "training": text("training")}
    kinds = shown["kind"].where(shown["kind"] != ALL, "")
    set_words = shown["part"].map(sets)
    single = shown["part"].nunique() == 1
    line = set_words if (kinds == "").all() else kinds + ("" if single else ", " + set_words)
    lines = shown.assign(line=line)
    placed["line"] = lines["line"]
    few = lines.groupby("panel")["line"].nunique().max() <= MOST_NAMED and not chosen.loose
    ends = [lines] if few and not (single and (kinds == "").all()) else []
    floor_ends = floor.assign(line=text("no skill"), x=rows["x"].max(), kind="")
    named = pd.concat([*ends, floor_ends], ignore_index=True)
    if len(named):
        named = at_the_ends(named, ["panel"], (low, high), log=log, along="x")
        whose = np.where(named["part"] == "no-skill", "no-skill-name", "name")
        named = named.assign(part=whose, words=named["line"], x=rows["x"].max())
    parts = [part for part in (placed, floor, named) if len(part)]
    return pd.concat(parts, ignore_index=True), (low, high)


def near(
    metric: Metric, values: NDArray[np.float64], floor: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which scores without skill leave a third of the axis or more to the medians."""
    if not len(values):
        return np.ones(len(floor), bool)
    low, high = float(values.min()), float(values.max())
    if metric.unit != "%" and decades(low, high):
        return np.ones(len(floor), bool)
    beyond = np.maximum(low - floor, floor - high)
    return np.asarray(beyond <= 2.0 * (high - low))


def logarithmic(metric: Metric, domain: tuple[float, float]) -> bool:
    """Whether the metric is drawn on a logarithmic axis: decades matter, and it is no share."""
    return metric.unit != "%" and decades(*domain)


def chart(
    analysis: Analysis, chosen: Across, table: pd.DataFrame, domain: tuple[float, float]
) -> alt.LayerChart:
    """Draw medians with intervals over every replicate's dot."""
    metric = analysis.metric
    words = text(metric.heading or metric.words)
    title = text("{metric}, %", metric=words) if metric.unit == "%" else words
    axis, scale = value_axis(
        title, *domain, zero=metric.unit != "%", log=logarithmic(metric, domain)
    )
    x = number_channel(analysis, chosen, table[table["part"] == "median"])
    y = alt.Y("mid:Q", axis=axis, scale=scale)
    levels = level_names(analysis, chosen.colour) if chosen.colour else [ALL]
    spoken = axes_words(analysis, chosen.colour) if chosen.colour else ""
    named = bool((table["part"] == "name").any())
    colour, _ = kinds_channels(spoken, levels, lines=True, legend=not named)
    plane = alt.Chart(alt.NamedData("scores"))

    def part(name: str) -> alt.Chart:
        return plane.transform_filter(alt.FieldEqualPredicate(field="part", equal=name))

    tooltip = [
        *([alt.Tooltip("kind:N", title=spoken)] if chosen.colour else []),
        alt.Tooltip("level:Q", title=axis_title(analysis, chosen)),
        alt.Tooltip("mid:Q", title=text("median"), format=".3~g"),
        alt.Tooltip("lo:Q", title=text("interval from"), format=".3~g"),
        alt.Tooltip("hi:Q", title=text("interval to"), format=".3~g"),
        alt.Tooltip("n:Q", title=text("replicates")),
    ]
    middles = part("median").encode(x, y, colour)
    ends = alt.Y("lo:Q", axis=axis, scale=scale), alt.Y2("hi:Q")
    best = middles.transform_filter("datum.may").mark_point(size=170, strokeWidth=1.6, opacity=1)
    lines = [
        part("training")
        .mark_line(strokeDash=[5, 3], clip=True, strokeWidth=1.5)
        .encode(x, y, colour),
        middles.mark_line(strokeWidth=1.8, clip=True),
    ]
    layers = [
        part("no-skill").mark_rule(strokeDash=[3, 4], color="#888", clip=True).encode(y),
        part("replicate").mark_circle(size=16, opacity=0.3, clip=True).encode(x, y, colour),
        *([] if chosen.loose else lines),
        part("median").mark_rule(strokeWidth=1.4, clip=True).encode(x, *ends, colour),
        middles.mark_circle(size=46, opacity=1).encode(tooltip=tooltip),
        best,
        written(part("name").encode(x, y), colour, dx=4, dy=-5),
        written(part("no-skill-name").encode(x, y), "#888", dx=4, dy=-5),
        part("lost").mark_text(text="×", color=LOST, fontSize=18, fontWeight="bold").encode(x, y),
        part("lost").mark_text(color=LOST, fontSize=10.5, dy=13).encode(x, y, alt.Text("words:N")),
    ]
    layered: alt.LayerChart = alt.LayerChart(layer=layers).properties(height=320)
    return layered


def takeaway(analysis: Analysis, rows: pd.DataFrame) -> str:
    """Name the best of the arms that are drawn, else the range of their medians."""
    metric = analysis.metric
    middles = rows[rows["part"] == "median"]
    drawn = {arm: analysis.estimates[arm] for arm in middles["arm"].astype(int)}
    ordered = best_first(metric, drawn)
    if not ordered:
        low, high = (x / metric.factor for x in (middles["mid"].min(), middles["mid"].max()))
        return text(
            "The medians reach from {low} to {high}.",
            low=amount(metric, low),
            high=amount(metric, high),
        )
    best = text(
        "The best median is {score}, with {arm}.",
        score=amount(metric, analysis.estimates[ordered[0]].median),
        arm=arm_names(analysis)[ordered[0]],
    )
    may = int(middles["may"].sum())
    ringed = counted(
        "{n} of the {arms} arms drawn may be the best.",
        "{n} of the {arms} arms drawn may be the best.",
        may,
        arms=len(middles),
    )
    return sentences(best, ringed if may else "")


def caption(analysis: Analysis, chosen: Across, table: pd.DataFrame) -> str:
    """Say what is drawn, with which intervals, and what is held fixed."""
    metric = analysis.metric
    middles = table[table["part"] == "median"]
    parts = set(table["part"])
    floor = no_skill(analysis, metric.score, middles["arm"].astype(int))
    return sentences(
        text(
            "{metric}: median over replicates (n = {n}), which are the dots.",
            metric=capital(text(metric.words)),
            n=int(middles["n"].max()),
        ),
        text("Bars: 95 % interval of the median.") if middles["lo"].notna().any() else "",
        text("Dashed: training.") if "training" in parts and not chosen.loose else "",
        text("Ringed: arms that may be the best.") if middles["may"].any() else "",
        text("Red ×, at the edge: so many replicates diverged; they count as worst.")
        if "lost" in parts
        else "",
        no_skill_words((floor, metric.unit), drawn="no-skill" in parts),
        across_words(analysis, chosen),
    )
