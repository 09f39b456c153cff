"""What is drawn of the loss surface of two weights: heights, contours, paths and a segment."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...core.components import Array, name_of
from ...core.families.losses import LossFunction, SigmoidCrossEntropy, SquaredError
from ...core.families.optimiser_function import OptimiserFunction
from ...core.families.optimisers import SGD, AdaGrad, Adam, Momentum, Nesterov, RMSProp
from ...core.theory.descent import descent_path
from ...core.theory.two_weights import convexity_violation, level_line, surface
from ..language.messages import text

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


def segments() -> pd.DataFrame:
    """Return both ends of each panel's segment."""
    ends = {panel: segment(panel)[0] for panel in losses()}
    parts = [pd.DataFrame({"panel": n, "w1": w[:, 0], "w2": w[:, 1]}) for n, w in ends.items()]
    return pd.concat(parts, ignore_index=True)


def along() -> pd.DataFrame:
    """Return the loss along each segment, by the share ``t`` of the way, and that of its chord."""
    t = np.linspace(0.0, 1.0, 101)
    curve, chord = text("loss along the segment"), text("chord between its ends")
    parts = []
    for panel, loss in losses().items():
        (a, b), _ = segment(panel)
        places = a + t[:, None] * (b - a)
        height = surface(loss, places[:, 0], places[:, 1])[0]
        for kind, values in ((curve, height), (chord, height[0] + t * (height[-1] - height[0]))):
            parts.append(pd.DataFrame({"panel": panel, "t": t, "kind": kind, "loss": values}))
    return pd.concat(parts, ignore_index=True)


def fates(rows: pd.DataFrame, panel: str) -> tuple[list[str], list[str]]:
    """Return which optimisers end near the least loss, and which where the output is stuck at ½.

    On the plateau w₁ is so negative that σ(w₁) is almost 0 and ŷ almost ½: the loss is then that
    of ŷ = ½ or more. Near the least loss it is below a tenth of it.
    """
    loss = losses()[panel]
    half = float(surface(loss, np.array([0.0]), np.array([0.0]))[0][0])
    ends = rows[(rows["panel"] == panel) & (rows["step"] == STEPS)].set_index("kind")["loss"]
    return list(ends.index[ends < half / 10.0]), list(ends.index[ends > 0.95 * half])
