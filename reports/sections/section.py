"""A section of a report, and how its fragment of HTML comes about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from ..charts.figure import Figure
from ..language.prose import prose, unformatted


@dataclass(frozen=True)
class Section:
    """A section: the anchor ``key``, its name in the contents, and its fragment of HTML.

    The fragment holds the element with the anchor, and places for ``figures`` if it has any.
    """

    key: str
    title: str
    body: Markup
    figures: tuple[Figure, ...] = ()


@cache
def _environment() -> jinja2.Environment:
    def source(name: str) -> str:
        return (files(__package__) / name).read_text(encoding="utf-8")

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(source),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": prose, "unformatted": unformatted}
    return environment


def render(template: str, **values: Any) -> Markup:
    """Fill in a template of this folder; a template holds no words of its own."""
    return Markup(_environment().get_template(template).render(values))


def made(key: str, title: str, template: str, **values: Any) -> Section:
    """Return a section of a template that is given ``key``, ``title`` and these values."""
    return Section(key, title, render(template, key=key, title=title, **values))
