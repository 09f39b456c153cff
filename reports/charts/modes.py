"""How a linear network learns the modes of its data, beside Saxe's curve."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ...core.components import Array
from ...core.families.descents import SGD
from ...core.families.losses import SquaredError
from ...core.families.schedules import ConstantFactor
from ...core.recipe import Recipe
from ..language.messages import clauses, sentences, text
from ..language.numbers import number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .figure import COLOURS, Figure, quantiles
from .small_multiples import chosen_words, pictured, plane, together, wrapped

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


def saxe(steps: Array, start: float, singular_value: float, rate: float) -> Array:
    """Return s·e^{2st/τ}/(e^{2st/τ} − 1 + s/a₀), the strength after t steps, 1/τ = ``rate``.

    Source: Saxe, McClelland & Ganguli 2013, for whitened inputs and balanced small weights.

    >>> saxe(np.array([0.0, 1e6]), 0.1, 2.0, 0.01).tolist()
    [0.1, 2.0]
    """
    decay = np.exp(-2.0 * singular_value * rate * steps)
    return singular_value / (1.0 + (singular_value / start - 1.0) * decay)


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
        first = mine.loc[mine["step"].idxmin()]
        if rate is None or not 0.0 < first["mid"] < first["singular_value"]:
            continue
        steps = np.unique(np.linspace(0, mine["step"].max(), POINTS))
        curve = saxe(steps, first["mid"], first["singular_value"], rate)
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
    legend = alt.Legend(orient="top")
    colour = alt.Color("mode:N", title=text("mode"), scale=scale, legend=legend)
    layer = plane("modes")
    band = layer.mark_area(opacity=0.12).encode(
        x, alt.Y("lo:Q", title=title), alt.Y2("hi:Q"), colour
    )
    line = layer.mark_line(point=alt.OverlayMarkDef(size=18), strokeWidth=1.8).encode(
        x, alt.Y("mid:Q", title=title), colour
    )
    dashed = plane("theory").mark_line(strokeDash=[5, 4], strokeWidth=1.4)
    dashed = dashed.encode(x, alt.Y("mid:Q", title=title), colour)
    panels = list(dict.fromkeys(rows["panel"]))
    return Figure(
        "modes",
        text("Modes are learnt one after another"),
        takeaway(analysis, rows),
        sentences(
            text(
                "Strength of the {modes} strongest modes of the data in the product of all weight "
                "matrices, mode 1 the strongest; median over replicates (n = {n}) and quartiles.",
                modes=len(modes),
                n=int(rows["n"].max()),
            ),
            text(
                "Dashed: Saxe's curve s e^(2st/τ) / (e^(2st/τ) − 1 + s/a₀) from the measured "
                "start, for whitened inputs."
            )
            if len(curves)
            else "",
            chosen_words(analysis, pictured(analysis, MOST_ARMS)),
        ),
        wrapped(alt.layer(band, line, *([dashed] if len(curves) else [])), panels, 0.75),
        {"rows": together({name: name for name in panels}, modes=rows, theory=curves)},
    )


def takeaway(analysis: Analysis, rows: pd.DataFrame) -> str:
    """Say by which step the strongest and the weakest drawn mode are half learnt."""
    said = []
    for arm in dict.fromkeys(rows["arm"]):
        mine = rows[(rows["arm"] == arm) & (2 * rows["mid"] >= rows["singular_value"])]
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
    return text("Half learnt: {said}.", said=clauses(said))
