"""How a linear network learns the modes of its data, beside Saxe's curve."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ...core.components import Array
from ...core.families.descents import SGD
from ...core.families.losses import SquaredError
from ...core.families.schedules import ConstantFactor
from ...core.measures.modes import modes_of
from ...core.recipe import Recipe
from ..language.messages import clauses, sentences, text
from ..language.numbers import number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .figure import COLOURS, Figure, quantiles
from .small_multiples import chosen_words, pictured, plane, together, wrapped
from .trainings import data_behind

MOST_MODES, MOST_ARMS, POINTS = 6, 6, 120


def rate_of(recipe: Recipe) -> float | None:
    """Return 1/τ in steps, the rate of the gradient flow of ½‖y − W₂W₁x‖², None where unknown.

    It is known for plain gradient descent of constant rate on one hidden layer without penalties.
    """
    loss, optimiser = recipe.loss, recipe.optimiser
    plain = not (recipe.regularisers or recipe.parametrisation or recipe.pretraining)
    if not (plain and isinstance(loss, SquaredError) and isinstance(optimiser, SGD)):
        return None
    if len(recipe.hidden) != 1 or not isinstance(recipe.schedule, ConstantFactor):
        return None
    return optimiser.learning_rate * (1.0 if loss.factor == "half" else 2.0)


def saxe(steps: Array, start: float, singular_value: float, rate: float, end: float) -> Array:
    """Return e·E/(E − 1 + e/a₀), E = e^{2st/τ}: the strength after t steps, 1/τ = ``rate``.

    ``end`` is s/λ, λ the inputs' mean square along the mode, 1 where they are whitened. Source:
    Saxe, McClelland & Ganguli 2013, for balanced small weights.

    >>> saxe(np.array([0.0, 1e6]), 0.1, 2.0, 0.01, 2.0).tolist()
    [0.1, 2.0]
    """
    decay = np.exp(-2.0 * singular_value * rate * steps)
    return end / (1.0 + (end / start - 1.0) * decay)


def sizes_along(analysis: Analysis, arm: int) -> Array | None:
    """Return λ = E(vₖᵀx)² of the inputs along each mode, None where they cannot be had."""
    data = data_behind(analysis, arm, 0)
    if data is None:
        return None
    examples = data[1]
    rows = examples.train[0]
    x = examples.x[rows % len(examples.x)].astype(np.float64)
    v = modes_of(x, examples.y[rows], MOST_MODES)[2]
    return np.asarray(np.square(x @ v.T).mean(axis=0))


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return the ``strength`` of each ``mode`` of each ``arm`` over the steps.

    ``mid``, ``lo`` and ``hi`` are median and quartiles over ``n`` replicates, ``singular_value`` is
    a median.
    """
    if "modes" not in analysis.results.run.tables:
        return pd.DataFrame()
    arms = pictured(analysis, MOST_ARMS)
    rows = analysis.results.table("modes")
    rows = rows[rows["arm"].isin(arms) & (rows["mode"] <= MOST_MODES)]
    rows = rows.sort_values("arm", kind="stable").assign(panel=rows["arm"].map(arms))
    by = ["panel", "arm", "mode", "step"]
    target = rows.groupby(by)["singular_value"].median().reset_index()
    return quantiles(rows, by, "strength").merge(target, on=by)


def theory(analysis: Analysis, rows: pd.DataFrame) -> pd.DataFrame:
    """Return Saxe's ``mid`` of each mode over the steps, from its measured start, where known."""
    parts = []
    for (panel, arm, mode), mine in rows.groupby(["panel", "arm", "mode"], sort=False):
        rate = rate_of(analysis.results.arm(int(arm)).recipe)
        sizes = sizes_along(analysis, int(arm)) if rate is not None else None
        first = mine.loc[mine["step"].idxmin()]
        if rate is None or sizes is None or not sizes[mode - 1] > 0.0 or not first["mid"] > 0.0:
            continue
        s, start = float(first["singular_value"]), float(first["mid"])
        steps = np.unique(np.linspace(0, mine["step"].max(), POINTS))
        curve = saxe(steps, start, s, rate, s / float(sizes[mode - 1]))
        parts.append(
            pd.DataFrame({"panel": panel, "arm": arm, "mode": mode, "step": steps, "mid": curve})
        )
    return pd.concat(parts) if parts else pd.DataFrame()


