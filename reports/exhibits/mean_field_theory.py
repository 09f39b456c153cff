"""Mean-field theory of random networks: lengths, gradient factors, and where they are critical."""

from __future__ import annotations

import math

import altair as alt
import numpy as np
import pandas as pd

from ...core.components import name_of
from ...core.families.activation_function import ActivationFunction
from ...core.families.activations import ELU, GELU, ReLU, Sigmoid, Softsign, Tanh
from ...core.theory.mean_field import (
    critical_weight_variance,
    depth_scale,
    mean_field,
    next_length,
)
from ..answers.answer import Answer
from ..charts.figure import Figure, log10, power_axis, power_scale
from ..language.messages import clauses, listed, sentences, text
from ..language.numbers import number
from .curves import kind_lines, plain_scale, rule
from .exhibit import Exhibit

BIAS_VARIANCE, LEAST, MOST = 0.05, 0.5, 4.0
LONGEST = 3.0
ACTIVATIONS = (Sigmoid(), Tanh(), Softsign(), ReLU(), ELU(), GELU())
DEEPEST = 1e4
"""Depth scales above it are drawn there."""


def activations() -> dict[str, ActivationFunction]:
    """Return the activations by name, in the order of their colours."""
    return {text(name_of(type(a))): a for a in ACTIVATIONS}


def criticality() -> dict[str, float]:
    """Return by name the σ_w² at which χ = 1, NaN where there is none."""
    return {name: critical_weight_variance(a, BIAS_VARIANCE) for name, a in activations().items()}


def fixed_points() -> pd.DataFrame:
    """Return q*, χ, ξ and c* by activation (``kind``) and σ_w² (``variance``)."""
    rows = []
    for kind, activation in activations().items():
        for variance in np.round(np.linspace(LEAST, MOST, 71), 4):
            field = mean_field(activation, float(variance), BIAS_VARIANCE)
            rows.append(
                {
                    "kind": kind,
                    "variance": float(variance),
                    "q": field.q,
                    "chi": field.chi,
                    "scale": min(field.depth_scale, DEEPEST),
                    "correlation": field.correlation,
                }
            )
    return pd.DataFrame(rows)


def exhibit() -> Exhibit:
    """Show the length map, χ and ξ against σ_w², and Nielsen's network in this theory."""
    critical, rows = criticality(), fixed_points()
    nielsen = mean_field(Sigmoid(), 1.0, 1.0)
    inside = {k: v for k, v in critical.items() if v <= MOST}
    highest = rows.groupby("kind", sort=False)["chi"].max()
    below = list(highest.index[highest < 1.0])
    jumping = [k for k in critical if k not in inside and k not in below]
    answer = Answer(
        text(
            "With σ_b² = {bias} a gradient keeps its size through the layers at: {values}.",
            bias=number(BIAS_VARIANCE, 1),
            values=listed(
                text("σ_w² = {v} with {name}", v=number(v), name=name) for name, v in inside.items()
            ),
        ),
        sentences(
            text(
                "It vanishes at every σ_w² up to {most} with: {names}.",
                most=number(MOST),
                names=listed(below),
            )
            if below
            else "",
            text("χ jumps past 1, and is 1 at no σ_w², with: {names}.", names=listed(jumping))
            if jumping
            else "",
            text(
                "Sigmoid layers with σ_w² = σ_b² = 1, Nielsen's initial weights, have q* = {q} and "
                "χ = {chi}: each layer divides the gradient by {factor}.",
                q=number(nielsen.q, 4),
                chi=number(nielsen.chi),
                factor=number(nielsen.chi**-0.5),
            ),
        ),
        (
            (text("χ of Nielsen's sigmoid network"), number(nielsen.chi)),
            (text("its gradient, per layer"), text("÷{x}", x=number(nielsen.chi**-0.5))),
            *((text("critical σ_w², {name}", name=k), number(v)) for k, v in inside.items()),
        ),
    )
    return Exhibit(answer, (factors(rows, critical), scales(rows, critical), length_maps()))


def variance_axis() -> alt.X:
    """Return the axis of σ_w²."""
    title = text("variance of the weights times fan-in, σ_w²")
    return alt.X("variance:Q", title=title, scale=plain_scale(LEAST, MOST))


