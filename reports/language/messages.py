"""Every sentence for readers goes through here: English source text in, the reader's language out.

A message is its own key, as in gettext; its placeholders have names, so that a translation may
order them as it likes. A language is one file, ``<language>/LC_MESSAGES/paribus.mo`` beside this.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import reduce
from pathlib import Path
from typing import Any

from ...core.errors import InputError, unknown

SOURCE = "en"
FOLDER = Path(__file__).parent
_current: ContextVar[tuple[str, gettext.NullTranslations]] = ContextVar(
    "current", default=(SOURCE, gettext.NullTranslations())
)


def text(message: str, **values: Any) -> str:
    """Return a message in the reader's language, its placeholders filled in.

    >>> text("with {arm} it {end}", arm="ReLU", end="ends")
    'with ReLU it ends'
    """
    translated = _current.get()[1].gettext(message) if message else ""
    return translated.format(**values) if values else translated


def counted(one: str, many: str, n: int, **values: Any) -> str:
    """Return the message that goes with a number ``n``, which it may name as ``{n}``.

    >>> counted("{n} job", "{n} jobs", 1), counted("{n} job", "{n} jobs", 2500)
    ('1 job', '2,500 jobs')
    """
    return _current.get()[1].ngettext(one, many, n).format(n=f"{n:,}", **values)


def listed(words: Iterable[str]) -> str:
    """Join words for a sentence.

    >>> listed(["data", "split", "batch order"])
    'data, split and batch order'
    """
    *first, last = [*words] or [""]
    return text("{first} and {last}", first=series(first), last=last) if first else last


def series(words: Iterable[str]) -> str:
    """Join words by commas."""
    return text(", ").join(words)


def clauses(parts: Iterable[str]) -> str:
    """Join clauses into one sentence without its full stop."""
    return text("; ").join(parts)


def sentences(*parts: str) -> str:
    """Join the sentences that say anything; not every language writes a space between them.

    >>> sentences("It falls.", "", "Then it rises.")
    'It falls. Then it rises.'
    """
    said = [part for part in parts if part]
    return reduce(lambda first, then: text("{first} {then}", first=first, then=then), said or [""])


def capital(words: str) -> str:
    """Start a sentence with a capital, without touching the rest."""
    return words[:1].upper() + words[1:]


def current_language() -> str:
    """Return the language that is spoken now."""
    return _current.get()[0]


@contextmanager
def speaking(name: str, folder: Path | None = None) -> Iterator[None]:
    """Speak a language inside the ``with``; what its file lacks stays in English.

    Raises
    ------
    InputError
        If the folder holds no such language.
    """
    folder = folder or FOLDER
    known = [SOURCE, *sorted(path.parts[-3] for path in folder.glob("*/LC_MESSAGES/paribus.mo"))]
    if name not in known:
        raise InputError(unknown("language", name, known))
    translation = gettext.translation("paribus", folder, [name], fallback=name == SOURCE)
    token = _current.set((name, translation))
    try:
        yield
    finally:
        _current.reset(token)
