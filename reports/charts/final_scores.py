"""What every training ended with: the final score of each arm, every replicate shown."""

from __future__ import annotations

from typing import NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from ...core.engine.outcome import Status
from ..language.messages import capital, counted, sentences, text
from ..language.numbers import amount, number
from ..statistics.analysis import Analysis
from ..statistics.estimates import best_first
from .figure import Figure, log10, power_axis, power_scale
from .no_skill import no_skill, no_skill_words
from .panels import arm_axis, arm_names

MOST_ARMS = 40


class Frames(NamedTuple):
    """What is drawn: accuracies in per cent, or log₁₀ of losses.

    ``scores`` has a row for each ``arm`` and ``replicate`` with its ``value``; ``medians`` for each
    arm the median ``mid`` over replicates, of which ``n`` have a value and diverged ones count as
    worst; ``lost`` for every arm how many ``diverged`` and how many were ``withdrawn``, and the
    ``mark`` that says so.
    """

    scores: pd.DataFrame
    medians: pd.DataFrame
    lost: pd.DataFrame


def labelled(analysis: Analysis) -> bool:
    """Whether accuracies are drawn: where there are any, and the metric is none to be low."""
    low = analysis.metric.direction == "lower"
    return not low and bool(analysis.results.trials["validation_accuracy"].notna().any())


def frames(analysis: Analysis) -> Frames:
    """Return the final held-out accuracy of every replicate, or its loss without classes."""
    results, names = analysis.results, arm_names(analysis)
    trials = results.trials
    value = log10(trials["validation_loss"].astype(float))
    if labelled(analysis):
        value = 100 * trials["validation_accuracy"]
    arm = pd.Series([names[a] for a in trials["arm"]], trials.index, dtype=object)
    scores = pd.DataFrame({"arm": arm, "replicate": trials["replicate"], "value": value}).dropna()
    worst = value.where(~results.diverged, -np.inf if labelled(analysis) else np.inf)
    every = pd.DataFrame({"arm": arm, "value": worst}).groupby("arm", sort=False)["value"]
    medians = every.agg(mid="median").replace([np.inf, -np.inf], np.nan)
    medians["n"] = scores.groupby("arm")["value"].count()
    medians = medians.dropna().reset_index()
    counts = {
        word: trials["status"].eq(status).groupby(arm).sum().reindex(names, fill_value=0)
        for word, status in (("diverged", Status.DIVERGED), ("withdrawn", Status.STOPPED))
    }
    lost = pd.DataFrame(counts).rename_axis("arm").reset_index()
    diverged = np.where(lost["diverged"] > 0, "× " + lost["diverged"].astype(str), "")
    withdrawn = np.where(lost["withdrawn"] > 0, text("withdrawn"), "")
    return Frames(scores, medians, lost.assign(mark=[*map(marked, diverged, withdrawn)]))


def floors(analysis: Analysis) -> pd.DataFrame:
    """Return the ``value`` that is reached without skill, one for each training set."""
    score = "accuracy" if labelled(analysis) else "loss"
    known = pd.Series(no_skill(analysis, score, range(len(analysis.study.arms))), dtype=float)
    return pd.DataFrame({"value": known if labelled(analysis) else log10(known)}).dropna()


def floor_words(analysis: Analysis, floor: pd.DataFrame) -> str:
    """Say what the dashed lines are."""
    if labelled(analysis):
        return no_skill_words((floor["value"], "%"))
    return no_skill_words((10 ** floor["value"], ""))


def marked(*marks: str) -> str:
    """Join the marks of an arm."""
    return " ".join(filter(None, marks))


