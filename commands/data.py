"""``paribus data list`` and ``paribus data fetch``."""

from __future__ import annotations

import click

from ..core.errors import InputError, unknown
from .arguments import json_option
from .printing import print_json, print_remark, print_result


@click.group()
def command() -> None:
    """List and fetch data sets."""


@command.command("list")
@json_option
def list_tasks(as_json: bool) -> None:
    """List the tasks and whether their data are on this machine."""
    from ..studies.data.tasks import place_of, tasks

    ordered = sorted(tasks(), key=lambda task: task.kind)
    rows = {task.kind: (place_of(task), task.about) for task in ordered}
    if as_json:
        print_json(
            {kind: {"where": place, "about": about} for kind, (place, about) in rows.items()}
        )
        return
    for kind, (place, about) in rows.items():
        print_result(f"{kind:17} {place:9} {about}")


@command.command("fetch")
@click.argument("name")
def fetch(name: str) -> None:
    """Fetch a data set (mnist, fashion-mnist), or check the files that are here."""
    from ..studies.data.downloads import content
    from ..studies.data.tasks import collections

    known = collections()
    if name not in known:
        raise InputError(unknown("data set to fetch", name, known))
    for file in known[name].checksums:
        print_remark(f"{file} …")
        content(known[name], file)
    print_result(f"{known[name].name} is here and its checksums are right")
