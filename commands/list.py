"""``paribus list``."""

from __future__ import annotations

import itertools

import click

from ..studies.catalogue import CHAPTERS, entries
from .arguments import json_option
from .printing import print_json, print_remark, print_result


@click.command()
@json_option
def command(as_json: bool) -> None:
    """List the ready-made studies and exhibits by chapter."""
    from ..studies.mathematics import plain

    known = entries()
    if as_json:
        print_json({name: entry.question for name, entry in known.items()})
        return
    width = max(map(len, known))
    for chapter, group in itertools.groupby(known.values(), lambda entry: entry.chapter):
        print_result(f"\n{CHAPTERS[chapter]}")
        for entry in group:
            mark = "*" if entry.exhibit else " "
            print_result(f" {mark} {entry.name:{width}}  {plain(entry.question)}")
    print_remark("\n* an exhibit: pictures that need no training")
    print_remark("`paribus show NAME` explains one, `paribus run NAME` runs it.")
