"""Published numbers beside what the replicates allow."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ..statistics.frames import Results
from ..statistics.verdicts import judge, measured
from .figure import Figure, log10, power_axis, power_scale
from .layout import Layout


def figure(results: Results, _: Layout) -> Figure | None:
    """Draw each published speed as a cross over the replicates' dots and prediction interval."""
    judgements = [
        j
        for j in judge(results)
        if j.expectation.layer and j.expectation.judge == "prediction" and j.n > 1
    ]
    if not judgements:
        return None
    rows = pd.DataFrame(
        {
            "claim": [j.expectation.claim for j in judgements],
            "published": [j.expectation.published for j in judgements],
            "lo": [j.low for j in judgements],
            "hi": [j.high for j in judgements],
            "mid": [j.centre for j in judgements],
            "verdict": [j.verdict for j in judgements],
        }
    )
    dots = pd.concat(
        pd.DataFrame(
            {
                "claim": j.expectation.claim,
                "value": measured(
                    results, j.expectation, dict(j.expectation.arm), j.expectation.measure
                ),
            }
        )
        for j in judgements
    )
    dots["value"] = log10(dots["value"])
    inside = int(((rows["published"] >= rows["lo"]) & (rows["published"] <= rows["hi"])).sum())
    for name in ("published", "lo", "hi", "mid"):
        rows[name] = log10(rows[name])
    low, high = (
        min(rows["lo"].min(), dots["value"].min()),
        max(rows["hi"].max(), dots["value"].max()),
    )
    axis = power_axis("learning speed ‖mean δ‖ at initialisation", low, high)
    y = alt.Y("claim:N", title=None, sort=list(rows["claim"]), axis=alt.Axis(labelLimit=260))
    plane = alt.Chart(alt.NamedData("published"))
    cloud = (
        alt.Chart(alt.NamedData("published_dots"))
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
            alt.Tooltip("claim:N"),
            alt.Tooltip("published:Q", title="log₁₀ published", format=".3f"),
            alt.Tooltip("verdict:N"),
        ],
    )
    return Figure(
        "published",
        "Published numbers and the luck of the draw",
        f"{inside} of {len(rows)} published speeds lie where one more random start would fall.",
        f"Grey: {judgements[0].n} random starts each; blue: the interval in which one more start "
        "falls with 95 % probability (t-prediction interval on the log scale); cross: the "
        "published number, which came from one start.",
        (cloud + bars + crosses).properties(width="container", height=26 * len(rows) + 20),
        {"published": rows, "published_dots": dots},
        least_width=640,
    )
