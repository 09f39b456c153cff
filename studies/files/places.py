"""Where the files lie that a study names: beside the study file, or where the command started."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.components import members
from ...core.errors import InputError
from .schema import FAMILIES

NAMES_FILES = ("task",)
"""The families whose members may name a file, in a field that is declared a ``place``."""


def resolved(path: str, folder: Path | None) -> str:
    """Return an absolute path; a relative one starts at ``folder``, a study file's.

    Where nothing lies there, or without a folder, it starts where the command was started. A path
    that leads nowhere stays in the folder, and the empty path as it is.

    Raises
    ------
    InputError
        If the path holds the character NUL.
    """
    if not path:
        return path
    if "\0" in path:
        raise InputError(f"path = {path!r}: a path cannot hold the character NUL")
    starts = ([] if folder is None else [folder]) + [Path.cwd()]
    places = [start.absolute() / path for start in starts]
    return str(next((place for place in places if place.exists()), places[0]))


def with_places(table: Mapping[str, Any], folder: Path | None) -> dict[str, Any]:
    """Return a study's table with every path that its components name resolved."""
    return {key: _with_places(key, value, folder) for key, value in table.items()}


def _with_places(key: str, value: Any, folder: Path | None) -> Any:
    family, _, name = key.partition(".")
    if family in NAMES_FILES:
        return _resolved_in(value, name, _place_fields(family), folder)
    if isinstance(value, Mapping):
        return with_places(value, folder)
    if isinstance(value, list):
        return [_with_places("", item, folder) for item in value]
    return value


def _resolved_in(value: Any, name: str, fields: set[str], folder: Path | None) -> Any:
    """Resolve a component's table, the value of its field ``name``, or an axis of either."""
    if isinstance(value, Mapping):
        return {
            key: _resolved_in(item, name if key == "levels" else key, fields, folder)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_resolved_in(item, name, fields, folder) for item in value]
    return resolved(value, folder) if name in fields and isinstance(value, str) else value


def _place_fields(family: str) -> set[str]:
    return {
        field.name
        for cls in members(FAMILIES[family]).values()
        for field in dataclasses.fields(cls)
        if field.metadata.get("place")
    }
