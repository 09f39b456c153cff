"""Overfitting: the held-out loss over its own minimum, and the held-out accuracy beside it."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ..findings.overfitting import Overfitting
from ..language.messages import capital, sentences, text
from ..language.numbers import number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .figure import Figure, kinds_channels, quantiles, value_axis
from .learning_curves import thinned
from .panels import abreast, colour_title, drawn, kinds, selection_words

FALL = 0.9
"""The training loss goes on falling where it ends below this share of that of the minimum."""


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return the held-out scores for each ``score``, ``kind``, ``panel`` and ``epoch``.

    ``mid``, ``lo`` and ``hi`` are median and quartiles over ``n`` replicates of the loss over each
    trial's minimum, or of the accuracy in per cent; ``best_epoch`` is the median epoch of the
    minimum, and ``mark`` the curve's height at the epoch nearest to it.
    """
    epochs = drawn(analysis, analysis.results.epochs)
    least = epochs.groupby("trial_id")["validation_loss"].transform("min")
    scores = {
        "loss": epochs["validation_loss"] / least,
        "accuracy": 100 * epochs["validation_accuracy"],
    }
    long = pd.concat(epochs.assign(score=name, value=value) for name, value in scores.items())
    rows = quantiles(thinned(long), ["score", "kind", "panel", "epoch"], "value")
    trials = drawn(analysis, analysis.results.trials)
    best = trials.groupby(["kind", "panel"], sort=False)["best_epoch"].median().reset_index()
    rows = rows.merge(best, on=["kind", "panel"], how="left")
    distance = (rows["epoch"] - rows["best_epoch"]).abs()
    nearest = distance.groupby([rows["score"], rows["kind"], rows["panel"]]).transform("min")
    return rows.assign(mark=rows["mid"].where(distance == nearest))


def overfitting(analysis: Analysis) -> pd.DataFrame:
    """Return the medians of each arm that is drawn and overfits.

    Most of its trials overfit by the rule of the findings, and the median training loss falls below
    FALL of what it was at the minimum of the held-out loss.
    """
    shows = Overfitting().look(analysis.observed).shows
    trials = analysis.results.trials.assign(shows=np.asarray(shows, float))
    columns = ["loss_rise", "best_epoch", "train_loss", "best_train_loss", "shows"]
    medians = drawn(analysis, trials).groupby("arm")[columns].median()
    falls = medians["train_loss"] < FALL * medians["best_train_loss"]
    return medians[(medians["shows"] > 0.5) & falls]


def figure(analysis: Analysis) -> Figure | None:
    """Draw each arm's held-out loss divided by every trial's own minimum, and where that lies."""
    arms = overfitting(analysis)
    if arms.empty:
        return None
    rows = frame(analysis)
    held_out = text(analysis.results.held_out)
    titles = {
        "loss": text("{set} loss / its minimum", set=held_out),
        "accuracy": text("{set} accuracy, %", set=held_out),
    }
    charts = [
        chart(analysis, rows, score, title)
        for score, title in titles.items()
        if (rows["score"] == score).any()
    ]
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
            text("Beside it the accuracy.") if len(charts) > 1 else "",
            selection_words(analysis),
        ),
        abreast(analysis, charts),
        {"rises": rows},
    )


def chart(analysis: Analysis, rows: pd.DataFrame, score: str, title: str) -> alt.LayerChart:
    """Draw one score against epochs, median and quartiles."""
    mine = rows[(rows["score"] == score) & (rows["epoch"] > 0)]
    low, high = mine["mid"].min(), mine["mid"].max()
    if score == "loss":
        low, high = 1.0, min(high, 1.0 + 1.5 * (last(mine)["mid"].max() - 1.0))
    axis, scale = value_axis(title, low, high, zero=False)
    x = alt.X(
        "epoch:Q",
        title=text("epoch"),
        axis=alt.Axis(format="d", tickMinStep=1, grid=False, labelSeparation=8),
        scale=alt.Scale(nice=False),
    )
    colour, _ = kinds_channels(colour_title(analysis), kinds(analysis), lines=True)
    plane = alt.Chart(alt.NamedData("rises")).transform_filter(
        alt.FieldEqualPredicate(field="score", equal=score)
    )
    band = plane.mark_area(opacity=0.15, clip=True).encode(
        x, alt.Y("lo:Q", axis=axis, scale=scale), alt.Y2("hi:Q"), colour
    )
    line = plane.mark_line(strokeWidth=1.8, clip=True).encode(
        x,
        alt.Y("mid:Q", axis=axis, scale=scale),
        colour,
        tooltip=[
            alt.Tooltip("kind:N", title=colour_title(analysis)),
            alt.Tooltip("epoch:Q", title=text("epoch")),
            alt.Tooltip("mid:Q", title=text("median"), format=".4~g"),
            alt.Tooltip("n:Q", title=text("replicates")),
        ],
    )
    best = plane.mark_point(shape="diamond", filled=True, size=90, opacity=1).encode(
        x, alt.Y("mark:Q", axis=axis, scale=scale), colour
    )
    layered: alt.LayerChart = (band + line + best).properties(height=280)
    return layered


def last(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the last epoch."""
    return rows[rows["epoch"] == rows["epoch"].max()]
