"""A recipe in the making: values put at dotted paths, as files, levels and ``--set`` give them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import pydantic

from ...core.component_json import to_json
from ...core.components import Component, members
from ...core.errors import InputError, unknown
from ...core.recipe import FULL_BATCH, MOST_LAYERS, OPTIONAL, SEVERAL, Recipe
from ..data.images import Digits
from ..data.splits import RandomSplit
from .schema import FAMILIES, KEYS, SETTINGS, SHAPES, component, sentences


def default_recipe() -> Recipe:
    """Return the recipe that a study's own settings are put on: digits, two hidden layers."""
    return Recipe(Digits(), RandomSplit())


def joined(where: str, path: str) -> str:
    """Say where a path stands: in a table of a file, or behind an option.

    >>> joined("recipe", "epochs"), joined("--set", "epochs")
    ('recipe.epochs', '--set epochs')
    """
    return f"{where} {path}" if where.startswith("--") else f"{where}.{path}"


def with_value(recipe: Recipe, path: str, value: Any, where: str = "recipe") -> Recipe:
    """Return the recipe with ``value`` at a dotted path, as ``optimiser.learning_rate``.

    ``depth`` and ``width`` set the hidden layers. Where a recipe holds several components,
    ``regularisers.l2`` adds, changes or (with ``"none"``) removes the one of this kind.

    Raises
    ------
    InputError
        If the path is unknown, the value not allowed there, or the recipe contradicts itself.
    """
    draft = Draft(recipe)
    draft.put(path, value, where)
    return draft.recipe()


def with_shared_fields(family: str, kind: Any, current: Component) -> Any:
    """Return the table of another kind that keeps what the present one was given and both have."""
    cls = members(FAMILIES[family]).get(kind) if isinstance(kind, str) else None
    if cls is None:
        return kind
    names = {f.name for f in dataclasses.fields(cls)}
    given = {
        f.name: getattr(current, f.name)
        for f in dataclasses.fields(current)
        if f.name in names and getattr(current, f.name) != f.default
    }
    return {"kind": kind, **given}


def settings_of(component: Component) -> dict[str, Any]:
    """Return a component's fields but for those read from a file, which another path would give."""
    return {
        f.name: getattr(component, f.name)
        for f in dataclasses.fields(component)
        if not f.metadata.get("read")
    }


