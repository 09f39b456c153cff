"""Published numbers beside what the replicates allow."""

from __future__ import annotations

from typing import NamedTuple

import altair as alt
import pandas as pd

from ..language.messages import counted, text
from ..language.verdicts import judgement_words
from ..statistics.analysis import Analysis
from ..statistics.verdicts import Judgement
from .figure import Figure, log10, power_axis, power_scale


class Frames(NamedTuple):
    """What is drawn, all of it log₁₀ of learning speeds.

    ``claims`` has a row for each ``claim``: the ``published`` number, the centre ``mid`` of the
    replicates, the interval ``lo`` to ``hi`` in which one more would fall, and the ``verdict``.
    ``starts`` has a row for each claim and replicate with its ``value``.
    """

    claims: pd.DataFrame
    starts: pd.DataFrame


def drawn_judgements(analysis: Analysis) -> list[Judgement]:
    """Return the judgements of a layer's speed by its prediction interval."""
    return [
        judgement
        for judgement in analysis.judgements
        if judgement.expectation.layer
        and judgement.expectation.judge == "prediction"
        and len(judgement.values) > 1
    ]


def frames(analysis: Analysis) -> Frames:
    """Return the claims with their intervals, and the replicates' values."""
    judgements = drawn_judgements(analysis)
    claims = pd.DataFrame(
        {
            "claim": [j.expectation.claim for j in judgements],
            "published": [j.expectation.published for j in judgements],
            "lo": [j.low for j in judgements],
            "hi": [j.high for j in judgements],
            "mid": [j.centre for j in judgements],
        }
    )
    starts = pd.DataFrame(
        [{"claim": j.expectation.claim, "value": value} for j in judgements for value in j.values],
        columns=["claim", "value"],
    )
    for frame in (claims, starts):
        numbers = frame.columns.drop("claim")
        frame[numbers] = frame[numbers].astype(float).apply(log10)
    return Frames(claims.assign(verdict=[judgement_words(j.verdict) for j in judgements]), starts)


def figure(analysis: Analysis) -> Figure | None:
    """Draw each published speed as a cross over the replicates' dots and prediction interval."""
    judgements = drawn_judgements(analysis)
    if not judgements:
        return None
    claims, starts = frames(analysis)
    low = min(claims["lo"].min(), starts["value"].min())
    high = max(claims["hi"].max(), starts["value"].max())
    axis = power_axis(text("learning speed ‖mean δ‖ at initialisation"), low, high)
    y = alt.Y("claim:N", title=None, sort=list(claims["claim"]), axis=alt.Axis(labelLimit=260))
    plane = alt.Chart(alt.NamedData("claims"))
    cloud = (
        alt.Chart(alt.NamedData("starts"))
        .mark_circle(size=14, opacity=0.3, color="#888")
        .encode(alt.X("value:Q", axis=axis, scale=power_scale(low, high)), y)
    )
    bars = plane.mark_rule(strokeWidth=2.2, color="#0072B2").encode(
        alt.X("lo:Q", axis=axis), alt.X2("hi:Q"), y
    )
    crosses = plane.mark_point(shape="cross", size=110, filled=True, color="#D55E00", opacity=1)
    crosses = crosses.encode(
        alt.X("published:Q", axis=axis),
        y,
        tooltip=[
            alt.Tooltip("claim:N", title=text("claim")),
            alt.Tooltip("published:Q", title=text("log₁₀ published"), format=".3f"),
            alt.Tooltip("verdict:N", title=text("verdict")),
        ],
    )
    return Figure(
        "published",
        text("Published numbers and the luck of the draw"),
        counted(
            "{inside} of {n} published speed lies where one more random start would fall.",
            "{inside} of {n} published speeds lie where one more random start would fall.",
            len(judgements),
            inside=sum(judgement.inside for judgement in judgements),
        ),
        text(
            "Grey: n = {n} random starts each; blue: the interval in which one more start falls "
            "with 95 % probability (t-prediction interval on the log scale); cross: the published "
            "number, which came from one start.",
            n=len(judgements[0].values),
        ),
        (cloud + bars + crosses).properties(width="container", height=26 * len(claims) + 20),
        {"claims": claims, "starts": starts},
        least_width=640,
    )
