"""Study files: TOML in, a :class:`Study` or one sentence per mistake out."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pydantic

from ...core.errors import InputError, ResourceError, unknown
from ...core.measures.probes import Probe
from ..data.downloads import COLLECTIONS, available, fetch
from ..designs.designs import Grid, level_label
from ..expectations import Expectation
from ..study import MOST_TRIALS, Study
from . import functions
from .schema import KEYS, STRICT, holds_list, recipe_from, sentences

MOST_BYTES = 2**20


class ProbeTable(pydantic.BaseModel):
    """The ``[probe]`` table."""

    model_config = STRICT
    steps: str = "log"
    examples: int = 1000


class ExpectationTable(pydantic.BaseModel):
    """One ``[[expectation]]`` table."""

    model_config = STRICT
    claim: str
    measure: str
    published: float
    arm: dict[str, Any] = {}
    layer: int = 0
    judge: str = "prediction"
    scale: str = "log"
    tolerance: float = 0.1
    upper: float = 0.0
    rejects: list[dict[str, Any]] = []
    source: str = ""


class StudyTable(pydantic.BaseModel):
    """The top level of a study file."""

    model_config = STRICT
    question: str
    name: str | None = None
    explanation: str = ""
    source: str = ""
    note: str = ""
    replicates: int = 5
    seed: int = 0
    luck: dict[str, Any] = {}
    metric: str = "validation_accuracy"
    margin: float = 0.0
    worked_example: str = ""
    recipe: dict[str, Any] = {}
    grid: dict[str, Any] = {}
    baseline: dict[str, Any] = {}
    contrast: dict[str, Any] = {}
    probe: ProbeTable = ProbeTable()
    expectation: list[ExpectationTable] = []
    fallback: dict[str, Any] = {}


def levels_of(table: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return levels as they are written in tables and charts."""
    return tuple((path, level_label(path, value)) for path, value in flat(table).items())


def flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """Write nested tables without a kind as dotted keys.

    >>> flat({"optimiser": {"learning_rate": [0.1]}, "depth": [1, 2]})
    {'optimiser.learning_rate': [0.1], 'depth': [1, 2]}
    """
    result: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping) and "kind" not in value:
            result |= {f"{key}.{inner}": item for inner, item in flat(value).items()}
        else:
            result[key] = value
    return result


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
    checked: StudyTable | None = None
    try:
        checked = StudyTable.model_validate(dict(table))
    except pydantic.ValidationError as error:
        nested = {"probe": ProbeTable.model_fields, "expectation": ExpectationTable.model_fields}
        messages += sentences(error, "", StudyTable.model_fields, nested)
    recipe_part, grid_part = table.get("recipe", {}), table.get("grid", {})
    recipe, design = None, None
    try:
        if isinstance(recipe_part, Mapping):
            recipe = recipe_from(recipe_part, overrides=overrides)
    except InputError as error:
        messages += error.messages
    try:
        design = Grid.of(flat(grid_part)) if isinstance(grid_part, Mapping) else None
        if design is not None and design.size <= MOST_TRIALS:
            design.arms(recipe or recipe_from({}))
    except InputError as error:
        messages += error.messages
    if messages or checked is None or recipe is None or design is None:
        raise InputError(*messages)
    return Study(
        name=name if checked.name is None else checked.name,
        question=checked.question,
        recipe=recipe,
        design=design,
        replicates=checked.replicates,
        seed=checked.seed,
        luck=tuple(checked.luck.items()),
        metric=checked.metric,
        margin=checked.margin,
        baseline=levels_of(checked.baseline),
        contrast=levels_of(checked.contrast),
        probe=Probe(checked.probe.steps, checked.probe.examples),
        explanation=checked.explanation.strip(),
        source=checked.source.strip(),
        expectations=tuple(_expectation(item) for item in checked.expectation),
        worked_example=checked.worked_example,
        note=checked.note,
    )


def _expectation(table: ExpectationTable) -> Expectation:
    for key, allowed in (
        ("judge", ("prediction", "median", "range")),
        ("scale", ("linear", "log", "logit")),
    ):
        if getattr(table, key) not in allowed:
            raise InputError(f"expectation: {unknown(key, getattr(table, key), allowed)}")
    values: dict[str, Any] = table.model_dump()
    values["arm"] = levels_of(table.arm)
    values["rejects"] = tuple(levels_of(levels) for levels in table.rejects)
    return Expectation(**values)


def catalogue() -> list[str]:
    """Return the names of the ready-made studies."""
    folder = importlib.resources.files("paribus.studies.catalogue")
    return sorted(
        item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml")
    )


