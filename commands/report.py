"""``paribus report``."""

from __future__ import annotations

import click

from .arguments import language_option, named_run, results_option, run_argument
from .printing import print_result


@click.command()
@run_argument
@results_option
@language_option
def command(run: str, results: str, language: str) -> None:
    """Write a run's report anew and print where it is."""
    from ..reports.page.report import write_report

    print_result(str(write_report(named_run(run, results), language)))
