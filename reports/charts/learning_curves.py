"""Learning curves: loss and accuracy after every epoch, and where trials diverged."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ...core.engine.outcome import Status
from ...core.engine.scoring import EVALUATED_TRAINING_EXAMPLES
from ..language.messages import clauses, counted, sentences, text
from ..language.numbers import number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .divergence import crosses, losses
from .figure import LOST, Figure, decades, kinds_channels, quantiles, value_axis
from .line_ends import MOST_NAMED, at_the_ends, written
from .no_skill import no_skill, no_skill_words
from .panels import abreast, colour_title, drawn, kinds, selection_words

MOST_EPOCHS = 60
SCORES = ("loss", "accuracy")
PANEL = ["score", "panel"]


def thinned(epochs: pd.DataFrame) -> pd.DataFrame:
    """Keep at most MOST_EPOCHS epochs, evenly spaced, the first and the last among them."""
    known = np.array(sorted(epochs["epoch"].unique()))
    if len(known) <= MOST_EPOCHS:
        return epochs
    kept = known[np.unique(np.linspace(0, len(known) - 1, MOST_EPOCHS).round().astype(int))]
    return epochs[epochs["epoch"].isin(kept)]


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return the scores for each ``score``, ``kind``, ``panel``, ``set`` and ``epoch``.

    ``mid``, ``lo`` and ``hi`` are median and quartiles over ``n`` replicates of the loss, or of the
    accuracy in per cent where there are classes; ``set`` is training or the held-out one, and a
    kind's set is a ``line``.
    """
    epochs = thinned(drawn(analysis, analysis.results.epochs))
    sets = {"train": text("training"), "validation": text(analysis.results.held_out)}
    parts = [
        epochs[["kind", "panel", "epoch"]].assign(
            score=score,
            set=words,
            value=epochs[f"{name}_{score}"] * (100 if score != "loss" else 1),
        )
        for score in SCORES
        for name, words in sets.items()
        if f"{name}_{score}" in epochs
    ]
    long = pd.concat(parts, ignore_index=True)
    rows = quantiles(long, [*PANEL, "kind", "set", "epoch"], "value")
    several = rows["kind"].nunique() > 1
    return rows.assign(line=rows["kind"] + ", " + rows["set"] if several else rows["set"])


def floors(analysis: Analysis, score: str) -> pd.DataFrame:
    """Return the score without skill of each panel."""
    arms = drawn(analysis, analysis.results.trials).groupby("panel", sort=False)["arm"]
    rows = [
        {"panel": panel, "mid": value, "line": text("no skill"), "epoch": np.inf}
        for panel, mine in arms
        for value in no_skill(analysis, score, mine)
    ]
    return pd.DataFrame(rows, columns=["panel", "mid", "line", "epoch"])


def figure(analysis: Analysis) -> Figure | None:
    """Draw loss and accuracy of training and held-out set against epochs."""
    rows = frame(analysis)
    if rows.empty or rows["epoch"].max() < 1:
        return None
    known = [score for score in SCORES if (rows["score"] == score).any()]
    parts = {score: scored(analysis, rows[rows["score"] == score], score) for score in known}
    charts = [chart(analysis, parts[score], score) for score in known]
    table = pd.concat(parts.values(), ignore_index=True)
    return Figure(
        "learning-curves",
        text("Learning curves"),
        takeaway(analysis),
        caption(analysis, table),
        abreast(analysis, charts),
        {"curves": table},
    )


def scored(analysis: Analysis, rows: pd.DataFrame, score: str) -> pd.DataFrame:
    """Return what is drawn of one score, with ``part``: curve, no skill, lost or name."""
    low, high = ends(rows, floors(analysis, score))
    log = score == "loss" and decades(low, high)
    curves = rows.assign(part="curve")
    if log:
        curves[["mid", "lo", "hi"]] = curves[["mid", "lo", "hi"]].where(rows["mid"] > 0)
        curves["lo"] = curves["lo"].where(curves["lo"] > 0, low)
    floor = floors(analysis, score).assign(part="no-skill")
    named = floor if most_lines(rows) > MOST_NAMED else pd.concat([rows, floor])
    names = at_the_ends(named, ["panel"], (low, high), log=log) if len(named) else named
    whose = np.where(names["line"] == text("no skill"), "no-skill-name", "name")
    last = rows["epoch"].max()
    every = [
        curves,
        floor.drop(columns="epoch"),
        crosses(analysis, rows, (low, high), log=log).assign(part="lost"),
        names.assign(part=whose, words=names["line"], epoch=last),
    ]
    made = pd.concat([part for part in every if len(part)], ignore_index=True)
    return made.assign(score=score, kind=made["kind"].fillna(""))


def ends(rows: pd.DataFrame, floor: pd.DataFrame) -> tuple[float, float]:
    """Return the lowest and the highest median over trained epochs, no skill among them.

    A start far above all that follows is cut off.
    """
    trained = rows[rows["epoch"] > 0]
    middles = (trained if len(trained) else rows)["mid"]
    positive = middles[middles > 0] if (middles > 0).any() else middles
    values = np.concatenate([positive, floor["mid"].astype(float)])
    values = values[np.isfinite(values)]
    return float(values.min()), float(values.max())


