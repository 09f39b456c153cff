"""What several commands are given: a study, a run, settings, where results are; and completion."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from ..core.errors import InputError, unknown
from .printing import print_remark

if TYPE_CHECKING:
    from ..cluster.folder.run import Run
    from ..studies.study import Study


class Location(click.Path):
    """A path that may not exist yet."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the path as it is, and refuse what no path can hold."""
        if "\0" in value:
            name = param.opts[0] if param else "path"
            raise InputError(f"{name} = {value!r}: a path cannot hold the character NUL")
        return str(value)


def completed(
    incomplete: str, names: Iterable[str], otherwise: str | None = None
) -> list[CompletionItem]:
    """Return the names that begin so; where none does, the shell completes a file or a dir."""
    items = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return items or ([CompletionItem(incomplete, type=otherwise)] if otherwise else [])


def complete_study(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of an entry of the catalogue, or else of a file."""
    from ..studies.catalogue import entries

    return completed(incomplete, entries(), "file")


def complete_run(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a run in the folder of results, or else of a folder."""
    folders = Path(ctx.params.get("results") or "results").glob("*/study.toml")
    names = sorted(path.parent.name for path in folders if path.parent.name.isprintable())
    return completed(incomplete, names, "dir")


study_argument = click.argument("study", shell_complete=complete_study)
run_argument = click.argument("run", type=Location(), shell_complete=complete_run)
settings_option = click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override any field."
)
full_option = click.option(
    "--full", is_flag=True, help="Take the study's faithful protocol, which takes longer."
)
code_option = click.option(
    "--run-code", is_flag=True, help="Execute activation functions that only the folder holds."
)
name_option = click.option("--name", help="Call the study, and its results folder, this.")
results_option = click.option(
    "--results",
    type=Location(file_okay=False),
    default="results",
    show_default=True,
    help="Folder of all results.",
)
TRANSLATIONS = Path(__file__).parents[1] / "reports/language"
LANGUAGES = ("en", *sorted(path.parts[-3] for path in TRANSLATIONS.glob("*/LC_MESSAGES/*.mo")))


def known_language(_: click.Context, __: click.Parameter, language: str) -> str:
    """Return a language that reports are written in, and refuse others."""
    if language not in LANGUAGES:
        raise InputError(unknown("language", language, LANGUAGES))
    return language


language_option = click.option(
    "--lang",
    "language",
    metavar=f"[{'|'.join(LANGUAGES)}]",
    default="en",
    show_default=True,
    callback=known_language,
    help="Language of the report.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")


def named_study(
    source: str,
    settings: tuple[str, ...],
    name: str | None = None,
    *,
    full: bool = False,
    fetch: bool = False,
) -> Study:
    """Read a study, give it another name if one is asked for, and print its note.

    ``full`` takes its faithful protocol. With ``fetch`` its data are fetched where they are
    missing, or the study falls back to others.
    """
    from ..studies.files.fallback import with_data
    from ..studies.files.study_files import load_study

    renamed = (*settings, f"name={json.dumps(name)}") if name is not None else settings
    study = load_study(source, renamed, full=full)
    study = with_data(study) if fetch else study
    if study.note:
        print_remark(f"note: {study.note}")
    return study


def run_path(run: str, results: str) -> Path:
    """Return where a run lies: its folder, or its study's name inside the folder of results."""
    from ..cluster.folder.names import is_run

    inside = Path(results) / run
    return inside if is_run(inside) or not is_run(Path(run)) else Path(run)


def named_run(run: str, results: str) -> Run:
    """Open the run that :func:`run_path` finds."""
    from ..cluster.folder.run import open_run

    return open_run(run_path(run, results))
