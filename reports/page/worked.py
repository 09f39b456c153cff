"""Worked examples on a page: the picture of the graph next to its numbers."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import jinja2
from markupsafe import Markup

from ...studies.worked_examples import WORKED_EXAMPLES, WorkedExample
from .graph_picture import picture


def worked_section(example: WorkedExample, key: str = "worked") -> Markup:
    """Return the section of a page that shows one worked example; ``key`` is its id."""
    template = jinja2.Template(
        (files(__package__) / "worked.html").read_text(encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    output = example.output
    return Markup(
        template.render(
            key=key,
            example=example,
            texts=[i for i, name in enumerate(example.columns) if i == 0 or name == "formula"],
            picture=Markup(picture(output, key)) if output is not None else "",
            output=output.name if output is not None else "",
        )
    )


def examples_page(*names: str) -> str:
    """Return a page of its own with these worked examples, or with all of them.

    It needs no study and no run, and opens offline:

    >>> page = examples_page("logistic-graph", "two-paths")
    >>> page.count("<svg")
    2
    """
    sections = [worked_section(WORKED_EXAMPLES[name](), name) for name in names or WORKED_EXAMPLES]
    css = (files(__package__) / "page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<title>Worked examples</title>\n'
        f"<style>{css}</style>\n</head>\n<body>\n<main>\n<h1>Worked examples</h1>\n"
        f"{''.join(sections)}\n</main>\n</body>\n</html>\n"
    )


def write_examples_page(path: Path, *names: str) -> Path:
    """Write :func:`examples_page` to a file and return its path."""
    path.write_text(examples_page(*names), encoding="utf-8")
    return path
