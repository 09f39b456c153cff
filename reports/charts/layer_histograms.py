"""How activations and errors are distributed in each layer, at the start and at the end."""

from __future__ import annotations

from typing import NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from ..language.messages import clauses, sentences, text
from ..language.numbers import number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .figure import COLOURS, Figure
from .small_multiples import head, named, plane, together, wrapped
from .trainings import measured, shown_replicate

TALL = 0.85
"""The height of a ridge, as a share of the distance of two layers."""
LEAST_SHARE = 0.005
"""A smaller share of zeros is not written."""
BY = ["arm", "quantity", "layer", "step"]


class Frames(NamedTuple):
    """What is drawn of one replicate of each named ``arm``, by ``quantity`` and ``layer``.

    ``ridges`` has at ``x`` the ``top`` of a ridge, over the layer's own ``foot``, at the ``moment``
    when it was measured; ``counts`` the share of values that were exactly ``zero`` and
    ``nonfinite`` at the end, with the ``mark`` that says so.
    """

    ridges: pd.DataFrame
    counts: pd.DataFrame


def frames(analysis: Analysis) -> Frames:
    """Return activations over their value, and |δ| over its log₁₀, as ridges."""
    arms = named(analysis)
    rows = measured(analysis, "histograms", arms)
    rows = rows[rows["quantity"].isin(["activation", "delta"])] if len(rows) else rows
    if rows.empty:
        return Frames(rows, rows)
    rows = rows[rows["replicate"] == shown_replicate(rows)]
    last = rows["step"] == rows.groupby("arm")["step"].transform("max")
    moment = np.where(last, text("at the end"), text("at the start"))
    rows = rows.assign(moment=moment, panel=rows["arm"].map(arms))
    made = pd.concat([over_values(rows), over_sizes(rows)])
    highest = made.groupby(BY)["density"].transform("max")
    made = made[highest > 0].assign(foot=made["layer"])
    made = made.assign(top=made["foot"] + TALL * made["density"] / highest)
    return Frames(made[["panel", *BY, "moment", "x", "foot", "top"]], counts(rows[last]))


def over_values(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the density of activations at the middles of their bins."""
    rows = rows[(rows["quantity"] == "activation") & (rows["high"] > rows["low"])]
    width = rows["high"] - rows["low"]
    return rows.assign(x=(rows["low"] + rows["high"]) / 2, density=rows["count"] / width)


def over_sizes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how many δ of either sign have a size, bin by bin of half a decade, over log₁₀|δ|."""
    rows = rows[rows["quantity"] == "delta"]
    outer = np.maximum(rows["low"].abs(), rows["high"].abs())
    rows = rows[outer > 0].assign(x=np.log10(outer[outer > 0]).round(6) - 0.25)
    by = ["panel", *BY, "moment", "x"]
    return rows.groupby(by, sort=False)["count"].sum().rename("density").reset_index()


def counts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what is in no bin, by layer."""
    grouped = rows.groupby(["panel", "arm", "quantity", "layer"], sort=False)
    table = grouped.agg(
        count=("count", "sum"), zeros=("zeros", "first"), lost=("nonfinite", "first")
    )
    every = table["count"] + table["zeros"] + table["lost"]
    table = table.assign(zero=table["zeros"] / every, nonfinite=table["lost"] / every).reset_index()
    marks = [
        clauses(
            part
            for share, part in (
                (zero, text("{percent} % zeros", percent=number(100 * zero, 2))),
                (lost, text("{percent} % not finite", percent=number(100 * lost, 2))),
            )
            if share > LEAST_SHARE
        )
        for zero, lost in zip(table["zero"], table["nonfinite"], strict=True)
    ]
    table = table.assign(mark=marks, foot=table["layer"])
    return table[["panel", "arm", "quantity", "layer", "foot", "zero", "nonfinite", "mark"]]


def figure(analysis: Analysis) -> Figure | None:
    """Draw a ridge for each layer, at the start and at the end, activations beside errors."""
    drawn = frames(analysis)
    if drawn.ridges.empty:
        return None
    quantities = {"activation": text("activations a"), "delta": text("errors, log₁₀ |δ|")}
    several = drawn.ridges["arm"].nunique() > 1
    panels: dict[tuple[str, str], str] = {}
    for arm_name in dict.fromkeys(drawn.ridges["panel"]):
        for quantity, words in quantities.items():
            panels[arm_name, quantity] = head(words, *([arm_name] if several else []))

    def placed(rows: pd.DataFrame) -> pd.DataFrame:
        keys = zip(rows["panel"], rows["quantity"], strict=True)
        return rows.assign(panel=[panels[key] for key in keys])

    layers = int(drawn.ridges["layer"].max())
    y = alt.Y(
        "foot:Q",
        title=text("layer"),
        scale=alt.Scale(domain=[1, layers + 1], nice=False),
        axis=alt.Axis(values=list(range(1, layers + 1)), format="d"),
    )
    moments = [text("at the start"), text("at the end")]
    colour = alt.Color(
        "moment:N",
        title=None,
        scale=alt.Scale(domain=moments, range=["#888888", COLOURS[0]]),
        legend=alt.Legend(orient="top", symbolOpacity=1),
    )
    ridges = (
        plane("ridges")
        .mark_area(opacity=0.45, line=alt.MarkConfig(strokeWidth=1.2), interpolate="monotone")
        .encode(
            alt.X("x:Q", title=None, axis=alt.Axis(tickCount=5), scale=alt.Scale(zero=False)),
            y,
            alt.Y2("top:Q"),
            colour,
            alt.Detail("layer:N"),
        )
    )
    marks = (
        plane("counts")
        .mark_text(align="right", baseline="bottom", fontSize=10.5, color="#888", dx=-4, dy=-3)
        .encode(alt.Y("foot:Q"), x=alt.value("width"), text="mark:N")
    )
    chart = wrapped(alt.layer(ridges, marks), list(panels.values()), 0.9)
    rows = together(
        {name: name for name in panels.values()},
        ridges=placed(drawn.ridges),
        counts=placed(drawn.counts[drawn.counts["mark"] != ""]),
    )
    return Figure(
        "layer-histograms",
        text("What flows through the layers"),
        takeaway(analysis, drawn),
        sentences(
            text(
                "Distributions over units and examples of the probe set, one network of each arm "
                "(n = 1), grey before training and blue after it; every ridge is as high as its "
                "own maximum. The last layer of δ is the output."
            ),
            text("Zeros and values that are not finite are counted apart, after training."),
        ),
        chart.resolve_scale(x="independent"),
        {"rows": rows},
    )


def takeaway(analysis: Analysis, drawn: Frames) -> str:
    """Say where most activations are zero at the end, and where the most usual |δ| lies."""
    said = []
    for arm in dict.fromkeys(drawn.ridges["arm"]):
        delta = drawn.ridges[(drawn.ridges["arm"] == arm) & (drawn.ridges["quantity"] == "delta")]
        start = delta[delta["step"] == delta["step"].min()]
        peaks = start.loc[(start["top"] - start["foot"]).groupby(start["layer"]).idxmax()]
        peaks = peaks.set_index("layer")["x"]
        said.append(
            text(
                "with {arm}, {first} in the first layer and {last} in the last",
                arm=arm_words(analysis.results.arm(arm)),
                first=number(10.0 ** peaks.iloc[0], 1),
                last=number(10.0 ** peaks.iloc[-1], 1),
            )
        )
    return text("The most usual size of δ before training: {clauses}.", clauses=clauses(said))
