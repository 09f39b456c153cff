"""Equation 123: for how few inputs one weight keeps a sigmoid's gradient from shrinking."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ...core.theory.single_neuron import scanned_width, widest_window, window_width
from ..answers.answer import Answer
from ..charts.figure import COLOURS, Figure
from ..language.messages import sentences, text
from ..language.numbers import number
from .curves import plain_scale, rule
from .exhibit import Exhibit

LARGEST = 100.0
SCANNED = (4.5, 5.0, 6.0, 6.894, 8.0, 10.0, 14.0, 20.0, 30.0, 50.0, 75.0, 100.0)
BIAS = 3.0


def frame() -> pd.DataFrame:
    """Return the window's ``width`` for weights up to 100, by the formula."""
    weights = np.unique(np.concatenate([np.linspace(0.0, 20.0, 401), np.linspace(20, LARGEST, 81)]))
    return pd.DataFrame({"weight": weights, "width": window_width(weights)})


def scans() -> pd.DataFrame:
    """Return the width by counting inputs, and by the formula, at some weights."""
    weights = np.array(SCANNED)
    width = [scanned_width(w, BIAS) for w in weights]
    return pd.DataFrame({"weight": weights, "width": width, "formula": window_width(weights)})


def exhibit() -> Exhibit:
    """Show the width against the weight, and the chain that explodes exactly."""
    weight, width = widest_window()
    points = scans()
    apart = float((points["width"] - points["formula"]).abs().max())
    answer = Answer(
        text(
            "One weight can keep |w σ′(wa + b)| at 1 or more only for inputs within a window "
            "{width} wide at most, at |w| = {weight}.",
            width=number(width, 5),
            weight=number(weight, 4),
        ),
        sentences(
            text(
                "Up to |w| = 4 there is no such input, since σ′ is at most ¼; at |w| = {large} the "
                "window has shrunk to {shrunk}.",
                large=number(LARGEST),
                shrunk=number(float(window_width(np.array(LARGEST)))),
            ),
            text(
                "Counting inputs on a grid gives the formula's width to within {apart}.",
                apart=number(apart, 2),
            ),
        ),
        (
            (text("widest window"), number(width, 5)),
            (text("at |w|"), number(weight, 4)),
            (text("formula against scan"), number(apart, 2)),
        ),
    )
    return Exhibit(answer, (figure(points),), ("exploding-chain", "vanishing-chain"))


def figure(points: pd.DataFrame) -> Figure:
    """Draw the width against the weight: the formula's line and the scans."""
    weight, width = widest_window()
    top = pd.DataFrame(
        {
            "weight": [weight],
            "width": [width],
            "label": [
                text("{width} at {weight}", width=number(width, 5), weight=number(weight, 4))
            ],
        }
    )
    x = alt.X("weight:Q", title=text("size of the weight, |w|"), scale=plain_scale(0, LARGEST))
    y = alt.Y("width:Q", title=text("width of the window of inputs a"), scale=plain_scale(0, 0.5))
    tooltip = [
        alt.Tooltip("weight:Q", title=text("|w|"), format=".2f"),
        alt.Tooltip("width:Q", title=text("width"), format=".5f"),
    ]
    line = alt.Chart(alt.NamedData("formula")).mark_line(strokeWidth=2, color=COLOURS[0])
    dots = alt.Chart(alt.NamedData("scans")).mark_point(
        filled=True, size=55, color=COLOURS[1], opacity=1
    )
    named = alt.Chart(alt.NamedData("top"))
    label = named.mark_text(align="left", dx=10, dy=-6).encode(x, y, alt.Text("label:N"))
    return Figure(
        "window",
        text("A window of inputs, and how wide it is"),
        text(
            "The window opens at |w| = 4, is widest at {weight} and closes again as larger weights "
            "drive the neuron into its flat ends.",
            weight=number(weight, 4),
        ),
        text(
            "Width of the set of inputs a with |w σ′(wa + b)| ≥ 1. Line: (2/|w|) ln(|w|(1 + "
            "√(1 − 4/|w|))/2 − 1), which does not depend on b. Dots: counted on 200,001 inputs, "
            "with b = {bias}. Dashed: |w| = 4.",
            bias=number(BIAS),
        ),
        alt.layer(
            rule(x=4.0),
            line.encode(x, y, tooltip=tooltip),
            dots.encode(x, y, tooltip=tooltip),
            label,
        ).properties(width="container", height=300),
        {"formula": frame(), "scans": points, "top": top},
    )
