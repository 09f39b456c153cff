"""The spread of the primary metric over replicates against a numeric axis."""

from __future__ import annotations

import math
from dataclasses import replace

import altair as alt
import numpy as np
import pandas as pd
from scipy import special

from ..language.messages import capital, sentences, text
from ..language.numbers import number
from ..page.words import axis_words
from ..statistics.analysis import Analysis
from ..statistics.scales import onto
from .figure import Figure, decades, kinds_channels, value_axis
from .numeric_axes import (
    LEAST_LEVELS,
    Across,
    across,
    across_words,
    levels_across,
    logarithmic,
    number_channel,
    numeric_axis,
)
from .panels import ALL, axes_words, level_names

LEAST_REPLICATES = 3
JITTER = 0.012
"""How far dots are moved aside at most, as a share of the axis."""


def sd_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """Return s with its interval s·√((n − 1) / χ²), exact for independent normal values.

    >>> s, low, high = sd_interval(np.array([1.0, 2.0, 3.0]))
    >>> f"{s:.2f} [{low:.2f}, {high:.2f}]"
    '1.00 [0.52, 6.28]'
    """
    freedom = len(values) - 1
    sd = float(np.std(values, ddof=1))
    tails = ((1 + level) / 2, (1 - level) / 2)
    low, high = (
        sd * math.sqrt(freedom / (2 * special.gammaincinv(freedom / 2, tail))) for tail in tails
    )
    return sd, float(low), float(high)


def chosen_of(analysis: Analysis, axis: str) -> Across:
    """Return what is drawn: colours, but no columns, whose axis is held fixed."""
    chosen = across(analysis, axis)
    if chosen.column is None:
        return chosen
    base = analysis.results.arm(analysis.results.baseline)
    return replace(chosen, column=None, fixed=(*chosen.fixed, base.level(chosen.column)))


def frames(analysis: Analysis, chosen: Across) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return every replicate's ``value`` at its ``x``, and each arm's ``sd`` from ``lo`` to ``hi``.

    Standard deviations are of the metric in its unit, or of its natural logarithm where it is
    compared by ratios; only finite values count, ``n`` of them.
    """
    metric, levels = analysis.metric, levels_across(analysis, chosen)
    trials = analysis.results.trials[["arm", "replicate", metric.name]].merge(levels, on="arm")
    trials["value"] = metric.factor * trials.pop(metric.name)
    trials["moved"] = onto(metric.scale, trials["value"])
    dots = trials[np.isfinite(trials["moved"])].copy()
    aside = JITTER * (((dots["replicate"] * 0.618034) % 1.0) * 2 - 1)  # the same on every page
    if logarithmic(levels["level"]):
        ratio = levels["place"].max() / levels["place"].min()
        dots["at"] = dots["x"] * ratio**aside
    else:
        dots["at"] = dots["x"] + aside * (levels["place"].max() - levels["place"].min())
    rows = []
    for arm, mine in dots.groupby("arm", sort=False):
        if len(mine) >= LEAST_REPLICATES:
            sd, low, high = sd_interval(mine["moved"].to_numpy(float))
            rows.append({"arm": arm, "sd": sd, "lo": low, "hi": high, "n": len(mine)})
    sds = pd.DataFrame(rows, columns=["arm", "sd", "lo", "hi", "n"])
    return dots.drop(columns="moved"), levels.merge(sds, on="arm")


def figure(analysis: Analysis) -> Figure | None:
    """Draw every replicate, and below it the standard deviation with its interval."""
    axis = numeric_axis(analysis)
    if axis is None:
        return None
    chosen = chosen_of(analysis, axis)
    dots, sds = frames(analysis, chosen)
    if len(sds) < LEAST_LEVELS:
        return None
    metric = analysis.metric
    words = text(metric.heading or metric.words)
    by_ratio = metric.scale == "log"
    first, last = sds.sort_values("level").iloc[[0, -1]].to_dict("records")
    spread = text("standard deviation of ln") if by_ratio else text("standard deviation")
    said = [
        text(
            "{sd} [{low}, {high}] at {level}",
            sd=number(row["sd"]),
            low=number(row["lo"]),
            high=number(row["hi"]),
            level=number(row["level"]),
        )
        for row in (first, last)
    ]
    name = axes_words(analysis, axis) or axis_words(axis)
    return Figure(
        "spread",
        text("How far replicates lie apart, against {axis}", axis=name),
        text(
            "The {spread} over replicates is {first}, and {last}.",
            spread=spread,
            first=said[0],
            last=said[1],
        ),
        sentences(
            text(
                "{metric} of every replicate (dots; n = {n}), moved aside a little; below, their "
                "{spread} with its 95 % χ² interval, which holds for normal values.",
                metric=capital(text(metric.words)),
                n=int(sds["n"].max()),
                spread=spread,
            ),
            across_words(analysis, chosen),
        ),
        alt.vconcat(*charts(analysis, chosen, dots, sds, (words, spread))),
        {"replicates": dots, "sds": sds},
    )


def charts(
    analysis: Analysis,
    chosen: Across,
    dots: pd.DataFrame,
    sds: pd.DataFrame,
    titles: tuple[str, str],
) -> list[alt.Chart | alt.LayerChart]:
    """Draw replicates above, and standard deviations below."""
    metric = analysis.metric
    above = text("{metric}, %", metric=titles[0]) if metric.unit == "%" else titles[0]
    known = level_names(analysis, chosen.colour) if chosen.colour else [ALL]
    spoken = axes_words(analysis, chosen.colour) if chosen.colour else ""
    colour, _ = kinds_channels(spoken, known)
    x = number_channel(analysis, chosen, levels_across(analysis, chosen))
    at = x.copy()
    at.shorthand = "at:Q"
    low, high = float(dots["value"].min()), float(dots["value"].max())
    log = metric.unit != "%" and decades(low, high)
    axis, scale = value_axis(above, low, high, zero=False, log=log)
    replicates = alt.Chart(alt.NamedData("replicates")).mark_circle(size=24, opacity=0.6)
    clouds = replicates.encode(
        at,
        alt.Y("value:Q", axis=axis, scale=scale),
        colour,
        tooltip=[
            alt.Tooltip("replicate:Q", title=text("replicate")),
            alt.Tooltip("value:Q", title=above, format=".3~g"),
        ],
    )
    axis, scale = value_axis(titles[1], float(sds["lo"].min()), float(sds["hi"].max()))
    plane = alt.Chart(alt.NamedData("sds"))
    bars = plane.mark_rule(strokeWidth=1.6).encode(
        x, alt.Y("lo:Q", axis=axis, scale=scale), alt.Y2("hi:Q"), colour
    )
    points = plane.mark_line(point=alt.OverlayMarkDef(size=40), strokeWidth=1.4).encode(
        x,
        alt.Y("sd:Q", axis=axis, scale=scale),
        colour,
        tooltip=[
            alt.Tooltip("level:Q", title=axes_words(analysis, chosen.axis)),
            alt.Tooltip("sd:Q", title=titles[1], format=".3~g"),
            alt.Tooltip("lo:Q", title=text("interval from"), format=".3~g"),
            alt.Tooltip("hi:Q", title=text("interval to"), format=".3~g"),
            alt.Tooltip("n:Q", title=text("replicates")),
        ],
    )
    return [
        clouds.properties(width=780, height=260),
        (bars + points).properties(width=780, height=170),
    ]
