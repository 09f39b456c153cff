"""Axes: what a study varies, alone or coupled, everywhere or under a condition."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, cast

from ...core.component_json import to_json
from ...core.errors import InputError, unknown
from ...core.recipe import Recipe
from ..files.drafts import Draft
from ..files.paths import words_at
from ..files.schema import FAMILIES, KEYS, SHAPES, flat
from ..quantities.quantity_function import Levels

Role = Literal["scientific", "nuisance", "fixed"]
AxisScale = Literal["linear", "log", "categorical", "ordinal"]
Choice = tuple[str, Any]
"""An axis's path, or several of them with commas between, with the level chosen there."""


@dataclass(frozen=True)
class Axis:
    """A path of the recipe that a study varies, with its levels or its range.

    Several paths with commas between are a coupled axis: each of its levels holds a value for each
    of them. ``role`` tells whether the study asks about it (``"scientific"``), only has to choose
    it well (``"nuisance"``), or holds it (``"fixed"``); ``scale`` how its levels lie to one
    another. A range reaches from ``low`` to ``high``, both of them values that the path may hold.
    ``when`` names levels of axes that stand before it: it is varied where all of them are chosen,
    and elsewhere the recipe keeps its own value.
    """

    path: str
    levels: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    role: Role = "scientific"
    scale: AxisScale | None = None
    when: Levels = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The path, or each of those that are coupled."""
        return paths_of(self.path)

    @property
    def words(self) -> str:
        """What readers call it."""
        return " and ".join(map(words_at, self.paths))

    @property
    def spacing(self) -> AxisScale:
        """The scale: as given, else linear for numbers and categorical for all else."""
        if self.scale is not None:
            return self.scale
        ends = self.levels or (self.low, self.high)
        numbers = all(map(is_number, ends))
        return "linear" if numbers else "categorical"

    @property
    def choices(self) -> list[Choice]:
        """Each level with the path."""
        return [(self.path, level) for level in self.levels]

    def to_table(self) -> Any:
        """Return the axis as a study file holds it: a list of levels where that says it all."""
        table = {
            f.name: to_json(value)
            for f in fields(self)
            if f.name != "path" and (value := getattr(self, f.name)) != f.default
        }
        if self.when:
            table["when"] = to_json(dict(self.when))
        return table["levels"] if table.keys() == {"levels"} else table


AXIS_KEYS = tuple(f.name for f in fields(Axis) if f.name != "path")
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "role": ("scientific", "nuisance", "fixed"),
    "scale": ("linear", "log", "categorical", "ordinal"),
}


def paths_of(path: str) -> tuple[str, ...]:
    """Return the paths that an axis names.

    >>> paths_of("depth, width"), paths_of("optimiser.kind")
    (('depth', 'width'), ('optimiser.kind',))
    """
    return tuple(part.strip() for part in path.split(","))


def puts(choice: Choice) -> list[Choice]:
    """Return what a choice puts at each single path.

    >>> puts(("depth, width", [2, 64]))
    [('depth', 2), ('width', 64)]
    """
    path, level = choice
    paths = paths_of(path)
    return [choice] if len(paths) == 1 else list(zip(paths, level, strict=True))


def strangers(path: str) -> list[str]:
    """Return which paths of an axis begin with nothing that a recipe has.

    >>> strangers("depth, widht"), strangers("epochs.of"), strangers("optimiser.kind")
    (['widht'], ['epochs.of'], [])
    """
    heads = {single: single.partition(".")[::2] for single in filter(None, paths_of(path))}
    return [
        single
        for single, (name, rest) in heads.items()
        if name not in KEYS or (rest and name not in FAMILIES)
    ]


def refuse_levels(axes: Sequence[Axis], base: Recipe, where: str) -> None:
    """Refuse levels that no recipe may have, whichever of them a design comes to draw.

    What a level does may depend on another axis of the same family, as a momentum on the optimiser;
    such levels are judged with the arms.

    Raises
    ------
    InputError
        With every such level.
    """
    families = [
        {"hidden" if name in SHAPES else name for name in (p.partition(".")[0] for p in axis.paths)}
        for axis in axes
    ]
    messages: dict[str, None] = {}
    for position, axis in enumerate(axes):
        others = set().union(*families[:position], *families[position + 1 :])
        if families[position] & others:
            continue
        for choice in axis.choices:
            draft = Draft(base)
            try:
                for put in puts(choice):
                    draft.put(*put, where)
            except InputError as error:
                messages |= dict.fromkeys(error.messages)
    if messages:
        raise InputError(*messages)


def choices_of(axes: Iterable[Axis], kind: str) -> list[list[Choice]]:
    """Return each axis's levels with its path.

    Raises
    ------
    InputError
        If an axis is a range.
    """
    axes = tuple(axes)
    ranges = [
        f"{kind}.{axis.path} is a range; a {kind} needs levels" for axis in axes if not axis.levels
    ]
    if ranges:
        raise InputError(*ranges)
    return [axis.choices for axis in axes]


def flat_axes(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return axes by their dotted paths, however their tables are nested."""
    return flat(table, ("kind", *AXIS_KEYS))


