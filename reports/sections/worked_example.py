"""An exact example of the notes: the picture of the graph next to its numbers."""

from __future__ import annotations

from markupsafe import Markup

from ...studies.worked_examples import WORKED_EXAMPLES, WorkedExample
from ..language.messages import text
from ..page.graph_picture import picture
from ..statistics.analysis import Analysis
from .section import Section, render


def section(analysis: Analysis) -> Section | None:
    """Show the worked example that the study names."""
    name = analysis.study.worked_example
    if not name:
        return None
    return Section("worked", text("An exact example"), example_body(WORKED_EXAMPLES[name]()))


def example_body(example: WorkedExample, key: str = "worked") -> Markup:
    """Return the fragment of a page that shows one worked example; ``key`` is its id."""
    output = example.output
    caption = text(
        "In each box what is computed, above it the value, below it (∂) the derivative of {output} "
        "with respect to it; on a line between two numbers, the local slope. Pills are inputs, "
        "dashed ones constants. Computed by automatic differentiation.",
        output=output.name if output is not None else "",
    )
    return render(
        "worked_example.html",
        key=key,
        title=text(example.title),
        takeaway=text(example.text),
        correction=text(example.correction),
        columns=[text(name) for name in example.columns],
        texts=[i for i, name in enumerate(example.columns) if i == 0 or name == "formula"],
        rows=example.rows,
        picture=Markup(picture(output, key)) if output is not None else "",
        caption=caption,
    )
