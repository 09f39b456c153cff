"""Layer by step: where in the network and when the gradient is small, in the leading measure."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ..language.messages import sentences, text
from ..statistics.analysis import Analysis
from .figure import Figure, quantiles
from .layer_measures import measures, short_words
from .layer_speeds import probes
from .panels import wrapped

CELL = ["panel", "step", "layer"]


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return the median log₁₀ measure of each named arm, its ``panel``, ``step`` and ``layer``.

    ``mid``, ``lo``, ``hi`` and ``n`` are null where every value is exactly zero; ``zero`` is the
    share of replicates where it is, and ``mark`` a 0 where these are most.
    """
    layers = probes(analysis)
    zero = layers.assign(zero=layers["size"] == 0)
    share = zero.groupby(CELL, sort=False)["zero"].mean().reset_index()
    rows = share.merge(quantiles(layers, CELL, "value"), on=CELL, how="left")
    return rows.assign(mark=["0" if share > 0.5 else "" for share in rows["zero"]])


def figure(analysis: Analysis) -> Figure | None:
    """Draw the median of the measure as colour over layer and step, in the named arms."""
    rows, lead = frame(analysis), measures(analysis)[0]
    if rows["step"].nunique() < 3 or rows["layer"].max() < 2:
        return None
    layers = int(rows["layer"].max())
    names = list(rows["panel"].unique())
    x = alt.X(
        "step:O",
        title=text("steps of training"),
        axis=alt.Axis(labelAngle=-45, labelOverlap=True),
    )
    y = alt.Y("layer:O", title=text("hidden layer, 1 = next to the input"), sort="descending")
    plane = alt.Chart(alt.NamedData("cells"))
    tiles = plane.mark_rect().encode(
        x,
        y,
        alt.Color(
            "mid:Q",
            title=text("log₁₀ {measure}", measure=lead.symbol),
            scale=alt.Scale(scheme="viridis"),
            legend=alt.Legend(orient="top", gradientLength=200),
        ),
        tooltip=[
            alt.Tooltip("layer:O", title=text("layer")),
            alt.Tooltip("step:O", title=text("step")),
            alt.Tooltip("mid:Q", title=text("log₁₀ median"), format=".2f"),
            alt.Tooltip("n:Q", title=text("replicates")),
        ],
    )
    exact = plane.mark_text(color="#888").encode(x, y, alt.Text("mark:N"))
    chart = wrapped((tiles + exact).properties(height=max(90, 22 * layers)), names)
    zeros = ""
    if (rows["mark"] == "0").any():
        zeros = text("0 marks layers where it is exactly zero in most replicates.")
    return Figure(
        "layer-heatmap",
        text("Layer by step, at a glance"),
        text(
            "Rows are layers, the input side at the bottom; a dark foot is a network in whose "
            "first layers {measure} is small.",
            measure=lead.symbol,
        ),
        sentences(
            text(
                "Median over replicates of log₁₀ {measure}, the same colours in every panel.",
                measure=short_words(lead),
            ),
            zeros,
        ),
        chart,
        {"cells": rows},
    )
