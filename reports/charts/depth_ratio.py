"""How far the first layer falls behind the last as networks get deeper."""

from __future__ import annotations

import altair as alt

from ..page.words import number
from ..statistics.frames import Results
from .figure import Figure, kinds_channels, log10, power_axis, power_scale, quantiles
from .layout import Layout


def figure(results: Results, layout: Layout) -> Figure | None:
    """Draw log₁₀ of first over last hidden layer's learning speed against depth."""
    if "depth" not in results.axes or layout.colour == "depth":
        return None
    frame = layout.apply(results, results.trials, free=("depth",))
    frame["value"] = log10(1.0 / frame["speed_ratio"])
    frame = frame[frame["value"].notna()]
    if frame["depth"].nunique() < 2:
        return None
    rows = quantiles(frame, ["kind", "panel", "depth"], "value")
    low, high = min(rows["lo"].min(), 0.0), max(rows["hi"].max(), 0.0)
    x = alt.X(
        "depth:Q",
        title="hidden layers",
        scale=alt.Scale(nice=False, padding=12),
        axis=alt.Axis(values=sorted(int(d) for d in rows["depth"].unique())),
    )
    colour, shape = kinds_channels(layout.colour_title, layout.colours)
    plane = alt.Chart(alt.NamedData("depth_ratio"))
    axis = power_axis("speed of first / last hidden layer", low, high)
    y = alt.Y("mid:Q", axis=axis, scale=power_scale(low, high))
    rule = plane.mark_rule(strokeDash=[4, 4], color="#888").encode(y=alt.datum(0))
    band = plane.mark_errorbar(thickness=1.5).encode(
        x, alt.Y("lo:Q", title="", axis=axis), alt.Y2("hi:Q"), colour
    )
    line = plane.mark_line(strokeWidth=1.8, point=alt.OverlayMarkDef(size=45)).encode(
        x,
        y,
        colour,
        shape,
        tooltip=[
            alt.Tooltip("kind:N", title=layout.colour_title),
            alt.Tooltip("depth:Q", title="hidden layers"),
            alt.Tooltip("mid:Q", title="log₁₀ median", format=".2f"),
            alt.Tooltip("n:Q", title="replicates"),
        ],
    )
    layered = (rule + band + line).properties(height=260)
    chart = layout.panels(layered)
    extreme = rows.loc[rows["mid"].abs().idxmax()]
    where = extreme["kind"] + (f", {extreme['panel']}" if layout.column else "")
    behind = extreme["mid"] < 0
    return Figure(
        "depth-ratio",
        "Deeper means further apart" if abs(extreme["mid"]) > 1 else "Depth and the layers' speed",
        f"Furthest from level: {where} with {int(extreme['depth'])} hidden layers, where the first "
        f"layer learns {number(10 ** abs(extreme['mid']))} times "
        f"{'slower' if behind else 'faster'} than the last.",
        "First over last hidden layer's learning speed ‖mean δ‖ at initialisation; median over "
        f"replicates (n = {int(rows['n'].max())}) and quartiles. Dashed: both learn alike. A "
        "straight line is exponential in depth." + layout.fixed_words(free=("depth",)),
        chart,
        {"depth_ratio": rows},
        wide=layout.column is not None,
    )
