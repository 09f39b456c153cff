"""``paribus components``."""

from __future__ import annotations

import ast
from importlib.resources import files

import click
from click.shell_completion import CompletionItem

from .arguments import completed, json_option
from .printing import print_json, print_result


def family_names() -> list[str]:
    """Return the fields of a recipe that are no plain values, from its source, and the measures.

    Nothing is imported for it.
    """
    module = ast.parse((files("paribus.core") / "recipe.py").read_text(encoding="utf-8"))
    recipe = next(n for n in module.body if isinstance(n, ast.ClassDef) and n.name == "Recipe")
    types = {
        ast.unparse(field.target): {ast.unparse(part) for part in ast.walk(field.annotation)}
        for field in recipe.body
        if isinstance(field, ast.AnnAssign)
    }
    plain = {"int", "float", "str", "bool"}
    return [*(name for name, parts in types.items() if not parts & plain), "measures"]


def complete_family(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a family."""
    return completed(incomplete, family_names())


@click.command()
@click.argument("name", required=False, metavar="[FAMILY|KIND]", shell_complete=complete_family)
@json_option
def command(name: str | None, as_json: bool) -> None:
    """List what a study can vary or measure: every component, its formula, fields and source."""
    from ..studies.files.component_table import component_table, selected, text

    if not as_json:
        print_result("\n".join(text(name)).rstrip())
        return
    table = component_table()
    table = table if name is None else selected(table, name)
    print_json({family: [row.to_table() for row in rows] for family, rows in table.items()})
