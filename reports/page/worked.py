"""A page of worked examples, which needs no study and no run."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import InputError, unknown
from ...studies.worked_examples import WORKED_EXAMPLES
from ..language.messages import SOURCE, speaking, text
from ..sections.section import Section, made
from ..sections.worked_example import example_body
from .html import html_of, write_page


def examples_page(*names: str) -> str:
    """Return a page of its own with these worked examples, or with all of them.

    It opens offline:

    >>> page = examples_page("logistic-graph", "two-paths")
    >>> page.count("<svg")
    2

    Raises
    ------
    InputError
        If there is no example of a name.
    """
    missing = [name for name in names if name not in WORKED_EXAMPLES]
    if missing:
        raise InputError(*(unknown("worked example", name, WORKED_EXAMPLES) for name in missing))
    title = text("Worked examples")
    lead = text(
        "Small computation graphs with all their numbers: what each node computes on the way "
        "forward, and the derivative that it passes on the way back."
    )
    examples = {name: WORKED_EXAMPLES[name]() for name in names or WORKED_EXAMPLES}
    sections = [
        Section(name, text(example.title), example_body(example, name))
        for name, example in examples.items()
    ]
    return html_of(title, [made("top", title, "heading.html", lead=lead), *sections])


def write_examples_page(path: Path, *names: str, language: str = SOURCE) -> Path:
    """Write :func:`examples_page` to a file, in a language, and return its path."""
    with speaking(language):
        page = examples_page(*names)
    return write_page(path, page)
