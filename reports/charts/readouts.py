"""How much of the classes each layer shows to a linear read-out, before training and after it."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ..language.messages import clauses, sentences, text
from ..language.numbers import number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .figure import COLOURS, Figure, quantiles
from .small_multiples import chosen_words, pictured, plane, together, wrapped


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return the read-out accuracy in per cent of each ``layer`` of each arm, at a ``moment``.

    Layer 0 is the inputs; ``mid``, ``lo`` and ``hi`` are median and quartiles over replicates, of
    which there are ``n``.
    """
    if "readouts" not in analysis.results.run.tables:
        return pd.DataFrame()
    arms = pictured(analysis, len(COLOURS))
    rows = analysis.results.table("readouts")
    rows = rows[rows["arm"].isin(arms)].sort_values("arm", kind="stable")
    moments = {True: text("before training"), False: text("after training")}
    rows = rows.assign(
        moment=(rows["step"] == 0).map(moments),
        panel=rows["arm"].map(arms),
        accuracy=100.0 * rows["accuracy"],
    )
    return quantiles(rows, ["panel", "arm", "moment", "layer"], "accuracy")


def figure(analysis: Analysis) -> Figure | None:
    """Draw the accuracy of linear read-outs against the layer, before training and after it."""
    rows = frame(analysis)
    if rows.empty:
        return None
    x = alt.X(
        "layer:Q",
        title=text("layer, 0 = inputs"),
        axis=alt.Axis(tickMinStep=1, format="d"),
        scale=alt.Scale(domain=[0, max(1, int(rows["layer"].max()))], nice=False, padding=6),
    )
    title, scale = text("validation accuracy, %"), alt.Scale(zero=False)
    colour = alt.Color(
        "moment:N",
        title=None,
        scale=alt.Scale(
            domain=[text("before training"), text("after training")], range=["#888888", COLOURS[0]]
        ),
        legend=alt.Legend(orient="top", symbolOpacity=1),
    )
    layer = plane("layers")
    band = layer.mark_area(opacity=0.15).encode(
        x, alt.Y("lo:Q", title=title, scale=scale), alt.Y2("hi:Q"), colour
    )
    line = layer.mark_line(point=alt.OverlayMarkDef(size=28), strokeWidth=1.8).encode(
        x, alt.Y("mid:Q", title=title, scale=scale), colour
    )
    return Figure(
        "readouts",
        text("What a linear read-out sees in each layer"),
        takeaway(analysis, rows),
        sentences(
            text(
                "Accuracy of a ridge regression fitted to the outputs of each layer on training "
                "examples, on validation examples; median over replicates (n = {n}) and quartiles.",
                n=int(rows["n"].max()),
            ),
            chosen_words(analysis, pictured(analysis, len(COLOURS))),
        ),
        wrapped(alt.layer(band, line), list(dict.fromkeys(rows["panel"])), 0.75),
        {"rows": together({name: name for name in set(rows["panel"])}, layers=rows)},
    )


def takeaway(analysis: Analysis, rows: pd.DataFrame) -> str:
    """Say for every arm what the last layer's read-out reaches before training and after it."""
    last = rows[rows["layer"] == rows.groupby("arm")["layer"].transform("max")]
    said = []
    for arm in dict.fromkeys(last["arm"]):
        mid = last[last["arm"] == arm].set_index("moment")["mid"]
        if len(mid) == 2:
            said.append(
                text(
                    "with {arm}, {before} % and {after} %",
                    arm=arm_words(analysis.results.arm(int(arm))),
                    before=number(mid[text("before training")]),
                    after=number(mid[text("after training")]),
                )
            )
    if not said:
        return text("One moment alone was measured.")
    return text(
        "Read-out of the last hidden layer before training and after it: {said}.",
        said=clauses(said),
    )
