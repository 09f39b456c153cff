"""A sigmoid neuron as the identity: what a deep sigmoid network must do to pass a number on."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ...core.theory.single_neuron import IdentityFit, with_offset, without_offset
from ..answers.answer import Answer
from ..charts.figure import COLOURS, Figure, log10, power_axis, power_scale
from ..language.messages import listed, sentences, text
from ..language.numbers import number
from .curves import kind_lines, plain_scale
from .exhibit import Exhibit

WEIGHTS = (4.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05)
SHOWN = 1.0
"""The w₁ with an offset whose error is drawn over x."""


def fits() -> tuple[IdentityFit, list[IdentityFit]]:
    """Return the best fit without an offset, and those with one for smaller and smaller w₁."""
    return without_offset(), [with_offset(w1) for w1 in WEIGHTS]


def law(w1: float) -> float:
    """Return w₁²/96, the first term of the error with an offset."""
    return w1 * w1 / 96.0


def exhibit() -> Exhibit:
    """Show how well one neuron passes x on, and at which weights."""
    best, offset = fits()
    smallest = offset[-1]
    answer = Answer(
        text(
            "Without an output offset w₂σ(w₁x + b) misses x by at least {error} somewhere on "
            "[0, 1]; with one the error falls as w₁²/96, to {small} at w₁ = {w1}.",
            error=number(best.error),
            small=number(smallest.error),
            w1=number(smallest.w1, 1),
        ),
        sentences(
            text(
                "The best without an offset has w₁ = {w1}, b = {b} and w₂ = {w2}.",
                w1=number(best.w1),
                b=number(best.b),
                w2=number(best.w2),
            ),
            text(
                "With an offset, small w₁ keeps x where σ is straight, and w₂ = 4/w₁ makes up for "
                "it: w₂ = {w2} at w₁ = {w1}. Measured errors are between {low} and {high} times "
                "w₁²/96.",
                w2=number(smallest.w2),
                w1=number(smallest.w1, 1),
                low=number(min(f.error / law(f.w1) for f in offset)),
                high=number(max(f.error / law(f.w1) for f in offset), 4),
            ),
        ),
        (
            (text("largest error without offset"), number(best.error)),
            (text("with offset, w₁ = 1"), number(with_offset(1.0).error)),
            (text("w₂ needed at w₁ = {w1}", w1=number(smallest.w1, 1)), number(smallest.w2)),
        ),
    )
    return Exhibit(answer, (errors_over_x(best), errors_over_weight(best, offset)))


def errors_over_x(best: IdentityFit) -> Figure:
    """Draw the error of both stand-ins over x."""
    x = np.linspace(0.0, 1.0, 201)
    other = with_offset(SHOWN)
    kinds = {
        text("without offset, best w₁, b, w₂"): best,
        text("with offset, w₁ = {w1}", w1=number(SHOWN)): other,
    }
    rows = pd.concat(
        [pd.DataFrame({"kind": kind, "x": x, "error": fit(x) - x}) for kind, fit in kinds.items()],
        ignore_index=True,
    )
    most = float(rows["error"].abs().max()) * 1.1
    lines = kind_lines(
        "errors",
        alt.X("x:Q", title=text("input x"), scale=plain_scale(0.0, 1.0)),
        alt.Y("error:Q", title=text("output − x"), scale=plain_scale(-most, most)),
        list(kinds),
        title=text("stand-in"),
    )
    return Figure(
        "errors",
        text("How far the output is from x"),
        text(
            "The largest errors are {errors}.",
            errors=listed(number(fit.error) for fit in kinds.values()),
        ),
        text(
            "w₂σ(w₁x + b) − x with the w₁, b and w₂ that make its largest error on [0, 1] least, "
            "and w₂σ(w₁(x − ½)) − c − x with w₂ = 4/w₁ and c = w₂/2 − ½."
        ),
        lines.properties(width="container", height=250),
        {"errors": rows},
    )


def errors_over_weight(best: IdentityFit, offset: list[IdentityFit]) -> Figure:
    """Draw the largest error against w₁ with the law's line, both on log axes."""
    w1 = np.array([fit.w1 for fit in offset])
    rows = pd.DataFrame({"w1": w1, "error": [fit.error for fit in offset]})
    rows["theory"] = [law(w) for w in w1]
    rows["size"], rows["line"] = log10(rows["error"]), log10(rows["theory"])
    low, high = float(rows["size"].min()), float(rows["line"].max())
    x = alt.X(
        "w1:Q",
        title=text("first weight w₁"),
        scale=alt.Scale(type="log", domain=[float(w1.min()) * 0.8, float(w1.max()) * 1.25]),
    )
    scale = power_scale(low, high)
    plane = alt.Chart(alt.NamedData("weights"))
    dots = plane.mark_point(filled=True, size=70, opacity=1, color=COLOURS[1]).encode(
        x,
        alt.Y("size:Q", axis=power_axis(text("largest error on [0, 1]"), low, high), scale=scale),
        tooltip=[
            alt.Tooltip("w1:Q", title=text("w₁")),
            alt.Tooltip("error:Q", title=text("largest error"), format=".3g"),
            alt.Tooltip("theory:Q", title=text("w₁²/96"), format=".3g"),
        ],
    )
    line = plane.mark_line(strokeDash=[6, 4], color="#888888").encode(
        x, alt.Y("line:Q", scale=scale)
    )
    floor = (
        alt.Chart(alt.NamedData("floor"))
        .mark_rule(color=COLOURS[0], strokeWidth=1.8)
        .encode(alt.Y("size:Q", scale=scale))
    )
    return Figure(
        "weights",
        text("The error and the first weight"),
        text(
            "With an offset the error at w₁ = {w1} is {times} times smaller than the best without "
            "one.",
            w1=number(float(w1.min()), 1),
            times=number(best.error / float(rows["error"].iloc[-1])),
        ),
        text(
            "Dots: the largest error with an offset. Dashed: w₁²/96, the first term of the error's "
            "series. Blue rule: the best without an offset."
        ),
        alt.layer(floor, line, dots).properties(width="container", height=260),
        {"weights": rows, "floor": pd.DataFrame({"size": [np.log10(best.error)]})},
    )
