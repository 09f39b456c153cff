"""A section for each chart that applies."""

from __future__ import annotations

from collections.abc import Iterator

from ..charts import CHARTS
from ..charts.choice import chosen
from ..charts.figure import Figure
from ..language.messages import text
from ..statistics.analysis import Analysis
from .section import Section, render


def sections(analysis: Analysis) -> list[Section]:
    """Return the sections of the charts that a study's page shows, in their order."""
    return [section_around(figure) for figure in figures(analysis)]


def figures(analysis: Analysis) -> Iterator[Figure]:
    """Yield the figures that a study's page shows, drawn when asked for, in their order."""
    for name in chosen(analysis):
        figure = CHARTS[name](analysis)
        if figure is not None:
            yield figure


def section_around(figure: Figure) -> Section:
    """Return the section that holds a figure."""
    body = render(
        "chart.html",
        key=figure.key,
        title=figure.title,
        figure=figure,
        numbers=text("The numbers drawn"),
    )
    return Section(figure.key, figure.title, body, (figure,))
