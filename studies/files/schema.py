"""From plain values to components, strictly: what a kind's name or a table stands for.

Every mistake becomes one sentence that names what was given and what is allowed.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

import pydantic

from ...core.component_json import to_json
from ...core.components import Component, members
from ...core.errors import InputError, unknown
from ...core.recipe import recipe_fields
from ..data.splits import Split
from ..data.tasks import Task
from ..preparations.preparations import Preparation

OPEN: dict[str, Any] = {"task": Task, "split": Split, "preparations": Preparation}
"""The unions of the fields that the engine knows by their contract alone."""
FAMILIES: dict[str, Any] = {
    f.name: OPEN.get(f.name, f.family) for f in recipe_fields().values() if f.holds != "setting"
}
SETTINGS: dict[str, Any] = {
    f.name: f.family
    for f in recipe_fields().values()
    if f.holds == "setting" and f.name != "hidden"
}
SHAPES = ("hidden", "depth", "width")
KEYS = (*FAMILIES, *SETTINGS, *SHAPES)

STRICT = pydantic.ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


@cache
def table_model(cls: Any) -> type[pydantic.BaseModel]:
    """Derive the strict model of a dataclass's table from the declarations of its fields.

    A field's ``name`` and ``table`` in its metadata are its key and type there, where these are not
    its own. Literals are taken as text, so that what reads them can name the nearest.
    """
    hints = get_type_hints(cls)
    fields: dict[str, Any] = {}
    for f in dataclasses.fields(cls):
        model = f.metadata.get("table") or table_type(hints[f.name])
        default = ... if f.default is f.default_factory is dataclasses.MISSING else f.default
        if f.default_factory is not dataclasses.MISSING:
            default = model() if isinstance(model, type) else {}
        elif isinstance(default, Component):
            default = to_json(default)
        elif isinstance(default, tuple):
            default = {} if get_origin(model) is dict else list(default)
        elif dataclasses.is_dataclass(default):
            default = to_json(default)
        fields[f.metadata.get("name") or f.name] = (model, default)
    return pydantic.create_model(cls.__name__, __config__=STRICT, **fields)


def table_type(hint: Any) -> Any:
    """Return the type that a value has in a table: lists for tuples, tables for dataclasses."""
    if get_origin(hint) is tuple:
        return types.GenericAlias(list, (table_type(get_args(hint)[0]),))
    if get_origin(hint) is Literal:
        return str
    if dataclasses.is_dataclass(hint):
        return table_model(cast("Any", hint))
    return hint


def flat(table: Mapping[str, Any], whole: Collection[str] = ("kind",)) -> dict[str, Any]:
    """Write nested tables as dotted keys; one with a key of ``whole``, as a kind, stays a table.

    >>> flat({"optimiser": {"learning_rate": [0.1]}, "depth": [1, 2]})
    {'optimiser.learning_rate': [0.1], 'depth': [1, 2]}
    """
    result: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping) and not value.keys() & set(whole):
            result |= {f"{key}.{inner}": item for inner, item in flat(value, whole).items()}
        else:
            result[key] = value
    return result


def sentences(
    error: pydantic.ValidationError,
    where: str,
    allowed: Iterable[str],
    nested: Mapping[str, Iterable[str]] = types.MappingProxyType({}),
) -> list[str]:
    """Turn what pydantic found into sentences of our own; ``nested`` holds the keys of tables."""
    words = {
        "float_type": "a number",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "string_type": "text",
        "bool_type": "true or false",
        "finite_number": "a finite number",
        "list_type": "a list",
        "dict_type": "a table",
        "model_type": "a table",
        "model_attributes_type": "a table",
    }
    messages = []
    for item in error.errors():
        path = ".".join(str(part) for part in (where, *item["loc"]) if part != "")
        if item["type"] == "extra_forbidden":
            inner = ".".join(str(part) for part in (where, *item["loc"][:-1]) if part != "")
            known = allowed if len(item["loc"]) == 1 else nested.get(str(item["loc"][0]), ())
            messages.append(f"{inner or 'top level'}: {unknown('key', item['loc'][-1], known)}")
        elif item["type"] == "missing":
            messages.append(f"{path} is missing")
        else:
            wanted = words.get(item["type"], item["msg"].lower())
            messages.append(f"{path} = {item['input']!r} must be {wanted}")
    return messages


def component(family: str, value: Any, where: str) -> Component:
    """Return the member of a recipe's family; see :func:`member_of`."""
    return member_of(FAMILIES[family], family, value, where)


def member_of(union: Any, family: str, value: Any, where: str) -> Component:
    """Return the member of a family that a kind's name, a table or a component stands for.

    Raises
    ------
    InputError
        If the kind or a field is unknown, or a value has the wrong type or range.
    """
    kinds = members(union)
    if isinstance(value, Component):
        if type(value) not in kinds.values():
            raise InputError(f"{where}: {unknown(family, value.kind, kinds)}")
        return value
    table = {"kind": value} if isinstance(value, str) else value
    if not isinstance(table, Mapping) or not isinstance(table.get("kind"), str):
        raise InputError(
            f"{where} = {value!r} must be a name ({', '.join(sorted(kinds))}) or a table with kind"
        )
    if table["kind"] not in kinds:
        raise InputError(f"{where}: {unknown(family, table['kind'], kinds)}")
    cls = kinds[table["kind"]]
    given = {
        name: list(item) if isinstance(item, tuple) else item
        for name, item in table.items()
        if name != "kind"
    }
    try:
        checked = table_model(cast("Any", cls)).model_validate(given)
    except pydantic.ValidationError as error:
        names = [f.name for f in dataclasses.fields(cls)]
        raise InputError(*sentences(error, where, names)) from None
    try:
        return cls(**checked.model_dump())
    except InputError as error:
        raise InputError(*(f"{where}: {message}" for message in error.messages)) from None


def holds_list(path: str) -> bool:
    """Tell whether one value at this path is a list of numbers.

    >>> holds_list("hidden"), holds_list("regularisers.dropout.per_layer"), holds_list("epochs")
    (True, True, False)
    """
    family, _, rest = path.partition(".")
    kind, _, name = rest.rpartition(".")
    classes = members(FAMILIES[family]).values() if family in FAMILIES else ()
    return path == "hidden" or any(
        f.name == name and isinstance(f.default, tuple)
        for cls in classes
        if kind in ("", cls.kind)
        for f in dataclasses.fields(cls)
    )
