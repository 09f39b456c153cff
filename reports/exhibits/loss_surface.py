"""The loss surface of two weights, with the paths of six optimisers."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ...core.components import Array, name_of, plain
from ...core.families.losses import LossFunction, SigmoidCrossEntropy, SquaredError
from ...core.families.optimiser_function import OptimiserFunction
from ...core.families.optimisers import SGD, AdaGrad, Adam, Momentum, Nesterov, RMSProp
from ...core.theory.descent import descent_path
from ...core.theory.two_weights import convexity_violation, level_line, surface
from ..answers.answer import Answer
from ..charts.figure import COLOURS, Figure, log10, power_axis, power_scale
from ..language.messages import clauses, counted, listed, sentences, text
from ..language.numbers import number
from .curves import kind_lines, plain_scale
from .exhibit import Exhibit

REACH, STEPS = 10.0, 200
START = np.array([1.0, -5.0])
OPTIMISERS: tuple[tuple[OptimiserFunction, float], ...] = (
    (SGD(), 1.0),
    (Momentum(), 1.0),
    (Nesterov(), 1.0),
    (AdaGrad(), 1.0),
    (RMSProp(), 0.1),
    (Adam(), 0.2),
)
"""What descends, and at which rate."""
LEVELS = (0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999)
"""Outputs at which a contour is drawn."""


def losses() -> dict[str, LossFunction]:
    """Return the two losses of a sigmoid output, by name."""
    both = (SquaredError(link="sigmoid"), SigmoidCrossEntropy())
    return {text(name_of(type(loss))): loss for loss in both}


def optimisers() -> dict[str, tuple[OptimiserFunction, float]]:
    """Return the optimisers with their rates, by name."""
    return {text(name_of(type(o))): (o, rate) for o, rate in OPTIMISERS}


def heights() -> pd.DataFrame:
    """Return the loss over (w1, w2) in steps of ½, for each loss (``panel``)."""
    axis = np.arange(-REACH, REACH + 0.25, 0.5)
    w1, w2 = (each.ravel() for each in np.meshgrid(axis, axis))
    return pd.concat(
        [
            pd.DataFrame({"panel": name, "w1": w1, "w2": w2, "loss": surface(loss, w1, w2)[0]})
            for name, loss in losses().items()
        ],
        ignore_index=True,
    )


def contours() -> pd.DataFrame:
    """Return w2 of each level line over w1, where it is in the picture; a line is an ``output``."""
    w1 = np.linspace(-REACH, REACH, 161)
    parts = [
        pd.DataFrame({"output": level, "w1": w1, "w2": level_line(level, w1)}) for level in LEVELS
    ]
    rows = pd.concat(parts, ignore_index=True)
    return rows[rows["w2"].abs() <= REACH + 2.0]


def paths() -> pd.DataFrame:
    """Return (w1, w2) and loss of each optimiser (``kind``) at each step, for each ``panel``."""
    parts = []
    for panel, loss in losses().items():

        def gradient(w: Array, loss: LossFunction = loss) -> Array:
            return np.concatenate(surface(loss, w[:1], w[1:])[1:])

        for kind, (optimiser, rate) in optimisers().items():
            path = descent_path(optimiser, gradient, START, rate, STEPS)
            columns = {"w1": path[:, 0], "w2": path[:, 1], "step": np.arange(STEPS + 1)}
            height = surface(loss, path[:, 0], path[:, 1])[0]
            parts.append(pd.DataFrame({"panel": panel, "kind": kind, **columns, "loss": height}))
    return pd.concat(parts, ignore_index=True)


def segment(panel: str) -> tuple[Array, float]:
    """Return the segment that violates convexity most in one panel, and by how much."""
    return convexity_violation(losses()[panel], REACH)


def fates(rows: pd.DataFrame, panel: str) -> tuple[list[str], list[str]]:
    """Return which optimisers end near the least loss, and which where the output is stuck at ½.

    On the plateau w₁ is so negative that σ(w₁) is almost 0 and ŷ almost ½: the loss is then that
    of ŷ = ½ or more. Near the least loss it is below a tenth of it.
    """
    loss = losses()[panel]
    half = float(surface(loss, np.array([0.0]), np.array([0.0]))[0][0])
    ends = rows[(rows["panel"] == panel) & (rows["step"] == STEPS)].set_index("kind")["loss"]
    return list(ends.index[ends < half / 10.0]), list(ends.index[ends > 0.95 * half])


def exhibit() -> Exhibit:
    """Show where the surface is not convex, and where six optimisers go from one start."""
    rows = paths()
    return Exhibit(answer(rows), (surfaces(rows), along_the_segment(), descents(rows)))


def place(w: Array) -> str:
    """Write a place on the surface."""
    return text("({w1}, {w2})", w1=number(float(w[0])), w2=number(float(w[1])))


def fate_words(rows: pd.DataFrame, panel: str) -> str:
    """Say how many optimisers reach the least loss in one panel."""
    down, stuck = fates(rows, panel)
    return counted(
        "with {loss}, {n} of {of} optimisers reaches a tenth of the plateau's loss and {stuck} "
        "end on the plateau",
        "with {loss}, {n} of {of} optimisers reach a tenth of the plateau's loss and {stuck} end "
        "on the plateau",
        len(down),
        loss=panel,
        of=len(optimisers()),
        stuck=len(stuck),
    )


def answer(rows: pd.DataFrame) -> Answer:
    """Say how much convexity is violated, and who gets stuck."""
    first, second = losses()
    (a, b), excess = segment(first)
    convex = excess <= 0.0
    sentence = (
        text("On the places tried, {loss} is convex.", loss=first)
        if convex
        else text(
            "Two weights are enough for a surface that is not convex: halfway from {a} to {b} "
            "{loss} is {excess} above the mean of its ends.",
            a=place(a),
            b=place(b),
            loss=first,
            excess=number(excess),
        )
    )
    down, stuck = fates(rows, first)
    named = [text("{names} go down", names=listed(down))] if down else []
    named += [text("{names} end on the plateau", names=listed(stuck))] if stuck else []
    (_, _), other = segment(second)
    return Answer(
        sentence,
        sentences(
            text(
                "From {start}: {fates}.",
                start=place(START),
                fates=clauses(fate_words(rows, panel) for panel in (first, second)),
            ),
            text("With {loss}, {named}.", loss=first, named=clauses(named)) if named else "",
        ),
        (
            (text("above the mean, {loss}", loss=first), number(excess)),
            (text("above the mean, {loss}", loss=second), number(other)),
            (text("optimisers on the plateau, {loss}", loss=first), str(len(stuck))),
        ),
    )


def surfaces(rows: pd.DataFrame) -> Figure:
    """Draw contours of both losses with the paths and the segment."""
    names, kinds = list(losses()), list(optimisers())
    ground, lines = heights(), contours()
    chords = pd.concat(
        [
            pd.DataFrame({"panel": n, "w1": segment(n)[0][:, 0], "w2": segment(n)[0][:, 1]})
            for n in names
        ]
    )
    labels = lines[(lines["w1"] == REACH) & (lines["w2"].abs() < REACH - 0.5)]
    labels = labels.assign(label=[text("ŷ = {output}", output=plain(v)) for v in labels["output"]])
    drawn = rows[(rows["w1"].abs() <= REACH) & (rows["w2"].abs() <= REACH)]
    hues = alt.Scale(domain=kinds, range=list(COLOURS[: len(kinds)]))
    scale, bare = plain_scale(-REACH, REACH), alt.Axis(grid=False)
    x = alt.X("w1:Q", title=text("first weight w₁"), scale=scale, axis=bare)
    y = alt.Y("w2:Q", title=text("second weight w₂"), scale=scale, axis=bare)

    def only(frame: str, panel: str) -> alt.Chart:
        chosen = alt.FieldEqualPredicate(field="panel", equal=panel)
        return alt.Chart(alt.NamedData(frame)).transform_filter(chosen)

    def panel_of(panel: str) -> alt.LayerChart:
        most = float(ground.loc[ground["panel"] == panel, "loss"].max())
        cells = (
            only("heights", panel)
            .transform_calculate(
                left="datum.w1 - 0.27",
                right="datum.w1 + 0.27",
                low="datum.w2 - 0.27",
                high="datum.w2 + 0.27",
            )
            .mark_rect(clip=True)
            .encode(
                alt.X("left:Q", scale=scale, title=text("first weight w₁"), axis=bare),
                alt.X2("right:Q"),
                alt.Y("low:Q", scale=scale, title=text("second weight w₂"), axis=bare),
                alt.Y2("high:Q"),
                alt.Color(
                    "loss:Q",
                    title=text("loss"),
                    scale=alt.Scale(scheme="greys", domain=[0, most * 1.6]),
                    legend=alt.Legend(orient="bottom", gradientLength=140, tickCount=4),
                ),
            )
        )
        level = (
            alt.Chart(alt.NamedData("contours"))
            .mark_line(clip=True, color="#666666", strokeWidth=0.7)
            .encode(x, y, alt.Detail("output:N"))
        )
        colour = alt.Color(
            "kind:N",
            title=text("optimiser"),
            scale=hues,
            legend=alt.Legend(orient="top", symbolType="stroke") if panel == names[0] else None,
        )
        quiet = alt.Color("kind:N", scale=hues, legend=None)
        path = (
            only("paths", panel)
            .mark_line(clip=True, strokeWidth=2.2)
            .encode(x, y, colour, alt.Order("step:Q"), tooltip=["kind:N", "step:Q", "loss:Q"])
        )
        ends = (
            only("paths", panel)
            .transform_filter(alt.FieldEqualPredicate(field="step", equal=STEPS))
            .mark_point(clip=True, size=70, filled=True, stroke="white", strokeWidth=0.7)
            .encode(x, y, quiet)
        )
        start = (
            only("paths", panel)
            .transform_filter(alt.FieldEqualPredicate(field="step", equal=0))
            .mark_point(clip=True, size=120, shape="cross", color="black", filled=True)
            .encode(x, y)
        )
        chord = (
            only("segments", panel)
            .mark_line(clip=True, color="black", strokeDash=[5, 4], strokeWidth=1.6)
            .encode(x, y)
        )
        label = (
            alt.Chart(alt.NamedData("labels"))
            .mark_text(align="right", dy=-6, fontSize=10, color="black")
            .encode(x, y, alt.Text("label:N"))
        )
        layers = alt.layer(cells, level, label, chord, path, start, ends)
        return layers.resolve_scale(color="independent").properties(
            width=370, height=370, title=panel
        )

    return Figure(
        "surface",
        text("The loss over two weights, and six ways down"),
        text(
            "From {start}: {fates}.",
            start=place(START),
            fates=clauses(fate_words(rows, panel) for panel in names),
        ),
        text(
            "Loss of ŷ = σ(w₂σ(w₁x)) for the single example x = y = 1, darker where it is larger, "
            "with contours at outputs ŷ of {levels}. Paths of {steps} steps from the cross, dots "
            "where they end; rates: {rates}. The dashed segment violates convexity most among the "
            "pairs of 21 × 21 places.",
            levels=listed(plain(level) for level in LEVELS),
            steps=STEPS,
            rates=listed(
                text("{name} {rate}", name=name, rate=plain(rate))
                for name, (_, rate) in optimisers().items()
            ),
        ),
        alt.hconcat(*(panel_of(name) for name in names)),
        {
            "heights": ground,
            "contours": lines,
            "paths": drawn,
            "segments": chords,
            "labels": labels,
        },
        least_width=620,
    )


def along_the_segment() -> Figure:
    """Draw the loss along each violating segment, with its chord."""
    t = np.linspace(0.0, 1.0, 101)
    curve, chord = text("loss along the segment"), text("chord between its ends")
    parts, said = [], []
    for panel, loss in losses().items():
        (a, b), excess = segment(panel)
        places = a + t[:, None] * (b - a)
        height = surface(loss, places[:, 0], places[:, 1])[0]
        for kind, values in ((curve, height), (chord, height[0] + t * (height[-1] - height[0]))):
            parts.append(pd.DataFrame({"panel": panel, "t": t, "kind": kind, "loss": values}))
        said.append(
            text(
                "{loss} from {a} to {b} by {excess}",
                loss=panel,
                a=place(a),
                b=place(b),
                excess=number(excess),
            )
        )
    rows = pd.concat(parts, ignore_index=True)
    x = alt.X("t:Q", title=text("share of the way"), scale=plain_scale(0.0, 1.0))
    y = alt.Y("loss:Q", title=text("loss"))
    lines = kind_lines(None, x, y, [curve, chord])
    panels = (
        lines.properties(width=380, height=200)
        .facet(
            facet=alt.Facet("panel:N", title=None, sort=list(losses())),
            columns=2,
            data=alt.NamedData("chords"),
        )
        .resolve_scale(y="independent")
    )
    return Figure(
        "chords",
        text("The loss along a segment, and its chord"),
        text("Halfway, the loss lies above its chord: {said}.", said=clauses(said)),
        text("Of a convex function the chord never lies below the curve. {n} places.", n=len(t)),
        panels,
        {"chords": rows},
        least_width=520,
    )


def descents(rows: pd.DataFrame) -> Figure:
    """Draw each optimiser's loss against its steps."""
    names, kinds = list(losses()), list(optimisers())
    rows = rows.assign(size=log10(np.maximum(rows["loss"], 1e-6)))
    low = float(rows["size"].min())
    lines = kind_lines(
        None,
        alt.X("step:Q", title=text("steps"), scale=plain_scale(0, STEPS)),
        alt.Y("size:Q", axis=power_axis(text("loss"), low, 1), scale=power_scale(low, 1)),
        kinds,
        title=text("optimiser"),
        tooltip=[alt.Tooltip("kind:N"), alt.Tooltip("step:Q"), alt.Tooltip("loss:Q", format=".3g")],
    )
    ends = rows[rows["step"] == STEPS]
    best = [
        text(
            "with {loss} {kind} ends lowest, at {end}",
            loss=name,
            kind=each["kind"],
            end=number(float(each["loss"])),
        )
        for name in names
        for each in [ends[ends["panel"] == name].sort_values("loss").iloc[0]]
    ]
    return Figure(
        "descents",
        text("The loss on the way"),
        text("After {steps} steps {best}.", steps=STEPS, best=clauses(best)),
        text(
            "The paths of the picture above. Rates were chosen once, not tuned, so that this shows "
            "how the rules move and not which is best."
        ),
        lines.properties(width=380, height=220).facet(
            facet=alt.Facet("panel:N", title=None, sort=names),
            columns=2,
            data=alt.NamedData("descents"),
        ),
        {"descents": rows[["panel", "kind", "step", "loss", "size"]]},
        least_width=520,
    )
