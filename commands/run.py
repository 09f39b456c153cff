"""``paribus run``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core.errors import InputError
from ..core.wording import counted
from ..studies.catalogue import entries
from .arguments import (
    code_option,
    full_option,
    json_option,
    language_option,
    name_option,
    named_study,
    results_option,
    settings_option,
    study_argument,
)
from .exits import INTERRUPTED, SOME_FAILED
from .printing import print_json, print_remark, print_result

if TYPE_CHECKING:
    from ..cluster.folder.run import Run
    from ..cluster.folder.status import RunStatus


@click.command()
@study_argument
@settings_option
@full_option
@name_option
@results_option
@click.option("--workers", type=click.IntRange(0), help="Processes here; 0 for none beside this.")
@click.option("--scheduler", metavar="ADDRESS", help="Use this Dask scheduler instead.")
@click.option("--retry-failed", is_flag=True, help="Train failed trials again.")
@click.option("--minutes", type=float, help="Stop after so many minutes, to go on another time.")
@click.option("--trials", type=int, help="Train so many trials now, whole replicates first.")
@click.option("--updates", type=float, help="Train as many trials as take so many updates.")
@click.option("--no-report", is_flag=True, help="Do not write the report.")
@language_option
@code_option
@json_option
def command(
    study: str,
    settings: tuple[str, ...],
    full: bool,
    name: str | None,
    results: str,
    workers: int | None,
    scheduler: str | None,
    retry_failed: bool,
    minutes: float | None,
    trials: int | None,
    updates: float | None,
    no_report: bool,
    language: str,
    run_code: bool,
    as_json: bool,
) -> None:
    """Run a study, or what is left of it, and write its report."""
    if (entry := entries().get(study)) is not None and entry.exhibit:
        if settings or full or name is not None:
            raise InputError(f"{study} is an exhibit: it has no --set, --full or --name")
        from ..reports.page.exhibition import write_exhibit

        print_result(f"report: {write_exhibit(entry, Path(results), language)}")
        return
    from ..cluster.launch.interruption import watch
    from ..cluster.launch.progress import Bar
    from ..cluster.launch.running import run_study
    from ..studies.judging import notes

    loaded = named_study(study, settings, name, full=full, fetch=True)
    progress = Bar(sys.stderr.isatty() and not as_json, notes(loaded))
    watch()
    try:
        with progress:
            finished = run_study(
                loaded,
                results,
                workers=workers,
                scheduler=scheduler,
                progress=progress,
                retry_failed=retry_failed,
                run_code=run_code,
                minutes=minutes,
                trials=trials,
                updates=updates,
            )
    except KeyboardInterrupt:
        print_remark("interrupted; what is finished is kept. Run the same command to go on.")
        sys.exit(INTERRUPTED)
    status = finished.status()
    planned = counted(status.planned, "trial")
    if finished.trained == 0 and not finished.used_up:
        print_remark("nothing to train")
    page = None
    if not no_report and (status.finished or not finished.used_up):
        from ..reports.page.report import write_report

        print_remark("writing the report …")
        try:
            page = write_report(finished, language)
        except InputError as reason:  # as of a design that is still tuning when a budget ends
            if not finished.used_up:
                raise
            print_remark(f"no report yet: {reason}")
    if as_json:
        counts = {"planned": status.planned, "trained": finished.trained, "ok": status.ok}
        counts |= {"diverged": status.diverged, "stopped": status.stopped}
        counts |= {"failed": status.failed}
        counts |= {"budget_used_up": bool(finished.used_up)}
        print_json(counts | {"run": str(finished.path), "report": str(page) if page else None})
    else:
        print_result(
            f"{status.finished:,} of {planned} finished, {status.diverged:,} diverged, "
            f"{status.failed:,} failed: {finished.path}"
        )
        if page is not None:
            print_result(f"report: {page}")
    tell_rest(finished, status)


def tell_rest(finished: Run, status: RunStatus) -> None:
    """Say what is not finished and what failed, and end with the status of that."""
    planned = counted(status.planned, "trial")
    if finished.used_up:
        print_remark(
            f"the budget of {finished.used_up} is used up with {status.finished:,} of {planned} "
            "finished; the same command goes on from there"
        )
    elif not status.complete:
        print_remark(f"warning: not finished: {status.planned - status.finished:,} of {planned}")
    if status.failed:
        print_remark(f"the first failure: {finished.trials['message'].dropna().iloc[0]}")
    if status.failed or not (status.complete or finished.used_up):
        sys.exit(SOME_FAILED)
