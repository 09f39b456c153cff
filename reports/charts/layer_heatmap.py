"""Layer by step: where in the network and when the gradient is small, in the leading measure."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ..language.messages import sentences, text
from ..statistics.analysis import Analysis
from .figure import Figure, power_label, quantiles
from .layer_measures import measures, short_words
from .layer_speeds import probes
from .panels import wrapped

LEAST_REACH = 1.0
"""The colours reach at least so many decades to either side, so that a healthy network is pale."""
CELL = ["panel", "step", "layer"]


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return the median log₁₀ measure of each named arm, its ``panel``, ``step`` and ``layer``.

    ``mid``, ``lo``, ``hi`` and ``n`` are null where every value is exactly zero; ``zero`` is the
    share of replicates where it is, and ``mark`` a 0 where these are most. ``relative`` is ``mid``
    less that of the panel's last hidden layer before the first step.
    """
    layers = probes(analysis)
    zero = layers.assign(zero=layers["size"] == 0)
    share = zero.groupby(CELL, sort=False)["zero"].mean().reset_index()
    rows = share.merge(quantiles(layers, CELL, "value"), on=CELL, how="left")
    rows = rows.assign(mark=["0" if share > 0.5 else "" for share in rows["zero"]])
    start = rows[rows["step"] == rows["step"].min()]
    last = start[start["layer"] == start.groupby("panel")["layer"].transform("max")]
    level = rows["panel"].map(last.set_index("panel")["mid"]).astype(float)
    return rows.assign(relative=rows["mid"] - level)


def figure(analysis: Analysis) -> Figure | None:
    """Draw the median of the measure as colour over layer and step, in the named arms."""
    rows, lead = frame(analysis), measures(analysis)[0]
    if rows["step"].nunique() < 3 or rows["layer"].max() < 2:
        return None
    layers = int(rows["layer"].max())
    names = list(rows["panel"].unique())
    reach = max(LEAST_REACH, float(np.ceil(rows["relative"].abs().max())))
    x = alt.X(
        "step:O",
        title=text("steps of training"),
        axis=alt.Axis(labelAngle=-45, labelOverlap=True),
    )
    y = alt.Y("layer:O", title=text("hidden layer"), sort="descending")
    plane = alt.Chart(alt.NamedData("cells"))
    tiles = plane.mark_rect().encode(
        x,
        y,
        alt.Color(
            "relative:Q",
            title=text("{measure} / that of the last layer at the start", measure=lead.symbol),
            scale=alt.Scale(scheme="blueorange", domain=[-reach, reach], domainMid=0),
            legend=alt.Legend(
                orient="top",
                gradientLength=220,
                values=[-reach, 0, reach],
                labelExpr=power_label(),
                titleLimit=340,
            ),
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
            "Rows are layers, the input side at the bottom. Pale: {measure} as in the last hidden "
            "layer at the start; blue: smaller; orange: larger.",
            measure=lead.symbol,
        ),
        sentences(
            text(
                "Median over replicates of {measure}, divided by that of the panel's last hidden "
                "layer before the first step; the same colours in every panel.",
                measure=short_words(lead),
            ),
            zeros,
        ),
        chart,
        {"cells": rows},
    )
