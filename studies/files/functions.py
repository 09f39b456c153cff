"""Users' functions in a study: which they are, and the one step that reads their files."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.component_json import to_json
from ...core.errors import InputError
from ...core.families.activations import UserFunction
from ...core.recipe import Recipe
from . import places
from .schema import component

if TYPE_CHECKING:
    from ..study import Study


def functions_of(recipes: Iterable[Recipe]) -> list[UserFunction]:
    """Return the users' functions of recipes, each once."""
    activations = dict.fromkeys(recipe.activation for recipe in recipes)
    return [activation for activation in activations if isinstance(activation, UserFunction)]


def resolved(study: Study, folder: Path | None = None) -> Study:
    """Return a study with the source of every user's function, read now where it has none.

    This is for a study as its user gives it: ``folder`` is that of its file. Nothing is executed.

    Raises
    ------
    InputError
        If a file is missing or lies in a results folder, or a path alone is varied.
    """

    def read(function: UserFunction) -> UserFunction:
        if function.source:
            return function
        file = Path(places.resolved(function.file, folder))
        if file.is_file() and (results := results_around(file)):
            raise InputError(
                f"activation.path = {function.path!r}: {file} lies in the results folder "
                f"{results}; read it, and copy it out of there to train with it"
            )
        return function.resolved(file)

    read_study: Study = with_functions(study, read)
    if any(not function.source for function in functions_of(a.recipe for a in read_study.arms)):
        raise InputError(
            "activation.path cannot be varied by itself; vary activation, by tables as "
            '{ kind = "function", path = "FILE.py:NAME" }'
        )
    return read_study


def with_source(recipe: Recipe) -> Recipe:
    """Return a recipe ready to be trained here: its user's function, if any, is read and tried out.

    Raises
    ------
    InputError
        If the file, as seen from the current folder, is missing, is another or does not run.
    """
    activation = recipe.activation
    if not isinstance(activation, UserFunction):
        return recipe
    if not activation.known:
        activation = activation.resolved(Path(activation.file))
    activation.try_out()
    return dataclasses.replace(recipe, activation=activation)


def own(function: UserFunction) -> bool:
    """Tell whether this process may execute a function: it was given it, or finds it as planned.

    A user's own file is one that the path leads to from the current folder, outside any results
    folder, and that has the very source.
    """
    if function.known:
        return True
    file = Path(function.file)
    if results_around(file):
        return False
    try:
        function.resolved(file)
    except (InputError, OSError):
        return False
    return True


def results_around(file: Path) -> Path | None:
    """Return the results folder that a file lies in, None where it lies in none."""
    for folder in file.resolve().parents:
        if (folder / "study.toml").is_file() and (folder / "plans").is_dir():
            return folder
    return None


def with_functions(value: Any, change: Callable[[UserFunction], UserFunction]) -> Any:
    """Return a value with every user's function in it changed, also where one is still a table."""
    if isinstance(value, UserFunction):
        return change(value) if value.path else value
    if isinstance(value, Mapping) and value.get("kind") == UserFunction.kind:
        function = component("activation", value, "activation")
        read = with_functions(function, change)
        return value if read is function else to_json(read)
    parts = parts_of(value)
    changed = {key: with_functions(part, change) for key, part in parts.items()}
    if all(changed[key] is part for key, part in parts.items()):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(value, **changed)
    return changed if isinstance(value, Mapping) else type(value)(changed.values())


def parts_of(value: Any) -> dict[Any, Any]:
    """Return what a value holds: the fields of a dataclass, the items of a table or a list."""
    if dataclasses.is_dataclass(value):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
    if isinstance(value, Mapping):
        return dict(value)
    return dict(enumerate(value)) if isinstance(value, tuple | list) else {}
