"""What commands print: results to standard output, all else to standard error.

Control characters, which could steer a terminal, are written as JSON and TOML escape them.
"""

from __future__ import annotations

import json
import re
from typing import Any

import click

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""All control characters but tab and line feed, and what stands for bytes that are no text."""


def escaped(text: str) -> str:
    r"""Return a text that does nothing to a terminal.

    >>> print(escaped("\x1b[31mred\n"), end="")
    \u001b[31mred
    """
    return CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def print_result(text: str) -> None:
    """Print what was asked for."""
    click.echo(escaped(text))


def print_remark(text: str) -> None:
    """Print what is not a result, so that pipes stay clean."""
    click.echo(escaped(text), err=True)


def print_error(message: str) -> None:
    """Print one mistake on one line."""
    print_remark(f"error: {' '.join(message.splitlines())}")


def print_json(value: Any) -> None:
    """Print a result for scripts."""
    print_result(json.dumps(value, indent=2, default=str, ensure_ascii=False))