class Draft:
    """A recipe in the making: its fields may contradict one another until all of them are put."""

    def __init__(self, recipe: Recipe) -> None:
        self._fields: dict[str, Any] = {
            f.name: getattr(recipe, f.name) for f in dataclasses.fields(recipe)
        }

    def recipe(self) -> Recipe:
        """Return the recipe.

        Raises
        ------
        InputError
            If it contradicts itself.
        """
        return Recipe(**self._fields)

    @property
    def fields(self) -> SimpleNamespace:
        """What the recipe's fields hold now, as attributes, ``depth`` and ``width`` among them."""
        hidden = self._fields["hidden"]
        width = hidden[0] if len(set(hidden)) == 1 else None
        return SimpleNamespace(**self._fields, depth=len(hidden), width=width)

    def put(self, path: str, value: Any, where: str) -> None:
        """Put a value at a dotted path; see :func:`with_value`.

        Raises
        ------
        InputError
            If the path is unknown or the value not allowed there.
        """
        name, _, rest = path.partition(".")
        place = joined(where, path)
        if name not in KEYS or (rest and name not in FAMILIES):
            raise InputError(f"{where}: {unknown('key', path, KEYS)}")
        if name in SHAPES:
            self._fields["hidden"] = checked("hidden", self._hidden(name, value, place), place)
        elif name in SETTINGS:
            self._fields[name] = setting(name, value, place)
        elif name in SEVERAL:
            self._put_one_of_several(name, rest, value, place)
        elif name in OPTIONAL and not rest and value == "none":
            self._fields[name] = None
        else:
            self._put_component(name, rest, value, where)

    def _put_component(self, name: str, rest: str, value: Any, where: str) -> None:
        place = joined(where, name)
        if rest:
            current: Component | None = self._fields[name]
            if current is None:
                kinds = " or ".join(map(repr, sorted(members(FAMILIES[name]))))
                raise InputError(
                    f"{place}.{rest}: the recipe has no {name}; set {name} = {kinds} first, or "
                    f"vary {name} by tables with kind and {rest}"
                )
            if rest == "kind":
                value = with_shared_fields(name, value, current)
            else:
                value = {"kind": current.kind, **settings_of(current), rest: value}
        self._fields[name] = component(name, value, place)

    def _hidden(self, name: str, value: Any, place: str) -> tuple[int, ...]:
        hidden: tuple[int, ...] = self._fields["hidden"]

        def whole(item: Any, least: int) -> bool:
            return isinstance(item, int) and not isinstance(item, bool) and item >= least

        if name == "hidden":
            if not isinstance(value, list | tuple) or not all(whole(item, 1) for item in value):
                raise InputError(f"{place} = {value!r} must be a list of whole numbers ≥ 1")
            return tuple(value)
        least = 0 if name == "depth" else 1
        if not whole(value, least):
            raise InputError(f"{place} = {value!r} must be a whole number ≥ {least}")
        if name == "depth" and value > MOST_LAYERS:
            raise InputError(f"{place} = {value!r} must be at most {MOST_LAYERS:,}")
        width = hidden[0] if hidden else 30
        return (width,) * value if name == "depth" else (value,) * len(hidden)

    def _put_one_of_several(self, name: str, rest: str, value: Any, place: str) -> None:
        kinds = members(FAMILIES[name])
        if not rest:
            value = {} if value == "none" else value
            if not isinstance(value, Mapping):
                raise InputError(f"{place} = {value!r} must be a table: {', '.join(sorted(kinds))}")
            self._fields[name] = ()
            for kind, fields in value.items():
                self._put_one_of_several(name, kind, fields, f"{place}.{kind}")
            return
        kind, _, field = rest.partition(".")
        if kind not in kinds:
            raise InputError(f"{place}: {unknown(name.removesuffix('s'), kind, kinds)}")
        by_kind = {member.kind: member for member in self._fields[name]}
        current = by_kind.pop(kind, None)
        if value != "none":
            if field:
                value = {**(dataclasses.asdict(current) if current else {}), field: value}
                place = place.removesuffix(f".{field}")
            if isinstance(value, Mapping):
                value = {"kind": kind, **value}
            given = (
                value.get("kind") if isinstance(value, Mapping) else getattr(value, "kind", value)
            )
            if given != kind:
                raise InputError(f"{place} = {value!r} must be {kind!r}, a table or 'none'")
            by_kind[kind] = component(name, value, place)
        self._fields[name] = tuple(by_kind[kind] for kind in sorted(by_kind))  # as recipes do


def checked(name: str, value: Any, place: str) -> Any:
    """Return a value of one field of a recipe, refused if no recipe can hold it."""
    try:
        return getattr(dataclasses.replace(default_recipe(), **{name: value}), name)
    except InputError as error:
        messages = (message.replace(f"recipe.{name}", place, 1) for message in error.messages)
        raise InputError(*messages) from None


def setting(name: str, value: Any, place: str) -> Any:
    """Return the value of a setting, as ``epochs``, of the type and in the range it must have."""
    if name == "batch_size" and value == "full":
        return FULL_BATCH
    try:
        pydantic.TypeAdapter(
            SETTINGS[name], config=pydantic.ConfigDict(strict=True)
        ).validate_python(value)
    except pydantic.ValidationError as error:
        raise InputError(*sentences(error, place, ())) from None
    return checked(name, value, place)


def recipe_from(
    table: Mapping[str, Any],
    where: str = "recipe",
    overrides: Iterable[tuple[str, Any]] = (),
) -> Recipe:
    """Return the recipe that a table describes, on top of the defaults.

    ``overrides`` are paths and values that are put last, as ``--set`` gives them.

    Raises
    ------
    InputError
        With one sentence for every mistake in the table.
    """
    draft, messages = Draft(default_recipe()), []
    if "hidden" in table and ("depth" in table or "width" in table):
        messages.append(f"{where}: give either hidden or depth and width, not both")
    ordered = sorted(table, key=lambda name: (name == "depth", name))
    puts = [(path, table[path], where) for path in ordered]
    puts += [(path, value, "--set") for path, value in overrides]
    for path, value, source in puts:
        try:
            draft.put(path, value, source)
        except InputError as error:
            messages.extend(error.messages)
    if messages:
        raise InputError(*messages)
    return draft.recipe()


def recipe_table(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as the table that a study file would hold.

    A component without fields, one of several, is told by its kind, so that it is not an empty
    table, which says nothing when two studies are compared key by key.
    """
    table: dict[str, Any] = {
        name: "none" if value is None else value for name, value in to_json(recipe).items()
    }
    for several in SEVERAL:
        table[several] = {
            item["kind"]: {name: value for name, value in item.items() if name != "kind"} or item
            for item in table[several]
        }
    return table
