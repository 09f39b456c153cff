"""How much a deep ReLU network's signal varies from one random start to the next."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ...core.theory.length_variance import exact_moments, predicted_variance, simulated_logs
from ...studies.one_thread import one_blas_thread
from ..answers.answer import Answer
from ..charts.figure import Figure, kinds_channels
from ..language.messages import clauses, listed, sentences, text
from ..language.numbers import number
from .exhibit import Exhibit

WIDTHS, DEPTHS, NETWORKS, RESAMPLES = (20, 50, 100), (1, 2, 5, 10, 20), 400, 400


def frame() -> pd.DataFrame:
    """Return by width (``kind``) and ``depth`` the mean and variance of log ‖h‖²/‖x‖².

    ``variance`` and ``mean`` are simulated, with 95 % bootstrap intervals ``low`` to ``high`` of
    the variance; ``beta`` is 5 Σ 1/n, ``exact`` the variance by the law of one layer.
    """
    rng = np.random.default_rng(1)
    rows = []
    for width in WIDTHS:
        for depth in DEPTHS:
            logs = simulated_logs(width, depth, NETWORKS)
            again = logs[rng.integers(0, len(logs), (RESAMPLES, len(logs)))].var(axis=1, ddof=1)
            low, high = np.quantile(again, [0.025, 0.975])
            mean, exact = exact_moments(width, depth)
            rows.append(
                {
                    "kind": text("{n} units wide", n=width),
                    "depth": depth,
                    "beta": predicted_variance(width, depth),
                    "variance": float(logs.var(ddof=1)),
                    "low": float(low),
                    "high": float(high),
                    "exact": exact,
                    "mean": float(logs.mean()),
                    "exact_mean": mean,
                    "networks": len(logs),
                }
            )
    return pd.DataFrame(rows)


def exhibit() -> Exhibit:
    """Show the variance against β, by width and depth."""
    with one_blas_thread():
        rows = frame()
    ratios = rows["variance"] / rows["beta"]
    widest = ratios[rows["kind"] == rows["kind"].iloc[-1]]
    inside = int(rows["exact"].between(rows["low"], rows["high"]).sum())
    most = rows.loc[rows["beta"].idxmax()]
    answer = Answer(
        text(
            "Over random starts the log of the signal's squared length has a variance of {low} to "
            "{high} times β = 5 Σ 1/n, while β itself runs from {least} to {most}.",
            low=number(float(ratios.min())),
            high=number(float(ratios.max())),
            least=number(float(rows["beta"].min())),
            most=number(float(rows["beta"].max())),
        ),
        sentences(
            text(
                "At β = {beta} ({kind}, {depth} layers) the variance is {variance}, and "
                "the mean is {mean}, where −β/2 is {half}.",
                beta=number(float(most["beta"])),
                kind=most["kind"],
                depth=int(most["depth"]),
                variance=number(float(most["variance"])),
                mean=number(float(most["mean"])),
                half=number(-float(most["beta"]) / 2),
            ),
            text(
                "The exact variance of a layer lies in {inside} of {n} bootstrap intervals; β is "
                "its first term for wide layers.",
                inside=inside,
                n=len(rows),
            ),
        ),
        (
            (text("networks for each dot"), str(NETWORKS)),
            (text("variance over β, widest layers"), number(float(widest.median()))),
            (text("exact variance inside its interval"), text("{k} of {n}", k=inside, n=len(rows))),
        ),
    )
    return Exhibit(answer, (figure(rows),))


def figure(rows: pd.DataFrame) -> Figure:
    """Draw the simulated variance against β, on log axes, with the lines of the theories."""
    kinds = list(rows["kind"].unique())
    ends = [float(rows["beta"].min()) * 0.8, float(rows["beta"].max()) * 1.25]
    span = [
        min(ends[0], float(rows["low"].min()) * 0.9),
        max(ends[1], float(rows["high"].max()) * 1.1),
    ]
    x = alt.X(
        "beta:Q",
        title=text("β = 5 Σ 1/n over the layers"),
        scale=alt.Scale(type="log", domain=ends, nice=False),
    )
    scale = alt.Scale(type="log", domain=span, nice=False)
    colour, shape = kinds_channels(text("hidden layers"), kinds)
    plane = alt.Chart(alt.NamedData("variance"))
    dots = plane.mark_point(filled=True, size=70, opacity=1).encode(
        x,
        alt.Y("variance:Q", title=text("variance of log ‖h‖²/‖x‖²"), scale=scale),
        colour,
        shape,
        tooltip=[
            alt.Tooltip("kind:N", title=text("layers")),
            alt.Tooltip("depth:Q", title=text("depth")),
            alt.Tooltip("beta:Q", title=text("β"), format=".3g"),
            alt.Tooltip("variance:Q", title=text("variance"), format=".3g"),
            alt.Tooltip("exact:Q", title=text("exact"), format=".3g"),
            alt.Tooltip("mean:Q", title=text("mean"), format=".3g"),
        ],
    )
    bars = plane.mark_rule(strokeWidth=1.4).encode(
        x, alt.Y("low:Q", scale=scale), alt.Y2("high:Q"), colour
    )
    exact = plane.mark_line(strokeWidth=1, opacity=0.7).encode(
        x, alt.Y("exact:Q", scale=scale), colour
    )
    law = (
        alt.Chart(alt.NamedData("law"))
        .mark_line(color="#888888", strokeDash=[6, 4], strokeWidth=1.6)
        .encode(x, alt.Y("beta:Q", scale=scale))
    )
    ratios = (rows["variance"] / rows["beta"]).groupby(rows["kind"], sort=False).median()
    return Figure(
        "variance",
        text("The variance against depth over width"),
        text(
            "Median ratio of variance to β: {ratios}.",
            ratios=clauses(
                text("{kind} {x}", kind=kind, x=number(float(x))) for kind, x in ratios.items()
            ),
        ),
        text(
            "Variance over {n} He-initialised ReLU networks without biases of the log of the last "
            "layer's squared length over the input's, with 95 % bootstrap intervals; depths "
            "{depths}. Dashed: β itself (Hanin 2018). Thin: the exact variance of this width.",
            n=NETWORKS,
            depths=listed(str(depth) for depth in DEPTHS),
        ),
        alt.layer(law, exact, bars, dots).properties(width="container", height=340),
        {"variance": rows, "law": pd.DataFrame({"beta": ends})},
    )
