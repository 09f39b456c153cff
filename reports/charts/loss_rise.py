"""Overfitting: the held-out loss over its own minimum."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ..language.messages import capital, sentences, text
from ..language.numbers import number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .figure import Figure, kinds_channels, quantiles
from .learning_curves import thinned
from .panels import colour_title, drawn, kinds, panels, selection_words

LEAST_RISE = 1.1
"""Overfitting, in medians: a rise above this, from a minimum in the first half of training, while
the training loss goes on falling."""


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return the held-out loss over each trial's minimum for each ``kind``, ``panel``, ``epoch``.

    ``mid``, ``lo`` and ``hi`` are its median and quartiles over ``n`` replicates, ``best_epoch``
    the median epoch of the minimum, and ``mark`` the curve's height at the epoch nearest to it.
    """
    epochs = drawn(analysis, analysis.results.epochs)
    least = epochs.groupby("trial_id")["validation_loss"].transform("min")
    epochs = epochs.assign(value=epochs["validation_loss"] / least)
    rows = quantiles(thinned(epochs), ["kind", "panel", "epoch"], "value")
    trials = drawn(analysis, analysis.results.trials)
    best = trials.groupby(["kind", "panel"], sort=False)["best_epoch"].median().reset_index()
    rows = rows.merge(best, on=["kind", "panel"], how="left")
    distance = (rows["epoch"] - rows["best_epoch"]).abs()
    nearest = distance.groupby([rows["kind"], rows["panel"]]).transform("min")
    return rows.assign(mark=rows["mid"].where(distance == nearest))


def overfitting(analysis: Analysis) -> pd.DataFrame:
    """Return the medians of each arm that is drawn and overfits."""
    columns = ["loss_rise", "best_epoch", "epochs_trained", "train_loss", "best_train_loss"]
    medians = drawn(analysis, analysis.results.trials).groupby("arm")[columns].median()
    return medians[
        (medians["loss_rise"] > LEAST_RISE)
        & (medians["best_epoch"] < medians["epochs_trained"] / 2)
        & (medians["train_loss"] < medians["best_train_loss"])
    ]


def figure(analysis: Analysis) -> Figure | None:
    """Draw each arm's held-out loss divided by every trial's own minimum, and where that lies."""
    arms = overfitting(analysis)
    if arms.empty:
        return None
    rows = frame(analysis)
    held_out = text(analysis.results.held_out)
    rises = drawn(analysis, analysis.results.trials)["loss_rise"]
    top = 1.0 + 1.15 * (rises.quantile(0.95) - 1.0)
    x = alt.X(
        "epoch:Q",
        title=text("epoch"),
        axis=alt.Axis(format="d", tickMinStep=1),
        scale=alt.Scale(nice=False),
    )
    scale = alt.Scale(domain=[1.0, float(top)], nice=False, clamp=False)
    y = alt.Y("mid:Q", title=text("{set} loss / its minimum", set=held_out), scale=scale)
    colour, _ = kinds_channels(colour_title(analysis), kinds(analysis), lines=True)
    plane = alt.Chart(alt.NamedData("rises"))
    band = plane.mark_area(opacity=0.15, clip=True).encode(
        x, alt.Y("lo:Q", title="", scale=scale), alt.Y2("hi:Q"), colour
    )
    line = plane.mark_line(strokeWidth=1.8, clip=True).encode(
        x,
        y,
        colour,
        tooltip=[
            alt.Tooltip("kind:N", title=colour_title(analysis)),
            alt.Tooltip("epoch:Q", title=text("epoch")),
            alt.Tooltip("mid:Q", title=text("median"), format=".3f"),
            alt.Tooltip("n:Q", title=text("replicates")),
        ],
    )
    best = plane.mark_point(shape="diamond", filled=True, size=90, opacity=1).encode(
        x, alt.Y("mark:Q", scale=scale), colour
    )
    position = int(arms["loss_rise"].idxmax())
    worst = arms.loc[position]
    return Figure(
        "loss-rise",
        text("Memorising: the held-out loss turns round"),
        text(
            "With {arm} the {set} loss is lowest at epoch {epoch} and ends {times} times as high "
            "(medians), while the training loss goes on falling: the network overfits.",
            arm=arm_words(analysis.results.arm(position)),
            set=held_out,
            epoch=number(worst["best_epoch"]),
            times=number(worst["loss_rise"]),
        ),
        sentences(
            text(
                "{set} loss over each trial's own minimum; median over replicates (n = {n}) and "
                "quartiles; diamond: median epoch of the minimum. The line of medians stays above "
                "1 because minima fall in different epochs.",
                set=capital(held_out),
                n=int(rows["n"].max()),
            ),
            selection_words(analysis),
        ),
        panels(analysis, (band + line + best).properties(height=300)),
        {"rises": rows},
    )
