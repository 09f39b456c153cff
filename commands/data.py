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
    from ..core.components import members
    from ..studies.data.downloads import COLLECTIONS, available
    from ..studies.data.tasks import Task

    rows = {}
    for kind, cls in sorted(members(Task).items()):
        collection = COLLECTIONS.get(kind)
        place = (
            "built in" if collection is None else "here" if available(collection) else "to fetch"
        )
        place = "your file" if kind == "table" else place
        rows[kind] = (place, (cls.__doc__ or "").strip().splitlines()[0])
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
    from ..studies.data.downloads import COLLECTIONS, content

    if name not in COLLECTIONS:
        raise InputError(unknown("data set to fetch", name, COLLECTIONS))
    for file in COLLECTIONS[name].checksums:
        print_remark(f"{file} …")
        content(COLLECTIONS[name], file)
    print_result(f"{COLLECTIONS[name].name} is here and its checksums are right")