def read_table(source: str) -> tuple[dict[str, Any], str, str]:
    """Return a study's table, its default name and how to call it in messages.

    ``source`` is a ready-made study's name or a path that ends in ``.toml``.
    """
    if source.endswith(".toml"):
        path = Path(source)
        try:
            if path.stat().st_size > MOST_BYTES:
                raise InputError(f"{source} is larger than {MOST_BYTES} bytes; is it a study file?")
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{source} cannot be read: {error}") from None
        name = "".join(c if c.isascii() and c.isalnum() else "-" for c in path.stem.lower())
        return parse_toml(text, source), name.strip("-") or "study", source
    names = catalogue()
    if source not in names:
        raise InputError(unknown("study", source[:100], names) + " (a file's name ends in .toml)")
    file = importlib.resources.files("paribus.studies.catalogue") / f"{source}.toml"
    return parse_toml(file.read_text(encoding="utf-8"), source), source, source


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


def override(table: dict[str, Any], overrides: Overrides, setting: str) -> None:
    """Put a ``--set`` value into a study's table, or to the overrides of its base recipe.

    A key is a top-level key, ``grid.AXIS``, ``recipe.PATH``, a key of another table, or a bare
    recipe path. A single value for a path that the grid varies takes the axis out of the grid; a
    list becomes its levels.
    """
    key, value = parse_setting(setting)
    grid = table["grid"] = flat(table.get("grid", {}))
    head, _, rest = key.partition(".")
    path = rest if head == "recipe" and rest else key
    if head == "grid" and rest:
        _set_axis(table, rest, value)
    elif head in ("luck", "probe", "baseline", "contrast") and rest:
        table.setdefault(head, {})[rest] = value
    elif path.split(".", maxsplit=1)[0] in KEYS:
        several = isinstance(value, list)
        if several and (not holds_list(path) or any(isinstance(item, list) for item in value)):
            _set_axis(table, path, value)
            return
        for axis in [axis for axis in grid if axis == path or axis.startswith(f"{path}.")]:
            _set_axis(table, axis, [])
            del grid[axis]
        overrides.append((path, value))
    elif key in SECTIONS:
        raise InputError(f"--set {key}: this is a table; set one of its keys, as {key}.KEY=VALUE")
    elif key in StudyTable.model_fields:
        table[key] = value
    else:
        raise InputError(f"--set: {unknown('key', key, (*KEYS, *StudyTable.model_fields))}")


def _set_axis(table: dict[str, Any], path: str, levels: Any) -> None:
    """Give an axis other levels; a named arm loses its level on it unless it is still there."""
    table["grid"][path] = levels
    for part in ("baseline", "contrast"):
        named = flat(table.get(part, {}))
        if path in named and not (isinstance(levels, list) and named[path] in levels):
            del named[path]
        table[part] = named


SECTIONS = ("recipe", "grid", "luck", "probe", "baseline", "contrast", "fallback")


def load_study(source: str, settings: Sequence[str] = (), *, fall_back: bool = True) -> Study:
    """Read a ready-made study or a study file and apply ``KEY=VALUE`` settings.

    Where the study's data cannot be had and the study names a fallback, the fallback's settings
    are applied and the study says so in its note. To find out, the data are fetched if need be;
    without ``fall_back`` they are not asked for.

    Raises
    ------
    InputError
        With one sentence for every mistake, naming the file and the key.
    """
    table, name, where = read_table(source)
    overrides: Overrides = []
    try:
        wrong = [key for key in SECTIONS if not isinstance(table.get(key, {}), dict)]
        if wrong:
            raise InputError(*(f"{key} = {table[key]!r} must be a table" for key in wrong))
        for setting in settings:
            override(table, overrides, setting)
        fallback = table.pop("fallback", {})
        for key in fallback:
            if key != "note" and key.split(".", maxsplit=1)[0] not in KEYS:
                raise InputError(f"fallback: {unknown('key', key, ('note', *KEYS))}")
        if fallback and fall_back and not _obtainable(table, overrides):
            table["note"] = fallback.get("note", "The study's data were not found.")
            table.pop("expectation", None)
            chosen = {key for key, _ in overrides}
            overrides = [
                (k, v) for k, v in fallback.items() if k != "note" and k not in chosen
            ] + overrides
        folder = Path(source).parent if source.endswith(".toml") else None
        return functions.resolved(study_from(table, name, overrides), folder)
    except InputError as error:
        raise InputError(*(f"{where}: {message}" for message in error.messages)) from None


def _obtainable(table: Mapping[str, Any], overrides: Overrides) -> bool:
    """Whether the data of the study's task are here or can be fetched."""
    task = dict(overrides).get("task", table.get("recipe", {}).get("task"))
    collection = COLLECTIONS.get(str(task))
    if collection is None or available(collection):
        return True
    try:
        for file in collection.checksums:
            fetch(collection, file)
    except ResourceError:
        return False
    return True
