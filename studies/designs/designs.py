"""The family of designs; a new one is one class, named in the union below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ...core.components import members
from ...core.errors import InputError, unknown
from .ablation import Ablation
from .add_one_in import AddOneIn
from .axes import flat_axes
from .factorial import Factorial
from .fork import Fork
from .fractional_factorial import FractionalFactorial
from .grid import Grid
from .latin_hypercube import LatinHypercube
from .leave_one_out import LeaveOneOut
from .one_at_a_time import OneAtATime
from .random_sample import RandomSample
from .search import Search
from .sobol import Sobol
from .successive_halving import SuccessiveHalving
from .tuned import Tuned

Design = (
    Grid
    | OneAtATime
    | LeaveOneOut
    | AddOneIn
    | Ablation
    | Factorial
    | FractionalFactorial
    | RandomSample
    | Sobol
    | LatinHypercube
    | SuccessiveHalving
    | Fork
    | Search
    | Tuned
)


def design_from(table: Mapping[str, Any]) -> Design:
    """Return the design of a study's table: its ``grid``, or its ``design`` with a kind.

    Raises
    ------
    InputError
        If it has both, the kind or a field is unknown, or a value is not allowed.
    """
    grid, design = table.get("grid", {}), table.get("design", {})
    if not isinstance(grid, Mapping) or not isinstance(design, Mapping):
        return Grid()  # what is no table is refused with the other keys
    if not design:
        return Grid.of(flat_axes(grid))
    if grid:
        raise InputError("give [grid] or [design], not both: [grid] is short for a design")
    kinds: Mapping[str, Any] = members(Design)
    kind = design.get("kind", Grid.kind)
    if kind not in kinds:
        raise InputError(f"design: {unknown('kind', kind, kinds)}")
    allowed = ("kind", *(f.name for f in fields(kinds[kind])))
    wrong = [f"design: {unknown('key', key, allowed)}" for key in design if key not in allowed]
    axes = design.get("axes", {})
    if not isinstance(axes, Mapping):
        wrong.append(f"design.axes = {axes!r} must be a table of axes")
    if wrong:
        raise InputError(*wrong)
    settings = {key: value for key, value in design.items() if key not in ("kind", "axes")}
    chosen: Design = kinds[kind].of(flat_axes(axes), **settings)
    return chosen
