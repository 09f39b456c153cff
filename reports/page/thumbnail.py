"""A figure as a small drawing that stands in a page without any script."""

from __future__ import annotations

import base64
import re
from typing import Any

from markupsafe import Markup

from ..charts.figure import Figure
from .bundle import vega_lite_version
from .html import data_of

WIDTH = 420
"""Pixels of a chart that is as wide as its page."""
INK, SOFT, LINE = "#010203", "#010204", "#010205"
"""Colours that are replaced by those of the page, so that a drawing is dark where the page is."""
MOST = 150_000
"""Characters of a drawing; a longer one becomes an image of dots."""


def thumbnail(figure: Figure, key: str) -> Markup:
    """Draw a figure; ``key`` sets its ids apart from those of other drawings on the page."""
    import vl_convert

    spec, version = whole_spec(figure), vega_lite_version()
    svg = vl_convert.vegalite_to_svg(spec, vl_version=version)
    drawing = embedded(svg, key)
    if len(drawing) <= MOST:
        return drawing
    spec["config"]["background"] = "white"
    dots = base64.b64encode(vl_convert.vegalite_to_png(spec, vl_version=version, scale=0.8))
    return Markup('<img alt="" src="data:image/png;base64,{}">').format(dots.decode())


def whole_spec(figure: Figure) -> dict[str, Any]:
    """Return the specification of a figure, or of its topmost chart, with its data.

    Its colours are those to be replaced.
    """
    spec: dict[str, Any] = sized(figure.spec())
    if "vconcat" in spec:
        spec |= spec.pop("vconcat")[0]
    spec["datasets"] = {
        name: [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        for name, columns in data_of([figure]).items()
    }
    soft = {"labelColor": SOFT, "titleColor": SOFT}
    spec["config"] = {
        "background": "transparent",
        "view": {"stroke": None},
        "axis": {**soft, "gridColor": LINE, "domainColor": LINE, "tickColor": LINE},
        "legend": soft,
        "header": soft,
        "title": {"color": INK},
        "text": {"color": INK},
    }
    return spec


def sized(part: Any) -> Any:
    """Return a specification in which what is as wide as the page has a width."""
    if isinstance(part, dict):
        return {
            name: WIDTH if (name, value) == ("width", "container") else sized(value)
            for name, value in part.items()
        }
    return [sized(value) for value in part] if isinstance(part, list) else part


def embedded(svg: str, key: str) -> Markup:
    """Return a drawing as part of a page.

    It has the page's colours, short numbers, ids of its own, and no labels for each of its marks.

    >>> print(embedded('<path id="clip0" class="a" d="M1.2345" stroke="#010203"/>', "a"))
    <path id="a-clip0" d="M1.23" stroke="currentColor"/>
    """
    for colour, name in ((INK, "currentColor"), (SOFT, "var(--soft)"), (LINE, "var(--line)")):
        svg = svg.replace(colour, name)
    svg = re.sub(
        r' (?:aria-[a-z]+|role|class|pointer-events|font-family|xmlns\S*)="[^"]*"', "", svg
    )
    svg = re.sub(r"(\.\d\d)\d+", r"\1", svg)
    svg = svg.replace("<svg", '<svg preserveAspectRatio="xMinYMid"', 1)
    return Markup(re.sub(r'(?<= id=")|(?<=url\(#)|(?<=href="#)', f"{key}-", svg))
