"""The list of all messages, for translators: ``python -m paribus.reports.language.catalogue``.

It prints a ``.pot`` file. Most messages stand in the code of the reports; those that are declared
with what they name (metrics, quantities, fields and kinds of components, tables, worked examples,
the entries of the catalogue) are asked of the declarations.
"""

from __future__ import annotations

import ast
import dataclasses
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ...cluster.folder.tables import tables_of
from ...core.components import members, name_of
from ...core.recipe import recipe_fields
from ...core.streams import Purpose
from ...studies.catalogue import CHAPTERS, entries, text_of
from ...studies.files.schema import FAMILIES
from ...studies.metrics import METRICS, after_its_set
from ...studies.quantities.quantities import QUANTITIES
from ...studies.worked_examples import WORKED_EXAMPLES

REPORTS = Path(__file__).parents[1]


class Message(NamedTuple):
    """A message, its plural if it has one, and where it stands."""

    one: str
    many: str
    place: str


def written() -> Iterator[Message]:
    """Yield the messages that stand in the code of the reports."""
    for path in sorted(REPORTS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                texts = [a.value for a in node.args[:2] if isinstance(a, ast.Constant)]
                place = f"{path.relative_to(REPORTS).as_posix()}:{node.lineno}"
                if node.func.id == "text" and texts:
                    yield Message(str(texts[0]), "", place)
                elif node.func.id == "counted" and len(texts) == 2:
                    yield Message(str(texts[0]), str(texts[1]), place)


def declared() -> Iterator[Message]:
    """Yield the messages that are declared with what they name."""
    for metric in METRICS.values():
        said = metric.sentence, metric.again, metric.above, metric.below, metric.undecided
        for words in (metric.words, metric.heading, *said):
            sets = (("validation", ""), ("test", ""), ("validation", "selection"))
            renamed = (after_its_set(words, *each) for each in sets)
            yield from (Message(each, "", "metrics") for each in renamed)
    for declared_field in recipe_fields().values():
        for words in (declared_field.words, declared_field.absent):
            yield Message(words, "", "recipe")
    for family in FAMILIES.values():
        for cls in members(family).values():
            yield Message(name_of(cls), "", "components")
            for f in dataclasses.fields(cls):
                yield Message(str(f.metadata.get("words", "")), "", "components")
                yield Message(f.name.replace("_", " "), "", "components")
    yield from (Message(table.words, "", "tables") for table in tables_of().values())
    yield from (Message(quantity.words, "", "quantities") for quantity in QUANTITIES.values())
    for purpose in Purpose:
        yield Message(purpose.word, "", "luck")
    for held_out in ("validation", "test"):
        yield Message(held_out, "", "splits")
    for name, make in WORKED_EXAMPLES.items():
        example = make()
        for words in (example.title, example.text, example.correction, *example.columns):
            yield Message(words, "", f"worked example {name}")


def of_entries() -> Iterator[Message]:
    """Yield what the ready-made studies and exhibits say to readers."""
    for chapter in CHAPTERS.values():
        yield Message(chapter, "", "chapters")
    for name in entries():
        table = tomllib.loads(text_of(name))
        full = table.get("full", {})
        predict, asked = table.get("predict", {}), table.get("answer", "")
        said = [table.get(key, "").strip() for key in ("question", "explanation", "source", "note")]
        said += [full.get(key, "") for key in ("question", "note")]
        said += [table.get("fallback", {}).get("note", "")]
        said += [asked.get("beyond", "")] if isinstance(asked, dict) else []
        said += [predict.get("question", ""), *predict.get("options", ())]
        for expected in (*table.get("expectation", ()), *full.get("expectation", ())):
            said += [expected.get(key, "") for key in ("claim", "family", "source")]
        yield from (Message(words, "", name) for words in said)


def template() -> str:
    """Return every message once, as a template for a translation."""
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    plurals: dict[str, str] = {}  # a message that also has a plural is one entry
    places: dict[str, list[str]] = {}
    for message in (*written(), *declared(), *of_entries()):
        if message.one:
            plurals[message.one] = plurals.get(message.one) or message.many
            places.setdefault(message.one, []).append(message.place)
    entries = [head]
    for one, many in plurals.items():
        lines = [*(f"#: {place}" for place in dict.fromkeys(places[one])), f"msgid {quoted(one)}"]
        if many:
            lines += [f"msgid_plural {quoted(many)}", 'msgstr[0] ""', 'msgstr[1] ""']
        else:
            lines.append('msgstr ""')
        entries.append("\n".join(lines) + "\n")
    return "\n".join(entries)


def quoted(message: str) -> str:
    """Return a message as a template holds it."""
    return json.dumps(message, ensure_ascii=False)


if __name__ == "__main__":
    print(template(), end="")
