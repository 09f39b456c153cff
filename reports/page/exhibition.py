"""The page of an exhibit: question, answer, pictures, and the worked examples below them."""

from __future__ import annotations

from pathlib import Path

from ...studies.catalogue import Entry
from ...studies.worked_examples import WORKED_EXAMPLES
from ..exhibits import EXHIBITS
from ..language.messages import SOURCE, speaking, text
from ..sections.answer import opening
from ..sections.figures import section_around
from ..sections.section import Section
from ..sections.worked_example import example_body
from .html import html_of, write_page


def write_exhibit(entry: Entry, results: Path, language: str = SOURCE) -> Path:
    """Write ``report.html`` of an exhibit into its folder of the results, and return its path.

    Raises
    ------
    InputError
        If the reports do not speak the language.
    """
    with speaking(language):
        html = exhibit_page(entry)
    return write_page(results / entry.name / "report.html", html)


def exhibit_page(entry: Entry) -> str:
    """Return an exhibit's whole page, in the language that is spoken."""
    exhibit = EXHIBITS[entry.exhibit]()
    worked = [
        Section(name, text(example.title), example_body(example, name))
        for name, example in ((name, WORKED_EXAMPLES[name]()) for name in exhibit.worked)
    ]
    opened = opening(entry.question, exhibit.answer, entry.explanation, entry.source)
    return html_of(text(entry.question), [opened, *map(section_around, exhibit.figures), *worked])
