"""A page of worked examples, which needs no study and no run."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import jinja2
from markupsafe import Markup

from ...studies.worked_examples import WORKED_EXAMPLES
from ..language.messages import current_language, text
from ..sections.worked_example import example_body


def examples_page(*names: str) -> str:
    """Return a page of its own with these worked examples, or with all of them.

    It opens offline:

    >>> page = examples_page("logistic-graph", "two-paths")
    >>> page.count("<svg")
    2
    """
    here = files(__package__)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string((here / "worked.html").read_text(encoding="utf-8"))
    return template.render(
        language=current_language(),
        title=text("Worked examples"),
        css=Markup((here / "page.css").read_text(encoding="utf-8")),
        sections=[example_body(WORKED_EXAMPLES[n](), n) for n in names or WORKED_EXAMPLES],
    )


def write_examples_page(path: Path, *names: str) -> Path:
    """Write :func:`examples_page` to a file and return its path."""
    path.write_text(examples_page(*names), encoding="utf-8")
    return path
