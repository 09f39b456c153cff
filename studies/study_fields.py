"""How the fields of a study are declared: their role, and what a study file holds of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, cast

from ..core.component_json import to_json
from ..core.errors import InputError
from ..core.measures.layers import LayerStatistics
from ..core.measures.measure_function import MeasureFunction
from ..core.measures.measures import Measure
from .files.schema import flat, member_of
from .quantities.quantity_function import Levels

Role = Literal["identity", "question", "extent", "text"]


def key(
    role: Role,
    default: Any = dataclasses.MISSING,
    *,
    name: str = "",
    table: Any = None,
    read: Callable[[Any], Any] | None = None,
    write: Callable[[Any], Any] = to_json,
) -> Any:
    """Declare a field of a study and how a study file holds it.

    Parameters
    ----------
    role
        ``"identity"``: trials of another value belong to another results folder; ``"question"``:
        what is asked of the trials, recorded with every plan; ``"extent"``: which trials there
        are; ``"text"``: what readers are told.
    default
        A value, or a class that makes one.
    name, table
        The key in the file where it is not the field's name, and the type of its value there.
    read, write
        From the file's value to the field's, and back.
    """
    metadata = {"role": role, "name": name, "table": table, "read": read, "write": write}
    if isinstance(default, type):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def pairs(table: Mapping[str, Any]) -> Levels:
    """Return a table as paths with their values."""
    return tuple(flat(table).items())


def measures_from(given: Sequence[Any]) -> tuple[MeasureFunction, ...]:
    """Return the measures that names and tables stand for.

    Raises
    ------
    InputError
        If one is unknown, or named twice; layer statistics are what ``[probe]`` is for.
    """
    chosen = tuple(member_of(Measure, "measure", item, "measures") for item in given)
    kinds = [measure.kind for measure in chosen]
    if LayerStatistics.kind in kinds:
        raise InputError("measures: layer statistics are measured as [probe] says")
    if len(set(kinds)) < len(kinds):
        raise InputError(f"measures names a kind twice: {', '.join(kinds)}")
    return cast("tuple[MeasureFunction, ...]", chosen)


def measures_of(table: Mapping[str, Any]) -> tuple[MeasureFunction, ...]:
    """Return all that a study's table asks to be measured, the layers first."""
    probe = LayerStatistics(**table["probe"])
    layers = (probe,) if probe.steps != "none" else ()
    return (*layers, *measures_from(table.get("measures", ())))
