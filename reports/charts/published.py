"""Published numbers beside what the replicates allow."""

from __future__ import annotations

import math
from typing import NamedTuple

import altair as alt
import pandas as pd

from ...core.inference.standing import Standing
from ..language.messages import counted, series, text
from ..language.quantities import source_words
from ..language.verdicts import judgement_words
from ..statistics.analysis import Analysis
from ..statistics.judges import ClaimVerdict
from ..statistics.verdicts import Claim
from .figure import Figure, log10, power_axis, power_scale


class Frames(NamedTuple):
    """What is drawn, all of it log₁₀ of learning speeds.

    ``claims`` has a row for each ``claim``: the ``published`` number with its ``source``, the
    centre ``mid`` of the replicates, the interval ``lo`` to ``hi`` in which one more would fall,
    whether the number lies ``inside``, and the ``verdict``. ``starts`` has a row for each claim and
    replicate with its ``value``.
    """

    claims: pd.DataFrame
    starts: pd.DataFrame


def drawn_claims(analysis: Analysis) -> list[tuple[Claim, ClaimVerdict]]:
    """Return the claims on a layer's speed at the start by its prediction interval."""
    return [
        (claim, judgement.verdict)
        for judgement in analysis.judgements
        for claim in judgement.claims
        if claim.expectation.measure == "mean_delta_norm"
        and claim.expectation.quantity == "value"
        and claim.expectation.judge == "prediction"
        and not math.isnan(claim.reading.low)
    ]


def frames(analysis: Analysis) -> Frames:
    """Return the claims with their intervals, and the replicates' values."""
    drawn = drawn_claims(analysis)
    readings = [claim.reading for claim, _ in drawn]
    asked = [claim.expectation for claim, _ in drawn]
    claims = pd.DataFrame(
        {
            "claim": [text(e.claim) for e in asked],
            "published": [e.published for e in asked],
            "lo": [r.low for r in readings],
            "hi": [r.high for r in readings],
            "mid": [r.centre for r in readings],
        }
    )
    starts = pd.DataFrame(
        [
            {"claim": text(c.expectation.claim), "value": value}
            for c, _ in drawn
            for value in c.values
        ],
        columns=["claim", "value"],
    )
    for frame in (claims, starts):
        numbers = frame.columns.drop("claim")
        frame[numbers] = frame[numbers].astype(float).apply(log10)
    more = {
        "inside": [r.standing is not Standing.OUTSIDE for r in readings],
        "source": [source_words(e) for e in asked],
        "verdict": [judgement_words(verdict) for _, verdict in drawn],
    }
    return Frames(claims.assign(**more), starts)


def figure(analysis: Analysis) -> Figure | None:
    """Draw each published speed as a cross over the replicates' dots and prediction interval."""
    drawn = drawn_claims(analysis)
    if not drawn:
        return None
    claims, starts = frames(analysis)
    ends = claims[["lo", "hi", "published"]]
    low = min(ends.min().min(), starts["value"].min())
    high = max(ends.max().max(), starts["value"].max())
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
            alt.Tooltip("source:N", title=text("source")),
            alt.Tooltip("verdict:N", title=text("verdict")),
        ],
    )
    return Figure(
        "published",
        text("Published numbers and the luck of the draw"),
        takeaway(claims),
        text(
            "Grey: up to {n} random starts each; blue: where one more start falls, as wide as the "
            "joint judgement needs; cross: the number, which came from one start.",
            n=max(len(claim.values) for claim, _ in drawn),
        ),
        (cloud + bars + crosses).properties(width="container", height=26 * len(claims) + 20),
        {"claims": claims, "starts": starts},
    )


def takeaway(claims: pd.DataFrame) -> str:
    """Say how many numbers lie inside, and what the verdicts on them are."""
    inside = counted(
        "{inside} of {n} speed lies where one more random start would fall",
        "{inside} of {n} speeds lie where one more random start would fall",
        len(claims),
        inside=int(claims["inside"].sum()),
    )
    verdicts = claims["verdict"].value_counts(sort=False)
    if len(verdicts) == 1:
        return text("{inside}: {verdict}.", inside=inside, verdict=verdicts.index[0])
    each = series(text("{n} {verdict}", n=n, verdict=verdict) for verdict, n in verdicts.items())
    return text("{inside}; verdicts: {verdicts}.", inside=inside, verdicts=each)
