"""The atlas of activations: every function with its derivative, and what they have in common."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ...core.components import members, name_of
from ...core.families.activation_function import ActivationFunction
from ...core.families.activations import Activation, Expression, Swish, UserFunction
from ...core.families.rectifiers import GELU
from ...core.theory.evaluation import value_and_slope
from ...core.theory.gaussian_integrals import normal_nodes
from ..answers.answer import Answer
from ..charts.figure import Figure, log10, power_axis, power_scale
from ..language.messages import clauses, counted, listed, sentences, text
from ..language.numbers import number
from .curves import kind_lines, panels, plain_scale, rule
from .exhibit import Exhibit

SPAN, FAR, LOWEST, HIGHEST = 8.0, 60.0, -2.0, 3.0
GIVEN_BY_THE_USER = (Expression, UserFunction)


def atlas() -> dict[str, ActivationFunction]:
    """Return every activation that is no user's own, at its defaults, by the name readers see."""
    kinds = [cls for cls in members(Activation).values() if cls not in GIVEN_BY_THE_USER]
    chosen = [cls() for cls in kinds]
    return {text(name_of(type(a))): a for a in chosen if isinstance(a, ActivationFunction)}


def frame() -> pd.DataFrame:
    """Return f and f′ (``kind``) of each activation (``panel``) from −8 to 8 in steps of 0.1."""
    z = np.round(np.arange(-SPAN, SPAN + 0.05, 0.1), 10)
    parts = []
    for name, activation in atlas().items():
        for kind, values in zip(("f", "f′"), value_and_slope(activation, z), strict=True):
            parts.append(pd.DataFrame({"panel": name, "z": z, "kind": kind, "value": values}))
    return pd.concat(parts, ignore_index=True)


def numbers() -> pd.DataFrame:
    """Return what is computed of each: the extremes of f and f′, and its mean output.

    ``steepest`` is the supremum of f′ and ``where`` its place on [−8, 8], ``least`` and
    ``greatest`` are those of f there, ``mean`` is E f(z) for z ~ N(0, 1), which is 0 for a function
    that is centred. One-sided limits at kinks count.
    """
    rows = []
    for name, activation in atlas().items():
        beside = [kink + side for kink in activation.kinks for side in (-1e-12, 1e-12)]
        z = np.sort(np.concatenate([np.linspace(-SPAN, SPAN, 160_001), beside]))
        value, slope = value_and_slope(activation, z)
        limits = value_and_slope(activation, np.array([-FAR, FAR]))[1]
        nodes, weights = normal_nodes(1.0, activation.kinks)
        steepest = np.flatnonzero(slope >= slope.max() - 1e-12)
        rows.append(
            {
                "activation": name,
                "steepest": max(slope.max(), limits.max()),
                "where": z[steepest[np.abs(z[steepest]).argmin()]],
                "least": value.min(),
                "least_at": z[value.argmin()],
                "greatest": value.max(),
                "mean": float(np.sum(weights * value_and_slope(activation, nodes)[0])),
                "bounded": activation.limits is not None,
            }
        )
    table = pd.DataFrame(rows)
    table["mean"] = table["mean"].where(table["mean"].abs() > 1e-9, 0.0)
    return table


def approximations() -> pd.DataFrame:
    """Return |approximation − GELU| of both approximate forms (``kind``) against z."""
    z = np.linspace(-6.0, 6.0, 1201)
    exact = value_and_slope(GELU(), z)[0]
    parts = []
    for name, form in ((text("with tanh"), "tanh"), (text("with a sigmoid"), "sigmoid")):
        error = np.abs(value_and_slope(GELU(form=form), z)[0] - exact)
        parts.append(pd.DataFrame({"z": np.round(z, 2), "kind": name, "error": error}))
    return pd.concat(parts, ignore_index=True)


def exhibit() -> Exhibit:
    """Show the atlas, its numbers, and how good the approximations of GELU are."""
    table = numbers()
    return Exhibit(answer(table), (curves(), table_figure(table), approximation_figure()))


def answer(table: pd.DataFrame) -> Answer:
    """Say which slopes can only shrink a gradient, and which functions are centred."""
    steep = table.set_index("activation")["steepest"]
    below = steep[steep < 1.0 - 1e-9]
    above = steep[steep > 1.0 + 1e-9]
    centred = table.loc[table["mean"] == 0.0, "activation"]
    sigmoid = text("sigmoid")
    sentence = text(
        "The slope of {sigmoid} is at most {steepest}; of {n} activations, {below} have slopes "
        "that stay below 1, and {above} have slopes above 1 somewhere.",
        sigmoid=sigmoid,
        steepest=number(float(steep[sigmoid])),
        n=len(table),
        below=len(below),
        above=len(above),
    )
    swish = table.set_index("activation").loc[text(name_of(Swish))]
    return Answer(
        sentence,
        sentences(
            text("Below 1: {names}.", names=listed(below.index)),
            text("Above 1 somewhere: {names}.", names=listed(above.index)),
            text("Outputs centred on 0 for centred inputs: {names}.", names=listed(centred)),
            text(
                "Swish falls to {least} at z = {at} before it rises.",
                least=number(float(swish["least"]), 4),
                at=number(float(swish["least_at"]), 4),
            ),
        ),
        (
            (text("activations"), str(len(table))),
            (text("largest slope of the sigmoid"), number(float(steep[sigmoid]))),
            (text("largest slope of tanh"), number(float(steep[text("tanh")]))),
            (text("centred"), str(len(centred))),
        ),
    )


