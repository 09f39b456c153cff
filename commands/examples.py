"""``paribus examples``."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from .arguments import Location, completed, language_option
from .printing import print_result


def complete_example(
    _: click.Context, __: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the name of a worked example."""
    from ..studies.worked_examples import WORKED_EXAMPLES

    return completed(incomplete, WORKED_EXAMPLES)


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_example)
@click.option(
    "--out",
    type=Location(dir_okay=False),
    default="examples.html",
    show_default=True,
    help="File to write.",
)
@language_option
def command(names: tuple[str, ...], out: str, language: str) -> None:
    """Write a page of worked examples: small graphs with all their numbers."""
    from ..reports.page.worked import write_examples_page

    print_result(str(write_examples_page(Path(out), *names, language=language)))
