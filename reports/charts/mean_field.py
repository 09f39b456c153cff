"""Pre-activations and errors of every layer before training, beside mean-field theory."""

from __future__ import annotations

import itertools
import math

import altair as alt
import numpy as np
import pandas as pd

from ...core.recipe import Recipe
from ...core.theory.initial_variance import weight_variance
from ...core.theory.mean_field import next_length, second_moments
from ..language.messages import clauses, sentences, text
from ..language.numbers import number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .figure import COLOURS, Figure, kinds_channels, log10, quantiles
from .small_multiples import chosen_words, head, pictured, plane, together, wrapped

LEAST_LAYERS = 3


def applies(recipe: Recipe) -> bool:
    """Whether the theory speaks of a recipe: plain layers of known variance, at least three."""
    plain = not (recipe.normaliser or recipe.residual or recipe.parametrisation)
    known = not (recipe.pretraining or recipe.initialiser.fits_data or recipe.bias)
    return plain and known and len(recipe.hidden) >= LEAST_LAYERS


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return log₁₀ of the length √q and of RMS δ by hidden ``layer`` before the first step.

    ``kind`` names the ``arm``; ``mid``, ``lo`` and ``hi`` are median and quartiles over ``n``
    replicates of what was measured; ``theory`` starts from the measured √q of the first layer, and
    from the measured RMS δ of the last hidden one.
    """
    arms = {
        arm: name
        for arm, name in pictured(analysis, len(COLOURS)).items()
        if applies(analysis.results.arm(arm).recipe)
    }
    layers = analysis.results.layers
    start = layers[(layers["step"] == 0) & ~layers["is_output"] & layers["arm"].isin(arms)]
    if start.empty:
        return start
    length = np.sqrt(start["preactivation_mean"] ** 2 + start["preactivation_sd"] ** 2)
    start = start.assign(kind=start["arm"].map(arms), length=length)
    by = ["arm", "kind", "layer"]
    parts = []
    for quantity, column in (("length", "length"), ("delta", "rms_delta")):
        values = start.assign(value=log10(start[column]))
        parts.append(quantiles(values, by, "value").assign(quantity=quantity))
    rows = pd.concat(parts).sort_values(["quantity", *by], ignore_index=True)
    theory = pd.Series(np.nan, rows.index)
    for arm in arms:
        recipe = analysis.results.arm(arm).recipe
        mine = rows["arm"] == arm
        q, d = (rows[mine & (rows["quantity"] == name)] for name in ("length", "delta"))
        if q.empty or len(q) != len(recipe.hidden) or len(d) != len(q):
            continue
        first, last = 10.0 ** q["mid"].iloc[0], 10.0 ** d["mid"].iloc[-1]
        lengths, deltas = predicted(recipe, first**2, last)
        theory[q.index], theory[d.index] = 0.5 * np.log10(lengths), np.log10(deltas)
    return rows.assign(theory=theory)


def predicted(recipe: Recipe, q: float, delta: float) -> tuple[list[float], list[float]]:
    """Return q of every hidden layer from the first one's, and RMS δ back from the last one's."""
    widths = recipe.hidden
    variances = [
        weight_variance(recipe.initialiser, below, above)
        for below, above in itertools.pairwise(widths)
    ]
    lengths = [q]
    for variance in variances:
        lengths.append(next_length(recipe.activation, variance, recipe.bias_std**2, lengths[-1]))
    deltas = [delta]
    for variance, below in zip(reversed(variances), reversed(lengths[:-1]), strict=True):
        slope = second_moments(recipe.activation, below)[1]
        deltas.append(deltas[-1] * math.sqrt(variance * slope))
    return lengths, deltas[::-1]


def figure(analysis: Analysis) -> Figure | None:
    """Draw lengths and errors of the layers as points, and theory as dashed lines."""
    rows = frame(analysis)
    if rows.empty or rows["theory"].isna().all():
        return None
    words = {
        "length": head(text("length √q of pre-activations, log₁₀")),
        "delta": head(text("error RMS δ, log₁₀")),
    }
    rows = rows.assign(panel=rows["quantity"].map(words))
    x = alt.X(
        "layer:Q",
        title=text("hidden layer"),
        axis=alt.Axis(tickMinStep=1, format="d"),
        scale=alt.Scale(domain=[1, int(rows["layer"].max())], nice=False, padding=8),
    )
    colour, shape = kinds_channels(text("arm"), list(dict.fromkeys(rows["kind"])))
    scale = alt.Scale(zero=False)
    layer = plane("layers")
    bars = layer.mark_rule(strokeWidth=1.4).encode(
        x, alt.Y("lo:Q", title=None, scale=scale), alt.Y2("hi:Q"), colour
    )
    points = layer.mark_point(filled=True, size=40, opacity=1).encode(
        x, alt.Y("mid:Q", title=None, scale=scale), colour, shape
    )
    dashed = layer.mark_line(strokeDash=[5, 4], strokeWidth=1.6).encode(
        x, alt.Y("theory:Q", title=None, scale=scale), colour
    )
    chart = wrapped(alt.layer(bars, dashed, points), list(words.values()), 0.75)
    return Figure(
        "mean-field",
        text("Theory of wide networks beside measurement"),
        takeaway(analysis, rows),
        sentences(
            text(
                "Points: measured before the first step on the probe set, median over replicates "
                "(n = {n}) and quartiles. Dashed: mean-field theory of wide random networks, from "
                "the measured first layer's length on, and from the last hidden layer's error "
                "back.",
                n=int(rows["n"].max()),
            ),
            chosen_words(analysis, pictured(analysis, len(COLOURS))),
        ),
        chart.resolve_scale(y="independent"),
        {"rows": together({name: name for name in words.values()}, layers=rows)},
    )


def takeaway(analysis: Analysis, rows: pd.DataFrame) -> str:
    """Say the first layer's error over theory, and the last layer's length over theory."""
    said = []
    for arm in dict.fromkeys(rows["arm"]):
        mine = rows[rows["arm"] == arm]
        beyond = (mine["mid"] - mine["theory"]).groupby(mine["quantity"])
        said.append(
            text(
                "with {arm}, ×{delta} and ×{length}",
                arm=arm_words(analysis.results.arm(arm)),
                delta=number(10.0 ** beyond.get_group("delta").iloc[0]),
                length=number(10.0 ** beyond.get_group("length").iloc[-1]),
            )
        )
    return text(
        "Measured over theory, the error in the first hidden layer and the length in the last: "
        "{said}.",
        said=clauses(said),
    )
