"""``paribus list``."""

from __future__ import annotations

import tomllib

import click

from ..studies.catalogue import catalogue, text_of
from .arguments import json_option
from .printing import print_json, print_remark, print_result


@click.command()
@json_option
def command(as_json: bool) -> None:
    """List the ready-made studies."""
    questions = {name: tomllib.loads(text_of(name))["question"] for name in catalogue()}
    if as_json:
        print_json(questions)
        return
    width = max(map(len, questions))
    for name, question in questions.items():
        print_result(f"{name:{width}}  {question}")
    print_remark("\n`paribus show NAME` explains one, `paribus run NAME` runs it.")
