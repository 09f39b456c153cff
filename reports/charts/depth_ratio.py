"""How far the first layer falls behind the last as networks get deeper."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ..language.messages import sentences, series, text
from ..statistics.analysis import Analysis
from ..statistics.layout import at_baseline
from .figure import Figure, kinds_channels, log10, power_axis, power_scale, quantiles
from .layer_measures import first_layer_words, measures, short_words
from .panels import ALL, colour_title, coupled_words, drawn, kinds, panels, selection_words

FREE = ("depth",)


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return for each ``kind``, ``panel`` and ``depth`` log₁₀ of first over last layer's gradient.

    ``mid``, ``lo`` and ``hi`` are its median and quartiles over ``n`` replicates in the measure
    that leads, ``beside`` the median in the next. Where arms are drawn one by one, the arms that
    differ from the baseline in depth alone are one kind.
    """
    trials = analysis.results.trials
    if analysis.layout.arms:
        for path, level in at_baseline(analysis.results, but=FREE).items():
            trials = trials[trials[f"axis:{path}"] == level.label]
        trials = trials.assign(kind=ALL, panel=ALL)
    else:
        trials = drawn(analysis, trials, FREE)
    lead, second, _ = measures(analysis)
    trials = trials.assign(
        value=log10(1.0 / trials[lead.ratio]), beside=log10(1.0 / trials[second.ratio])
    )
    cell = ["kind", "panel", "depth"]
    rows = quantiles(trials, cell, "value")
    beside = trials.groupby(cell, sort=False)["beside"].median().reset_index()
    return rows.merge(beside, on=cell, how="left")


def figure(analysis: Analysis) -> Figure | None:
    """Draw log₁₀ of first over last hidden layer's gradient against depth."""
    layout, (lead, _, _) = analysis.layout, measures(analysis)
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
    title = text("{measure}, first / last hidden layer", measure=lead.symbol)
    axis = power_axis(title, low, high)
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
        text("Deeper means further apart") if far else text("Depth and the layers' gradients"),
        takeaway(analysis, rows),
        sentences(
            text(
                "First over last hidden layer's {measure} at initialisation; median over "
                "replicates (n = {n}) and quartiles. Dashed: both alike. A straight line is "
                "exponential in depth.",
                measure=short_words(lead),
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
    lead, second, _ = measures(analysis)
    ratios = {lead: 10 ** -extreme["mid"], second: 10 ** -extreme["beside"]}
    return text(
        "Furthest from level: {where} with {depth} hidden layers. In the first of them, compared "
        "with the last, {sizes}.",
        where=series(names),
        depth=int(extreme["depth"]),
        sizes=first_layer_words(ratios),
    )
