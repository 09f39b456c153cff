"""Everything that a study can vary or measure, as a table read from the families themselves.

A member's docstring opens with one line, ``Name: formula.``, and names where it comes from in a
last sentence, ``Source: ….``; its fields, defaults and ranges are those that its class declares.
``python -m paribus.studies.files.component_table`` prints the reference page of the documentation.
"""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ...core.components import Bounds, Component, members
from ...core.errors import InputError
from ...core.measures.measures import Measure
from ...core.recipe import OPTIONAL, SEVERAL, Recipe
from .schema import FAMILIES, SETTINGS

WORDS = {
    "float": "number",
    "int": "whole number",
    "bool": "true or false",
    "str": "text",
    "tuple[float, ...]": "list of numbers",
}
"""A field's declared type as messages call it."""
WIDTH = 80
MEASURES = "measures"
"""The one family that belongs to a study instead of its recipe."""


class FieldRow(NamedTuple):
    """One field: its declared type, its default, and what it may be, as a text."""

    name: str
    type: str
    default: Any
    range: str


class MemberRow(NamedTuple):
    """One member of a family.

    ``summary`` is the first line of its docstring, ``formula`` what follows the first colon of it,
    ``remarks`` what stands between it and ``source``.
    """

    kind: str
    fields: tuple[FieldRow, ...]
    formula: str
    source: str
    summary: str
    remarks: str

    def to_table(self) -> dict[str, Any]:
        """Return it as JSON types, without the remarks."""
        return {
            "kind": self.kind,
            "fields": [field._asdict() for field in self.fields],
            "formula": self.formula,
            "source": self.source,
            "summary": self.summary,
        }


Table = Mapping[str, tuple[MemberRow, ...]]
"""Family → its members in the order of their union."""


def component_table() -> Table:
    """Return every family with all its members, those of a recipe first."""
    return {
        family: tuple(member_row(cls) for cls in members(union).values())
        for family, union in {**FAMILIES, MEASURES: Measure}.items()
    }


def selected(table: Table, name: str) -> Table:
    """Return one family, or every member of a kind with its family.

    Raises
    ------
    InputError
        If there is neither a family nor a kind of this name.
    """
    if name in table:
        return {name: table[name]}
    chosen = {
        family: kept
        for family, rows in table.items()
        if (kept := tuple(row for row in rows if row.kind == name))
    }
    if not chosen:
        kinds = {row.kind for rows in table.values() for row in rows}
        close = difflib.get_close_matches(name, sorted({*table, *kinds}), n=1, cutoff=0.5)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise InputError(f"unknown family or kind {name!r}; families: {', '.join(table)}{hint}")
    return chosen


def member_row(cls: type[Component]) -> MemberRow:
    """Read a member from its class.

    >>> from paribus.core.families.activations import LeakyReLU
    >>> row = member_row(LeakyReLU)
    >>> row.formula
    'f(z) = max(0, z) + slope·min(0, z), f′ = 1 for z > 0 and slope otherwise.'
    >>> row.source, row.fields
    ('Maas, Hannun & Ng 2013.', (FieldRow(name='slope', type='float', default=0.01, range='≥ 0'),))
    """
    summary, _, rest = inspect.cleandoc(cls.__doc__ or "").partition("\n")
    remarks, _, source = rest.rpartition("Source:")
    return MemberRow(
        cls.kind,
        tuple(field_row(f) for f in dataclasses.fields(cls)),
        one_line(summary.partition(":")[2]),
        one_line(source),
        one_line(summary),
        one_line(remarks),
    )


def field_row(f: dataclasses.Field[Any]) -> FieldRow:
    """Read a field from its declaration."""
    declared = getattr(f.type, "__name__", None) or str(f.type)
    bounds = f.metadata.get("bounds")
    default = list(f.default) if isinstance(f.default, tuple) else f.default
    return FieldRow(f.name, declared, default, allowed(declared, bounds))


def allowed(declared: str, bounds: Bounds | None) -> str:
    """Say what a field of a type may be."""
    if bounds is None:
        return "true or false" if declared == "bool" else f"any {WORDS[declared]}"
    if declared.startswith("tuple"):
        return f"each {bounds}"
    return str(bounds)


def one_line(text: str) -> str:
    """Join lines, and take the marks of code away."""
    return " ".join(text.split()).replace("``", "")


