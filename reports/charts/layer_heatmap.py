"""Layer by step: where in the network and when the gradient is small."""

from __future__ import annotations

import altair as alt

from ..statistics.frames import Results
from .figure import Figure, panel_width, quantiles
from .layer_speeds import named_arms
from .layout import Layout


def figure(results: Results, _: Layout) -> Figure | None:
    """Draw the median of log₁₀ ‖mean δ‖ as colour over layer and step, in the two named arms."""
    frame = named_arms(results)
    if frame["step"].nunique() < 3 or frame["layer"].max() < 2:
        return None
    cells = ["panel", "step", "layer"]
    rows = quantiles(frame, cells, "value")
    zero = (
        frame.assign(zero=frame["mean_delta_norm"] == 0).groupby(cells, sort=False)["zero"].mean()
    )
    rows = zero.reset_index().merge(rows, on=cells, how="left")
    rows["mark"] = ["0" if share > 0.5 else "" for share in rows["zero"]]
    steps, layers = rows["step"].nunique(), int(frame["layer"].max())
    x = alt.X("step:O", title="steps of training", axis=alt.Axis(labelAngle=-45, labelOverlap=True))
    y = alt.Y("layer:O", title="hidden layer, 1 = next to the input", sort="descending")
    plane = alt.Chart(alt.NamedData("heatmap"))
    tiles = plane.mark_rect().encode(
        x,
        y,
        alt.Color(
            "mid:Q",
            title="log₁₀ ‖mean δ‖",
            scale=alt.Scale(scheme="viridis"),
            legend=alt.Legend(orient="top", gradientLength=200),
        ),
        tooltip=[
            alt.Tooltip("layer:O", title="layer"),
            alt.Tooltip("step:O", title="step"),
            alt.Tooltip("mid:Q", title="log₁₀ median", format=".2f"),
            alt.Tooltip("n:Q", title="replicates"),
        ],
    )
    exact = plane.mark_text(color="#888").encode(x, y, alt.Text("mark:N"))
    chart = (
        (tiles + exact)
        .properties(
            width=max(panel_width(frame["panel"].nunique()), 22 * steps),
            height=max(90, 22 * layers),
        )
        .facet(column=alt.Column("panel:N", title=None, sort=list(frame["panel"].unique())))
    )
    return Figure(
        "heatmap",
        "Layer by step, at a glance",
        "Rows are layers, the input side at the bottom; a dark foot is a network whose first "
        "layers hardly learn.",
        "Median over replicates of log₁₀ ‖mean δ‖, the same colours in both panels"
        + (
            "; 0 marks layers whose gradient is exactly zero in most replicates."
            if (rows["mark"] == "0").any()
            else "."
        ),
        chart,
        {"heatmap": rows},
        wide=True,
    )