def most_lines(rows: pd.DataFrame) -> int:
    """Return the number of lines in the panel that has most."""
    return int(rows.groupby("panel")["line"].nunique().max())


def chart(analysis: Analysis, rows: pd.DataFrame, score: str) -> alt.LayerChart:
    """Draw one score: curves with quartiles, no skill, where trials diverged, and names."""
    curves = rows[rows["part"] == "curve"]
    low, high = ends(curves, rows[rows["part"] == "no-skill"])
    title = text("loss") if score == "loss" else text("accuracy, %")
    axis, scale = value_axis(title, low, high)
    direct = most_lines(curves) <= MOST_NAMED
    held_out, spoken = text(analysis.results.held_out), colour_title(analysis)
    x = alt.X(
        "epoch:Q",
        title=text("epoch"),
        axis=alt.Axis(format="d", tickMinStep=1, grid=False, labelSeparation=8),
        scale=alt.Scale(domain=[0, int(curves["epoch"].max())], nice=False),
    )
    y = alt.Y("mid:Q", axis=axis, scale=scale)
    colour, _ = kinds_channels(spoken, kinds(analysis), lines=True, legend=not direct)
    dash = alt.StrokeDash(
        "set:N",
        title=text("set"),
        scale=alt.Scale(domain=[text("training"), held_out], range=[[5, 3], [1, 0]]),
        legend=None if direct else alt.Legend(orient="top", symbolType="stroke"),
    )

    plane = alt.Chart(alt.NamedData("curves"))

    def part(name: str) -> alt.Chart:
        one = alt.FieldEqualPredicate(field="part", equal=name)
        mine = alt.FieldEqualPredicate(field="score", equal=score)
        return plane.transform_filter(one).transform_filter(mine)

    band = (
        part("curve")
        .mark_area(opacity=0.13, clip=True)
        .encode(
            x, alt.Y("lo:Q", axis=axis, scale=scale), alt.Y2("hi:Q"), colour, alt.Detail("line:N")
        )
    )
    floor = part("no-skill").mark_rule(strokeDash=[3, 4], color="#888", clip=True).encode(y)
    line = (
        part("curve")
        .mark_line(strokeWidth=1.8, clip=True)
        .encode(
            x,
            y,
            colour,
            dash,
            tooltip=[
                alt.Tooltip("kind:N", title=spoken),
                alt.Tooltip("set:N", title=text("set")),
                alt.Tooltip("epoch:Q", title=text("epoch")),
                alt.Tooltip("mid:Q", title=text("median"), format=".3~g"),
                alt.Tooltip("n:Q", title=text("replicates")),
            ],
        )
    )
    cross = part("lost").mark_text(text="×", color=LOST, fontSize=18, fontWeight="bold")
    why = part("lost").mark_text(color=LOST, fontSize=11, align="left", dx=9)

    layered: alt.LayerChart = (
        band
        + floor
        + line
        + written(part("name").encode(x, y), colour, dx=-3, dy=-2)
        + written(part("no-skill-name").encode(x, y), "#888", dx=-3, dy=-2)
        + cross.encode(x, y)
        + why.encode(x, alt.Y("words_at:Q", axis=axis, scale=scale), alt.Text("words:N"))
    )
    return layered.properties(height=280)


def caption(analysis: Analysis, rows: pd.DataFrame) -> str:
    """Say what is drawn, what ended early, and what the dashed line is."""
    trainings = analysis.results.trainings
    lost = losses(analysis)
    totals = lost.drop_duplicates(["kind", "panel"])["lost"].sum() if len(lost) else 0
    floor = rows[rows["part"] == "no-skill"]
    scores = (("loss", ""), ("accuracy", "%"))
    known = [(floor.loc[floor["score"] == score, "mid"], unit) for score, unit in scores]
    return sentences(
        text(
            "After every epoch, epoch 0 before training; solid: {set}, dashed: training. Median "
            "over replicates (n = {n}) and quartiles.",
            set=text(analysis.results.held_out),
            n=int(rows["n"].max()),
        ),
        no_skill_words(*known),
        text(
            "Training scores are of the first {first} examples.",
            first=number(float(EVALUATED_TRAINING_EXAMPLES)),
        )
        if (trainings["train_examples_scored"] > EVALUATED_TRAINING_EXAMPLES).any()
        else "",
        counted(
            "Red ×: {n} trial diverged; it counts until then.",
            "Red ×: {n} trials diverged; each counts until then.",
            int(totals),
        )
        if totals
        else "",
        text("A trial that was withdrawn counts until it ends.")
        if (trainings["status"] == Status.STOPPED).any()
        else "",
        selection_words(analysis),
    )


def takeaway(analysis: Analysis) -> str:
    """Say where the held-out loss ends in the named arms."""
    results = analysis.results
    if results.trials["validation_loss"].isna().all():
        return text("There is no validation set, so only the training scores are drawn.")
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
        set=text(results.held_out),
        clauses=clauses(parts),
    )
