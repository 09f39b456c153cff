"""Losses side by side: of a classifier against the margin, of a regression against the residual."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ...core.components import Array, name_of
from ...core.families.losses import (
    AbsoluteError,
    BinaryHinge,
    Huber,
    LossFunction,
    SigmoidCrossEntropy,
    SquaredError,
)
from ...core.theory.evaluation import loss_and_slope
from ..answers.answer import Answer
from ..charts.figure import Figure
from ..language.messages import clauses, listed, sentences, text
from ..language.numbers import number
from .curves import kind_lines, plain_scale, rule
from .exhibit import Exhibit

MARGIN, RESIDUAL, OUTLIER = 3.0, 6.0, 6.0


def margin_losses(m: Array) -> dict[str, tuple[Array, Array]]:
    """Return by name each loss against the margin m, and its slope."""
    below = (m <= 0).astype(np.float64)
    return {
        text("0–1"): (below, np.zeros_like(m)),
        text("hinge"): loss_and_slope(BinaryHinge(), m, 1.0),
        text("logistic"): loss_and_slope(SigmoidCrossEntropy(), m, 1.0),
        text("exponential"): (np.exp(-m), -np.exp(-m)),
        text("squared"): loss_and_slope(SquaredError(factor="one"), m, 1.0),
    }


def residual_losses() -> dict[str, LossFunction]:
    """Return the losses of a residual, by name."""
    chosen = (AbsoluteError(), Huber(), SquaredError())
    return {text(name_of(type(loss))): loss for loss in chosen}


def long(values: dict[str, tuple[Array, Array]], x: Array) -> pd.DataFrame:
    """Return loss and slope of each ``kind`` over ``x``."""
    return pd.concat(
        [
            pd.DataFrame({"kind": kind, "x": x, "loss": loss, "slope": slope})
            for kind, (loss, slope) in values.items()
        ],
        ignore_index=True,
    )


def exhibit() -> Exhibit:
    """Compare losses in what they punish, and how much an outlier weighs."""
    outliers = {
        name: loss_and_slope(loss, np.array([1.0, OUTLIER]), 0.0)
        for name, loss in residual_losses().items()
    }
    pulls = {name: float(slope[1] / slope[0]) for name, (_, slope) in outliers.items()}
    weighs = {name: float(value[1] / value[0]) for name, (value, _) in outliers.items()}
    measured = margin_losses(np.linspace(-MARGIN, MARGIN, 601))
    zero_one = text("0–1")
    above = [
        name
        for name, (loss, _) in measured.items()
        if name != zero_one and np.all(loss >= measured[zero_one][0] - 1e-12)
    ]
    rising = [name for name, (_, slope) in measured.items() if slope[-1] > 0]
    answer = Answer(
        text(
            "A residual of {outlier} pulls on the fit as hard as so many residuals of 1: {pulls}.",
            outlier=number(OUTLIER),
            pulls=listed(
                text("{n} with {loss}", n=number(pull), loss=name) for name, pull in pulls.items()
            ),
        ),
        sentences(
            text(
                "In loss it weighs as much as: {weighs}.",
                weighs=listed(
                    text("{n} with {loss}", n=number(each), loss=name)
                    for name, each in weighs.items()
                ),
            ),
            text("Never below the 0–1 loss of a classifier: {names}.", names=listed(above)),
            text("Also punish being right by a wide margin: {names}.", names=listed(rising))
            if rising
            else "",
        ),
        tuple(
            (text("pull of the outlier, {loss}", loss=name), text("×{n}", n=number(pull)))
            for name, pull in pulls.items()
        ),
    )
    return Exhibit(answer, (margins(), residuals()))


def margins() -> Figure:
    """Draw the losses of a classifier against the margin."""
    m = np.round(np.linspace(-MARGIN, MARGIN, 241), 4)
    rows = long(margin_losses(m), m)
    kinds = list(rows["kind"].unique())
    at_one = rows[np.isclose(rows["x"], 1.0)].set_index("kind")["loss"]
    silent = [kind for kind in kinds if at_one[kind] < 1e-12]
    lines = kind_lines(
        "margins",
        alt.X("x:Q", title=text("margin t·z"), scale=plain_scale(-MARGIN, MARGIN)),
        alt.Y("loss:Q", title=text("loss"), scale=plain_scale(0.0, 6.0)),
        kinds,
        title=text("loss"),
        tooltip=[
            alt.Tooltip("kind:N", title=text("loss")),
            alt.Tooltip("x:Q", title=text("margin"), format=".2f"),
            alt.Tooltip("loss:Q", format=".3f"),
            alt.Tooltip("slope:Q", title=text("slope"), format=".3f"),
        ],
    )
    return Figure(
        "margins",
        text("What a classifier is punished for"),
        text("At a margin of 1 these are 0: {names}.", names=listed(silent)),
        text(
            "Loss against the margin t·z of one example, t = ±1 its class and z the output: 0–1 "
            "1[tz ≤ 0], hinge max(0, 1 − tz), logistic log(1 + e⁻ᵗᶻ), exponential e⁻ᵗᶻ and squared "
            "(1 − tz)². The axis ends at 6."
        ),
        alt.layer(rule(x=0.0), lines).properties(width="container", height=300),
        {"margins": rows},
    )


def residuals() -> Figure:
    """Draw the losses of a regression, and their slopes, against the residual."""
    r = np.round(np.linspace(-RESIDUAL, RESIDUAL, 241), 4)
    values = {name: loss_and_slope(loss, r, 0.0) for name, loss in residual_losses().items()}
    rows = long(values, r)
    kinds = list(values)
    heads = {"loss": text("loss"), "slope": text("slope, the pull on the fit")}
    rows = rows.melt(["kind", "x"], var_name="panel", value_name="value")
    rows["panel"] = rows["panel"].map(heads)
    most = {kind: float(np.abs(slope).max()) for kind, (_, slope) in values.items()}
    lines = kind_lines(
        None,
        alt.X("x:Q", title=text("residual ŷ − y"), scale=plain_scale(-RESIDUAL, RESIDUAL)),
        alt.Y("value:Q", title=None),
        kinds,
        title=text("loss"),
    )
    return Figure(
        "residuals",
        text("What an outlier weighs"),
        text(
            "Up to a residual of {r} the pull is at most: {pulls}.",
            r=number(RESIDUAL),
            pulls=clauses(
                text("{loss} {pull}", loss=kind, pull=number(pull)) for kind, pull in most.items()
            ),
        ),
        text("|r|, Huber's loss with δ = 1, and ½r², with their derivatives, for residuals r."),
        lines.properties(width=380, height=230)
        .facet(
            facet=alt.Facet("panel:N", title=None, sort=list(heads.values())),
            columns=2,
            data=alt.NamedData("residuals"),
        )
        .resolve_scale(y="independent"),
        {"residuals": rows},
    )
