"""Study files: TOML in, a :class:`Study` or one sentence per mistake out."""

from __future__ import annotations

import dataclasses
import stat
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pydantic

from ...core.errors import InputError, unknown
from ...core.measures.layers import LayerStatistics
from ..catalogue import entries, text_of
from ..designs.axes import flat_axes, paths_of, refuse_levels
from ..designs.designs import design_from
from ..expectations import Expectation
from ..extent import MOST_TRIALS
from ..luck import full_crossing
from ..study import Study
from . import functions
from .drafts import recipe_from
from .fallback import fallback_settings
from .places import with_places
from .schema import KEYS, flat, holds_list, sentences, table_model

MOST_BYTES = 2**20


SECTIONS = (
    "recipe",
    "grid",
    "design",
    "luck",
    "probe",
    "baseline",
    "contrast",
    "fallback",
    "predict",
)
"""The keys of a study file that hold tables."""


@cache
def study_model() -> type[pydantic.BaseModel]:
    """Return the strict model of a study file's top level."""
    tables: Any = {name: (dict[str, Any], {}) for name in ("grid", "design")}
    tables |= {"name": (str | None, None), "recipe": (dict[str, Any], {})}
    model: type[pydantic.BaseModel] = pydantic.create_model(
        "Study", __base__=table_model(Study), **tables
    )
    return model


def study_from(
    table: Mapping[str, Any], name: str, overrides: Sequence[tuple[str, Any]] = ()
) -> Study:
    """Return the study that a table describes, with ``overrides`` put on its base recipe.

    Raises
    ------
    InputError
        With one sentence for every mistake.
    """
    messages: list[str] = []
    values: dict[str, Any] = {}
    model = study_model()
    try:
        given = model.model_validate(dict(table)).model_dump()
    except pydantic.ValidationError as error:
        nested = {"probe": table_model(LayerStatistics), "expectation": table_model(Expectation)}
        keys = {name: model.model_fields for name, model in nested.items()}
        messages += sentences(error, "", model.model_fields, keys)
        given = {}
    for f in dataclasses.fields(Study):
        key, read = f.metadata["name"] or f.name, f.metadata["read"]
        if key not in given or f.name in ("recipe", "design"):
            continue
        try:
            values[f.name] = read(given[key]) if read is not None else given[key]
        except InputError as error:
            messages += error.messages
    try:
        if isinstance(part := table.get("recipe", {}), Mapping):
            values["recipe"] = recipe_from(part, overrides=overrides)
    except InputError as error:
        messages += error.messages
    try:
        design = values["design"] = design_from(table)
        base = values.get("recipe") or recipe_from({})
        refuse_levels(design.axes, base, design.place)
        if design.size <= MOST_TRIALS:
            design.arms(base)
    except InputError as error:
        messages += error.messages
    if "replicates" not in table and given:
        try:
            values["replicates"] = full_crossing(given["luck"], MOST_TRIALS) or given["replicates"]
        except InputError as error:
            messages += error.messages
    if messages:
        raise InputError(*messages)
    return Study(**values | {"name": name if values["name"] is None else values["name"]})