def axes_from(table: Mapping[str, Any], where: str) -> tuple[Axis, ...]:
    """Return the axes that a table describes: a path with its levels, or with a table of the axis.

    Raises
    ------
    InputError
        If an axis has neither levels nor a range, a field that no axis has, or a path that another
        one has or that no recipe has.
    """
    axes: list[Axis] = []
    messages: list[str] = []
    for path, value in table.items():
        try:
            axes.append(_axis(path, value, f"{where}.{path}"))
        except InputError as error:
            messages += error.messages
    owners: dict[str, str] = {}
    for axis in axes:
        for path in axis.paths:
            if owners.setdefault(path, axis.path) != axis.path or axis.paths.count(path) > 1:
                messages.append(f"{where}: {path} is varied twice, the last time by {axis.path!r}")
    if messages:
        raise InputError(*dict.fromkeys(messages))
    return tuple(axes)


def _axis(path: str, value: Any, place: str) -> Axis:
    given = dict(value) if isinstance(value, Mapping) else {"levels": value}
    wrong = [f"{place}: {unknown('key', key, AXIS_KEYS)}" for key in given.keys() - set(AXIS_KEYS)]
    for key, allowed in ALLOWED.items():
        if key in given and given[key] not in allowed:
            wrong.append(f"{place}: {unknown(key, given[key], allowed)}")
    when = given.get("when", {})
    if not isinstance(when, Mapping):
        wrong.append(f"{place}.when = {when!r} must be a table of levels of other axes")
    wrong += [f"{place}: {unknown('key', single, KEYS)}" for single in strangers(path)]
    if wrong:
        raise InputError(*wrong)
    if "when" in given:
        given["when"] = tuple(flat(when).items())
    levels = given.get("levels", ())
    if isinstance(levels, str) or not isinstance(levels, Sequence):
        raise InputError(f"{place} = {levels!r} must be a list of levels")
    ends = given.get("low"), given.get("high")
    if ends == (None, None):
        if not levels:
            raise InputError(f"{place} is empty; give it at least one level")
        _check_coupled(path, levels, place)
        return Axis(path, **given | {"levels": tuple(levels)})
    if len(paths_of(path)) > 1:
        raise InputError(f"{place}: a coupled axis takes levels, no range")
    low, high = (cast("float", end) for end in ends)
    numbers = all(map(is_number, ends))
    if not numbers or not all(map(math.isfinite, (low, high))):
        raise InputError(f"{place}: low = {low!r} and high = {high!r} must both be finite numbers")
    if levels or not low < high or (given.get("scale") == "log" and low <= 0):
        raise InputError(
            f"{place}: a range takes low < high, above 0 on a log scale, and no levels beside them"
        )
    return Axis(path, **given)


def _check_coupled(path: str, levels: Sequence[Any], place: str) -> None:
    """Refuse levels of a coupled axis that have no value for each of its paths."""
    paths = paths_of(path)
    if not all(paths):
        raise InputError(f"{place}: a path is missing beside a comma")
    if len(paths) == 1:
        return
    for level in levels:
        if not isinstance(level, list | tuple) or len(level) != len(paths):
            raise InputError(
                f"{place}: level {to_json(level)!r} must be a list of {len(paths)} values, one for "
                f"each of {', '.join(paths)}"
            )


def is_number(value: object) -> bool:
    """Tell whether a value is a number, which true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)
