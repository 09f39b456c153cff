"""What the words of a page mean."""

from __future__ import annotations

from collections.abc import Sequence

from ..language.messages import text
from ..language.terms import Entry
from .section import Section, made


def section_of(entries: Sequence[Entry]) -> Section:
    """Explain these terms."""
    return made("glossary", text("Glossary"), "glossary.html", entries=entries)
