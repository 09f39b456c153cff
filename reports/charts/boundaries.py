"""The decision regions of each arm, under the training points."""

from __future__ import annotations

from typing import NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from ...core.components import Array
from ...studies.data.loading import data_of
from ...studies.metrics import METRICS
from ..language.messages import counted, sentences, text
from ..language.numbers import number
from ..statistics.analysis import Analysis
from .figure import COLOURS, Figure, kinds_channels
from .pixels import png_uri, rgb
from .small_multiples import (
    best_and_worst_words,
    chosen_words,
    head,
    pictured,
    plane,
    together,
    wrapped,
)
from .trainings import data_behind, measured, shown_replicate

MOST_POINTS = 1500
"""Training points that all panels draw together."""
FEW = 20
"""As many points in a panel are drawn large."""
FAINT, STRONG = 0.12, 0.6
"""The opacity of a region at its border, and where the lead is largest."""


class Frames(NamedTuple):
    """What is drawn for each arm, as ``panel`` and ``arm``.

    ``regions`` has one row for each: the picture ``uri`` around (``x``, ``y``), ``wide`` and
    ``high`` in the units of the inputs; ``points`` the training examples with their class,
    ``kind``. ``classes`` names the classes.
    """

    regions: pd.DataFrame
    points: pd.DataFrame
    classes: list[str]
    replicate: int = 0


