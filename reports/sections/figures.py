"""A section for each chart that applies."""

from __future__ import annotations

from collections.abc import Callable

from ..charts import Chart
from ..language.messages import text
from ..statistics.analysis import Analysis
from .section import Section, render


def section_of(chart: Chart) -> Callable[[Analysis], Section | None]:
    """Return the function that makes a chart's section."""

    def section(analysis: Analysis) -> Section | None:
        figure = chart(analysis)
        if figure is None:
            return None
        body = render(
            "chart.html",
            key=figure.key,
            title=figure.title,
            figure=figure,
            numbers=text("The numbers drawn"),
        )
        return Section(figure.key, figure.title, body, (figure,))

    return section
