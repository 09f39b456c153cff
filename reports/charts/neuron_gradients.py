"""How fast each unit starts to learn, layer by layer, as Nielsen drew it."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ..language.messages import clauses, text
from ..language.numbers import number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .figure import COLOURS, Figure
from .small_multiples import head, named, plane, together, wrapped
from .trainings import measured, shown_replicate

MOST_UNITS, MOST_LAYERS = 6, 6


def units(analysis: Analysis) -> pd.DataFrame:
    """Return every hidden unit's gradient in one replicate of the named arms, first measured."""
    arms = named(analysis)
    rows = measured(analysis, "neurons", arms)
    if rows.empty:
        return rows
    rows = rows[rows["replicate"] == shown_replicate(rows)]
    rows = rows[rows["step"] == rows.groupby("arm")["step"].transform("min")]
    return rows.assign(name=rows["arm"].map(arms))


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return ∂C/∂b = ``gradient`` of each drawn ``unit`` of a ``layer`` of each named ``arm``.

    Drawn are the first units of each layer, and of many layers some, the first and last among them.
    ``panel`` is an arm's layer.
    """
    rows = units(analysis)
    if rows.empty:
        return rows
    rows = rows[rows["unit"] <= MOST_UNITS]
    parts = []
    for arm in named(analysis):
        mine = rows[rows["arm"] == arm]
        if mine.empty:
            continue
        deep = int(mine["layer"].max())
        layers = np.unique(np.linspace(1, deep, min(deep, MOST_LAYERS)).round().astype(int))
        parts.append(mine[mine["layer"].isin(layers)])
    drawn = pd.concat(parts).rename(columns={"bias_gradient": "gradient"})
    several = drawn["arm"].nunique() > 1
    heads = [
        head(text("hidden layer {layer}", layer=layer), *([name] if several else []))
        for layer, name in zip(drawn["layer"], drawn["name"], strict=True)
    ]
    return drawn.assign(panel=heads)[["panel", "arm", "layer", "unit", "gradient", "replicate"]]


def figure(analysis: Analysis) -> Figure | None:
    """Draw ∂C/∂b of the first units of each hidden layer as bars on one scale."""
    rows = frame(analysis)
    if rows.empty:
        return None
    heads = list(dict.fromkeys(rows["panel"]))
    bars = (
        plane("units")
        .mark_bar(color=COLOURS[0])
        .encode(
            alt.X("unit:O", title=text("unit"), axis=alt.Axis(labelAngle=0)),
            alt.Y("gradient:Q", title=text("∂C/∂b"), axis=alt.Axis(tickCount=5, format="~g")),
            tooltip=[
                alt.Tooltip("layer:Q", title=text("hidden layer")),
                alt.Tooltip("unit:Q", title=text("unit")),
                alt.Tooltip("gradient:Q", title=text("∂C/∂b"), format=".3g"),
            ],
        )
    )
    zero = plane("units").mark_rule(color="#888").encode(y=alt.datum(0))
    return Figure(
        "neuron-gradients",
        text("How fast each unit starts to learn"),
        takeaway(analysis),
        text(
            "The gradient of the cost by the bias of the first {units} units of hidden layers, a "
            "mean over the probe set before training; one network, replicate {k}; one scale for "
            "all panels (n = 1). Layer 1 is next to the input.",
            units=MOST_UNITS,
            k=int(rows["replicate"].iloc[0]),
        ),
        wrapped(alt.layer(zero, bars), heads, 0.75),
        {"rows": together({name: name for name in heads}, units=rows)},
    )


def takeaway(analysis: Analysis) -> str:
    """Say the mean |∂C/∂b| over all units of the first and of the last hidden layer."""
    rows = units(analysis)
    sizes = rows["bias_gradient"].abs().groupby([rows["arm"], rows["layer"]]).mean()
    said = [
        text(
            "with {arm}, {first} in the first and {last} in the last",
            arm=arm_words(analysis.results.arm(arm)),
            first=number(sizes[arm].iloc[0]),
            last=number(sizes[arm].iloc[-1]),
        )
        for arm in dict.fromkeys(rows["arm"])
    ]
    return text("Mean |∂C/∂b| of a unit by hidden layer: {clauses}.", clauses=clauses(said))