def read_table(source: str) -> tuple[dict[str, Any], str, str]:
    """Return a study's table, its default name and how to call it in messages.

    ``source`` is a ready-made study's name or a path that ends in ``.toml``.
    """
    if source.endswith(".toml"):
        path = Path(source)
        try:
            about = path.stat()
            if not stat.S_ISREG(about.st_mode):  # a pipe would be waited for
                raise OSError("it is not a regular file")
            if about.st_size > MOST_BYTES:
                raise OSError(f"it is larger than {MOST_BYTES} bytes; is it a study file?")
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:  # ValueError: NUL in the path, or not UTF-8
            raise InputError(f"{source} cannot be read: {error}") from None
        name = "".join(c if c.isascii() and c.isalnum() else "-" for c in path.stem.lower())
        return parse_toml(text, source), name.strip("-") or "study", source
    known = entries()
    if source not in known:
        raise InputError(
            unknown("study", source[:100], known)
            + " (`paribus list` shows all of them; a file's name ends in .toml)"
        )
    if known[source].exhibit:
        raise InputError(f"{source!r} is an exhibit, which trains nothing: `paribus run {source}`")
    return parse_toml(text_of(source), source), source, source


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """Parse TOML, naming the file in the one sentence of a failure."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits
        raise InputError(f"{where} is not valid TOML: {error}") from None


def parse_setting(setting: str) -> tuple[str, Any]:
    """Split ``KEY=VALUE``; the value is read as TOML, and as plain text where it is not.

    >>> parse_setting("recipe.epochs=5"), parse_setting("task=mnist")
    (('recipe.epochs', 5), ('task', 'mnist'))
    """
    key, equals, text = setting.partition("=")
    if not equals or not key.strip() or "\n" in setting:
        raise InputError(f"--set {setting!r} must have the form KEY=VALUE")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        value = text.strip()
    return key.strip(), value


Overrides = list[tuple[str, Any]]


def override(table: dict[str, Any], overrides: Overrides, key: str, value: Any) -> None:
    """Put a value into a study's table, or to the overrides of its base recipe.

    A key is a top-level key, ``grid.AXIS``, ``recipe.PATH``, a key of another table, or a bare
    recipe path. A single value for a path that the design varies takes the axis out of it; a list
    becomes its levels.
    """
    axes = axes_of(table)
    head, _, rest = key.partition(".")
    path = rest if head == "recipe" and rest else key
    coupled = [axis for axis in axes if path in paths_of(axis) != (path,)]
    if coupled:
        raise InputError(f"--set {key}: the design varies it in {coupled[0]!r}; set all of that")
    if head == "grid" and rest:
        _set_axis(table, rest, value)
    elif path in axes and len(paths_of(path)) > 1:
        _set_axis(table, path, value)
    elif head == "design" and rest.startswith("axes."):
        _set_axis(table, rest.removeprefix("axes."), value)
    elif head in ("luck", "probe", "baseline", "contrast", "design") and rest:
        table.setdefault(head, {})[rest] = value
    elif path.split(".", maxsplit=1)[0] in KEYS:
        several = isinstance(value, list)
        if several and (not holds_list(path) or any(isinstance(item, list) for item in value)):
            _set_axis(table, path, value)
            return
        for axis in [axis for axis in axes if axis == path or axis.startswith(f"{path}.")]:
            _set_axis(table, axis, [])
            del axes_of(table)[axis]
        overrides.append((path, value))
    elif key in SECTIONS:
        raise InputError(f"--set {key}: this is a table; set one of its keys, as {key}.KEY=VALUE")
    elif key in study_model().model_fields:
        table[key] = value
    else:
        raise InputError(f"--set: {unknown('key', key, (*KEYS, *study_model().model_fields))}")


def axes_of(table: dict[str, Any]) -> dict[str, Any]:
    """Return the axes of a study's table by their paths, to be changed in place."""
    holder, name = (table["design"], "axes") if table.get("design") else (table, "grid")
    holder[name] = flat_axes(holder.get(name, {}))
    axes: dict[str, Any] = holder[name]
    return axes


def _set_axis(table: dict[str, Any], path: str, levels: Any) -> None:
    """Give an axis other levels; a named arm loses its level on it unless it is still there."""
    axes = axes_of(table)
    former = axes.get(path)
    if isinstance(former, Mapping) and "when" in former and isinstance(levels, list):
        axes[path] = {"levels": levels, "when": former["when"]}
    else:
        axes[path] = levels
    for part in ("baseline", "contrast"):
        named = flat(table.get(part, {}))
        if path in named and not (isinstance(levels, list) and named[path] in levels):
            del named[path]
        table[part] = named


def full_protocol(table: Any, full: bool) -> list[tuple[str, Any]]:
    """Return the settings of a study's table ``[full]``, none unless they are asked for.

    Raises
    ------
    InputError
        If it is not a table, or is asked for where there is none.
    """
    if not isinstance(table, dict):
        raise InputError(f"full = {table!r} must be a table")
    if full and not table:
        raise InputError("--full: the study has no [full] protocol beside its default")
    return list(flat(table).items()) if full else []


def unsourced(expectations: Any) -> None:
    """Refuse an expectation that does not say where its number comes from.

    Studies that are stored beside their results are read as they are.
    """
    tables = expectations if isinstance(expectations, list) else []
    wrong = [
        f"expectation {number}: source is missing: where does the number stand?"
        for number, table in enumerate(tables, 1)
        if isinstance(table, dict) and "source" not in table
    ]
    if wrong:
        raise InputError(*wrong)


def load_study(source: str, settings: Sequence[str] = (), *, full: bool = False) -> Study:
    """Read a ready-made study or a study file and apply ``KEY=VALUE`` settings.

    ``full`` puts its table ``[full]``, the faithful protocol, on it first. Files that it names are
    looked for beside the study file, then where the command was started.
    Nothing is fetched: :func:`.fallback.missing` tells what must be, :func:`.fallback.with_data`
    does it.

    Raises
    ------
    InputError
        With one sentence for every mistake, naming the file and the key.
    """
    table, name, where = read_table(source)
    folder = Path(source).parent if source.endswith(".toml") else None
    overrides: Overrides = []
    try:
        wrong = [key for key in SECTIONS if not isinstance(table.get(key, {}), dict)]
        if wrong:
            raise InputError(*(f"{key} = {table[key]!r} must be a table" for key in wrong))
        table = with_places(table, folder)
        protocol = full_protocol(table.pop("full", {}), full)
        name = f"{name}-full" if full else name
        for key, value in (*protocol, *map(parse_setting, settings)):
            override(table, overrides, key, value)
        unsourced(table.get("expectation"))
        table = with_places(table, None)  # what settings name, as seen by who set it
        overrides = [(k, with_places({k: v}, None)[k]) for k, v in overrides]
        table["fallback"] = fallback_settings(table.get("fallback", {}), overrides)
        return functions.resolved(study_from(table, name, overrides), folder)
    except InputError as error:
        raise InputError(*(f"{where}: {message}" for message in error.messages)) from None