def figure(analysis: Analysis) -> Figure | None:
    """Draw the strengths of the strongest modes over the steps, theory dashed."""
    rows = frame(analysis)
    if rows.empty:
        return None
    curves = theory(analysis, rows)
    x = alt.X("step:Q", title=text("steps of training"), axis=alt.Axis(tickCount=5))
    title, modes = text("strength of the mode"), sorted(int(k) for k in rows["mode"].unique())
    scale = alt.Scale(domain=modes, range=list(COLOURS))
    legend = alt.Legend(orient="top", symbolOpacity=1)
    colour = alt.Color("mode:N", title=text("mode"), scale=scale, legend=legend)
    ends = [float(rows["mid"].min()), float(rows["mid"].max())]
    limits = alt.Scale(domain=[min(0.0, ends[0]), ends[1]])
    layer = plane("modes")
    band = layer.mark_area(opacity=0.12, clip=True).encode(
        x, alt.Y("lo:Q", title=title, scale=limits), alt.Y2("hi:Q"), colour
    )
    line = layer.mark_line(point=alt.OverlayMarkDef(size=18), strokeWidth=1.8).encode(
        x, alt.Y("mid:Q", title=title), colour
    )
    dashed = plane("theory").mark_line(strokeDash=[5, 4], strokeWidth=1.4, clip=True)
    dashed = dashed.encode(x, alt.Y("mid:Q", title=title), colour)
    panels = list(dict.fromkeys(rows["panel"]))
    return Figure(
        "modes",
        text("The modes of the data, learnt"),
        takeaway(analysis, rows),
        sentences(
            text(
                "Strength of the {modes} strongest modes of the data in the product of all weight "
                "matrices, mode 1 the strongest; median over replicates (n = {n}) and quartiles.",
                modes=len(modes),
                n=int(rows["n"].max()),
            ),
            text(
                "Dashed: Saxe's curve for one hidden layer, s e^(2st/τ) / (e^(2st/τ) − 1 + s/a₀), "
                "from the measured start a₀; its end is s over the inputs' mean square along the "
                "mode, which is 1 where inputs are whitened."
            )
            if len(curves)
            else "",
            chosen_words(analysis, pictured(analysis, MOST_ARMS)),
        ),
        wrapped(alt.layer(band, line, *([dashed] if len(curves) else [])), panels, 0.75),
        {"rows": together({name: name for name in panels}, modes=rows, theory=curves)},
    )


def takeaway(analysis: Analysis, rows: pd.DataFrame) -> str:
    """Say by which step the strongest and the weakest drawn mode have half their last strength."""
    last = rows["mid"].where(rows["step"] == rows.groupby("arm")["step"].transform("max"))
    last = last.groupby([rows["arm"], rows["mode"]]).transform("max")
    said = []
    for arm in dict.fromkeys(rows["arm"]):
        mine = rows[(rows["arm"] == arm) & (2 * rows["mid"] >= last)]
        half = mine.groupby("mode")["step"].min()
        shown = sorted(rows.loc[rows["arm"] == arm, "mode"].unique())
        ends = [
            text("by step {step}", step=number(float(half[mode])))
            if mode in half
            else text("not by the end")
            for mode in (shown[0], shown[-1])
        ]
        said.append(
            text(
                "with {arm}, mode {first} {soon} and mode {last} {late}",
                arm=arm_words(analysis.results.arm(int(arm))),
                first=int(shown[0]),
                soon=ends[0],
                last=int(shown[-1]),
                late=ends[1],
            )
        )
    return text("Half of the last strength is reached: {said}.", said=clauses(said))
