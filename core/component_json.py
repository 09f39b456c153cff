"""Components as JSON: what study files and plans hold, and the one spelling that ids are of."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from .components import Component, members
from .errors import InputError, unknown


def to_json(value: Any, *, identity: bool = False) -> Any:
    """Turn a component, recipe or plain value into JSON types that keep int and float apart.

    With ``identity`` a field declared ``later`` (added after ids were first given out) is left
    out at its default, so that ids given before it existed live on; a field declared ``place``
    (where something lies, not what it is) is left out always; the revision of a component, or of a
    recipe, counts where it is beyond the first.

    Raises
    ------
    InputError
        With ``identity``, if a field that a file gives has not been read from it.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        table: dict[str, Any] = {}
        if isinstance(value, Component):
            table["kind"] = value.kind
        if identity and (revision := getattr(value, "revision", 1)) > 1:
            table["revision"] = revision
        for f in dataclasses.fields(value):
            item = getattr(value, f.name)
            if identity and (
                f.metadata.get("place") or (f.metadata.get("later") and item == f.default)
            ):
                continue
            if identity and f.metadata.get("read") and not item:
                raise InputError(f"{value}: its {f.name} was not read, so it has no identity")
            table[f.name] = to_json(item, identity=identity)
        return table
    if isinstance(value, tuple | list):
        return [to_json(item, identity=identity) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_json(item, identity=identity) for key, item in value.items()}
    return value


def from_json(family: Any, table: Mapping[str, Any]) -> Any:
    """Return the member of a family that :func:`to_json` turned into a table.

    Raises
    ------
    InputError
        If the kind is unknown or a value has the wrong type or range.
    """
    kinds = members(family)
    if table["kind"] not in kinds:
        raise InputError(unknown("kind", table["kind"], kinds))
    given = {name: value for name, value in table.items() if name != "kind"}
    lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    return kinds[table["kind"]](**given | lists)


def canonical_json(value: Any) -> str:
    """Return the one spelling of ``value`` that ids are hashed from.

    >>> canonical_json({"b": 1.0, "a": (1, 2)})
    '{"a":[1,2],"b":1.0}'
    """
    table = to_json(value, identity=True)
    return json.dumps(table, sort_keys=True, separators=(",", ":"), allow_nan=False)
