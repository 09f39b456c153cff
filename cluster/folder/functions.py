"""The sources of users' functions that a run keeps, as ``functions/<SHA-256>.py``.

The client writes them before the plan that names them; a worker trains with these and reads no
file of the user's. Reading a run never executes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...core.errors import InputError, ResourceError
from ...core.families import sources
from ...core.families.activations import UserFunction
from ...core.recipe import Recipe
from ...studies.files.functions import functions_of, own, with_functions
from ...studies.study import Study
from ..planning.plan import Plan
from .store import Store


def place_of(function: UserFunction) -> str:
    """Return the name of a function's source in the run folder."""
    return f"functions/{function.source}.py"


def stored(store: Store, function: UserFunction) -> bytes | None:
    """Return the source that a run keeps of a function, None where it is missing or another."""
    name = place_of(function)
    text = store.read(name) if store.size(name) is not None else b""
    return text if sources.digest(text) == function.source else None


def keep(store: Store, recipes: Iterable[Recipe]) -> None:
    """Write the sources of recipes' functions to a run folder that has not kept them.

    Raises
    ------
    InputError
        If a source is not to be had.
    """
    for function in functions_of(recipes):
        if stored(store, function) is not None:
            continue
        text = sources.text_of(function.source) if own(function) else None
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
    recipes = (planned.arm.recipe for plan in plans for planned in plan.arms)
    known = {function.path: function for function in functions_of(recipes)}
    changed: Study = with_functions(study, lambda f: f if f.source else known.get(f.path, f))
    return changed


def free(planned: Mapping[str, Any], recipe: Recipe) -> tuple[str, ...]:
    """Return the keys of a stored study that do not matter where the base has the same function.

    These are where its file lies, and its name, which studies of before do not tell.
    """
    activation = recipe.activation
    if not isinstance(activation, UserFunction):
        return ()
    table = planned["recipe"]["activation"]
    name = table.get("path", "").rpartition(":")[2]
    same = (table.get("source"), name) == (activation.source, activation.function_name)
    return ("recipe.activation.path", "recipe.activation.name") if same else ()


def load(store: Store, recipes: Iterable[Recipe]) -> None:
    """Give this process the sources of recipes' functions, as the run folder keeps them.

    Raises
    ------
    ResourceError
        If a source is missing or not the one that was planned.
    """
    for function in functions_of(recipes):
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


def permit(store: Store, root: Path, recipes: Iterable[Recipe], *, run_code: bool) -> None:
    """Refuse to execute functions that only the run folder holds, unless ``run_code`` allows it.

    Raises
    ------
    InputError
        If a function is not the user's own and running it was not asked for, or it fails.
    ResourceError
        As for :func:`load`.
    """
    recipes = list(recipes)
    for function in functions_of(recipes):
        if not run_code and not own(function):
            raise InputError(
                f"this executes the function {function.function_name!r} of {root}/"
                f"{place_of(function)}, since {function.file} as seen from {Path.cwd()} is not the "
                "file that this was planned with; read it first, then allow it with --run-code "
                "(in Python run_code=True)"
            )
    load(store, recipes)
    try_out(recipes)


def try_out(recipes: Iterable[Recipe]) -> None:
    """Refuse functions that fail, of those that this process may execute."""
    for function in functions_of(recipes):
        if function.known:
            function.try_out()
