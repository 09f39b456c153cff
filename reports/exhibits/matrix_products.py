"""Products of random matrices: how their entries explode, against the Lyapunov exponent."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ...core.components import plain
from ...core.theory.matrix_products import DIGITS, critical_std, largest_entries, top_exponent
from ..answers.answer import Answer
from ..charts.figure import COLOURS, Figure, power_axis, power_scale
from ..language.messages import sentences, text
from ..language.numbers import number, power
from .curves import plain_scale
from .exhibit import Exhibit

SIZE, FACTORS, PRODUCTS = 4, 101, 400
SHOWN = 12
"""Products whose own line is drawn."""


def stds() -> dict[str, float]:
    """Return the standard deviations of the entries: 1, and that at which nothing grows."""
    critical = critical_std(SIZE)
    return {
        text("entries N(0, 1)"): 1.0,
        text("standard deviation {std}", std=number(critical)): critical,
    }


def logs() -> dict[str, np.ndarray]:
    """Return log₁₀ of the largest entry by number of factors, of every product of each kind."""
    return {name: largest_entries(SIZE, FACTORS, PRODUCTS, std) for name, std in stds().items()}


def frame(grown: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return by ``kind`` and number of ``factors`` the quantiles over products, and the theory.

    ``lo``, ``mid`` and ``hi`` are the 2.5, 50 and 97.5 percentiles of log₁₀ max |entry|, ``theory``
    the exponent times the number of factors.
    """
    k = np.arange(1, FACTORS + 1)
    parts = []
    for name, std in stds().items():
        low, middle, high = np.quantile(grown[name], [0.025, 0.5, 0.975], axis=0)
        theory = k * top_exponent(SIZE, std) * DIGITS
        columns = {"factors": k, "lo": low, "mid": middle, "hi": high, "theory": theory}
        parts.append(pd.DataFrame({"kind": name, **columns}))
    return pd.concat(parts, ignore_index=True)


def exhibit() -> Exhibit:
    """Show how far the products grow and that the exponent tells it."""
    grown = logs()
    rows = frame(grown)
    first, second = stds()
    ends = rows[rows["factors"] == FACTORS].set_index("kind")
    middle, theory = float(ends.loc[first, "mid"]), float(ends.loc[first, "theory"])
    answer = Answer(
        text(
            "After {factors} factors of {size} × {size} matrices of N(0, 1) the largest entry is "
            "about {size_now}; with entries of standard deviation {std} instead it stays near "
            "{other}.",
            factors=FACTORS,
            size=SIZE,
            size_now=power(round(middle)),
            std=number(stds()[second]),
            other=number(10 ** float(ends.loc[second, "mid"]), 2),
        ),
        sentences(
            text(
                "Each factor multiplies the entries by {factor} in the long run: the Lyapunov "
                "exponent is ½(log 2 + ψ({size}/2)) = {exponent}, exactly, which gives "
                "{theory} for {factors} factors.",
                factor=number(float(np.exp(top_exponent(SIZE)))),
                size=SIZE,
                exponent=number(top_exponent(SIZE)),
                theory=text("10 to the power of {x}", x=number(theory)),
                factors=FACTORS,
            ),
            text(
                "Simulated: the median is 10 to the power of {x}, 95 % of {n} products lie between "
                "{low} and {high}.",
                x=number(middle),
                n=PRODUCTS,
                low=number(float(ends.loc[first, "lo"])),
                high=number(float(ends.loc[first, "hi"])),
            ),
        ),
        (
            (text("factors"), str(FACTORS)),
            (text("products"), str(PRODUCTS)),
            (text("growth per factor"), text("×{x}", x=number(float(np.exp(top_exponent(SIZE)))))),
            (text("median of log₁₀, simulated"), number(middle)),
            (text("median of log₁₀, by the exponent"), number(theory)),
        ),
    )
    return Exhibit(answer, (figure(grown, rows),), ("matrix-product",))


def figure(grown: dict[str, np.ndarray], rows: pd.DataFrame) -> Figure:
    """Draw the quantiles, some single products and the exponent's lines."""
    k = np.arange(1, FACTORS + 1)
    single = pd.concat(
        [
            pd.DataFrame({"kind": name, "product": i, "factors": k, "value": values[i]})
            for name, values in grown.items()
            for i in range(SHOWN)
        ],
        ignore_index=True,
    )
    kinds = list(stds())
    low, high = float(rows["lo"].min()), float(rows["hi"].max())
    x = alt.X("factors:Q", title=text("number of factors"), scale=plain_scale(0, FACTORS))
    axis, scale = power_axis(text("largest |entry|"), low, high), power_scale(low, high)
    colour = alt.Color(
        "kind:N",
        title=None,
        scale=alt.Scale(domain=kinds, range=list(COLOURS[:2])),
        legend=alt.Legend(orient="top", symbolOpacity=1, symbolType="stroke"),
    )
    plane = alt.Chart(alt.NamedData("products"))
    band = plane.mark_area(opacity=0.15).encode(
        x, alt.Y("lo:Q", title="", scale=scale), alt.Y2("hi:Q"), colour
    )
    each = (
        alt.Chart(alt.NamedData("single"))
        .mark_line(strokeWidth=0.6, opacity=0.5)
        .encode(x, alt.Y("value:Q", scale=scale), colour, alt.Detail("product:N"))
    )
    line = plane.mark_line(strokeWidth=2.2).encode(
        x,
        alt.Y("mid:Q", axis=axis, scale=scale),
        colour,
        tooltip=[
            alt.Tooltip("kind:N", title=text("entries")),
            alt.Tooltip("factors:Q", title=text("factors")),
            alt.Tooltip("mid:Q", title=text("log₁₀ median"), format=".2f"),
            alt.Tooltip("theory:Q", title=text("by the exponent"), format=".2f"),
        ],
    )
    theory = plane.mark_line(color="#888888", strokeDash=[6, 4], strokeWidth=1.6).encode(
        x, alt.Y("theory:Q", scale=scale), alt.Detail("kind:N")
    )
    ends = rows[rows["factors"] == FACTORS]
    apart = float((ends["mid"] - ends["theory"]).abs().max())
    return Figure(
        "products",
        text("A hundred random matrices"),
        text(
            "The dashed lines are the exponent times the number of factors, with nothing fitted; "
            "after {factors} factors the medians are within a factor of {apart} of them.",
            factors=FACTORS,
            apart=number(10**apart, 2),
        ),
        text(
            "Largest absolute entry of a product of {size} × {size} matrices with independent "
            "normal entries: median and 95 % of {n} products, and {shown} single ones. Dashed: the "
            "exact top Lyapunov exponent, 0 for the standard deviation {std}.",
            size=SIZE,
            n=PRODUCTS,
            shown=SHOWN,
            std=plain(round(critical_std(SIZE), 4)),
        ),
        alt.layer(band, each, line, theory).properties(width="container", height=340),
        {"products": rows, "single": single},
    )
