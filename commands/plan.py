"""``paribus plan``."""

from __future__ import annotations

from pathlib import Path

import click

from .arguments import (
    full_option,
    json_option,
    name_option,
    named_study,
    results_option,
    settings_option,
    study_argument,
)
from .printing import print_json, print_result


@click.command()
@study_argument
@settings_option
@full_option
@name_option
@results_option
@json_option
def command(
    study: str,
    settings: tuple[str, ...],
    full: bool,
    name: str | None,
    results: str,
    as_json: bool,
) -> None:
    """Tell what a run would do: trials, epochs, jobs, time, memory, disk. Nothing is run."""
    from ..cluster.launch.clients import cores
    from ..cluster.launch.estimate import estimate

    loaded = named_study(study, settings, name, full=full, fetch=True)
    estimated = estimate(loaded, Path(results), cores())
    if as_json:
        print_json(estimated)
        return
    width = max(map(len, estimated))
    for key, value in estimated.items():
        print_result(f"{key.replace('_', ' '):{width}}  {value}")
