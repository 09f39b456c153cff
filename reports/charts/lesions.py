"""What is left of the accuracy when a share of the hidden units is silenced."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ..language.messages import clauses, sentences, text
from ..language.numbers import number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .figure import COLOURS, Figure, kinds_channels, quantiles
from .no_skill import no_skill, no_skill_words
from .small_multiples import chosen_words, pictured

HALF = 50.0


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return the accuracy in per cent of each arm, ``kind``, by ``share`` of units, in per cent.

    ``mean`` and the quartiles ``lo`` and ``hi`` are over ``n`` replicates.
    """
    if "lesions" not in analysis.results.run.tables:
        return pd.DataFrame()
    arms = pictured(analysis, len(COLOURS))
    rows = analysis.results.table("lesions")
    rows = rows[rows["arm"].isin(arms)].sort_values("arm", kind="stable")
    rows = rows.assign(
        kind=rows["arm"].map(arms), share=100.0 * rows["share"], accuracy=100.0 * rows["accuracy"]
    )
    by = ["arm", "kind", "share"]
    mean = rows.groupby(by, sort=False)["accuracy"].mean().rename("mean").reset_index()
    return quantiles(rows, by, "accuracy").merge(mean, on=by).drop(columns="mid")


def figure(analysis: Analysis) -> Figure | None:
    """Draw accuracy against the share of silenced units, an arm a line."""
    rows = frame(analysis)
    if rows.empty:
        return None
    x = alt.X("share:Q", title=text("hidden units silenced, %"), scale=alt.Scale(nice=False))
    title = text("validation accuracy, %")
    colour, shape = kinds_channels(text("arm"), list(dict.fromkeys(rows["kind"])))
    layer = alt.Chart(alt.NamedData("lesions"))
    band = layer.mark_area(opacity=0.13).encode(
        x, alt.Y("lo:Q", title=title), alt.Y2("hi:Q"), colour
    )
    line = layer.mark_line(point=alt.OverlayMarkDef(size=34), strokeWidth=1.8).encode(
        x,
        alt.Y("mean:Q", title=title),
        colour,
        shape,
        tooltip=[
            alt.Tooltip("kind:N", title=text("arm")),
            alt.Tooltip("share:Q", title=text("hidden units silenced, %")),
            alt.Tooltip("mean:Q", title=title, format=".3g"),
            alt.Tooltip("n:Q", title=text("replicates")),
        ],
    )
    chance = no_skill(analysis, "accuracy", rows["arm"])
    none = [
        layer.mark_rule(strokeDash=[4, 4], color="#888").encode(y=alt.datum(value))
        for value in chance
    ]
    return Figure(
        "lesions",
        text("When units are silenced"),
        takeaway(analysis, rows),
        sentences(
            text(
                "Validation accuracy with a share of all hidden units set to 0, a mean over random "
                "choices of them; line: mean over replicates (n = {n}), band: quartiles.",
                n=int(rows["n"].max()),
            ),
            no_skill_words((chance, "%")),
            chosen_words(analysis, pictured(analysis, len(COLOURS))),
        ),
        alt.layer(*none, band, line).properties(width="container", height=300),
        {"lesions": rows},
    )


def takeaway(analysis: Analysis, rows: pd.DataFrame) -> str:
    """Say for every arm the accuracy of the whole network, and with half its units silenced."""
    mean = rows.set_index(["arm", "share"])["mean"]
    said = [
        text(
            "with {arm}, {whole} % and {half} %",
            arm=arm_words(analysis.results.arm(int(arm))),
            whole=number(mean[arm][0.0]),
            half=number(mean[arm][HALF]),
        )
        for arm in dict.fromkeys(rows["arm"])
    ]
    return text(
        "Mean accuracy of the whole network, and with half of its units silenced: {said}.",
        said=clauses(said),
    )
