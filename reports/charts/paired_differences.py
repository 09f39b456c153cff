"""Every arm against the baseline, paired by replicate, every replicate shown."""

from __future__ import annotations

from typing import NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from ...studies.metrics import Metric
from ..language.messages import capital, counted, sentences, text
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from ..statistics.effects import Effect, paired_difference
from ..statistics.scales import better
from .figure import Figure, power_axis, power_scale
from .panels import arm_axis, arm_names

MOST_ARMS = 40


class Frames(NamedTuple):
    """What is drawn, on a log scale log₁₀ of ratios, for percentages points, else differences.

    ``effects`` has a row for each ``arm``: the ``mean`` of ``n`` pairs with its joint 95 %
    interval, ``lo`` to ``hi``, how many are ``lost``, the adjusted ``p``, its ``size`` in sd of the
    pairs, in how many pairs it is better, ``wins``, and ``clear``, which says whether the interval
    excludes no difference. An infinite end is drawn at the edge. ``differences`` has a row for each
    arm and ``replicate`` with its ``value``.
    """

    effects: pd.DataFrame
    differences: pd.DataFrame


def clear_words(effect: Effect, metric: Metric) -> str:
    """Say whether an effect's interval excludes no difference, and in which direction."""
    if not effect.clear:
        return text("undecided")
    return {True: text("better"), False: text("worse"), None: text("different")}[
        better(metric, effect.low if effect.low > 0 else effect.high)
    ]


def frames(analysis: Analysis) -> Frames:
    """Return the effects, from the lowest to the highest, and each replicate's difference."""
    metric, results, names = analysis.metric, analysis.results, arm_names(analysis)
    values = results.compared(metric)
    unit = 1 / np.log(10) if metric.scale == "log" else metric.factor
    rows, points = [], []
    for effect in analysis.effects.values():
        if effect.n == 0:
            continue
        name = names[effect.arm]
        row = {
            "arm": name,
            "mean": unit * effect.mean,
            "lo": unit * effect.low,
            "hi": unit * effect.high,
            "n": effect.n,
            "lost": effect.lost + effect.without,
            "p": effect.p,
            "size": effect.size,
            "wins": text("{k} of {n}", k=effect.wins.k, n=effect.n),
            "clear": clear_words(effect, metric),
        }
        rows.append(row)
        pair = values[effect.arm].to_numpy(), values[results.baseline].to_numpy()
        difference = pd.Series(paired_difference(*pair), index=values.index)
        points += [
            {"arm": name, "replicate": int(k), "value": unit * d}
            for k, d in difference.items()
            if np.isfinite(d)
        ]
    effects = pd.DataFrame(rows)
    if rows:
        effects = effects.sort_values("mean", ignore_index=True)
    dots = pd.DataFrame(points, columns=["arm", "replicate", "value"])
    return Frames(effects, dots.astype({"value": float}))


def at_the_edge(both: Frames) -> Frames:
    """Draw infinite means and ends a little beyond everything finite."""
    effects, differences = both
    columns = ["mean", "lo", "hi"]
    every = np.concatenate([effects[columns].to_numpy().ravel(), differences["value"], [0.0]])
    finite = every[np.isfinite(every)]
    room = 0.08 * float(np.ptp(finite)) or 1.0
    ends = effects[columns].clip(finite.min() - room, finite.max() + room)
    return Frames(effects.assign(**ends), differences)


def most_extreme(both: Frames) -> Frames:
    """Keep the MOST_ARMS most extreme arms, half of them from either end."""
    effects, differences = both
    if len(effects) <= MOST_ARMS:
        return both
    half = MOST_ARMS // 2
    shown = effects.iloc[np.r_[0:half, len(effects) - half : len(effects)]]
    return Frames(shown, differences[differences["arm"].isin(shown["arm"])])


