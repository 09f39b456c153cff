"""``paribus doctor``."""

from __future__ import annotations

import click

from .arguments import json_option
from .printing import print_json, print_result


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Tell what this machine offers and whether anything stands in the way."""
    from ..cluster.launch.doctor import findings

    offered = findings()
    if as_json:
        print_json(offered)
        return
    for key, value in offered.items():
        print_result(f"{key:18} {value}")