def factors(rows: pd.DataFrame, critical: dict[str, float]) -> Figure:
    """Draw χ against σ_w² with the critical points."""
    rows = rows.assign(size=log10(rows["chi"]))
    low, high = float(rows["size"].min()), float(rows["size"].max())
    points = pd.DataFrame(
        {"kind": list(critical), "variance": list(critical.values()), "size": 0.0}
    )
    points = points[points["variance"].between(LEAST, MOST)]
    scale = power_scale(low, high)
    lines = kind_lines(
        "factors",
        variance_axis(),
        alt.Y(
            "size:Q",
            axis=power_axis(text("factor of the squared gradient per layer, χ"), low, high),
            scale=scale,
        ),
        list(activations()),
        title=text("activation"),
        tooltip=[
            alt.Tooltip("kind:N", title=text("activation")),
            alt.Tooltip("variance:Q", title=text("σ_w²"), format=".2f"),
            alt.Tooltip("chi:Q", title=text("χ"), format=".3g"),
            alt.Tooltip("q:Q", title=text("q*"), format=".3g"),
            alt.Tooltip("correlation:Q", title=text("c*"), format=".3f"),
        ],
    )
    dots = (
        alt.Chart(alt.NamedData("critical"))
        .mark_point(filled=True, size=80, opacity=1, color="#777777", stroke="white")
        .encode(variance_axis(), alt.Y("size:Q", scale=scale), tooltip=["kind:N", "variance:Q"])
    )
    at_most = rows[rows["variance"] == rows["variance"].max()].set_index("kind")["chi"]
    return Figure(
        "factors",
        text("What a layer does to the gradient"),
        text(
            "At σ_w² = {most}, χ runs from {low} ({least}) to {high} ({greatest}).",
            most=number(MOST),
            low=number(float(at_most.min())),
            least=at_most.idxmin(),
            high=number(float(at_most.max())),
            greatest=at_most.idxmax(),
        ),
        text(
            "χ = σ_w² E φ′(√q* z)² at the fixed point q* of the lengths, for σ_b² = {bias}, exact "
            "integrals in the limit of wide layers. Dots: χ = 1, where gradients neither vanish "
            "(below) nor explode (above).",
            bias=number(BIAS_VARIANCE, 1),
        ),
        alt.layer(rule(y=0.0), lines, dots).properties(width="container", height=320),
        {"factors": rows, "critical": points},
    )


def scales(rows: pd.DataFrame, critical: dict[str, float]) -> Figure:
    """Draw the depth scale ξ against σ_w²."""
    rows = rows.assign(size=log10(rows["scale"]))
    lines = kind_lines(
        "scales",
        variance_axis(),
        alt.Y(
            "size:Q",
            axis=power_axis(text("depth scale ξ, in layers"), -1, math.log10(DEEPEST)),
            scale=power_scale(-1, math.log10(DEEPEST)),
        ),
        list(activations()),
        title=text("activation"),
        tooltip=[
            alt.Tooltip("kind:N", title=text("activation")),
            alt.Tooltip("variance:Q", title=text("σ_w²"), format=".2f"),
            alt.Tooltip("scale:Q", title=text("ξ in layers"), format=".3g"),
        ],
    )
    he = mean_field(Tanh(), 2.0, BIAS_VARIANCE)
    away = [
        text(
            "{name} {xi} layers",
            name=name,
            xi=number(depth_scale(mean_field(a, critical[name] * 1.1, BIAS_VARIANCE).chi)),
        )
        for name, a in activations().items()
        if critical[name] <= MOST
    ]
    return Figure(
        "scales",
        text("Over how many layers a gradient survives"),
        text(
            "A tenth above the critical σ_w² the depth scale is: {away}. With tanh and σ_w² = 2 it "
            "is {he}.",
            away=clauses(away),
            he=number(he.depth_scale),
        ),
        text(
            "ξ = 1/|ln χ|: over ξ layers a squared gradient changes by a factor of e. It grows "
            "without bound at criticality; the axis ends at {most}.",
            most=number(DEEPEST),
        ),
        lines.properties(width="container", height=280),
        {"scales": rows},
    )


def length_maps() -> Figure:
    """Draw the map of lengths q ← σ_w² E φ(√q z)² + σ_b² for tanh and ReLU."""
    q = np.linspace(0.0, LONGEST, 61)
    chosen = {name: a for name, a in activations().items() if isinstance(a, Tanh | ReLU)}
    variances = (1.0, 1.8, 3.0)
    kinds = [text("σ_w² = {v}", v=number(v)) for v in variances]
    parts, points = [], []
    for panel, activation in chosen.items():
        for kind, variance in zip(kinds, variances, strict=True):
            after = [next_length(activation, variance, BIAS_VARIANCE, each) for each in q]
            parts.append(pd.DataFrame({"panel": panel, "kind": kind, "q": q, "after": after}))
            field = mean_field(activation, variance, BIAS_VARIANCE)
            points.append({"panel": panel, "kind": kind, "q": field.q})
    rows, fixed = pd.concat(parts, ignore_index=True), pd.DataFrame(points)
    rows["diagonal"] = rows["q"]
    x = alt.X("q:Q", title=text("length q of a layer"), scale=plain_scale(0.0, LONGEST))
    y = alt.Y("after:Q", title=text("length of the next"), scale=plain_scale(0.0, LONGEST))
    lines = kind_lines(None, x, y, kinds, title=text("weights"))
    diagonal = (
        alt.Chart()
        .mark_line(color="#888888", strokeDash=[4, 3], strokeWidth=1)
        .encode(x, alt.Y("diagonal:Q", scale=plain_scale(0.0, LONGEST)))
    )
    said = [
        text(
            "{name}, {kind}: {q}",
            name=row.panel,
            kind=row.kind,
            q=number(row.q) if math.isfinite(row.q) else text("none, it grows for ever"),
        )
        for row in fixed.itertuples()
    ]
    return Figure(
        "lengths",
        text("The map of lengths"),
        text("Fixed point q* — {said}.", said=clauses(said)),
        text(
            "Variance of the pre-activations of a layer against that of the layer before, in the "
            "limit of wide layers, σ_b² = {bias}. Where a curve crosses the dashed diagonal the "
            "length stays as it is.",
            bias=number(BIAS_VARIANCE, 1),
        ),
        alt.layer(diagonal, lines)
        .properties(width=380, height=280)
        .facet(
            facet=alt.Facet("panel:N", title=None, sort=list(chosen)),
            columns=2,
            data=alt.NamedData("lengths"),
        ),
        {"lengths": rows},
    )
