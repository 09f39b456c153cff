"""Every arm against the baseline, paired by replicate, every replicate shown."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ..page.words import levels_words
from ..statistics.effects import paired_effects
from ..statistics.frames import Results
from ..statistics.scales import onto
from .figure import Figure, power_axis, power_scale
from .layout import Layout

MOST_ARMS = 40


def frames(results: Results) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the effects and each replicate's difference, in the units that are drawn.

    On a log scale these are log₁₀ of ratios, for percentages points, otherwise plain differences.
    """
    metric = results.metric
    rows, points = [], []
    table = results.trials.pivot(index="replicate", columns="arm", values=metric.name)
    values = pd.DataFrame(onto(metric.scale, table), index=table.index, columns=table.columns)
    values = values.where(np.isfinite(values))
    unit = 1 / np.log(10) if metric.scale == "log" else 100.0 if metric.percent else 1.0
    for effect in paired_effects(results, metric):
        name = levels_words(results.named(effect.arm))
        if effect.n == 0:
            continue
        rows.append(
            {
                "arm": name,
                "mean": unit * effect.mean,
                "lo": unit * effect.low,
                "hi": unit * effect.high,
                "n": effect.n,
                "lost": effect.lost,
                "p": effect.p,
                "clear": "interval excludes none" if effect.p < 0.05 else "undecided",
            }
        )
        difference = (values[effect.arm] - values[results.baseline]).dropna()
        points += [
            {"arm": name, "replicate": int(k), "value": unit * d} for k, d in difference.items()
        ]
    return pd.DataFrame(rows), pd.DataFrame(points)


def figure(results: Results, _: Layout) -> Figure | None:
    """Draw the forest of paired effects, the mean with its interval over every replicate's dot."""
    rows, points = frames(results)
    if rows.empty:
        return None
    rows = rows.sort_values("mean", ignore_index=True)
    shown = rows
    if len(rows) > MOST_ARMS:
        ends = np.r_[0 : MOST_ARMS // 2, len(rows) - MOST_ARMS // 2 : len(rows)]
        shown = rows.iloc[ends]
        points = points[points["arm"].isin(shown["arm"])]
    metric = results.metric
    order = list(shown["arm"])[::-1]
    low = min(points["value"].min(), shown["lo"].fillna(0).min(), 0.0)
    high = max(points["value"].max(), shown["hi"].fillna(0).max(), 0.0)
    if metric.scale == "log":
        title = f"{metric.words}: ratio to the baseline"
        axis = power_axis(title, low, high)
        scale = power_scale(low, high)
        if high - low < 1.5:  # less than a decade or so: plain ratios read better than powers
            axis = alt.Axis(title=title, labelExpr="'×' + format(pow(10, datum.value), '.2~f')")
            scale = alt.Scale(nice=True)
    else:
        words = f"{metric.words}: difference from the baseline"
        axis = alt.Axis(title=words + (", percentage points" if metric.percent else ""))
        scale = alt.Scale(nice=True)
    y = alt.Y("arm:N", title=None, sort=order, axis=alt.Axis(labelLimit=330))
    zero = (
        alt.Chart(alt.NamedData("effects"))
        .mark_rule(strokeDash=[4, 4], color="#888")
        .encode(x=alt.datum(0))
    )
    dots = alt.Chart(alt.NamedData("differences")).mark_circle(size=18, opacity=0.35, color="#888")
    dots = dots.encode(
        alt.X("value:Q", axis=axis, scale=scale),
        y,
        tooltip=[
            alt.Tooltip("arm:N"),
            alt.Tooltip("replicate:Q"),
            alt.Tooltip("value:Q", title="difference", format=".3g"),
        ],
    )
    plane = alt.Chart(alt.NamedData("effects"))
    colour = alt.Color(
        "clear:N",
        legend=None,
        scale=alt.Scale(
            domain=["interval excludes none", "undecided"], range=["#0072B2", "#888888"]
        ),
    )
    bars = plane.mark_rule(strokeWidth=2.2).encode(
        alt.X("lo:Q", axis=axis), alt.X2("hi:Q"), y, colour
    )
    means = plane.mark_point(filled=True, size=60, shape="diamond", opacity=1).encode(
        alt.X("mean:Q", axis=axis),
        y,
        colour,
        tooltip=[
            alt.Tooltip("arm:N"),
            alt.Tooltip("mean:Q", format=".3g"),
            alt.Tooltip("lo:Q", format=".3g"),
            alt.Tooltip("hi:Q", format=".3g"),
            alt.Tooltip("n:Q", title="pairs"),
            alt.Tooltip("p:Q", title="adjusted p", format=".2g"),
        ],
    )
    chart = (zero + dots + bars + means).properties(
        width="container", height=max(90, 22 * len(shown) + 20)
    )
    clear, lost = int((rows["p"] < 0.05).sum()), int(rows["lost"].sum())
    base = levels_words(results.named(results.baseline))
    return Figure(
        "effects",
        "Every arm against the baseline",
        f"{clear} of {len(rows)} arms differ from the baseline ({base}) beyond chance."
        + (f" The {MOST_ARMS} most extreme are drawn." if len(rows) > MOST_ARMS else ""),
        f"{metric.words.capitalize()}, paired by replicate: grey dots are replicates, diamonds "
        f"their mean with its 95 % t-interval (n up to {int(rows['n'].max())} pairs); blue where a "
        "paired t-test, adjusted by Holm for all arms, has p < .05. Dashed: no difference."
        + (
            f" {lost} pairs are missing because a trial has no value (diverged or undefined)."
            if lost
            else ""
        ),
        chart,
        {"effects": shown, "differences": points},
        least_width=640,
    )
