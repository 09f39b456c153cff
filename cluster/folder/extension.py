"""Whether a study extends what a results folder holds, or is another one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ...core.component_json import to_json
from ...core.errors import InputError
from ...core.identity import NUMERICS_VERSION
from ...core.streams import Purpose
from ...studies.expectations import Expectation
from ...studies.files.drafts import recipe_from, recipe_table
from ...studies.files.paths import label_at
from ...studies.files.schema import flat
from ...studies.luck import VARIES
from ...studies.study import Study
from ...studies.study_fields import Role
from ..planning.plan import Plan
from . import functions

PLACES = ("recipe.task.path", "recipe.activation.path")
"""Where data and functions lie may change; what they are is compared by content."""


def refuse_other(study: Study, plans: Sequence[Plan]) -> None:
    """Refuse a study that is not an extension of the one that the plans were made for.

    Compared is what the tables mean, not how they are written. A field of the base recipe may
    differ where every arm, of the former study or of this one, has a level of its own there.

    Raises
    ------
    InputError
        With every difference.
    """
    last = plans[-1]
    free = {*PLACES, *functions.former(last.study, study.recipe)}
    free |= _paths([arm.paths for arm in study.arms]) | _paths([arm.paths for arm in last.arms])
    former, asked = identity(last.study), identity(study.to_table())
    differences = [
        f"{key}: holds {former.get(key, 'nothing')!r}, asked {asked.get(key, 'nothing')!r}"
        for key in sorted(former.keys() | asked.keys())
        if former.get(key) != asked.get(key)
        and not any(key == path or key.startswith(f"{path}.") for path in free)
    ]
    if last.numerics != NUMERICS_VERSION:
        differences.append(f"engine: holds numerics {last.numerics}, this is {NUMERICS_VERSION}")
    differences += _changed_data(study, plans)
    if differences:
        raise InputError(
            f"the results folder belongs to another study than the one asked "
            f"({'; '.join(differences)}); give this one another name with --name, or another "
            "folder with --results"
        )


def _paths(arms: Sequence[tuple[str, ...]]) -> set[str]:
    """Return the keys of a study's table that every arm sets for itself."""
    paths = set(arms[0]).intersection(*arms) if arms else set()
    shape = {"recipe.hidden"} if {"depth", "width"} & paths else set()
    return shape | {f"recipe.{path}" for path in paths}


def identity(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a study's table names its trials, as dotted keys with every default."""
    meant: dict[str, Any] = {}
    for f in dataclasses.fields(Study):
        key, read = f.metadata["name"] or f.name, f.metadata["read"]
        if f.metadata["role"] == "identity" and f.name != "recipe":
            default = f.default if f.default_factory is dataclasses.MISSING else f.default_factory()
            value = read(table[key]) if read and key in table else table.get(key, default)
            meant[key] = f.metadata["write"](value)
    meant["luck"] = {purpose.word: VARIES for purpose in Purpose} | meant["luck"]
    meant["recipe"] = recipe_table(recipe_from(table["recipe"]))
    return flatten(meant)


def flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested tables as dotted keys, lists as tuples."""
    result: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            result |= flatten(value, f"{prefix}{key}.")
        else:
            result[f"{prefix}{key}"] = tuple(value) if isinstance(value, list) else value
    return result


def _changed_data(study: Study, plans: Sequence[Plan]) -> list[str]:
    """Say which tasks have another content than the plans know; a moved file is known by it."""
    known = {str(p.recipe["task"]): p.fingerprint for plan in plans for p in plan.arms}
    varied = any(path == "task" or path.startswith("task.") for path in study.axes)
    differences = []
    for task, fingerprint in study.fingerprints.items():
        former = known.get(str(to_json(task)))
        if former == fingerprint:
            continue
        if former is not None or not (varied or fingerprint in known.values()):
            differences.append(f"data: the content of task {task} has changed")
    return differences


def question(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a study's table asks of its trials: set in advance, or changed after looking.

    Levels are compared as they are written, which is how format 1 stored them.
    """
    base = recipe_from(table["recipe"])

    def labels(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {path: label_at(base, path, level) for path, level in flat(value).items()}
        return [labels(item) for item in value] if isinstance(value, list) else value

    asked = {key: table.get(key, default) for key, default in defaults_of("question").items()}
    expected = [
        {key: labels(value) for key, value in Expectation.of(item).to_table().items()}
        for item in asked["expectation"] or ()
    ]
    named = {key: labels(asked[key] or {}) for key in ("baseline", "contrast")}
    return asked | named | {"expectation": expected}


def defaults_of(*roles: Role) -> dict[str, Any]:
    """Return the keys of a study's table that have one of these roles, with their defaults."""
    return {
        f.metadata["name"] or f.name: None
        if f.default is dataclasses.MISSING
        else f.metadata["write"](f.default)
        for f in dataclasses.fields(Study)
        if f.metadata["role"] in roles and f.name != "design"
    }
