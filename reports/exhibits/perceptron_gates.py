"""Gates: OR by one unit, XOR by two layers, and by no single one."""

from __future__ import annotations

from itertools import product

import altair as alt
import numpy as np
import pandas as pd

from ...core.components import Array
from ...core.theory.gates import CORNERS, OR, XOR, or_gate, xor_gate
from ...core.theory.separability import most_separable, separable
from ...core.theory.single_neuron import sigmoid
from ..answers.answer import Answer
from ..charts.figure import Figure
from ..language.messages import clauses, counted, listed, sentences, text
from ..language.numbers import number
from .curves import plain_scale
from .exhibit import Exhibit

LOW, HIGH, STEP = -0.5, 1.5, 0.05


def panels() -> dict[str, tuple[Array, Array, Array]]:
    """Return by name a gate's z on the picture's places and on the corners, and what is wanted."""
    axis = np.arange(LOW, HIGH + STEP / 2, STEP)
    places = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    gates = ((or_gate, OR), (or_gate, XOR), (xor_gate, XOR))
    names = (text("OR, one unit"), text("XOR, the same unit"), text("XOR, two layers"))
    return {
        name: (gate(places), gate(CORNERS), wanted)
        for name, (gate, wanted) in zip(names, gates, strict=True)
    }


def output_words(z: float) -> str:
    """Write σ(z), as a distance from 1 where it is too near.

    >>> output_words(30.0), output_words(10.0), output_words(-10.0)
    ('1 − 9.36 × 10⁻¹⁴', '0.99995', '4.54 × 10⁻⁵')
    """
    value, rest = float(sigmoid(np.array(z))), float(sigmoid(np.array(-z)))
    if rest < 1e-6:
        return text("1 − {rest}", rest=number(rest))
    return number(value, 5 if value > 0.5 else 3)


def separable_functions() -> int:
    """Return how many of the 16 functions of two bits one unit can compute."""
    return sum(separable(CORNERS, np.array(labels)) for labels in product((0, 1), repeat=4))


def exhibit() -> Exhibit:
    """Show the decision surfaces, and what no single layer can do."""
    most, functions = most_separable(CORNERS, XOR), separable_functions()
    parts = panels()
    (_, one, _), (_, _, _), (_, two, _) = parts.values()
    answer = Answer(
        text(
            "One layer gets at most {most} of the 4 corners of XOR right; two layers get all of "
            "them.",
            most=most,
        )
        if right(two, XOR) == len(XOR)
        else text("One layer gets at most {most} of the 4 corners of XOR right.", most=most),
        sentences(
            text(
                "A linear programme for every subset of the corners decides that; one unit "
                "computes {n} of the 16 functions of two bits.",
                n=functions,
            ),
            text("OR at {corners}: {outputs}.", corners=corners(), outputs=outputs(one)),
            text("XOR with two layers: {outputs}.", outputs=outputs(two)),
        ),
        (
            (text("corners of XOR, one layer"), text("{n} of 4", n=most)),
            (text("corners of XOR, two layers"), text("{n} of 4", n=right(two, XOR))),
            (text("functions of two bits by one unit"), text("{n} of 16", n=functions)),
        ),
    )
    return Exhibit(answer, (figure(parts),))


def right(z: Array, wanted: Array) -> int:
    """Return at how many corners the output is on the right side of ½."""
    return int(((z > 0) == (wanted > 0)).sum())


def corners() -> str:
    """Write the four corners."""
    return listed(text("({a}, {b})", a=int(a), b=int(b)) for a, b in CORNERS)


def outputs(z: Array) -> str:
    """Write the outputs at the corners."""
    return listed(output_words(float(each)) for each in z)


