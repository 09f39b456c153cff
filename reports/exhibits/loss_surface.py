"""The loss surface of two weights, with the paths of six optimisers."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from ...core.components import Array, plain
from ..answers.answer import Answer
from ..charts.figure import COLOURS, Figure, log10, power_axis, power_scale
from ..language.messages import clauses, counted, listed, text
from ..language.numbers import number
from .curves import kind_lines, plain_scale
from .descent_paths import (
    LEVELS,
    REACH,
    START,
    STEPS,
    along,
    contours,
    fates,
    heights,
    losses,
    optimisers,
    paths,
    segment,
    segments,
)
from .exhibit import Exhibit


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


def named_fates(rows: pd.DataFrame, panel: str) -> str:
    """Name the optimisers that go down and those that get stuck in one panel."""
    down, stuck = fates(rows, panel)
    parts = [text("{names} down", names=listed(down))] if down else []
    parts += [text("{names} on the plateau", names=listed(stuck))] if stuck else []
    return text("with {loss} {fates}", loss=panel, fates=listed(parts)) if parts else ""


def answer(rows: pd.DataFrame) -> Answer:
    """Say how much convexity is violated, and how many optimisers get stuck."""
    first, second = losses()
    (a, b), excess = segment(first)
    sentence = (
        text("On the places tried, {loss} is convex.", loss=first)
        if excess <= 0.0
        else text(
            "Two weights are enough for a surface that is not convex: halfway from {a} to {b} "
            "{loss} is {excess} above the mean of its ends.",
            a=place(a),
            b=place(b),
            loss=first,
            excess=number(excess),
        )
    )
    said = clauses(fate_words(rows, panel) for panel in losses())
    return Answer(
        sentence,
        text("From {start}: {fates}.", start=place(START), fates=said),
        (
            (text("above the mean, {loss}", loss=first), number(excess)),
            (text("above the mean, {loss}", loss=second), number(segment(second)[1])),
            (
                text("optimisers on the plateau, {loss}", loss=first),
                str(len(fates(rows, first)[1])),
            ),
        ),
    )


def surfaces(rows: pd.DataFrame) -> Figure:
    """Draw contours of both losses with the paths and the segment."""
    names, kinds = list(losses()), list(optimisers())
    ground, lines = heights(), contours()
    labels = lines[(lines["w1"] == REACH) & (lines["w2"].abs() < REACH - 0.5)]
    labels = labels.assign(label=[text("ŷ = {output}", output=plain(v)) for v in labels["output"]])
    drawn = rows[(rows["w1"].abs() <= REACH) & (rows["w2"].abs() <= REACH)]
    hues = alt.Scale(domain=kinds, range=list(COLOURS[: len(kinds)]))
    scale, bare = plain_scale(-REACH, REACH), alt.Axis(grid=False, labelFlush=False)
    x = alt.X("w1:Q", title=text("first weight w₁"), scale=scale, axis=bare)
    y = alt.Y("w2:Q", title=text("second weight w₂"), scale=scale, axis=bare)

    def only(frame: str, panel: str) -> alt.Chart:
        chosen = alt.FieldEqualPredicate(field="panel", equal=panel)
        return alt.Chart(alt.NamedData(frame)).transform_filter(chosen)

    def panel_of(panel: str) -> Any:
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
            "After {steps} steps: {fates}.",
            steps=STEPS,
            fates=clauses(words for panel in names if (words := named_fates(rows, panel))),
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
            "segments": segments(),
            "labels": labels,
        },
    )


def along_the_segment() -> Figure:
    """Draw the loss along each violating segment, with its chord."""
    rows, said = along(), []
    for panel in losses():
        (a, b), excess = segment(panel)
        words = {"loss": panel, "a": place(a), "b": place(b), "excess": number(excess)}
        said.append(text("{loss} from {a} to {b} by {excess}", **words))
    x = alt.X("t:Q", title=text("share of the way"), scale=plain_scale(0.0, 1.0))
    y = alt.Y("loss:Q", title=text("loss"))
    lines = kind_lines(None, x, y, list(rows["kind"].unique()))
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
        text(
            "The loss at {n} places along each dashed segment, and the straight line between its "
            "ends, which a convex function never exceeds.",
            n=rows["t"].nunique(),
        ),
        panels,
        {"chords": rows},
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
    )
