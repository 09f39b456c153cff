"""Learning speed of each layer at initialisation."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ..language.messages import clauses, sentences, text
from ..language.numbers import number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .figure import Figure, kinds_channels, log10, power_axis, power_scale, quantiles
from .panels import colour_title, drawn, kinds, panels, selection_words

FREE = ("depth",)


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return log₁₀ ‖mean δ‖ of each hidden ``layer`` before the first step.

    ``mid``, ``lo`` and ``hi`` are its median and quartiles over ``n`` replicates. ``kind`` and the
    number of hidden layers, ``deep``, together are a ``line`` of a ``panel``.
    """
    layers = analysis.results.layers
    start = drawn(analysis, layers[(layers["step"] == 0) & ~layers["is_output"]], FREE)
    deep = start["axis:depth"].astype(int) if "axis:depth" in start else 0
    start = start.assign(value=log10(start["mean_delta_norm"]), deep=deep)
    rows = quantiles(start, ["kind", "panel", "deep", "layer"], "value")
    return rows.assign(line=rows["kind"] + " " + rows["deep"].astype(str))


def figure(analysis: Analysis) -> Figure | None:
    """Draw log₁₀ ‖mean δ‖ of the hidden layers before the first step, median and quartiles."""
    rows = frame(analysis)
    if rows.empty or rows["layer"].max() < 2:
        return None
    low, high = rows["lo"].min(), rows["hi"].max()
    x = alt.X(
        "layer:Q",
        title=text("hidden layer"),
        axis=alt.Axis(tickMinStep=1, format="d"),
        scale=alt.Scale(domain=[1, int(rows["layer"].max())], nice=False, padding=6),
    )
    axis = power_axis(text("learning speed ‖mean δ‖"), low, high)
    y = alt.Y("mid:Q", axis=axis, scale=power_scale(low, high))
    colour, shape = kinds_channels(colour_title(analysis), kinds(analysis))
    plane = alt.Chart(alt.NamedData("layers"))
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
            alt.Tooltip("kind:N", title=colour_title(analysis)),
            alt.Tooltip("deep:Q", title=text("hidden layers")),
            alt.Tooltip("layer:Q", title=text("layer")),
            alt.Tooltip("mid:Q", title=text("log₁₀ median"), format=".2f"),
            alt.Tooltip("lo:Q", title=text("log₁₀ lower quartile"), format=".2f"),
            alt.Tooltip("hi:Q", title=text("log₁₀ upper quartile"), format=".2f"),
            alt.Tooltip("n:Q", title=text("replicates")),
        ],
    )
    return Figure(
        "profile",
        text("How fast each layer learns at the start"),
        takeaway(analysis),
        caption(analysis, rows),
        panels(analysis, (band + line).properties(height=280)),
        {"layers": rows},
    )


def caption(analysis: Analysis, rows: pd.DataFrame) -> str:
    """Say what is drawn."""
    n = int(rows["n"].max())
    if any(arm.recipe.normaliser for arm in analysis.study.arms):
        norm = text(
            "Norm of the mean over examples of ∂C/∂b (of the shift, where a layer is normalised) "
            "in every hidden layer before the first step, on the probe set; layer 1 is next to the "
            "input; line: median over replicates (n = {n}), band: quartiles.",
            n=n,
        )
    else:
        norm = text(
            "Norm of the mean over examples of ∂C/∂b in every hidden layer before the first step, "
            "on the probe set; layer 1 is next to the input; line: median over replicates "
            "(n = {n}), band: quartiles.",
            n=n,
        )
    several = rows["deep"].nunique() > 1 and not analysis.layout.arms
    depths = text("One line per depth.") if several else ""
    return sentences(norm, depths, selection_words(analysis, FREE))


def takeaway(analysis: Analysis) -> str:
    """Say by how much the first hidden layer is slower than the last in the named arms."""
    results = analysis.results
    parts = []
    for position in results.named:
        ratios = results.trials.loc[results.trials["arm"] == position, "speed_ratio"].dropna()
        if len(ratios) == 0:
            continue
        middle = float(ratios.median())
        arm = arm_words(results.arm(position))
        if middle >= 1:
            part = text(
                "with {arm} the first hidden layer is {times} times slower",
                arm=arm,
                times=number(middle),
            )
        else:
            part = text(
                "with {arm} the first hidden layer is {times} times faster",
                arm=arm,
                times=number(1 / middle),
            )
        parts.append(part)
    if not parts:
        return text("Read from right to left.")
    return text("Compared with the last hidden layer, {clauses}.", clauses=clauses(parts))
