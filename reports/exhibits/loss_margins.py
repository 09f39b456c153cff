"""Losses side by side: against the margin, against the residual, and at a saturated start."""

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
from ...core.families.optimisers import SGD
from ...core.theory.descent import descent_path
from ...core.theory.evaluation import loss_and_slope
from ...core.theory.single_neuron import sigmoid
from ..answers.answer import Answer
from ..charts.figure import Figure, log10, power_axis, power_scale
from ..language.messages import clauses, listed, sentences, text
from ..language.numbers import number
from .curves import kind_lines, plain_scale, rule
from .exhibit import Exhibit

MARGIN, RESIDUAL, OUTLIER = 3.0, 6.0, 6.0
STARTS = ((0.6, 0.9), (2.0, 2.0))
"""Nielsen's two starts of one neuron, (w, b)."""
RATE, EPOCHS = 0.15, 300


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


def neuron_losses() -> dict[str, LossFunction]:
    """Return Nielsen's two costs of one sigmoid neuron, by name."""
    return {
        text("quadratic"): SquaredError(link="sigmoid"),
        text("cross-entropy"): SigmoidCrossEntropy(),
    }


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
    """Compare losses in what they punish and how fast they let a wrong neuron learn."""
    grads = {name: first_gradients(loss) for name, loss in neuron_losses().items()}
    quadratic, entropy = grads.values()
    ratio = entropy[1] / quadratic[1]
    outliers = {
        name: loss_and_slope(loss, np.array([1.0, OUTLIER]), 0.0)
        for name, loss in residual_losses().items()
    }
    pulls = [
        text(
            "{loss} ×{loss_ratio} in loss and ×{slope} in slope",
            loss=name,
            loss_ratio=number(float(value[1] / value[0])),
            slope=number(float(slope[1] / slope[0])),
        )
        for name, (value, slope) in outliers.items()
    ]
    m = np.linspace(-MARGIN, MARGIN, 601)
    measured = margin_losses(m)
    zero_one, _ = measured[text("0–1")]
    above = [
        name
        for name, (loss, _) in measured.items()
        if name != text("0–1") and np.all(loss >= zero_one - 1e-12)
    ]
    rising = [name for name, (_, slope) in measured.items() if slope[-1] > 0]
    answer = Answer(
        text(
            "A sigmoid neuron that starts at output {a} where 0 is wanted learns {ratio} times "
            "faster at first with cross-entropy than with the quadratic cost.",
            a=number(float(sigmoid(np.array(sum(STARTS[1]))))),
            ratio=number(ratio),
        ),
        sentences(
            text(
                "Never below the 0–1 loss: {names}.",
                names=listed(above),
            ),
            text("Also punish being right by a wide margin: {names}.", names=listed(rising))
            if rising
            else "",
            text(
                "A residual of {outlier} weighs against one of 1: {pulls}.",
                outlier=number(OUTLIER),
                pulls=clauses(pulls),
            ),
        ),
        (
            (text("|∂C/∂w|, quadratic"), number(quadratic[1])),
            (text("|∂C/∂w|, cross-entropy"), number(entropy[1])),
            (text("ratio"), text("×{ratio}", ratio=number(ratio))),
        ),
    )
    return Exhibit(answer, (margins(), residuals(), slow_down(), learning(grads)))


def first_gradients(loss: LossFunction) -> list[float]:
    """Return |∂C/∂w| at each start, for x = 1 and target 0."""
    z = np.array([sum(start) for start in STARTS])
    return [float(each) for each in np.abs(loss_and_slope(loss, z, 0.0)[1])]


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
        least_width=520,
    )


def slow_down() -> Figure:
    """Draw |∂C/∂w| of one neuron against its output, for both costs."""
    a = np.round(np.linspace(0.005, 0.995, 199), 4)
    z = np.log(a / (1.0 - a))
    kinds = list(neuron_losses())
    rows = pd.concat(
        [
            pd.DataFrame({"kind": k, "a": a, "gradient": np.abs(loss_and_slope(f, z, 0.0)[1])})
            for k, f in neuron_losses().items()
        ],
        ignore_index=True,
    )
    peak = rows.loc[rows.loc[rows["kind"] == kinds[0], "gradient"].idxmax()]
    lines = kind_lines(
        "slow",
        alt.X("a:Q", title=text("output a where 0 is wanted"), scale=plain_scale(0.0, 1.0)),
        alt.Y("gradient:Q", title=text("gradient, |∂C/∂w|"), scale=plain_scale(0.0, 1.0)),
        kinds,
        title=text("cost"),
    )
    return Figure(
        "slow",
        text("How fast a wrong neuron learns"),
        text(
            "With the {cost} cost the gradient is largest at output {a} and falls beyond it, the "
            "more wrong the neuron is.",
            cost=kinds[0],
            a=number(float(peak["a"])),
        ),
        text(
            "One sigmoid neuron with input 1 and target 0: |∂C/∂w| is a·a(1 − a) for the quadratic "
            "cost ½(a − y)², and a for cross-entropy."
        ),
        lines.properties(width="container", height=260),
        {"slow": rows},
    )


def learning(grads: dict[str, list[float]]) -> Figure:
    """Draw the neuron's output while it learns, from Nielsen's two starts."""
    parts = []
    for index, (w, b) in enumerate(STARTS):
        a = float(sigmoid(np.array(w + b)))
        panel = text("start at output {a}", a=number(a))
        for kind, loss in neuron_losses().items():

            def gradient(theta: Array, loss: LossFunction = loss) -> Array:
                return np.repeat(loss_and_slope(loss, theta[:1] + theta[1:], 0.0)[1], 2)

            path = descent_path(SGD(), gradient, np.array([w, b]), RATE, EPOCHS)
            output = sigmoid(path.sum(axis=1))
            columns = {
                "epoch": np.arange(EPOCHS + 1),
                "output": output,
                "gradient": grads[kind][index],
            }
            parts.append(pd.DataFrame({"panel": panel, "kind": kind, **columns}))
    rows = pd.concat(parts, ignore_index=True)
    rows["size"] = log10(rows["output"])
    low = float(rows["size"].min())
    panels, kinds = list(rows["panel"].unique()), list(neuron_losses())
    halves = rows[rows["output"] < 0.5].groupby(["panel", "kind"], sort=False)["epoch"].min()
    said = [
        text(
            "{panel}: {epochs}",
            panel=panel,
            epochs=listed(
                text("{kind} {n}", kind=kind, n=halves[panel, kind])
                if (panel, kind) in halves.index
                else text("{kind} never", kind=kind)
                for kind in kinds
            ),
        )
        for panel in panels
    ]
    lines = kind_lines(
        None,
        alt.X("epoch:Q", title=text("epoch"), scale=plain_scale(0, EPOCHS)),
        alt.Y("size:Q", axis=power_axis(text("output"), low, 0), scale=power_scale(low, 0)),
        kinds,
        title=text("cost"),
    )
    return Figure(
        "learning",
        text("One neuron unlearns a wrong answer"),
        text("Epochs until the output is below ½: {said}.", said=clauses(said)),
        text(
            "Gradient descent with rate {rate} for both costs on one example, x = 1 and y = 0, "
            "from (w, b) = {starts}.",
            rate=number(RATE),
            starts=listed(text("({w}, {b})", w=number(w, 1), b=number(b, 1)) for w, b in STARTS),
        ),
        lines.properties(width=380, height=230).facet(
            facet=alt.Facet("panel:N", title=None, sort=panels),
            columns=2,
            data=alt.NamedData("learning"),
        ),
        {"learning": rows},
        least_width=520,
    )
