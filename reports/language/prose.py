"""Texts with formulas, as pages and as plain letters show them; a wrong formula stays a text."""

from __future__ import annotations

from xml.etree import ElementTree

from markupsafe import Markup, escape

from ...core.errors import InputError
from ...studies.mathematics import pieces, plain


def prose(words: str) -> Markup:
    """Return a text as HTML, its formulas as MathML and everything else escaped.

    >>> print(prose("a < b & $x < 1$")[:27])
    a &lt; b &amp; <math xmlns=
    """
    try:
        parts = list(pieces(words))
    except InputError:
        return escape(words)
    return Markup("").join(
        escape(part)
        if isinstance(part, str)
        else Markup(ElementTree.tostring(part, encoding="unicode"))
        for part in parts
    )


def unformatted(words: str) -> str:
    """Return a text with its formulas in plain letters, as for a title or a label."""
    try:
        return plain(words)
    except InputError:
        return words