def curves() -> Figure:
    """Draw every f and f′ as small multiples."""
    rows = frame()
    names = list(rows["panel"].unique())
    lines = kind_lines(
        None,
        alt.X("z:Q", title=text("pre-activation z"), scale=plain_scale(-SPAN, SPAN)),
        alt.Y("value:Q", title=None, scale=plain_scale(LOWEST, HIGHEST)),
        ["f", "f′"],
        tooltip=[
            alt.Tooltip("kind:N", title=text("curve")),
            alt.Tooltip("z:Q", format=".1f"),
            alt.Tooltip("value:Q", title=text("value"), format=".4f"),
        ],
    )
    steepest = rows[rows["kind"] == "f′"].groupby("panel", sort=False)["value"].max()
    flat = int((steepest < 0.5).sum())
    return Figure(
        "atlas",
        text("Every activation and its derivative"),
        counted(
            "The dashed f′ is what backpropagation multiplies by, once for each layer; it stays "
            "below ½ everywhere in {n} of {of} panels.",
            "The dashed f′ is what backpropagation multiplies by, once for each layer; it stays "
            "below ½ everywhere in {n} of {of} panels.",
            flat,
            of=len(names),
        ),
        text(
            "Each activation f at its default settings (solid) and its derivative f′ (dashed) for "
            "z from −8 to 8 in steps of 0.1. All panels share their axes; what grows beyond "
            "{highest} leaves its panel.",
            highest=number(HIGHEST),
        ),
        panels(alt.layer(rule(y=0.0), rule(y=1.0), lines), names, frame="atlas"),
        {"atlas": rows},
    )


def table_figure(table: pd.DataFrame) -> Figure:
    """Draw the numbers of each activation as rows of dots and figures."""
    rows = table.assign(
        text=[number(v) for v in table["steepest"]],
        centred=np.where(table["mean"] == 0.0, text("centred"), text("not centred")),
    )
    order = list(rows.sort_values("steepest", kind="stable")["activation"])
    y = alt.Y("activation:N", sort=order, title=None)
    plane = alt.Chart(alt.NamedData("slopes"))
    most = float(rows["steepest"].max())
    x = alt.X("steepest:Q", title=text("largest slope, max f′"), scale=plain_scale(0.0, most + 0.2))
    colour = alt.Color(
        "centred:N",
        title=text("mean output for z ~ N(0, 1)"),
        scale=alt.Scale(
            domain=[text("centred"), text("not centred")], range=["#0072B2", "#D55E00"]
        ),
        legend=alt.Legend(orient="top"),
    )
    shape = alt.Shape(
        "centred:N",
        title=text("mean output for z ~ N(0, 1)"),
        scale=alt.Scale(domain=[text("centred"), text("not centred")]),
        legend=alt.Legend(orient="top"),
    )
    tooltip = [
        alt.Tooltip("activation:N"),
        alt.Tooltip("steepest:Q", title=text("largest slope"), format=".4f"),
        alt.Tooltip("where:Q", title=text("at z"), format=".3f"),
        alt.Tooltip("least:Q", title=text("least f"), format=".4f"),
        alt.Tooltip("greatest:Q", title=text("greatest f"), format=".4f"),
        alt.Tooltip("mean:Q", title=text("mean output"), format=".4f"),
    ]
    dots = plane.mark_point(filled=True, size=75, opacity=1).encode(
        x, y, colour, shape, tooltip=tooltip
    )
    labels = plane.mark_text(align="left", dx=9).encode(x, y, alt.Text("text:N"))
    steepest = rows.loc[rows["steepest"].idxmax()]
    return Figure(
        "slopes",
        text("How steep each can be, and whether its outputs are centred"),
        text(
            "{steepest} is the steepest, with {value} at z = {at}.",
            steepest=steepest["activation"],
            value=number(float(steepest["steepest"])),
            at=number(round(float(steepest["where"]), 6)),
        ),
        text(
            "The largest f′ of each activation, one-sided limits at kinks and limits far out "
            "included; the dashed rule is slope 1. The mean output is E f(z) for z ~ N(0, 1), by "
            "quadrature."
        ),
        alt.layer(rule(x=1.0), dots, labels).properties(width="container", height=20 * len(rows)),
        {"slopes": rows},
    )


def approximation_figure() -> Figure:
    """Draw the errors of GELU's two approximations."""
    rows = approximations()
    kinds = list(rows["kind"].unique())
    rows = rows.assign(size=log10(rows["error"]))
    largest = [rows.loc[rows.loc[rows["kind"] == kind, "error"].idxmax()] for kind in kinds]
    lines = kind_lines(
        "approximations",
        alt.X("z:Q", title=text("pre-activation z"), scale=plain_scale(-6.0, 6.0)),
        alt.Y(
            "size:Q",
            axis=power_axis(text("error, |approximation − GELU|"), -8, -1),
            scale=power_scale(-8, -1),
        ),
        kinds,
        title=text("approximation"),
        tooltip=[
            alt.Tooltip("kind:N", title=text("approximation")),
            alt.Tooltip("z:Q", format=".2f"),
            alt.Tooltip("error:Q", title=text("error"), format=".2e"),
        ],
    )
    said = [
        text(
            "{kind} {error} at z = ±{at}",
            kind=worst["kind"],
            error=number(float(worst["error"])),
            at=number(abs(float(worst["z"]))),
        )
        for worst in largest
    ]
    return Figure(
        "approximations",
        text("GELU's two approximations"),
        text("Largest error: {errors}.", errors=clauses(said)),
        text(
            "z·½(1 + tanh(√(2/π)(z + 0.044715z³))) and z·σ(1.702z) minus zΦ(z), in absolute value, "
            "at 1,201 places."
        ),
        lines.properties(width="container", height=220),
        {"approximations": rows},
    )
