"""``paribus status``."""

from __future__ import annotations

import click

from ..core.wording import counted
from .arguments import json_option, named_run, results_option, run_argument, run_path
from .printing import print_json, print_result


@click.command()
@run_argument
@results_option
@json_option
def command(run: str, results: str, as_json: bool) -> None:
    """Tell how far a run is; RUN is a results folder or a study's name."""
    from dataclasses import asdict

    from ..cluster.folder.status import quick_status

    path = run_path(run, results)
    status = quick_status(path) or named_run(run, results).status()
    if as_json:
        print_json(asdict(status) | {"run": str(path), "complete": status.complete})
        return
    to_come = f", up to {status.to_come:,} to come" if status.to_come else ""
    print_result(
        f"{path}: {status.finished:,} of {counted(status.planned, 'trial')} finished "
        f"({status.ok:,} ok, {status.diverged:,} diverged, {status.stopped:,} stopped, "
        f"{status.failed:,} failed), {counted(status.jobs_left, 'job')} left{to_come}"
    )
