"""The sources of users' functions that a run keeps, as ``functions/<SHA-256>.py``.

The client writes them before the plan that names them; a worker trains with these and reads no
file of the user's. Reading a run never executes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...core.component_json import from_json
from ...core.errors import InputError, ResourceError
from ...core.families import sources
from ...core.families.activations import UserFunction
from ...core.recipe import Recipe
from ...studies.files.functions import is_own, with_functions
from ...studies.study import Study
from ..planning.jobs import Job
from ..planning.plan import Plan, PlannedArm
from .store import Store


def place_of(function: UserFunction) -> str:
    """Return the name of a function's source in the run folder."""
    return f"functions/{function.source}.py"


def stored(store: Store, function: UserFunction) -> bytes | None:
    """Return the source that a run keeps of a function, None where it is missing or another."""
    try:
        text = store.read(place_of(function))
    except FileNotFoundError:
        return None
    return text if sources.digest(text) == function.source else None


def arms_of(plan: Plan, job: Job) -> list[PlannedArm]:
    """Return the arms of a job."""
    positions = {arm for stack in job.runs for run in stack for arm in run.arms}
    return [plan.arms[position] for position in sorted(positions)]


def planned(arms: Iterable[PlannedArm]) -> list[UserFunction]:
    """Return the users' functions of planned arms, each once, without making their recipes."""
    tables: dict[Any, None] = {}
    for arm in arms:
        for recipe in (arm.recipe, *(arm.origin or ())[:1]):
            table = recipe["activation"]
            if isinstance(table, Mapping) and table.get("kind") == UserFunction.kind:
                tables[tuple(table.items())] = None
    return [from_json(UserFunction, dict(items)) for items in tables]


def keep(store: Store, functions: Iterable[UserFunction]) -> None:
    """Write the sources of functions to a run folder that has not kept them.

    Raises
    ------
    InputError
        If a source is not to be had.
    """
    for function in functions:
        if stored(store, function) is not None:
            continue
        text = sources.text_of(function.source) if is_own(function) else None
        if text is None:
            raise InputError(
                f"activation.path = {function.path!r}: as seen from {Path.cwd()} it is not the "
                f"file that this was planned with (SHA-256 {function.source[:12]}…)"
            )
        store.write(place_of(function), text)


def as_planned(study: Study, plans: Iterable[Plan]) -> Study:
    """Return a stored study whose functions all have a source: former ones told it in plans only.

    ``study`` is given back as it is where every function has one.
    """
    known = {f.path: f for f in planned(arm for plan in plans for arm in plan.arms)}
    changed: Study = with_functions(study, lambda f: f if f.source else known.get(f.path, f))
    return changed


def former(study: Mapping[str, Any], recipe: Recipe) -> tuple[str, ...]:
    """Return the key of the function's name where a stored study of before tells no names.

    It is free to differ if the base has the very function that the study had then.
    """
    activation, table = recipe.activation, study["recipe"]["activation"]
    if not isinstance(activation, UserFunction) or table.get("name"):
        return ()
    then = (table.get("source"), table.get("path", "").rpartition(":")[2])
    now = (activation.source, activation.function_name)
    return ("recipe.activation.name",) if then == now else ()


def load(store: Store, functions: Iterable[UserFunction]) -> None:
    """Give this process the sources of functions, as the run folder keeps them.

    Raises
    ------
    ResourceError
        If a source is missing or not the one that was planned.
    """
    for function in functions:
        if function.known:
            continue
        text = stored(store, function)
        if text is None:
            raise ResourceError(
                f"{place_of(function)} of the results folder is missing or damaged, so activation."
                f"path = {function.path!r} cannot be trained; running the study from its own file "
                "writes it anew"
            )
        sources.keep(text)


def permit(store: Store, root: Path, functions: Iterable[UserFunction], *, run_code: bool) -> None:
    """Refuse to execute functions that only the run folder holds, unless ``run_code`` allows it.

    Raises
    ------
    InputError
        If a function is not the user's own and running it was not asked for, or it fails.
    ResourceError
        As for :func:`load`.
    """
    functions = list(functions)
    for function in functions:
        if not run_code and not is_own(function):
            raise InputError(
                f"this executes the function {function.function_name!r} of {root}/"
                f"{place_of(function)}, since {function.file} as seen from {Path.cwd()} is not the "
                "file that this was planned with; read it first, then allow it with --run-code "
                "(in Python run_code=True)"
            )
    load(store, functions)
    try_out(functions)


def try_out(functions: Iterable[UserFunction]) -> None:
    """Refuse functions that fail, of those that this process may execute."""
    for function in functions:
        if function.known:
            function.try_out()
