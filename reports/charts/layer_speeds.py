"""The layers' gradients while training goes on."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ..language.messages import capital, clauses, counted, sentences, text
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from ..statistics.frames import Results
from .figure import Figure, log10, power_axis, power_scale, quantiles
from .layer_measures import at_the_end, first_layer_words, measures, short_words
from .panels import wrapped

MOST_STEPS = 24
MOST_ARMS = 4
"""So many arms are all drawn; of more, those that the answer names."""


def shown(results: Results) -> list[int]:
    """Return the positions of the arms that are drawn, a panel each."""
    arms = len(results.study.arms)
    return list(range(arms)) if arms <= MOST_ARMS else list(results.named)


def probes(analysis: Analysis) -> pd.DataFrame:
    """Return the hidden layers' probes in the arms that are drawn, which are the panels.

    ``size`` is the measure that leads, and ``value`` its log₁₀.
    """
    results = analysis.results
    arms = shown(results)
    names = {i: arm_words(results.arm(i)) for i in arms}
    layers = results.layers[~results.layers["is_output"] & results.layers["arm"].isin(names)]
    size = layers[measures(analysis)[0].column]
    layers = layers.assign(panel=layers["arm"].map(names), size=size, value=log10(size))
    layers = layers.sort_values("arm", key=lambda arm: arm.map(arms.index), kind="stable")
    steps = np.array(sorted(layers["step"].unique()))
    if len(steps) <= MOST_STEPS:
        return layers
    wanted = np.geomspace(1, steps[-1] + 1, MOST_STEPS) - 1  # about evenly spaced on a log axis
    return layers[layers["step"].isin({int(steps[np.abs(steps - w).argmin()]) for w in wanted})]


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return log₁₀ of the leading measure by arm, its ``panel``, ``step`` and ``layer``.

    ``mid``, ``lo`` and ``hi`` are its median and quartiles over ``n`` replicates.
    """
    return quantiles(probes(analysis), ["panel", "step", "layer"], "value")


def figure(analysis: Analysis) -> Figure | None:
    """Draw the leading measure of every hidden layer against steps."""
    rows = frame(analysis)
    if rows["step"].nunique() < 3 or rows["layer"].max() < 2:
        return None
    low, high = rows["lo"].min(), rows["hi"].max()
    layers = int(rows["layer"].max())
    x = alt.X(
        "step:O",
        title=text("steps of training"),
        axis=alt.Axis(labelAngle=-45, labelOverlap=True),
    )
    colour = alt.Color(
        "layer:Q",
        title=text("hidden layer"),
        scale=alt.Scale(
            scheme=alt.SchemeParams("viridis", extent=[0.12, 0.95]),
            domain=[1, layers],
            reverse=True,
        ),
        legend=alt.Legend(
            orient="top", format="d", values=list(range(1, layers + 1)), gradientLength=160
        ),
    )
    plane = alt.Chart(alt.NamedData("speeds"))
    lead = measures(analysis)[0]
    axis = power_axis(lead.symbol, low, high)
    y = alt.Y("mid:Q", axis=axis, scale=power_scale(low, high))
    band = plane.mark_area(opacity=0.12).encode(
        x, alt.Y("lo:Q", title=""), alt.Y2("hi:Q"), colour, alt.Detail("layer:N")
    )
    line = plane.mark_line(strokeWidth=1.8, point=alt.OverlayMarkDef(size=18)).encode(
        x,
        y,
        colour,
        alt.Detail("layer:N"),
        tooltip=[
            alt.Tooltip("layer:Q", title=text("layer")),
            alt.Tooltip("step:O", title=text("step")),
            alt.Tooltip("mid:Q", title=text("log₁₀ median"), format=".2f"),
            alt.Tooltip("n:Q", title=text("replicates")),
        ],
    )
    chart = wrapped((band + line).properties(height=260), list(rows["panel"].unique()))
    return Figure(
        "layer-speeds",
        text("What training does to the layers' gradients"),
        takeaway(analysis),
        sentences(
            text(
                "{measure} of each hidden layer on the probe set at steps 0, 1, 2, 5, 10 … (even "
                "spacing of the steps probed); median over replicates (n = {n}) and quartiles. A "
                "diverged trial counts up to where it ends.",
                measure=short_words(lead),
                n=int(rows["n"].max()),
            ),
        ),
        chart,
        {"speeds": rows},
    )


def takeaway(analysis: Analysis) -> str:
    """Say how far apart the first and last hidden layer end, and who diverged on the way."""
    results = analysis.results
    lost = [words for position in results.named if (words := lost_words(analysis, position))]
    ends = [
        text("with {arm} {sizes}", arm=arm_words(results.arm(position)), sizes=sizes)
        for position in results.named
        if not all_lost(analysis, position)
        and (sizes := first_layer_words(at_the_end(analysis, position)))
    ]
    return sentences(
        text("{clauses}.", clauses=capital(clauses(lost))) if lost else "",
        text(
            "At the last step, in the first hidden layer compared with the last: {clauses}.",
            clauses=clauses(ends),
        )
        if ends
        else "",
    )


def all_lost(analysis: Analysis, position: int) -> bool:
    """Whether every trial of an arm diverged."""
    trials = analysis.results.trainings
    return bool((trials.loc[trials["arm"] == position, "status"] == "diverged").all())


def lost_words(analysis: Analysis, position: int) -> str:
    """Say how many trials of an arm diverged."""
    results = analysis.results
    trials = results.trainings[results.trainings["arm"] == position]
    lost = trials["status"] == "diverged"
    if not lost.any():
        return ""
    return counted(
        "with {arm} {lost} of {n} trial diverged by step {step}",
        "with {arm} {lost} of {n} trials diverged by step {step}",
        len(trials),
        arm=arm_words(results.arm(position)),
        lost=int(lost.sum()),
        step=int(trials.loc[lost, "diverged_step"].max()),
    )
