"""Gradients and error of each layer at initialisation."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ..language.messages import clauses, sentences, text
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .figure import (
    Figure,
    kinds_channels,
    log10,
    power_axis,
    power_scale,
    quantiles,
)
from .layer_measures import (
    LayerMeasure,
    at_the_start,
    disagree,
    first_layer_words,
    measure_words,
    measures,
)
from .panels import colour_title, drawn, kinds, panels, selection_words

FREE = ("depth",)
HEIGHT, LOW, NARROW = 240, 130, 215
"""Pixels: the height of a panel of the measure that leads, that of the others below it, and the
width of all where they stand side by side."""


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return log₁₀ of each ``measure`` of each hidden ``layer`` before the first step.

    ``mid``, ``lo`` and ``hi`` are its median and quartiles over ``n`` replicates. ``kind`` and the
    number of hidden layers, ``deep``, together are a ``line`` of a ``panel``.
    """
    layers = analysis.results.layers
    start = drawn(analysis, layers[(layers["step"] == 0) & ~layers["is_output"]], FREE)
    deep = start["axis:depth"].astype(int) if "axis:depth" in start else 0
    start = start.assign(deep=deep)
    every = pd.concat(
        start.assign(measure=measure.symbol, value=log10(start[measure.column]))
        for measure in measures(analysis)
    )
    rows = quantiles(every, ["measure", "kind", "panel", "deep", "layer"], "value")
    return rows.assign(line=rows["kind"] + " " + rows["deep"].astype(str))


def figure(analysis: Analysis) -> Figure | None:
    """Draw the measures of the hidden layers before the first step, the one that leads first."""
    rows = frame(analysis)
    if rows.empty or rows["layer"].max() < 2:
        return None
    known = measures(analysis)
    if analysis.layout.column is None:
        row = [chart(analysis, rows, measure, HEIGHT).properties(width=NARROW) for measure in known]
        both: alt.TopLevelMixin = alt.hconcat(*row)
    else:
        sizes = [HEIGHT] + [LOW] * (len(known) - 1)
        both = alt.vconcat(
            *(
                panels(analysis, chart(analysis, rows, measure, height))
                for measure, height in zip(known, sizes, strict=True)
            )
        )
    return Figure(
        "layer-profile",
        text("The layers' gradients at the start"),
        takeaway(analysis),
        caption(analysis, rows),
        both,
        {"layers": rows},
    )


def chart(
    analysis: Analysis, rows: pd.DataFrame, measure: LayerMeasure, height: int
) -> alt.LayerChart:
    """Draw one measure against the layer, median and quartiles."""
    mine = rows[rows["measure"] == measure.symbol]
    low, high = (mine["lo"].min(), mine["hi"].max()) if len(mine) else (0.0, 1.0)
    x = alt.X(
        "layer:Q",
        title=text("hidden layer"),
        axis=alt.Axis(tickMinStep=1, format="d"),
        scale=alt.Scale(domain=[1, int(rows["layer"].max())], nice=False, padding=6),
    )
    axis = power_axis(measure.symbol, low, high)
    y = alt.Y("mid:Q", axis=axis, scale=power_scale(low, high))
    colour, shape = kinds_channels(colour_title(analysis), kinds(analysis))
    plane = alt.Chart(alt.NamedData("layers")).transform_filter(
        alt.FieldEqualPredicate(field="measure", equal=measure.symbol)
    )
    band = plane.mark_area(opacity=0.15).encode(
        x, alt.Y("lo:Q", title=""), alt.Y2("hi:Q"), colour, alt.Detail("line:N")
    )
    line = plane.mark_line(point=alt.OverlayMarkDef(size=28), strokeWidth=1.8).encode(
        x,
        y,
        colour,
        alt.Detail("line:N"),
        shape,
        tooltip=[
            alt.Tooltip("measure:N", title=text("measure")),
            alt.Tooltip("kind:N", title=colour_title(analysis)),
            alt.Tooltip("deep:Q", title=text("hidden layers")),
            alt.Tooltip("layer:Q", title=text("layer")),
            alt.Tooltip("mid:Q", title=text("log₁₀ median"), format=".2f"),
            alt.Tooltip("lo:Q", title=text("log₁₀ lower quartile"), format=".2f"),
            alt.Tooltip("hi:Q", title=text("log₁₀ upper quartile"), format=".2f"),
            alt.Tooltip("n:Q", title=text("replicates")),
        ],
    )
    layered: alt.LayerChart = (band + line).properties(height=height)
    return layered


def caption(analysis: Analysis, rows: pd.DataFrame) -> str:
    """Say what is drawn."""
    several = rows["deep"].nunique() > 1 and not analysis.layout.arms
    return sentences(
        text(
            "Every hidden layer before the first step, on the probe set; layer 1 is next to the "
            "input; line: median over replicates (n = {n}), band: quartiles.",
            n=int(rows["n"].max()),
        ),
        *(measure_words(analysis, measure) for measure in measures(analysis)),
        text("One line per depth.") if several else "",
        selection_words(analysis, FREE),
    )


def takeaway(analysis: Analysis) -> str:
    """Say by how much the first hidden layer's gradients differ from the last's, in named arms."""
    results = analysis.results
    ratios = {position: at_the_start(analysis, position) for position in results.named}
    parts = [
        text("with {arm} {sizes}", arm=arm_words(results.arm(position)), sizes=said)
        for position, known in ratios.items()
        if (said := first_layer_words(known))
    ]
    if not parts:
        return text("Read from right to left.")
    return sentences(
        text(
            "In the first hidden layer, compared with the last: {clauses}.", clauses=clauses(parts)
        ),
        text("Where the two disagree, a network has no one learning speed.")
        if any(disagree([*known.values()]) for known in ratios.values())
        else "",
    )