def figure(analysis: Analysis) -> Figure | None:
    """Draw the final held-out accuracy, or loss where there are no classes, of every replicate."""
    arms = len(analysis.study.arms)
    trained = bool((analysis.results.trials["epochs"] > 0).any())
    scores, medians, lost = frames(analysis)
    if not trained or scores.empty or not 1 < arms <= MOST_ARMS:
        return None
    floor = floors(analysis)
    values = [*scores["value"], *floor["value"]]
    low, high = float(min(values)), float(max(values))
    if labelled(analysis):
        low, high = max(0.0, low - 3), min(100.0, high + 3)
        axis = alt.Axis(title=text("{score}, %", score=score_words(analysis)))
        scale = alt.Scale(domain=[low, high], nice=False)
    else:
        axis, scale = power_axis(score_words(analysis), low, high), power_scale(low, high)
    names = list(lost["arm"])
    rows, height = arm_axis(names)
    y = alt.Y("arm:N", title=None, sort=names, axis=rows)
    cloud = (
        alt.Chart(alt.NamedData("scores"))
        .mark_circle(size=22, opacity=0.45, color="#0072B2")
        .encode(
            alt.X("value:Q", axis=axis, scale=scale),
            y,
            tooltip=[
                alt.Tooltip("arm:N", title=text("arm")),
                alt.Tooltip("replicate:Q", title=text("replicate")),
                alt.Tooltip("value:Q", title=score_words(analysis), format=".3g"),
            ],
        )
    )
    middles = (
        alt.Chart(alt.NamedData("medians"))
        .mark_tick(thickness=2.5, size=16, color="#D55E00")
        .encode(
            alt.X("mid:Q", axis=axis),
            y,
            tooltip=[
                alt.Tooltip("arm:N", title=text("arm")),
                alt.Tooltip("mid:Q", title=text("median"), format=".3g"),
                alt.Tooltip("n:Q", title=text("replicates")),
            ],
        )
    )
    crosses = (
        alt.Chart(alt.NamedData("lost"))
        .mark_text(color="#D55E00", align="left", fontSize=11)
        .encode(y=y, x=alt.value(4), text="mark:N")
    )
    rule = alt.Chart(alt.NamedData("floor")).encode(alt.X("value:Q", axis=axis, scale=scale))
    rules = rule.mark_rule(strokeDash=[3, 4], color="#888") if len(floor) else None
    parts = [part for part in (rules, cloud, middles, crosses) if part is not None]
    chart = alt.layer(*parts).properties(width="container", height=max(90, height * arms + 20))
    return Figure(
        "final-scores",
        text("What training reached"),
        takeaway(analysis, medians),
        sentences(caption(analysis, medians, lost), floor_words(analysis, floor)),
        chart,
        {
            "scores": scores,
            "medians": medians,
            "lost": lost,
            **({"floor": floor} if len(floor) else {}),
        },
    )


def score_words(analysis: Analysis) -> str:
    """Name the score that is drawn."""
    held_out = text(analysis.results.held_out)
    if labelled(analysis):
        return text("final {set} accuracy", set=held_out)
    return text("final {set} loss", set=held_out)


def takeaway(analysis: Analysis, medians: pd.DataFrame) -> str:
    """Name the best arm where the score is the metric, else the range of the medians."""
    ordered = best_first(analysis.metric, analysis.estimates)
    if analysis.metric.name in ("validation_accuracy", "validation_loss") and ordered:
        best = ordered[0]
        return counted(
            "The best median is {score}, with {arm}; being the best of {n} arm flatters it a "
            "little.",
            "The best median is {score}, with {arm}; being the best of {n} arms flatters it a "
            "little.",
            len(analysis.study.arms),
            score=amount(analysis.metric, analysis.estimates[best].median),
            arm=arm_names(analysis)[best],
        )
    ends = medians["mid"].min(), medians["mid"].max()
    low, high = (f"{number(x)} %" if labelled(analysis) else number(10**x) for x in ends)
    return text("The medians reach from {low} to {high}.", low=low, high=high)


def caption(analysis: Analysis, medians: pd.DataFrame, lost: pd.DataFrame) -> str:
    """Say what is drawn, and what is not."""
    words = score_words(analysis)
    words = text("{score}, %", score=words) if labelled(analysis) else words
    most = medians["n"].max()  # NaN where no arm has a score
    values = {"score": capital(words), "n": 0 if pd.isna(most) else int(most)}
    diverged = bool(lost["diverged"].any())
    unfinished = text("Arms marked as withdrawn have no final score.")
    withdrawn = unfinished if lost["withdrawn"].any() else ""
    if analysis.study.folds == 1:
        dots = text(
            "{score} of every trial (dots; n = {n} replicates for an arm at most) and its median "
            "(tick).",
            **values,
        )
        gone = text("× counts each trial that diverged; it counts as worst in the median.")
        return sentences(dots, gone if diverged else "", withdrawn)
    dots = text(
        "{score} of every replicate (dots; n = {n} replicates for an arm at most) and its median "
        "(tick).",
        **values,
    )
    means = text("A replicate's score is the mean over its folds.")
    gone = text("× counts each replicate that diverged; it counts as worst in the median.")
    return sentences(dots, means, gone if diverged else "", withdrawn)
