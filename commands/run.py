"""``paribus run``."""

from __future__ import annotations

import sys

import click

from ..core.wording import counted
from .arguments import (
    code_option,
    json_option,
    name_option,
    named_study,
    results_option,
    settings_option,
    study_argument,
)
from .exits import INTERRUPTED, SOME_FAILED
from .printing import print_json, print_remark, print_result


@click.command()
@study_argument
@settings_option
@name_option
@results_option
@click.option("--workers", type=click.IntRange(0), help="Processes here; 0 for none beside this.")
@click.option("--scheduler", metavar="ADDRESS", help="Use this Dask scheduler instead.")
@click.option("--retry-failed", is_flag=True, help="Train failed trials again.")
@click.option("--no-report", is_flag=True, help="Do not write the report.")
@code_option
@json_option
def command(
    study: str,
    settings: tuple[str, ...],
    name: str | None,
    results: str,
    workers: int | None,
    scheduler: str | None,
    retry_failed: bool,
    no_report: bool,
    run_code: bool,
    as_json: bool,
) -> None:
    """Run a study, or what is left of it, and write its report."""
    from ..cluster.launch.interruption import watch
    from ..cluster.launch.progress import Bar
    from ..cluster.launch.running import run_study
    from ..studies.judging import notes

    loaded = named_study(study, settings, name, fetch=True)
    for note in notes(loaded):
        print_remark(note)
    progress = Bar(sys.stderr.isatty() and not as_json)
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
            )
    except KeyboardInterrupt:
        print_remark("interrupted; what is finished is kept. Run the same command to go on.")
        sys.exit(INTERRUPTED)
    status = finished.status()
    planned = counted(status.planned, "trial")
    if finished.trained == 0:
        print_remark("nothing to train")
    page = None
    if not no_report:
        from ..reports.page.report import write_report

        print_remark("writing the report …")
        page = write_report(finished)
    if as_json:
        counts = {"planned": status.planned, "trained": finished.trained, "ok": status.ok}
        counts |= {"diverged": status.diverged, "stopped": status.stopped}
        counts |= {"failed": status.failed}
        print_json(counts | {"run": str(finished.path), "report": str(page) if page else None})
    else:
        print_result(
            f"{status.finished:,} of {planned} finished, {status.diverged:,} diverged, "
            f"{status.failed:,} failed: {finished.path}"
        )
        if page is not None:
            print_result(f"report: {page}")
    if not status.complete:
        print_remark(f"warning: not finished: {status.planned - status.finished:,} of {planned}")
    if status.failed:
        print_remark(f"the first failure: {finished.trials['message'].dropna().iloc[0]}")
    if status.failed or not status.complete:
        sys.exit(SOME_FAILED)
