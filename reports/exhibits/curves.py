"""Curves of several kinds over a numeric axis, in one panel or in panels that wrap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from ..charts.figure import kinds_channels

DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [4, 4], [12, 4])
"""A second channel beside colour, so that kinds differ without it."""


def kind_lines(
    frame: str | None,
    x: alt.X,
    y: alt.Y,
    kinds: Sequence[str],
    *,
    title: str | None = None,
    tooltip: Sequence[alt.Tooltip] = (),
    **more: Any,
) -> alt.Chart:
    """Return a line for each level of the field ``kind``, in colour and dash, clipped.

    Without a ``frame`` it draws the data of the panels that it is put in.
    """
    levels = list(kinds)
    x = x.axis(labelFlush=False)  # else the labels at both ends run into their neighbours
    colour, _ = kinds_channels(title or "", levels, lines=True)
    dash = alt.StrokeDash(
        "kind:N",
        scale=alt.Scale(domain=levels, range=list(DASHES[: len(levels)])),
        title=title or "",
        legend=alt.Legend(orient="top", symbolOpacity=1, symbolType="stroke", labelLimit=640),
    )
    plane = alt.Chart(alt.NamedData(frame)) if frame else alt.Chart()
    line = plane.mark_line(clip=True, strokeWidth=1.9, **more)
    drawn: alt.Chart = line.encode(x, y, colour, dash, tooltip=list(tooltip))
    return drawn


def rule(*, x: float | None = None, y: float | None = None, dash: bool = True) -> alt.Chart:
    """Return a thin grey line across the plot at one value."""
    mark = alt.Chart(alt.sequence(0, 1)).mark_rule(
        color="#888888", strokeWidth=1, strokeDash=[4, 3] if dash else [1, 0], clip=True
    )
    drawn: alt.Chart
    drawn = mark.encode(x=alt.datum(x)) if x is not None else mark.encode(y=alt.datum(y))
    return drawn


def panels(
    layered: alt.LayerChart | alt.FacetChart,
    names: Sequence[str],
    *,
    frame: str,
    columns: int = 3,
    width: int = 250,
    height: int = 150,
) -> alt.FacetChart:
    """Return the chart once for each value of the field ``panel``, in rows that wrap."""
    facet = alt.Facet("panel:N", title=None, sort=list(names))
    sized = layered.properties(width=width, height=height)
    return sized.facet(facet=facet, columns=columns, data=alt.NamedData(frame))


def plain_scale(low: float, high: float) -> alt.Scale:
    """Return a scale that ends exactly there."""
    return alt.Scale(domain=[low, high], nice=False, zero=False)
