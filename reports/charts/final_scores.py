"""What every training ended with: the final score of each arm, every replicate shown."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ..page.words import levels_words, number
from ..statistics.frames import Results
from .figure import Figure, log10, power_axis, power_scale
from .layout import Layout

MOST_ARMS = 40


def figure(results: Results, _: Layout) -> Figure | None:
    """Draw the final held-out accuracy, or loss where there are no classes, of every trial."""
    trials = results.trials
    accuracy = bool(trials["validation_accuracy"].notna().any())
    column = "validation_accuracy" if accuracy else "validation_loss"
    arms = len(results.study.arms)
    trained = bool((trials["epochs"] > 0).any()) and bool(trials[column].notna().any())
    if not trained or not 1 < arms <= MOST_ARMS:
        return None
    names = [levels_words(results.named(i)) for i in range(len(results.study.arms))]
    score = 100 * trials[column] if accuracy else log10(trials[column])
    dots = pd.DataFrame(
        {
            "arm": [names[a] for a in trials["arm"]],
            "replicate": trials["replicate"],
            "value": score,
        }
    ).dropna()
    rows = dots.groupby("arm", sort=False)["value"].agg(mid="median", n="count").reset_index()
    lost = trials["status"].eq("diverged").groupby([names[a] for a in trials["arm"]]).sum()
    ends = pd.DataFrame({"arm": names, "diverged": [int(lost.get(name, 0)) for name in names]})
    ends["mark"] = np.where(ends["diverged"] > 0, "× " + ends["diverged"].astype(str), "")
    words = f"final {results.held_out} {'accuracy, %' if accuracy else 'loss'}"
    if accuracy:
        low, high = max(0.0, dots["value"].min() - 3), min(100.0, dots["value"].max() + 3)
        axis, scale = alt.Axis(title=words), alt.Scale(domain=[low, high], nice=False)
    else:
        low, high = dots["value"].min(), dots["value"].max()
        axis, scale = power_axis(words, low, high), power_scale(low, high)
    y = alt.Y("arm:N", title=None, sort=names, axis=alt.Axis(labelLimit=330))
    cloud = (
        alt.Chart(alt.NamedData("final"))
        .mark_circle(size=22, opacity=0.45, color="#0072B2")
        .encode(
            alt.X("value:Q", axis=axis, scale=scale),
            y,
            tooltip=[
                alt.Tooltip("arm:N"),
                alt.Tooltip("replicate:Q"),
                alt.Tooltip("value:Q", format=".3g"),
            ],
        )
    )
    middles = (
        alt.Chart(alt.NamedData("final_medians"))
        .mark_tick(thickness=2.5, size=16, color="#D55E00")
        .encode(
            alt.X("mid:Q", axis=axis),
            y,
            tooltip=[
                alt.Tooltip("arm:N"),
                alt.Tooltip("mid:Q", title="median", format=".3g"),
                alt.Tooltip("n:Q", title="replicates"),
            ],
        )
    )
    crosses = (
        alt.Chart(alt.NamedData("final_lost"))
        .mark_text(color="#D55E00", align="left", fontSize=11)
        .encode(y=y, x=alt.value(4), text="mark:N")
    )
    what = "trial" if results.study.folds == 1 else "replicate"
    best = rows.loc[rows["mid"].idxmax() if accuracy else rows["mid"].idxmin()]
    reached = f"{number(best['mid'])} %" if accuracy else number(10 ** best["mid"])
    return Figure(
        "final",
        "What training reached",
        f"The best median is {reached}, with {best['arm']}; being the best of {arms} arms flatters "
        "it a little.",
        f"{words.capitalize()} of every {what} (dots; n = {int(rows['n'].max())} replicates for an "
        "arm at most) and its median (tick)."
        + (" A replicate's score is the mean over its folds." if what == "replicate" else "")
        + (
            f" × counts each {what} that diverged and has no score."
            if ends["diverged"].any()
            else ""
        ),
        (cloud + middles + crosses).properties(width="container", height=max(90, 20 * arms + 20)),
        {"final": dots, "final_medians": rows, "final_lost": ends},
        least_width=640,
    )
