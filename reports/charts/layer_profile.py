"""Learning speed of each layer at initialisation."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ..page.words import levels_words, number
from ..statistics.frames import Results
from .figure import Figure, kinds_channels, log10, power_axis, power_scale, quantiles
from .layout import Layout


def figure(results: Results, layout: Layout) -> Figure | None:
    """Draw log₁₀ ‖mean δ‖ of the hidden layers before the first step, median and quartiles."""
    start = results.layers[(results.layers["step"] == 0) & ~results.layers["is_output"]]
    start = layout.apply(results, start, free=("depth",)).assign(
        value=lambda f: log10(f["mean_delta_norm"]),
        deep=lambda f: f["axis:depth"].astype(int) if "axis:depth" in f else 0,
    )
    if start["value"].notna().sum() == 0 or start["layer"].max() < 2:
        return None
    rows = quantiles(start, ["kind", "panel", "deep", "layer"], "value")
    rows["line"] = rows["kind"] + " " + rows["deep"].astype(str)
    low, high = rows["lo"].min(), rows["hi"].max()
    x = alt.X(
        "layer:Q",
        title="hidden layer",
        axis=alt.Axis(tickMinStep=1, format="d"),
        scale=alt.Scale(domain=[1, int(rows["layer"].max())], nice=False, padding=6),
    )
    y = alt.Y(
        "mid:Q", axis=power_axis("learning speed ‖mean δ‖", low, high), scale=power_scale(low, high)
    )
    colour, shape = kinds_channels(layout.colour_title, layout.colours)
    tooltip = [
        alt.Tooltip("kind:N", title=layout.colour_title or "arm"),
        alt.Tooltip("deep:Q", title="hidden layers"),
        alt.Tooltip("layer:Q", title="layer"),
        alt.Tooltip("mid:Q", title="log₁₀ median", format=".2f"),
        alt.Tooltip("lo:Q", title="log₁₀ lower quartile", format=".2f"),
        alt.Tooltip("hi:Q", title="log₁₀ upper quartile", format=".2f"),
        alt.Tooltip("n:Q", title="replicates"),
    ]
    plane = alt.Chart(alt.NamedData("profile"))
    band = plane.mark_area(opacity=0.15).encode(
        x, alt.Y("lo:Q", title=""), alt.Y2("hi:Q"), colour, alt.Detail("line:N")
    )
    line = plane.mark_line(point=alt.OverlayMarkDef(size=28), strokeWidth=1.8).encode(
        x,
        y,
        colour,
        alt.Detail("line:N"),
        shape,
        tooltip=tooltip,
    )
    layered = (band + line).properties(height=280)
    chart = layout.panels(layered)
    normalised = any(arm.recipe.normaliser for arm in results.study.arms)
    shifted = " (of the shift, where a layer is normalised)" if normalised else ""
    return Figure(
        "profile",
        "How fast each layer learns at the start",
        takeaway(results, start),
        f"Norm of the mean over examples of ∂C/∂b{shifted} in every hidden layer before the first "
        "step, on the probe set; layer 1 is next to the input; line: median over replicates "
        f"(n = {int(rows['n'].max())}), band: quartiles."
        + (" One line per depth." if rows["deep"].nunique() > 1 else "")
        + layout.fixed_words(free=("depth",)),
        chart,
        {"profile": rows.drop(columns="line").assign(line=rows["line"])},
        wide=layout.column is not None,
    )


def takeaway(results: Results, start: pd.DataFrame) -> str:
    """Say by how much the first hidden layer is slower than the last in the named arms."""
    parts = []
    for position in (results.baseline, results.contrast):
        if position is None:
            continue
        ratios = results.trials.loc[results.trials["arm"] == position, "speed_ratio"].dropna()
        if len(ratios) == 0:
            continue
        middle = float(ratios.median())
        words = levels_words(results.named(position))
        side, times = ("slower", middle) if middle >= 1 else ("faster", 1 / middle)
        parts.append(f"with {words} the first hidden layer is {number(times)} times {side}")
    text = "; ".join(parts)
    return f"Compared with the last hidden layer, {text}." if text else "Read from right to left."
