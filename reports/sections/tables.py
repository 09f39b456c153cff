"""A section of a sentence and tables of texts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .section import Section, made


@dataclass(frozen=True)
class TextTable:
    """A table of texts; columns hold numbers, but for those whose positions are in ``words``."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str
    words: Collection[int] = (0,)


def tabled(key: str, title: str, takeaway: str, *tables: TextTable) -> Section:
    """Return the section that says ``takeaway`` and shows these tables."""
    return made(key, title, "tables.html", takeaway=takeaway, tables=tables)
