"""How far the first layer falls behind the last as networks get deeper."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ..language.messages import sentences, series, text
from ..language.numbers import number
from ..statistics.analysis import Analysis
from ..statistics.layout import at_baseline
from .figure import Figure, kinds_channels, log10, power_axis, power_scale, quantiles
from .panels import ALL, colour_title, coupled_words, drawn, kinds, panels, selection_words

FREE = ("depth",)


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return for each ``kind``, ``panel`` and ``depth`` log₁₀ of first over last layer's speed.

    ``mid``, ``lo`` and ``hi`` are its median and quartiles over ``n`` replicates. Where arms are
    drawn one by one, the arms that differ from the baseline in depth alone are one kind.
    """
    trials = analysis.results.trials
    if analysis.layout.arms:
        for path, level in at_baseline(analysis.results, but=FREE).items():
            trials = trials[trials[f"axis:{path}"] == level.label]
        trials = trials.assign(kind=ALL, panel=ALL)
    else:
        trials = drawn(analysis, trials, FREE)
    trials = trials.assign(value=log10(1.0 / trials["speed_ratio"]))
    return quantiles(trials, ["kind", "panel", "depth"], "value")


def figure(analysis: Analysis) -> Figure | None:
    """Draw log₁₀ of first over last hidden layer's learning speed against depth."""
    layout = analysis.layout
    if "depth" not in analysis.varied or layout.colour == "depth":
        return None
    rows = frame(analysis)
    if rows["depth"].nunique() < 2:
        return None
    low, high = min(rows["lo"].min(), 0.0), max(rows["hi"].max(), 0.0)
    x = alt.X(
        "depth:Q",
        title=text("hidden layers"),
        scale=alt.Scale(nice=False, padding=12),
        axis=alt.Axis(values=sorted(int(d) for d in rows["depth"].unique())),
    )
    levels = [ALL] if layout.arms else kinds(analysis)
    colour, shape = kinds_channels(colour_title(analysis), levels)
    plane = alt.Chart(alt.NamedData("ratios"))
    axis = power_axis(text("speed of first / last hidden layer"), low, high)
    y = alt.Y("mid:Q", axis=axis, scale=power_scale(low, high))
    rule = plane.mark_rule(strokeDash=[4, 4], color="#888").encode(y=alt.datum(0))
    band = plane.mark_errorbar(thickness=1.5).encode(
        x, alt.Y("lo:Q", title="", axis=axis), alt.Y2("hi:Q"), colour
    )
    line = plane.mark_line(strokeWidth=1.8, point=alt.OverlayMarkDef(size=45)).encode(
        x,
        y,
        colour,
        shape,
        tooltip=[
            alt.Tooltip("kind:N", title=colour_title(analysis)),
            alt.Tooltip("depth:Q", title=text("hidden layers")),
            alt.Tooltip("mid:Q", title=text("log₁₀ median"), format=".2f"),
            alt.Tooltip("n:Q", title=text("replicates")),
        ],
    )
    layered = (rule + band + line).properties(height=260)
    far = rows["mid"].abs().max() > 1
    return Figure(
        "depth-ratio",
        text("Deeper means further apart") if far else text("Depth and the layers' speed"),
        takeaway(analysis, rows),
        sentences(
            text(
                "First over last hidden layer's learning speed ‖mean δ‖ at initialisation; median "
                "over replicates (n = {n}) and quartiles. Dashed: both learn alike. A straight "
                "line is exponential in depth.",
                n=int(rows["n"].max()),
            ),
            coupled_words(analysis, "depth"),
            "" if layout.arms else selection_words(analysis, FREE),
        ),
        panels(analysis, layered),
        {"ratios": rows},
    )


def takeaway(analysis: Analysis, rows: pd.DataFrame) -> str:
    """Say where the two layers are furthest apart."""
    extreme = rows.loc[rows["mid"].abs().idxmax()]
    names = [name for name in (extreme["kind"], extreme["panel"]) if name != ALL]
    names = names or [text("the base recipe")]
    values = {
        "where": series(names),
        "depth": int(extreme["depth"]),
        "times": number(10 ** abs(extreme["mid"])),
    }
    if extreme["mid"] < 0:
        return text(
            "Furthest from level: {where} with {depth} hidden layers, where the first layer learns "
            "{times} times slower than the last.",
            **values,
        )
    return text(
        "Furthest from level: {where} with {depth} hidden layers, where the first layer learns "
        "{times} times faster than the last.",
        **values,
    )
