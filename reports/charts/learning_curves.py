"""Learning curves of training and validation loss."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ...core.engine.outcome import Status
from ...core.engine.scoring import EVALUATED_TRAINING_EXAMPLES
from ..language.messages import clauses, sentences, text
from ..language.numbers import number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .figure import Figure, kinds_channels, log10, power_axis, power_scale, quantiles
from .panels import colour_title, drawn, kinds, panels, selection_words

MOST_EPOCHS = 60


def thinned(epochs: pd.DataFrame) -> pd.DataFrame:
    """Keep at most MOST_EPOCHS epochs, evenly spaced, the first and the last among them."""
    known = np.array(sorted(epochs["epoch"].unique()))
    if len(known) <= MOST_EPOCHS:
        return epochs
    kept = known[np.unique(np.linspace(0, len(known) - 1, MOST_EPOCHS).round().astype(int))]
    return epochs[epochs["epoch"].isin(kept)]


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return log₁₀ of the loss for each ``kind``, ``panel``, ``set`` and ``epoch``.

    ``mid``, ``lo`` and ``hi`` are its median and quartiles over ``n`` replicates; ``set`` is
    training or the held-out one, and a kind's set is a ``line``.
    """
    epochs = thinned(drawn(analysis, analysis.results.epochs))
    sets = {"train_loss": text("training"), "validation_loss": text(analysis.results.held_out)}
    long = epochs.melt(["kind", "panel", "epoch"], list(sets), "set", "loss")
    long = long.assign(set=long["set"].map(sets), value=log10(long["loss"].astype(float)))
    rows = quantiles(long, ["kind", "panel", "set", "epoch"], "value")
    return rows.assign(line=rows["kind"] + " " + rows["set"])


def figure(analysis: Analysis) -> Figure | None:
    """Draw training and validation loss against epochs, median and quartiles over replicates."""
    rows = frame(analysis)
    if rows.empty or rows["epoch"].max() < 1:
        return None
    held_out, trainings = text(analysis.results.held_out), analysis.results.trainings
    trained = rows[rows["epoch"] > 0]  # a start far above the rest is cut off
    low, high = trained["mid"].min(), trained["mid"].max()
    x = alt.X(
        "epoch:Q",
        title=text("epoch"),
        axis=alt.Axis(format="d", tickMinStep=1),
        scale=alt.Scale(nice=False),
    )
    colour, _ = kinds_channels(colour_title(analysis), kinds(analysis), lines=True)
    dash = alt.StrokeDash(
        "set:N",
        title=text("loss on"),
        scale=alt.Scale(domain=[text("training"), held_out], range=[[5, 3], [1, 0]]),
        legend=alt.Legend(orient="top", symbolType="stroke"),
    )
    plane = alt.Chart(alt.NamedData("curves"))
    axis = power_axis(text("loss"), low, high)
    band = plane.mark_area(opacity=0.15, clip=True).encode(
        x, alt.Y("lo:Q", title="", axis=axis), alt.Y2("hi:Q"), colour, alt.Detail("line:N")
    )
    line = plane.mark_line(strokeWidth=1.8, clip=True).encode(
        x,
        alt.Y("mid:Q", axis=axis, scale=power_scale(low, high)),
        colour,
        dash,
        tooltip=[
            alt.Tooltip("kind:N", title=colour_title(analysis)),
            alt.Tooltip("set:N", title=text("loss on")),
            alt.Tooltip("epoch:Q", title=text("epoch")),
            alt.Tooltip("mid:Q", title=text("log₁₀ median"), format=".3f"),
            alt.Tooltip("n:Q", title=text("replicates")),
        ],
    )
    return Figure(
        "learning-curves",
        text("Learning curves"),
        takeaway(analysis, held_out),
        sentences(
            text(
                "Loss after every epoch, epoch 0 before training; solid: {set}, dashed: training. "
                "Median over replicates (n = {n}) and quartiles.",
                set=held_out,
                n=int(rows["n"].max()),
            ),
            text(
                "Training losses are of the first {first} examples.",
                first=number(float(EVALUATED_TRAINING_EXAMPLES)),
            )
            if (trainings["train_examples_scored"] > EVALUATED_TRAINING_EXAMPLES).any()
            else "",
            text("A trial that diverged or was withdrawn counts until it ends.")
            if trainings["status"].isin([Status.DIVERGED, Status.STOPPED]).any()
            else "",
            selection_words(analysis),
        ),
        panels(analysis, (band + line).properties(height=300)),
        {"curves": rows},
    )


def takeaway(analysis: Analysis, held_out: str) -> str:
    """Say where the held-out loss ends in the named arms."""
    results = analysis.results
    if results.trials["validation_loss"].isna().all():
        return text("There is no validation set, so only the training loss is drawn.")
    parts = []
    for position in results.named:
        losses = results.trials.loc[results.trials["arm"] == position, "validation_loss"].dropna()
        arm = arm_words(results.arm(position))
        if len(losses):
            end = text("{loss} with {arm}", loss=number(losses.median()), arm=arm)
        else:
            end = text("none with {arm}", arm=arm)
        parts.append(end)
    return text(
        "The final {set} loss, as the median over replicates, is {clauses}.",
        set=held_out,
        clauses=clauses(parts),
    )