def frames(analysis: Analysis) -> Frames:
    """Return the decision regions of one replicate, and what it was trained on."""
    arms = pictured(analysis)
    rows = measured(analysis, "boundary", arms)
    none = pd.DataFrame({"panel": [], "arm": [], "x": [], "y": [], "kind": []})
    if rows.empty:
        return Frames(rows, none, [])
    replicate = shown_replicate(rows)
    rows = rows[rows["replicate"] == replicate]
    regions, points = [], []
    classes = [str(k) for k in range(int(rows["winner"].max()) + 1)]
    each = max(1, MOST_POINTS // len(arms))
    for arm, mine in rows.groupby("arm"):
        regions.append({"panel": arms[arm], "arm": arm, **region(mine)})
        if (data := data_behind(analysis, arm, replicate)) is None:
            continue
        trial, examples = data
        classes = list(data_of(trial).classes)
        drawn = examples.train[0, :each]
        x = examples.x[drawn % len(examples.x)]
        labels = examples.y[drawn].argmax(axis=1)
        at = {"x": x[:, 0], "y": x[:, 1], "kind": [classes[k] for k in labels]}
        points.append(pd.DataFrame({"panel": arms[arm], "arm": arm, **at}))
    return Frames(pd.DataFrame(regions), pd.concat(points) if points else none, classes, replicate)


def region(rows: pd.DataFrame) -> dict[str, object]:
    """Return one network's grid as a picture, and where it lies."""
    side = round(len(rows) ** 0.5)
    x, y = rows["x1"].to_numpy(float), rows["x2"].to_numpy(float)
    winner = rows["winner"].to_numpy(int).reshape(side, side)
    lead = rows["lead"].to_numpy(float).reshape(side, side)
    pixels = coloured(winner, lead)[::-1]  # a picture's first row is at the top
    cell = side / (side - 1)  # a point of the grid is the middle of a pixel
    return {
        "uri": png_uri(pixels),
        "x": (x.min() + x.max()) / 2,
        "y": (y.min() + y.max()) / 2,
        "wide": (x.max() - x.min()) * cell,
        "high": (y.max() - y.min()) * cell,
    }


def coloured(winner: Array, lead: Array) -> Array:
    """Return pixels (h, w, 4) of the classes' colours, stronger where the lead is larger."""
    colours = np.array([rgb(colour) for colour in COLOURS])[winner % len(COLOURS)]
    finite = lead[np.isfinite(lead)]
    most = float(np.quantile(finite, 0.9)) if finite.size else 0.0
    known = np.where(np.isfinite(lead), lead, 0.0)
    share = np.clip(known / most, 0.0, 1.0) if most else np.zeros_like(known)
    opacity = FAINT + (STRONG - FAINT) * share
    return np.concatenate([colours, opacity[:, :, None]], axis=2)


def figure(analysis: Analysis) -> Figure | None:
    """Draw which class each arm's network predicts where, with the training points."""
    drawn = frames(analysis)
    if drawn.regions.empty:
        return None
    regions = drawn.regions
    low = [(regions[c] - regions[size] / 2).min() for c, size in (("x", "wide"), ("y", "high"))]
    high = [(regions[c] + regions[size] / 2).max() for c, size in (("x", "wide"), ("y", "high"))]
    x, y = (
        alt.X("x:Q", title=text("input x₁"), axis=quiet(), scale=exactly(low[0], high[0])),
        alt.Y("y:Q", title=text("input x₂"), axis=quiet(), scale=exactly(low[1], high[1])),
    )
    picture = plane("regions").mark_image(
        width=alt.ExprRef(f"datum.wide / {high[0] - low[0]} * child_width"),
        height=alt.ExprRef(f"datum.high / {high[1] - low[1]} * child_height"),
        aspect=False,
        smooth=True,
        aria=False,
    )
    layers = [picture.encode(x, y, alt.Url("uri:N"))]
    if len(drawn.points):
        colour, shape = kinds_channels(text("class"), drawn.classes)
        few = drawn.points.groupby("arm").size().max() <= FEW
        size = 130 if few else 24
        dots = plane("points").mark_point(
            filled=True, size=size, stroke="white", strokeWidth=0.6, opacity=0.95, clip=True
        )
        layers.append(dots.encode(x, y, colour, shape))
    heads = {
        panel: head(panel, accuracy_words(analysis, arm))
        for arm, panel in zip(regions["arm"], regions["panel"], strict=True)
    }
    known = {"regions": regions, "points": drawn.points}
    return Figure(
        "boundaries",
        text("Decision regions"),
        best_and_worst_words(analysis, regions["arm"]),
        caption(analysis, drawn),
        wrapped(alt.layer(*layers), list(heads.values()), 1.0),
        {"rows": together(heads, **known)},
    )


def quiet() -> alt.Axis:
    """Return an axis with few ticks and no grid over the picture."""
    return alt.Axis(tickCount=4, grid=False)


def exactly(low: float, high: float) -> alt.Scale:
    """Return a scale that begins and ends there."""
    return alt.Scale(domain=[low, high], nice=False, zero=False)


def accuracy_words(analysis: Analysis, arm: int) -> str:
    """Say the median accuracy of an arm, on held-out examples if there are any."""
    trials = analysis.results.trials
    held_out = bool(trials["validation_accuracy"].notna().any())
    name = "validation_accuracy" if held_out else "train_accuracy"
    median = analysis.results.estimates_of(METRICS[name])[arm].median
    return text("median accuracy {percent} %", percent=number(100 * median))


def caption(analysis: Analysis, drawn: Frames) -> str:
    """Say what is drawn, and what is not."""
    arms = pictured(analysis)
    lost = len(arms) - len(drawn.regions)
    trials = analysis.results.trials
    held_out = bool(trials["validation_accuracy"].notna().any())
    return sentences(
        text(
            "The class that the network of replicate {k} predicts for each pair of inputs, "
            "stronger where its output leads the next by more.",
            k=drawn.replicate,
        ),
        text("Marks: its training examples, the inputs as the network reads them.")
        if len(drawn.points)
        else text("The training examples cannot be read any more."),
        text(
            "Above each panel: the arm and its median accuracy on {set} examples "
            "(n = {n} replicates).",
            set=text(analysis.results.held_out) if held_out else text("training"),
            n=analysis.study.replicates,
        ),
        counted(
            "{n} arm has no finished network to draw.",
            "{n} arms have no finished network to draw.",
            lost,
        )
        if lost
        else "",
        chosen_words(analysis, arms),
    )
