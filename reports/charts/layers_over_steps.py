"""A measure of every layer over the steps of training, a panel for each arm."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ..language.messages import text
from ..statistics.analysis import Analysis
from .figure import COLOURS, quantiles
from .layer_speeds import MOST_STEPS
from .small_multiples import pictured, plane, wrapped


def over_steps(analysis: Analysis, column: str, *, output: bool = False) -> pd.DataFrame:
    """Return median and quartiles of a column by ``panel``, ``arm``, ``step`` and ``layer``.

    ``output`` keeps the output layer. Steps are thinned evenly on a log axis.
    """
    arms = pictured(analysis, len(COLOURS))
    layers = analysis.results.layers
    layers = layers[layers["arm"].isin(arms) & (output | ~layers["is_output"])]
    layers = layers[np.isfinite(layers[column].astype(float))]
    steps = np.array(sorted(layers["step"].unique()))
    if len(steps) > MOST_STEPS:
        wanted = np.geomspace(1, steps[-1] + 1, MOST_STEPS) - 1
        layers = layers[
            layers["step"].isin({int(steps[np.abs(steps - w).argmin()]) for w in wanted})
        ]
    layers = layers.sort_values("arm", kind="stable").assign(panel=layers["arm"].map(arms))
    return quantiles(layers, ["panel", "arm", "step", "layer"], column)


def drawn_over_steps(rows: pd.DataFrame, title: str, y: alt.Y) -> alt.FacetChart:
    """Return one line for each layer against the steps, on one scale in all panels."""
    layers = int(rows["layer"].max())
    x = alt.X(
        "step:O", title=text("steps of training"), axis=alt.Axis(labelAngle=-45, labelOverlap=True)
    )
    colour = alt.Color(
        "layer:Q",
        title=text("layer"),
        scale=alt.Scale(
            scheme=alt.SchemeParams("viridis", extent=[0.12, 0.95]),
            domain=[1, max(2, layers)],
            reverse=True,
        ),
        legend=alt.Legend(
            orient="top", format="d", values=list(range(1, layers + 1)), gradientLength=160
        ),
    )
    band = (
        plane("layers")
        .mark_area(opacity=0.12)
        .encode(x, alt.Y("lo:Q", title=title), alt.Y2("hi:Q"), colour, alt.Detail("layer:N"))
    )
    line = (
        plane("layers")
        .mark_line(strokeWidth=1.8, point=alt.OverlayMarkDef(size=18))
        .encode(
            x,
            y.title(title),
            colour,
            alt.Detail("layer:N"),
            tooltip=[
                alt.Tooltip("layer:Q", title=text("layer")),
                alt.Tooltip("step:O", title=text("step")),
                alt.Tooltip("mid:Q", title=text("median"), format=".3g"),
                alt.Tooltip("n:Q", title=text("replicates")),
            ],
        )
    )
    return wrapped(alt.layer(band, line), list(dict.fromkeys(rows["panel"])), 0.75)


def at_the_end(rows: pd.DataFrame) -> pd.Series:
    """Return the median of every layer at the last step of its arm, by arm and layer."""
    last = rows["step"] == rows.groupby("arm")["step"].transform("max")
    return rows[last].set_index(["arm", "layer"])["mid"]
