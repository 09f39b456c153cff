"""Learning speed of the layers while training goes on."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ..page.words import levels_words, number
from ..statistics.frames import Results
from .figure import Figure, log10, power_axis, power_scale, quantiles
from .layout import Layout

MOST_STEPS = 24


def named_arms(results: Results) -> pd.DataFrame:
    """Return the hidden layers' probes in the baseline and contrast arm, named by ``panel``."""
    frames = []
    for position in (results.baseline, results.contrast):
        if position is not None:
            chosen = (results.layers["arm"] == position) & ~results.layers["is_output"]
            words = levels_words(results.named(position))
            frames.append(results.layers[chosen].assign(panel=words))
    frame = pd.concat(frames)
    steps = np.array(sorted(frame["step"].unique()))
    if len(steps) > MOST_STEPS:  # keep about evenly spaced ones on a log axis
        wanted = np.geomspace(1, steps[-1] + 1, MOST_STEPS) - 1
        kept = {int(steps[np.abs(steps - w).argmin()]) for w in wanted}
        frame = frame[frame["step"].isin(kept)]
    return frame.assign(value=log10(frame["mean_delta_norm"]))


def figure(results: Results, _: Layout) -> Figure | None:
    """Draw log₁₀ ‖mean δ‖ of every hidden layer against steps, in the two named arms."""
    frame = named_arms(results)
    frame = frame[frame["value"].notna()]
    if frame["step"].nunique() < 3 or frame["layer"].max() < 2:
        return None
    rows = quantiles(frame, ["panel", "step", "layer"], "value")
    low, high = rows["lo"].min(), rows["hi"].max()
    layers = int(rows["layer"].max())
    x = alt.X("step:O", title="steps of training", axis=alt.Axis(labelAngle=-45, labelOverlap=True))
    colour = alt.Color(
        "layer:Q",
        title="hidden layer",
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
    y = alt.Y(
        "mid:Q", axis=power_axis("learning speed ‖mean δ‖", low, high), scale=power_scale(low, high)
    )
    band = plane.mark_area(opacity=0.12).encode(
        x, alt.Y("lo:Q", title=""), alt.Y2("hi:Q"), colour, alt.Detail("layer:N")
    )
    line = plane.mark_line(strokeWidth=1.8, point=alt.OverlayMarkDef(size=18)).encode(
        x,
        y,
        colour,
        alt.Detail("layer:N"),
        tooltip=[
            alt.Tooltip("layer:Q", title="layer"),
            alt.Tooltip("step:O", title="step"),
            alt.Tooltip("mid:Q", title="log₁₀ median", format=".2f"),
            alt.Tooltip("n:Q", title="replicates"),
        ],
    )
    chart = (
        (band + line)
        .properties(width=400, height=260)
        .facet(column=alt.Column("panel:N", title=None, sort=list(rows["panel"].unique())))
    )
    return Figure(
        "speeds",
        "What training does to the layers' speed",
        takeaway(results),
        "Learning speed ‖mean δ‖ of each hidden layer on the probe set at steps 0, 1, 2, 5, 10 … "
        f"(even spacing of the steps probed); median over replicates (n = {int(rows['n'].max())}) "
        "and quartiles. A diverged trial counts up to where it ends.",
        chart,
        {"speeds": rows},
        wide=True,
    )


def takeaway(results: Results) -> str:
    """Say how far apart the first and last hidden layer end, and who diverged on the way."""
    parts = []
    for position in (results.baseline, results.contrast):
        if position is None:
            continue
        words = levels_words(results.named(position))
        trials = results.trainings[results.trainings["arm"] == position]
        lost = trials["status"] == "diverged"
        if lost.any():
            step = int(trials.loc[lost, "diverged_step"].max())
            parts.append(
                f"with {words} {int(lost.sum())} of {len(trials)} trials diverged by step {step}"
            )
        if lost.all():
            continue
        mine = results.layers[(results.layers["arm"] == position) & ~results.layers["is_output"]]
        end = mine[mine["step"] == mine["step"].max()].groupby("layer")["mean_delta_norm"].median()
        if len(end) > 1 and end.iloc[0] > 0 and end.iloc[-1] > 0:
            ratio = end.iloc[-1] / end.iloc[0]
            side, times = ("slower", ratio) if ratio >= 1 else ("faster", 1 / ratio)
            parts.append(
                f"with {words} the first layer ends {number(times)} times {side} than the last"
            )
    return f"{'; '.join(parts)[:1].upper()}{'; '.join(parts)[1:]}." if parts else ""
