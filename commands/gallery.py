"""``paribus gallery``."""

from __future__ import annotations

from pathlib import Path

import click

from .arguments import Location, language_option, results_option
from .printing import print_remark, print_result


@click.command()
@results_option
@click.option(
    "--out", type=Location(dir_okay=False), help="File to write, gallery.html of the results."
)
@language_option
def command(results: str, out: str | None, language: str) -> None:
    """Write one page of the whole catalogue, with the pictures of what was run."""
    from ..reports.page.gallery import write_gallery

    file = Path(out) if out is not None else Path(results) / "gallery.html"
    print_result(str(write_gallery(Path(results), file, language, print_remark)))
