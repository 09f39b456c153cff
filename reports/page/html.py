"""A page of sections: one self-contained HTML file that opens offline."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ...cluster.folder.store import LocalStore
from ...core.errors import ResourceError
from ..charts.figure import Figure
from ..language.messages import current_language, text
from ..language.prose import prose, unformatted
from ..sections.section import Section
from .bundle import bundle
from .links import with_glossary


def html_of(title: str, sections: Sequence[Section]) -> str:
    """Return the page that holds these sections and a glossary, in the language that is spoken."""
    sections = with_glossary(sections)
    figures = [figure for section in sections for figure in section.figures]
    here = files(__package__)
    reading = (here / "reading.js").read_text(encoding="utf-8")
    script = (here / "page.js").read_text(encoding="utf-8")
    library = f"(function(){{{bundle()}\n}})()" if figures else ""
    store = {
        "data": data_of(figures),
        "specs": specs_of(figures),
        "words": {
            "undrawn": text("This chart could not be drawn:"),
            "save": text("Save this chart"),
        },
    }
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["prose"] = prose
    template = environment.from_string((here / "page.html").read_text(encoding="utf-8"))
    return template.render(
        language=current_language(),
        title=unformatted(title),
        contents=text("Contents"),
        skip=text("To the answer"),
        sections=sections,
        footer=text("Made by paribus. This file needs no network."),
        css=Markup((here / "page.css").read_text(encoding="utf-8")),
        reading=Markup(reading),
        store=Markup(json_for_html(store)),
        library=Markup(library),
        script=Markup(script),
        policy=policy(reading, library, script),
    )


def write_page(path: Path, html: str) -> Path:
    """Write a page to a file, at once or not at all, and return its path.

    Raises
    ------
    ResourceError
        If it cannot be written.
    """
    try:
        LocalStore(path.parent).write(path.name, html.encode())
    except OSError as error:
        raise ResourceError(f"cannot write {path}: {error.strerror or error}") from None
    return path


def policy(*scripts: str) -> str:
    """Return the content security policy that allows these scripts and no connection at all."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'"
        for s in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def json_for_html(value: Any) -> str:
    """Return JSON that can stand inside a script element, whatever texts it holds."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def specs_of(figures: Sequence[Figure]) -> dict[str, Any]:
    """Return the charts' specifications by key."""
    return {figure.key: figure.spec() for figure in figures}


def data_of(figures: Sequence[Figure]) -> dict[str, dict[str, list[Any]]]:
    """Return the charts' frames as columns, floats rounded to five digits and NaN as null."""
    return {
        name: {str(column): [plain_value(v) for v in frame[column]] for column in frame.columns}
        for figure in figures
        for name, frame in figure.data.items()
    }


def plain_value(item: Any) -> Any:
    """Turn a cell into what JSON can hold."""
    if isinstance(item, str | bool) or item is None:
        return item
    as_float = float(item)
    if not math.isfinite(as_float):
        return None
    return (
        int(as_float)
        if as_float.is_integer() and abs(as_float) < 1e15
        else float(f"{as_float:.5g}")
    )