def figure(analysis: Analysis) -> Figure | None:
    """Draw the forest of paired effects, the mean with its interval over every replicate's dot."""
    every = frames(analysis)
    if every.effects.empty:
        return None
    effects, differences = at_the_edge(most_extreme(every))
    low = min(differences["value"].min(), effects["lo"].fillna(0).min(), 0.0)
    high = max(differences["value"].max(), effects["hi"].fillna(0).max(), 0.0)
    axis, scale = axis_of(analysis, low, high)
    order = list(effects["arm"])[::-1]
    rows, height = arm_axis(order)
    y = alt.Y("arm:N", title=None, sort=order, axis=rows)
    plane = alt.Chart(alt.NamedData("effects"))
    zero = plane.mark_rule(strokeDash=[4, 4], color="#888").encode(x=alt.datum(0))
    dots = alt.Chart(alt.NamedData("differences")).mark_circle(size=18, opacity=0.35, color="#888")
    dots = dots.encode(
        alt.X("value:Q", axis=axis, scale=scale),
        y,
        tooltip=[
            alt.Tooltip("arm:N", title=text("arm")),
            alt.Tooltip("replicate:Q", title=text("replicate")),
            alt.Tooltip("value:Q", title=text("difference"), format=".3g"),
        ],
    )
    colours = {
        text("better"): "#0072B2",
        text("worse"): "#D55E00",
        text("different"): "#CC79A7",
        text("undecided"): "#888888",
    }
    colour = alt.Color(
        "clear:N",
        legend=None,
        scale=alt.Scale(domain=list(colours), range=list(colours.values())),
    )
    bars = plane.mark_rule(strokeWidth=2.2).encode(
        alt.X("lo:Q", axis=axis), alt.X2("hi:Q"), y, colour
    )
    means = plane.mark_point(filled=True, size=60, shape="diamond", opacity=1).encode(
        alt.X("mean:Q", axis=axis),
        y,
        colour,
        tooltip=[
            alt.Tooltip("arm:N", title=text("arm")),
            alt.Tooltip("mean:Q", title=text("mean"), format=".3g"),
            alt.Tooltip("lo:Q", title=text("interval from"), format=".3g"),
            alt.Tooltip("hi:Q", title=text("interval to"), format=".3g"),
            alt.Tooltip("n:Q", title=text("pairs")),
            alt.Tooltip("p:Q", title=text("adjusted p"), format=".2g"),
            alt.Tooltip("size:Q", title=text("effect in sd of the pairs"), format=".2g"),
            alt.Tooltip("wins:N", title=text("better in")),
        ],
    )
    known = [bars] if effects["lo"].notna().any() else []  # an axis of nulls has no ends
    chart = alt.layer(zero, dots, *known, means).properties(
        width="container", height=max(90, height * len(effects) + 20)
    )
    return Figure(
        "paired-differences",
        text("Every arm against the baseline"),
        takeaway(analysis, every.effects),
        caption(analysis, every.effects),
        chart,
        {"effects": effects, "differences": differences},
    )


def axis_of(analysis: Analysis, low: float, high: float) -> tuple[alt.Axis, alt.Scale]:
    """Return axis and scale; less than a decade or so reads better as plain ratios than powers."""
    metric = text(analysis.metric.heading or analysis.metric.words)  # the axis is short
    if analysis.metric.scale == "log":
        title = text("{metric}: ratio to the baseline", metric=metric)
        if high - low >= 1.5:
            return power_axis(title, low, high), power_scale(low, high)
        ratios = "'×' + format(pow(10, datum.value), '.2~f')"
        return alt.Axis(title=title, labelExpr=ratios), alt.Scale(nice=True)
    if analysis.metric.unit == "%":
        title = text("{metric}: difference from the baseline, percentage points", metric=metric)
    else:
        title = text("{metric}: difference from the baseline", metric=metric)
    return alt.Axis(title=title), alt.Scale(nice=True)


def takeaway(analysis: Analysis, effects: pd.DataFrame) -> str:
    """Count the arms that differ from the baseline."""
    clear = sum(effect.clear for effect in analysis.effects.values())
    beyond = counted(
        "{clear} of {n} arm differs from the baseline ({baseline}) beyond chance.",
        "{clear} of {n} arms differ from the baseline ({baseline}) beyond chance.",
        len(effects),
        clear=clear,
        baseline=arm_words(analysis.results.arm(analysis.results.baseline)),
    )
    drawn = text("The {most} most extreme are drawn.", most=MOST_ARMS)
    return sentences(beyond, drawn if len(effects) > MOST_ARMS else "")


def caption(analysis: Analysis, effects: pd.DataFrame) -> str:
    """Say what is drawn, how intervals are made, and which pairs are missing."""
    drawn = counted(
        "{metric}, paired by replicate: grey dots are replicates, diamonds their mean (n up to {n} "
        "pair). Dashed: no difference.",
        "{metric}, paired by replicate: grey dots are replicates, diamonds their mean (n up to {n} "
        "pairs). Dashed: no difference.",
        int(effects["n"].max()),
        metric=capital(text(analysis.metric.words)),
    )
    lost = int(effects["lost"].sum())
    missing = counted(
        "In {n} pair an arm has no value: diverged counts as worst, what has not ended is missing.",
        "In {n} pairs an arm has no value: diverged counts as worst, what has not ended is "
        "missing.",
        lost,
    )
    return sentences(drawn, interval_words(analysis), missing if lost else "")


def interval_words(analysis: Analysis) -> str:
    """Say what the intervals are, and that colour agrees with them."""
    if all(np.isnan(effect.low) for effect in analysis.effects.values()):
        return text("Fewer than six pairs have no interval.")
    named = analysis.conditions.named
    if analysis.conditions.anytime:
        how = text("Intervals are confidence sequences at a joint 95 %, which hold at every look;")
    elif named is not None and len(analysis.effects) > 1:
        how = text(
            "Intervals invert paired sign-flips: 95 % for the contrast that was named in advance, "
            "a joint 95 % for the others (exploratory);"
        )
    else:
        how = text("Intervals invert paired sign-flips and hold for all arms together at 95 %;")
    colour = text("blue is better and orange worse where the interval excludes no difference.")
    return sentences(how, colour)
