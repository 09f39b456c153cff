"""Overfitting: the held-out loss over its own minimum."""

from __future__ import annotations

import altair as alt

from ..page.words import levels_words, number
from ..statistics.frames import Results
from .figure import Figure, kinds_channels, quantiles
from .layout import Layout
from .learning_curves import thinned

LEAST_RISE = 1.1
"""Overfitting, in medians: a rise above this, from a minimum in the first half of training, while
the training loss goes on falling."""


def figure(results: Results, layout: Layout) -> Figure | None:
    """Draw each arm's held-out loss divided by every trial's own minimum, and where that lies."""
    frame = layout.apply(results, results.epochs)
    trials = layout.apply(results, results.trials)
    medians = trials.groupby("arm")[
        ["loss_rise", "best_epoch", "epochs_trained", "train_loss", "best_train_loss"]
    ].median()
    overfits = (
        (medians["loss_rise"] > LEAST_RISE)
        & (medians["best_epoch"] < medians["epochs_trained"] / 2)
        & (medians["train_loss"] < medians["best_train_loss"])
    )
    if not overfits.any():
        return None
    medians = medians[overfits]
    least = frame.groupby("trial_id")["validation_loss"].transform("min")
    frame["value"] = frame["validation_loss"] / least
    rows = quantiles(thinned(frame), ["kind", "panel", "epoch"], "value")
    top = 1.0 + 1.15 * (trials["loss_rise"].quantile(0.95) - 1.0)
    marks = trials.groupby(["kind", "panel"], sort=False)["best_epoch"].median().reset_index()
    rows = rows.merge(marks, on=["kind", "panel"], how="left")
    nearest = (rows["epoch"] - rows["best_epoch"]).abs()
    closest = nearest.groupby([rows["kind"], rows["panel"]]).transform("min")
    rows["mark"] = rows["mid"].where(nearest == closest)
    x = alt.X(
        "epoch:Q",
        title="epoch",
        axis=alt.Axis(format="d", tickMinStep=1),
        scale=alt.Scale(nice=False),
    )
    scale = alt.Scale(domain=[1.0, float(top)], nice=False, clamp=False)
    y = alt.Y("mid:Q", title=f"{results.held_out} loss / its minimum", scale=scale)
    colour, _ = kinds_channels(layout.colour_title, layout.colours, lines=True)
    plane = alt.Chart(alt.NamedData("rise"))
    band = plane.mark_area(opacity=0.15, clip=True).encode(
        x, alt.Y("lo:Q", title="", scale=scale), alt.Y2("hi:Q"), colour
    )
    line = plane.mark_line(strokeWidth=1.8, clip=True).encode(
        x,
        y,
        colour,
        tooltip=[
            alt.Tooltip("kind:N", title=layout.colour_title or "arm"),
            alt.Tooltip("epoch:Q"),
            alt.Tooltip("mid:Q", title="median", format=".3f"),
            alt.Tooltip("n:Q", title="replicates"),
        ],
    )
    best = plane.mark_point(shape="diamond", filled=True, size=90, opacity=1).encode(
        x, alt.Y("mark:Q", scale=scale), colour
    )
    layered = (band + line + best).properties(height=300)
    chart = layout.panels(layered)
    worst = medians.loc[medians["loss_rise"].idxmax()]
    words = levels_words(results.named(int(medians["loss_rise"].idxmax())))
    return Figure(
        "rise",
        "Memorising: the held-out loss turns round",
        f"With {words} the {results.held_out} loss is lowest at epoch "
        f"{number(worst['best_epoch'])} and ends {number(worst['loss_rise'])} times higher "
        "(medians), while the training loss "
        "goes on falling: the network overfits.",
        f"{results.held_out.capitalize()} loss over each trial's own minimum; median over "
        f"replicates (n = {int(rows['n'].max())}) and quartiles; diamond: median epoch of the "
        "minimum. The line of medians stays above 1 because minima fall in different epochs."
        + layout.fixed_words(),
        chart,
        {"rise": rows},
        wide=layout.column is not None,
    )
