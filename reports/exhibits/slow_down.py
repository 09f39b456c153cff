"""Quadratic cost against cross-entropy: how fast a wrong sigmoid neuron learns."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ...core.components import Array
from ...core.families.losses import LossFunction, SigmoidCrossEntropy, SquaredError
from ...core.families.optimisers import SGD
from ...core.theory.descent import descent_path
from ...core.theory.evaluation import loss_and_slope
from ...core.theory.single_neuron import sigmoid
from ..answers.answer import Answer
from ..charts.figure import Figure, log10, power_axis, power_scale
from ..language.messages import clauses, listed, text
from ..language.numbers import number
from .curves import kind_lines, plain_scale
from .exhibit import Exhibit

STARTS = ((0.6, 0.9), (2.0, 2.0))
"""Nielsen's two starts of one neuron, (w, b)."""
RATE, EPOCHS = 0.15, 300


def neuron_losses() -> dict[str, LossFunction]:
    """Return Nielsen's two costs of one sigmoid neuron, by name."""
    return {
        text("quadratic"): SquaredError(link="sigmoid"),
        text("cross-entropy"): SigmoidCrossEntropy(),
    }


def first_gradients(loss: LossFunction) -> list[float]:
    """Return |∂C/∂w| at each start, for x = 1 and target 0."""
    z = np.array([sum(start) for start in STARTS])
    return [float(each) for each in np.abs(loss_and_slope(loss, z, 0.0)[1])]


def exhibit() -> Exhibit:
    """Compare both costs at the start and on the way."""
    sizes = {name: first_gradients(loss) for name, loss in neuron_losses().items()}
    quadratic, entropy = sizes.values()
    ratios = [float(b / a) for a, b in zip(quadratic, entropy, strict=True)]
    outputs = [float(sigmoid(np.array(sum(start)))) for start in STARTS]
    first, second = sizes
    answer = Answer(
        text(
            "A sigmoid neuron that starts at output {a} where 0 is wanted has a gradient {ratio} "
            "times as large with {second} as with the {first} cost.",
            a=number(outputs[-1]),
            ratio=number(ratios[-1]),
            first=first,
            second=second,
        ),
        text(
            "From output {a}, less wrong, it is {ratio} times as large.",
            a=number(outputs[0]),
            ratio=number(ratios[0]),
        ),
        (
            (text("|∂C/∂w|, quadratic"), number(quadratic[-1])),
            (text("|∂C/∂w|, cross-entropy"), number(entropy[-1])),
            (text("ratio"), text("×{ratio}", ratio=number(ratios[-1]))),
        ),
    )
    return Exhibit(answer, (slow_down(), learning(sizes)))


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
    )
