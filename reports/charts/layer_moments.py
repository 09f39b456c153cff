"""Activations and gradients of every layer before training and after it."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ..language.messages import clauses, text
from ..language.numbers import number
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from .figure import Figure, kinds_channels, log10, quantiles
from .small_multiples import head, named, plane, together, wrapped

QUANTITIES = ("activation", "rms_delta", "weight_gradient_norm")


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return each ``quantity`` of each hidden ``layer`` of the named arms, at a ``moment``.

    ``kind`` names the arm. Of activations ``mid`` is the mean over units and examples, ``lo`` and
    ``hi`` mean ∓ sd, medians over ``n`` replicates; of RMS δ and ‖∂C/∂W‖ log₁₀ of the median and of
    the quartiles over replicates.
    """
    arms = named(analysis)
    layers = analysis.results.layers
    layers = layers[layers["arm"].isin(arms) & ~layers["is_output"]]
    if layers.empty:
        return layers
    last = layers["step"] == layers.groupby(["arm", "replicate"])["step"].transform("max")
    before = layers[layers["step"] == 0].assign(moment="start")
    rows = pd.concat([before, layers[last & (layers["step"] > 0)].assign(moment="end")])
    rows = rows.assign(kind=rows["arm"].map(arms))
    by = ["arm", "kind", "moment", "layer"]
    mean, sd = (quantiles(rows, by, column) for column in ("activation_mean", "activation_sd"))
    both = mean.merge(sd[[*by, "mid"]].rename(columns={"mid": "sd"}), on=by)
    both = both.assign(lo=both["mid"] - both["sd"], hi=both["mid"] + both["sd"])
    parts = [both.drop(columns="sd").assign(quantity="activation")]
    for column in QUANTITIES[1:]:
        values = rows.assign(value=log10(rows[column]))
        parts.append(quantiles(values, by, "value").assign(quantity=column))
    return pd.concat(parts, ignore_index=True)


def figure(analysis: Analysis) -> Figure | None:
    """Draw activations, RMS δ and ‖∂C/∂W‖ against the layer, at the start and at the end."""
    rows = frame(analysis)
    if rows.empty or rows["layer"].max() < 2:
        return None
    words = {
        "activation": text("activations, mean ± sd"),
        "rms_delta": text("log₁₀ RMS δ"),
        "weight_gradient_norm": text("log₁₀ ‖∂C/∂W‖"),
    }
    moments = {"start": text("before training"), "end": text("after training")}
    present = [m for m in moments if m in set(rows["moment"])]
    heads = {(q, m): head(words[q], moments[m]) for m in present for q in QUANTITIES}
    keys = zip(rows["quantity"], rows["moment"], strict=True)
    rows = rows.assign(panel=[heads[key] for key in keys])
    x = alt.X(
        "layer:Q",
        title=text("hidden layer"),
        axis=alt.Axis(tickMinStep=1, format="d"),
        scale=alt.Scale(domain=[1, int(rows["layer"].max())], nice=False, padding=6),
    )
    colour, shape = kinds_channels(text("arm"), list(named(analysis).values()))
    scale = alt.Scale(zero=False)
    band = (
        plane("moments")
        .mark_area(opacity=0.15)
        .encode(x, alt.Y("lo:Q", title=None, scale=scale), alt.Y2("hi:Q"), colour)
    )
    line = plane("moments").mark_line(point=alt.OverlayMarkDef(size=26), strokeWidth=1.8)
    line = line.encode(x, alt.Y("mid:Q", title=None, scale=scale), colour, shape)
    layered = wrapped(alt.layer(band, line), list(heads.values()), 0.75)
    return Figure(
        "layer-moments",
        text("Activations and gradients of the layers"),
        takeaway(analysis, rows),
        text(
            "Hidden layers on the probe set, layer 1 next to the input. Activations: mean ± sd "
            "over units and examples, medians over replicates (n = {n}); RMS δ and ‖∂C/∂W‖: median "
            "and quartiles over replicates. A diverged trial counts where it ends.",
            n=int(rows["n"].max()),
        ),
        layered.resolve_scale(y="independent"),
        {"rows": together({name: name for name in heads.values()}, moments=rows)},
    )


def takeaway(analysis: Analysis, rows: pd.DataFrame) -> str:
    """Say the sd of activations in the first and in the last hidden layer before training."""
    rows = rows[(rows["quantity"] == "activation") & (rows["moment"] == "start")]
    said = []
    for arm in dict.fromkeys(rows["arm"]):
        mine = rows[rows["arm"] == arm].sort_values("layer")
        sd = (mine["hi"] - mine["mid"]).to_numpy()
        said.append(
            text(
                "with {arm}, {first} in the first and {last} in the last",
                arm=arm_words(analysis.results.arm(arm)),
                first=number(float(sd[0])),
                last=number(float(sd[-1])),
            )
        )
    return text("Sd of activations by hidden layer before training: {said}.", said=clauses(said))