def setting_rows() -> tuple[FieldRow, ...]:
    """Return what a recipe holds beside its components."""
    fields = {f.name: f for f in dataclasses.fields(Recipe)}
    shape = [
        FieldRow("hidden", "list", list(Recipe.hidden), "list of whole numbers ≥ 1"),
        FieldRow("depth", "int", len(Recipe.hidden), "≥ 0, with width in place of hidden"),
        FieldRow("width", "int", Recipe.hidden[0], "≥ 1, with depth in place of hidden"),
    ]
    rows = [field_row(fields[name]) for name in SETTINGS]
    note = {"batch_size": "≥ 1, or 'full'"}
    return (*shape, *(row._replace(range=note.get(row.name, row.range)) for row in rows))


def heading(family: str) -> str:
    """Name a family and say how many members of it a recipe, or a study, may hold."""
    how_many = ""
    if family in OPTIONAL:
        how_many = " (or none)"
    elif family in SEVERAL or family == MEASURES:
        how_many = " (any number of kinds, or none)"
    return family + how_many


def written(value: Any) -> str:
    """Write a default as a study file would hold it."""
    if isinstance(value, float):
        return f"{value:g}"
    return json.dumps(value, ensure_ascii=False)


def text(name: str | None = None) -> Iterator[str]:
    """Yield lines of at most 80 columns: each family, its members, their fields.

    ``name`` chooses a family or a kind; a kind is told with its remarks. Without it the settings
    beside the components are told, too.
    """
    table = component_table()
    for family, rows in (table if name is None else selected(table, name)).items():
        yield heading(family)
        for row in rows:
            yield f"  {row.kind}"
            yield from wrapped(row.summary)
            if name == row.kind and row.remarks:
                yield from wrapped(row.remarks)
            yield from (line for field in row.fields for line in field_line(field))
            yield from wrapped(f"Source: {row.source}")
        yield ""
    if name is None:
        yield "settings (one value each)"
        yield from (line for field in setting_rows() for line in field_line(field))


def field_line(field: FieldRow) -> list[str]:
    """Return a field with its default and what it may be."""
    return wrapped(f"{field.name} = {written(field.default)}: {described(field)}", "- ")


def wrapped(paragraph: str, mark: str = "") -> list[str]:
    """Wrap a paragraph below a member's kind."""
    return textwrap.wrap(
        paragraph,
        WIDTH,
        initial_indent=" " * 4 + mark,
        subsequent_indent=" " * (4 + len(mark)),
        break_on_hyphens=False,
    )


def described(field: FieldRow) -> str:
    """Say a field's type and range."""
    word = WORDS.get(field.type, "")
    return (
        field.range
        if not word or word in field.range or "'" in field.range
        else f"{word} {field.range}"
    )


HEAD = """# Components

Everything that a study can vary or measure, written from the code by `make docs`; a test keeps it
so. `paribus components`, with the name of a family or a kind if you like, tells it in the terminal,
and `--json` gives it to scripts.

In a study file a component is a name, `activation = "relu"`, or a table with its fields,
`optimiser = { kind = "adam", learning_rate = 0.002 }`. One field is
`"optimiser.learning_rate" = [0.1, 1.0]` in a grid and `--set optimiser.learning_rate=0.1` on the
command line. A family of which a recipe holds several has a table for each kind,
`regularisers = { dropout = { p = 0.5 } }`. Measures are a list of the study's own,
`measures = ["outcomes", { kind = "lesions", draws = 10 }]`. Whatever is not allowed is refused
before anything is trained.

## Settings
"""


def page() -> str:
    """Return the reference page of the documentation, as Markdown."""
    lines = [HEAD, *field_lines(setting_rows())]
    for family, rows in component_table().items():
        lines += [f"## {heading(family)}", ""]
        for row in rows:
            lines += [f"### {row.kind}", "", escaped(row.summary), ""]
            if row.remarks:
                lines += [escaped(row.remarks), ""]
            lines += field_lines(row.fields)
            lines += [f"Source: {escaped(row.source)}", ""]
    return "\n".join(lines).rstrip() + "\n"


def field_lines(fields: tuple[FieldRow, ...]) -> list[str]:
    """Return a Markdown table of fields, nothing where there are none."""
    if not fields:
        return []
    rows = [f"| `{f.name}` | `{written(f.default)}` | {escaped(described(f))} |" for f in fields]
    return ["| field | default | allowed |", "|---|---|---|", *rows, ""]


def escaped(plain: str) -> str:
    """Keep Markdown from reading a formula's signs as its own."""
    for sign in "\\`*_|<>[]":
        plain = plain.replace(sign, f"\\{sign}")
    return plain


if __name__ == "__main__":
    print(page(), end="")
