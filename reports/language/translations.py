"""Translations brought up to date: ``python -m paribus.reports.language.translations``.

Every ``<language>/LC_MESSAGES/paribus.po`` beside this gets the messages of today, keeps what it
has translated of them, and is compiled; what it lacks is counted. It needs Babel.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from .catalogue import template
from .messages import FOLDER


def bring_up_to_date(path: Path) -> int:
    """Rewrite one translation and its compiled form; return how many messages it lacks."""
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po, write_po

    with path.open("rb") as file:
        former = read_po(file)
    known = {first(message.id): message.string for message in former if message.id}
    nobody = dict.fromkeys(("msgid_bugs_address", "last_translator", "language_team"), "paribus")
    today = Catalog(former.locale, project="paribus", header_comment="#", fuzzy=False, **nobody)
    today.creation_date, today.revision_date = former.creation_date, former.revision_date
    lacking = 0
    for message in read_po(io.BytesIO(template().encode())):
        if not message.id:
            continue
        translated = first(known.get(first(message.id), ""))
        lacking += not translated
        plural = not isinstance(message.id, str)
        today.add(message.id, (translated,) if plural else translated, message.locations)
    made = io.BytesIO()
    write_po(made, today, width=100, include_lineno=False)
    path.write_bytes(made.getvalue())
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(made.getvalue())))
    path.with_suffix(".mo").write_bytes(compiled.getvalue())
    return lacking


def first(words: str | Sequence[str] | None) -> str:
    """Return the first form of a message, nothing where it has none."""
    return words if isinstance(words, str) else (words or ("",))[0]


if __name__ == "__main__":
    for translation in sorted(FOLDER.glob("*/LC_MESSAGES/paribus.po")):
        print(f"{translation.parts[-3]}: {bring_up_to_date(translation)} messages lack")
