"""The learning-rate range test: training loss against the rate that rises during a training."""

from __future__ import annotations

import math

import altair as alt
import numpy as np
import pandas as pd

from ...core.components import stack_fields
from ...core.families.schedules import NOTHING_SEEN, RangeTest, TrainingTime
from ..language.messages import clauses, sentences, text
from ..language.numbers import number
from ..statistics.analysis import Analysis
from .figure import Figure, kinds_channels, number_label, value_axis
from .numeric_axes import is_number
from .panels import colour_title, drawn, kinds, panels, selection_words

WINDOW = 5
"""The epochs over which the smoothed line is a mean."""
MOST = 4.0
"""Losses above this multiple of the smoothed minimum, and above the start, are cut off."""
BY = ["kind", "panel"]


def highest_rate(analysis: Analysis, arm: int) -> float:
    """Return the learning rate that an arm's schedule scales, NaN where it has none."""
    value = analysis.results.arm(arm).level("optimiser.learning_rate").value
    return float(value) if is_number(value) else math.nan


def rates(analysis: Analysis, arm: int, epochs: pd.Series) -> np.ndarray:
    """Return the learning rate of the last step of these epochs in a range test."""
    recipe = analysis.results.arm(arm).recipe
    trials = analysis.results.trainings
    ended = trials[(trials["arm"] == arm) & (trials["epochs_trained"] > 0)]
    steps = int((ended["updates"] / ended["epochs_trained"]).max()) if len(ended) else 1
    fields = stack_fields([recipe.schedule])
    factors = [
        float(
            recipe.schedule.factor(
                fields,
                TrainingTime(int(epoch) * steps - 1, int(epoch) - 1, steps, recipe.epochs),
                np.array([NOTHING_SEEN]),
            )[0]
        )
        for epoch in epochs
    ]
    return highest_rate(analysis, arm) * np.array(factors)


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return the median training loss ``raw`` over ``n`` replicates, and ``smooth``, by ``rate``.

    A row for each ``kind``, ``panel`` and epoch of the arms whose schedule is a range test. The
    rate is that of the epoch's last step, where its loss was measured.
    """
    epochs = drawn(analysis, analysis.results.epochs)
    tests = [
        arm
        for arm in epochs["arm"].unique()
        if isinstance(analysis.results.arm(arm).recipe.schedule, RangeTest)
        and highest_rate(analysis, int(arm)) > 0
    ]
    epochs = epochs[epochs["arm"].isin(tests) & (epochs["epoch"] > 0)]
    grouped = epochs.groupby(["arm", *BY, "epoch"], sort=False)["train_loss"]
    rows = grouped.agg(raw="median", n="count").reset_index().sort_values(["arm", "epoch"])
    if rows.empty:
        return rows.assign(rate=[], smooth=[])
    parts = [
        mine.assign(rate=rates(analysis, int(arm), mine["epoch"]))
        for arm, mine in rows.groupby("arm", sort=False)
    ]
    rows = pd.concat(parts, ignore_index=True)
    lines = rows.groupby(["arm", *BY], sort=False)["raw"]
    return rows.assign(
        smooth=lines.transform(lambda x: x.rolling(WINDOW, center=True, min_periods=1).mean())
    )


def rules(rows: pd.DataFrame) -> pd.DataFrame:
    """Return for each kind the ``rate`` of the steepest descent, and a tenth of the minimum's.

    The steepest descent is the least slope of the smoothed loss over the logarithm of the rate,
    before its minimum.
    """
    made = []
    for (kind, panel), mine in rows.groupby(BY, sort=False):
        line = mine[np.isfinite(mine["smooth"].to_numpy(float))]
        least = int(line["smooth"].to_numpy().argmin())
        falling = line.iloc[: least + 1]
        if len(falling) < 3:
            continue
        slopes = np.gradient(falling["smooth"], np.log(falling["rate"]))
        steepest = float(falling["rate"].iloc[int(np.argmin(slopes))])
        tenth = float(falling["rate"].iloc[-1]) / 10
        made += [
            {"kind": kind, "panel": panel, "rate": steepest, "which": text("steepest descent")},
            {"kind": kind, "panel": panel, "rate": tenth, "which": text("a tenth of the minimum")},
        ]
    return pd.DataFrame(made, columns=[*BY, "rate", "which"])


def figure(analysis: Analysis) -> Figure | None:
    """Draw the training loss against the learning rate, and the rates that it suggests."""
    rows = frame(analysis)
    if rows.empty or rows["epoch"].nunique() < 2 * WINDOW:
        return None
    lines = rows.groupby(BY)["smooth"]
    most = np.maximum(MOST * lines.transform("min"), 1.1 * lines.transform("first"))
    rows = rows.assign(
        raw=rows["raw"].where(rows["raw"] <= most),
        smooth=rows["smooth"].where(rows["smooth"] <= most),
    )
    marks = rules(rows)
    table = pd.concat([rows.assign(part="line"), marks.assign(part="rule")], ignore_index=True)
    named = []
    for (kind, _), mine in marks.groupby(BY, sort=False):
        pair = text(
            "{steepest} and {tenth}",
            steepest=number(mine["rate"].iloc[0]),
            tenth=number(mine["rate"].iloc[1]),
        )
        several = len(kinds(analysis)) > 1
        named.append(text("with {kind} {rates}", kind=kind, rates=pair) if several else pair)
    return Figure(
        "range-test",
        text("The loss while the learning rate rises"),
        text(
            "The rate of the steepest descent, and a tenth of that of the lowest loss: {clauses}.",
            clauses=clauses(named),
        )
        if named
        else text("The loss does not fall before it rises."),
        sentences(
            text(
                "Training loss after each epoch against the learning rate of its last step. Thin: "
                "median over replicates (n = {n}); thick: its mean over {window} epochs. Cut off "
                "at {most} times the minimum, or above the start if that is higher. Dashed: the "
                "steepest descent; dotted: a tenth of the rate of the lowest loss.",
                n=int(rows["n"].max()),
                window=WINDOW,
                most=number(MOST),
            ),
            selection_words(analysis),
        ),
        panels(analysis, chart(analysis, table)),
        {"rates": table},
    )


def chart(analysis: Analysis, table: pd.DataFrame) -> alt.LayerChart:
    """Draw raw and smoothed losses, with the suggested rates as rules."""
    low, high = float(table["raw"].min()), float(table["raw"].max())
    axis, scale = value_axis(text("training loss"), low, high)
    first, last = (math.log10(end) for end in (table["rate"].min(), table["rate"].max()))
    decade = range(math.ceil(first), math.floor(last) + 1)
    x = alt.X(
        "rate:Q",
        axis=alt.Axis(
            title=text("learning rate"),
            values=[10.0**e for e in decade],
            labelExpr=number_label(),
            labelOverlap="greedy",
            grid=False,
        ),
        scale=alt.Scale(type="log", nice=False),
    )
    colour, _ = kinds_channels(colour_title(analysis), kinds(analysis), lines=True)
    plane = alt.Chart(alt.NamedData("rates"))
    lines = plane.transform_filter(alt.FieldEqualPredicate(field="part", equal="line"))
    rule = plane.transform_filter(alt.FieldEqualPredicate(field="part", equal="rule"))
    dash = alt.StrokeDash(
        "which:N",
        legend=None,
        scale=alt.Scale(
            domain=[text("steepest descent"), text("a tenth of the minimum")],
            range=[[6, 4], [2, 3]],
        ),
    )
    layers = [
        rule.mark_rule(strokeWidth=1.3).encode(
            x, colour, dash, tooltip=[alt.Tooltip("which:N"), alt.Tooltip("rate:Q", format=".3~g")]
        ),
        lines.mark_line(strokeWidth=0.8, opacity=0.6).encode(
            x, alt.Y("raw:Q", axis=axis, scale=scale), colour
        ),
        lines.mark_line(strokeWidth=2.2).encode(
            x,
            alt.Y("smooth:Q", axis=axis, scale=scale),
            colour,
            tooltip=[
                alt.Tooltip("rate:Q", title=text("learning rate"), format=".3~g"),
                alt.Tooltip("smooth:Q", title=text("training loss"), format=".3~g"),
                alt.Tooltip("epoch:Q", title=text("epoch")),
            ],
        ),
    ]
    layered: alt.LayerChart = alt.LayerChart(layer=layers).properties(height=300)
    return layered