def figure(parts: dict[str, tuple[Array, Array, Array]]) -> Figure:
    """Draw each gate's output over the plane, with the corners and what is wanted there."""
    axis = np.round(np.arange(LOW, HIGH + STEP / 2, STEP), 4)
    x1, x2 = (each.ravel() for each in np.meshgrid(axis, axis))
    surface = pd.concat(
        [
            pd.DataFrame({"panel": name, "x1": x1, "x2": x2, "output": np.round(sigmoid(z), 5)})
            for name, (z, _, _) in parts.items()
        ],
        ignore_index=True,
    )
    ends = pd.concat(
        [
            pd.DataFrame(
                {
                    "panel": name,
                    "x1": CORNERS[:, 0],
                    "x2": CORNERS[:, 1],
                    "wanted": [text("wanted {bit}", bit=int(bit)) for bit in wanted],
                    "words": [output_words(float(each)) for each in z],
                    "right": (z > 0) == (wanted > 0),
                }
            )
            for name, (_, z, wanted) in parts.items()
        ],
        ignore_index=True,
    )
    scale, bare = plain_scale(LOW, HIGH), alt.Axis(grid=False, values=[0, 1])

    def panel_of(name: str) -> alt.LayerChart | alt.FacetChart:
        chosen = alt.FieldEqualPredicate(field="panel", equal=name)
        cells = (
            alt.Chart(alt.NamedData("surface"))
            .transform_filter(chosen)
            .transform_calculate(
                left="datum.x1 - 0.027",
                right="datum.x1 + 0.027",
                low="datum.x2 - 0.027",
                high="datum.x2 + 0.027",
            )
            .mark_rect(clip=True)
            .encode(
                alt.X("left:Q", title=text("input x₁"), scale=scale, axis=bare),
                alt.X2("right:Q"),
                alt.Y("low:Q", title=text("input x₂"), scale=scale, axis=bare),
                alt.Y2("high:Q"),
                alt.Color(
                    "output:Q",
                    title=text("output"),
                    scale=alt.Scale(domain=[0, 0.5, 1], range=["#F3C48F", "#FFFFFF", "#9CCBEA"]),
                    legend=alt.Legend(orient="bottom", gradientLength=120),
                ),
            )
        )
        x = alt.X("x1:Q", title=text("input x₁"), scale=scale, axis=bare)
        y = alt.Y("x2:Q", title=text("input x₂"), scale=scale, axis=bare)
        plane = alt.Chart(alt.NamedData("corners")).transform_filter(chosen)
        levels = [text("wanted {bit}", bit=bit) for bit in (0, 1)]
        dots = plane.mark_point(size=120, filled=True, opacity=1, color="black").encode(
            x,
            y,
            alt.Shape(
                "wanted:N",
                title=None,
                scale=alt.Scale(domain=levels, range=["circle", "square"]),
                legend=alt.Legend(orient="bottom"),
            ),
            tooltip=["wanted:N", "words:N"],
        )
        wrong = (
            plane.transform_filter("!datum.right")
            .mark_point(size=420, shape="cross", color="#D55E00", strokeWidth=3, angle=45)
            .encode(x, y)
        )
        label = plane.mark_text(dy=-15, color="black", fontSize=10.5).encode(
            x, y, alt.Text("words:N")
        )
        return alt.layer(cells, dots, wrong, label).properties(width=250, height=250, title=name)

    said = [
        counted(
            "{name} gets {n} of 4 corners right",
            "{name} gets {n} of 4 corners right",
            right(z, wanted),
            name=name,
        )
        for name, (_, z, wanted) in parts.items()
    ]
    return Figure(
        "gates",
        text("What each gate says over the plane"),
        text("{said}.", said=clauses(said)),
        text(
            "Output of sigmoid units with known weights: OR and the middle panel w = (20, 20), "
            "b = −10; two layers with h₁ (20, 20, −10), h₂ (−20, −20, 30), output (20, 20, −30), "
            "biases last. Corners carry their exact output; a cross marks a wrong one."
        ),
        alt.hconcat(*(panel_of(name) for name in parts)),
        {"surface": surface, "corners": ends},
    )
