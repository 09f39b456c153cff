"""A figure: a chart without data, the frames it draws, and the words around it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import altair as alt

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's colours for kinds, without the two that vanish on white or black."""

DECADES = 1.3
"""Positive values that span more decades than this stand on a logarithmic axis."""
HALO = "halo"
"""The style of words that lie under words, which the page draws in its paper's colour."""
LOST = "#E0363A"
"""The colour of what diverged."""
LEGEND_WIDTH, LETTER, SYMBOL = 640, 6.5, 30
"""Widths in pixels: of a legend's row, of a letter, and of a symbol with the space around it."""


@dataclass(frozen=True)
class Figure:
    """One chart of a report.

    ``frames`` holds the data by name; the chart refers to them by name alone. On a page the names
    stand behind the figure's ``key``, so that two figures may use the same. ``takeaway`` says what
    to see, ``caption`` what is drawn, with n, interval and units.
    """

    key: str
    title: str
    takeaway: str
    caption: str
    chart: alt.TopLevelMixin
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def data(self) -> dict[str, pd.DataFrame]:
        """The frames by their names on a page."""
        return {f"{self.key}/{name}": frame for name, frame in self.frames.items()}

    def spec(self) -> dict[str, Any]:
        """Return the Vega-Lite specification, without data, naming frames as on a page."""
        spec: dict[str, Any] = self.chart.to_dict()
        spec.pop("config", None)  # colours of text and grid belong to the page's theme
        self._rename(spec)
        return spec

    def _rename(self, part: Any) -> None:
        """Put the figure's key before the names of data in a part of the specification."""
        for value in part.values() if isinstance(part, dict) else part:
            if isinstance(value, dict | list):
                self._rename(value)
        if isinstance(part, dict) and "name" in (data := part.get("data") or {}):
            part["data"] = {"name": f"{self.key}/{data['name']}"}


def log10(values: pd.Series) -> pd.Series:
    """Return log₁₀ of positive values; zero, negative and non-finite ones become null."""
    x = values.to_numpy(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return pd.Series(np.where(x > 0, np.log10(x), np.nan), index=values.index)


def quantiles(frame: pd.DataFrame, by: list[str], column: str) -> pd.DataFrame:
    """Return the median and quartiles of a column over replicates, with their number."""
    grouped = frame.groupby(by, sort=False, observed=True)[column]
    table = grouped.agg(mid="median", n="count")
    table.insert(1, "lo", grouped.quantile(0.25))
    table.insert(2, "hi", grouped.quantile(0.75))
    return table.dropna(subset=["mid"]).reset_index()


def power_axis(title: str, low: float, high: float, **more: Any) -> Any:
    """Return an axis for log₁₀ values whose labels are powers of ten."""
    import altair as alt

    first, last = int(np.floor(low)), int(np.ceil(high))
    step = max(1, int(np.ceil((last - first) / 8)))
    return alt.Axis(
        title=title, values=list(range(first, last + 1, step)), labelExpr=power_label(), **more
    )


def power_label() -> str:
    """Return the expression of a label that writes an exponent as a power of ten."""
    digits, size = "['⁰','¹','²','³','⁴','⁵','⁶','⁷','⁸','⁹']", "abs(datum.value)"
    return (
        "'10' + (datum.value < 0 ? '⁻' : '') + "
        f"({size} >= 10 ? {digits}[floor({size} / 10)] : '') + {digits}[{size} % 10]"
    )


def power_scale(low: float, high: float) -> Any:
    """Return the scale that goes with :func:`power_axis`."""
    import altair as alt

    first, last = float(np.floor(low)), float(np.ceil(high))
    return alt.Scale(domain=[first, max(last, first + 1)], nice=False)


def decades(low: float, high: float) -> bool:
    """Whether positive values span so many decades that a logarithmic axis tells more.

    >>> decades(0.1, 1.5), decades(0.01, 1.5), decades(0.0, 1.5)
    (False, True, False)
    """
    return bool(low > 0 and high / low > 10**DECADES)


def value_axis(
    title: str, low: float, high: float, *, zero: bool = True, log: bool | None = None
) -> tuple[Any, Any]:
    """Return axis and scale for values from low to high: logarithmic where decades matter.

    A linear axis begins at 0 where that is near, unless ``zero`` is false. Shares are never
    on a logarithmic one: their ``log`` is false.
    """
    import altair as alt

    if not (decades(low, high) if log is None else log):
        room = 0.06 * (high - low) or 0.06 * abs(high) or 1.0
        first = 0.0 if zero and 0 <= low < 0.5 * high else low - room
        scale = alt.Scale(domain=[first, high + room], nice=False, zero=False)
        return alt.Axis(title=title), scale
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    every = max(1, math.ceil((last - first) / 8))
    steps = (1, 2, 5) if last - first < 3 else (1,)
    low, high = low / 1.15, high * 1.15
    marks = [k * 10.0**e for e in range(first - 1, last + 1) if e % every == 0 for k in steps]
    shown = [mark for mark in marks if low <= mark <= high]
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    return alt.Axis(title=title, values=shown, labelExpr=number_label()), scale


def number_label() -> str:
    """Return the expression of an axis label: three digits, powers of ten far from 1."""
    size, exponent = "abs(datum.value)", "floor(log(abs(datum.value)) / LN10 + 1e-9)"
    digits = "['⁰','¹','²','³','⁴','⁵','⁶','⁷','⁸','⁹']"
    mantissa = f"format(datum.value / pow(10, {exponent}), '.3~g')"
    power = (
        f"'10' + ({exponent} < 0 ? '⁻' : '') + "
        f"(abs({exponent}) >= 10 ? {digits}[floor(abs({exponent}) / 10)] : '') + "
        f"{digits}[abs({exponent}) % 10]"
    )
    return (
        f"datum.value == 0 ? '0' : {size} >= 1e-3 && {size} < 1e5 ? "
        f"replace(format(datum.value, ',.4~r'), '-', '−') : "
        f"({mantissa} == '1' ? '' : {mantissa} + '·') + {power}"
    )


def panel_width(panels: int) -> int:
    """Return the width in pixels of each of several panels side by side on a wide screen."""
    return int(min(430, max(170, (850 - 20 * (panels - 1)) / panels)))


def kinds_channels(
    title: str, levels: list[str], *, lines: bool = False, legend: bool = True
) -> tuple[Any, Any]:
    """Return the colour and the shape of the field ``kind``, one legend for both above the chart.

    With one level there is no legend, nor without ``legend``. ``lines`` draws its symbols as
    strokes.
    """
    import altair as alt

    columns = max(1, int(LEGEND_WIDTH / (LETTER * max(map(len, levels)) + SYMBOL)))
    shown = alt.Legend(orient="top", symbolOpacity=1, labelLimit=LEGEND_WIDTH)
    if columns < len(levels):
        shown.columns = columns
    if lines:
        shown.symbolType = "stroke"
    shared: dict[str, Any] = {
        "title": title,
        "legend": shown if legend and len(levels) > 1 else None,
    }
    colours = alt.Scale(domain=levels, range=list(COLOURS[: len(levels)]))
    return (
        alt.Color("kind:N", scale=colours, **shared),
        alt.Shape("kind:N", scale=alt.Scale(domain=levels), **shared),
    )
