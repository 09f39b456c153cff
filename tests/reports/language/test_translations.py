"""Every translation says everything, with the same placeholders, and is compiled as it stands."""

from __future__ import annotations

import io
import string

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from paribus.reports.language.catalogue import template
from paribus.reports.language.messages import FOLDER

TRANSLATIONS = sorted(FOLDER.glob("*/LC_MESSAGES/paribus.po"))


def read(path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def texts(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def placeholders(words: str) -> set[str]:
    """Return the names in braces; a text with a formula of LaTeX is never filled in."""
    if "$" in words:
        return set()
    return {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}


def wrong(message: Message) -> bool:
    """Whether a message lacks a translation, or one has other placeholders than the source."""
    translated = texts(message.string)
    if message.fuzzy or not any(translated):
        return True
    source = set().union(*map(placeholders, texts(message.id)))
    formatted = bool(source) or isinstance(message.id, tuple)
    return formatted and any(placeholders(words) != source for words in translated)


def test_there_is_a_chinese_translation():
    assert [path.parts[-3] for path in TRANSLATIONS] == ["zh"]


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.parts[-3])
def test_a_translation_holds_every_message_and_its_placeholders(path):
    asked = read_po(io.BytesIO(template().encode()))
    catalogue = read(path)
    known = {texts(message.id)[0]: message for message in catalogue if message.id}
    missing = [m.id for m in asked if m.id and texts(m.id)[0] not in known]
    assert missing == []
    assert [key for key, message in known.items() if wrong(message)] == []


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.parts[-3])
def test_a_translation_is_compiled_as_it_stands(path):
    compiled = io.BytesIO()
    write_mo(compiled, read(path))
    assert path.with_suffix(".mo").read_bytes() == compiled.getvalue()
