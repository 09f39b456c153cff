"""Sources: the texts of users' functions that this process was given, by their SHA-256.

A text is here only where its user named the file, or where running it was agreed to; a function
that is read from a plan or a table brings no text.
"""

from __future__ import annotations

import hashlib
from functools import cache
from types import ModuleType
from typing import Any

_TEXTS: dict[str, bytes] = {}


def digest(text: bytes) -> str:
    """Return the SHA-256 of a text in hexadecimal."""
    return hashlib.sha256(text).hexdigest()


def keep(text: bytes) -> str:
    """Keep a text as long as this process lives, and return its SHA-256."""
    source = digest(text)
    _TEXTS[source] = text
    return source


def text_of(source: str) -> bytes | None:
    """Return the text with this SHA-256, None where this process was not given it."""
    return _TEXTS.get(source)


@cache
def executed(source: str) -> dict[str, Any]:
    """Return the names that a text defines; it is executed at the first call, and only then."""
    module = ModuleType(f"source_{source[:12]}")
    exec(compile(_TEXTS[source], f"functions/{source}.py", "exec"), module.__dict__)
    return module.__dict__
