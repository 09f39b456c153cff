"""Learning curves of training and validation loss."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ..page.words import levels_words, number
from ..statistics.frames import Results
from .figure import Figure, kinds_channels, log10, power_axis, power_scale, quantiles
from .layout import Layout

MOST_EPOCHS = 60


def thinned(epochs: pd.DataFrame) -> pd.DataFrame:
    """Keep at most MOST_EPOCHS epochs, evenly spaced, the first and the last among them."""
    known = np.array(sorted(epochs["epoch"].unique()))
    if len(known) <= MOST_EPOCHS:
        return epochs
    kept = known[np.unique(np.linspace(0, len(known) - 1, MOST_EPOCHS).round().astype(int))]
    return epochs[epochs["epoch"].isin(kept)]


def figure(results: Results, layout: Layout) -> Figure | None:
    """Draw training and validation loss against epochs, median and quartiles over replicates."""
    frame = thinned(layout.apply(results, results.epochs))
    if frame.empty or frame["epoch"].max() < 1:
        return None
    long = frame.melt(
        ["kind", "panel", "epoch", "replicate"], ["train_loss", "validation_loss"], "set", "loss"
    )
    held_out = results.held_out
    long["set"] = long["set"].map({"train_loss": "training", "validation_loss": held_out})
    long["value"] = log10(long["loss"])
    rows = quantiles(long[long["value"].notna()], ["kind", "panel", "set", "epoch"], "value")
    if rows.empty or rows["epoch"].max() < 1:
        return None
    trained = rows[rows["epoch"] > 0]  # a start far above the rest is cut off
    low, high = trained["mid"].min(), trained["mid"].max()
    rows["line"] = rows["kind"] + " " + rows["set"]
    x = alt.X(
        "epoch:Q",
        title="epoch",
        axis=alt.Axis(format="d", tickMinStep=1),
        scale=alt.Scale(nice=False),
    )
    colour, _ = kinds_channels(layout.colour_title, layout.colours, lines=True)
    dash = alt.StrokeDash(
        "set:N",
        title="loss on",
        scale=alt.Scale(domain=["training", held_out], range=[[5, 3], [1, 0]]),
        legend=alt.Legend(orient="top", symbolType="stroke"),
    )
    plane = alt.Chart(alt.NamedData("curves"))
    axis = power_axis("loss", low, high)
    band = plane.mark_area(opacity=0.15, clip=True).encode(
        x, alt.Y("lo:Q", title="", axis=axis), alt.Y2("hi:Q"), colour, alt.Detail("line:N")
    )
    line = plane.mark_line(strokeWidth=1.8, clip=True).encode(
        x,
        alt.Y("mid:Q", axis=axis, scale=power_scale(low, high)),
        colour,
        dash,
        tooltip=[
            alt.Tooltip("kind:N", title=layout.colour_title or "arm"),
            alt.Tooltip("set:N"),
            alt.Tooltip("epoch:Q"),
            alt.Tooltip("mid:Q", title="log₁₀ median", format=".3f"),
            alt.Tooltip("n:Q", title="replicates"),
        ],
    )
    layered = (band + line).properties(height=300)
    chart = layout.panels(layered)
    return Figure(
        "curves",
        "Learning curves",
        takeaway(results, held_out),
        f"Loss after every epoch, epoch 0 before training; solid: {held_out}, dashed: training "
        f"(on at most its first 10,000 examples). Median over replicates "
        f"(n = {int(rows['n'].max())}) and quartiles; a diverged trial counts until it ends."
        + layout.fixed_words(),
        chart,
        {"curves": rows},
        wide=layout.column is not None,
    )


def takeaway(results: Results, held_out: str) -> str:
    """Say where the held-out loss ends in the two named arms."""
    parts = []
    for position in (results.baseline, results.contrast):
        if position is not None:
            mine = results.trials[results.trials["arm"] == position]["validation_loss"].dropna()
            words = levels_words(results.named(position))
            ends = f"ends at {number(mine.median())}" if len(mine) else "has no end"
            parts.append(f"with {words} it {ends}")
    if results.trials["validation_loss"].isna().all():
        return "There is no validation set, so only the training loss is drawn."
    return f"The {held_out} loss (median over replicates): {'; '.join(parts)}."
