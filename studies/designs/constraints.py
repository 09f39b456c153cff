"""Constraints: axes that are varied under a condition only, and combinations that are left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.component_json import to_json
from ...core.errors import InputError, unknown
from ...core.recipe import Recipe
from ..files.drafts import Draft
from ..files.schema import flat
from ..quantities.quantity_function import Levels
from .axes import Axis, Choice, paths_of, puts

Base = Recipe | None
"""The base recipe; where it is not known, it is taken to have every level."""


@dataclass(frozen=True)
class Selection:
    """Levels that must all be there: each path with those of its axis that will do."""

    levels: tuple[tuple[str, tuple[Any, ...]], ...]

    def holds(self, chosen: Mapping[str, Any], base: Base) -> bool:
        """Whether they are there; on an axis that is not varied, the recipe's own value counts."""
        return all(
            chosen[path] in levels
            if path in chosen
            else base is None or any(has(base, chosen, path, level) for level in levels)
            for path, levels in self.levels
        )


def has(base: Recipe, chosen: Mapping[str, Any], path: str, level: Any) -> bool:
    """Whether a recipe with these choices already has a level at a path that none of them names."""
    draft = Draft(base)
    name = path.partition(".")[0]
    try:
        for put in chosen.items():
            draft.put(*put, "design")
        before = getattr(draft.fields, name)
        draft.put(path, level, "design")
    except InputError:
        return False
    return bool(getattr(draft.fields, name) == before)


def selection(axes: Iterable[Axis], named: Levels, where: str) -> Selection:
    """Return the levels that a table names.

    A value stands for the level that it equals, a kind's name else for every level of that kind,
    and a list else for whatever its items stand for.

    Raises
    ------
    InputError
        If it names an axis or a level that is not there.
    """
    known = {path: axis for axis in axes for path in axis.paths}
    messages, meant = [], []
    for path, value in named:
        if path not in known:
            messages.append(f"{where}: {unknown('axis', path, known)}")
        elif not known[path].levels:
            messages.append(f"{where}: {path} is a range; only levels can be named")
        else:
            levels = [dict(puts(choice))[path] for choice in known[path].choices]
            meant.append((path, tuple(_meant(levels, value))))
            if not meant[-1][1]:
                labels = {str(to_json(level)) for level in levels}
                messages.append(f"{where}.{path}: {unknown('level', to_json(value), labels)}")
    if not named:
        messages.append(f"{where} names no level")
    if messages:
        raise InputError(*messages)
    return Selection(tuple(meant))


def _meant(levels: Sequence[Any], value: Any) -> list[Any]:
    equal = [level for level in levels if to_json(level) == to_json(value)]
    of_kind = [x for x in levels if isinstance(t := to_json(x), dict) and t.get("kind") == value]
    if equal or of_kind or not isinstance(value, list | tuple):
        return equal or of_kind
    each = [_meant(levels, item) for item in value]
    return [level for items in each for level in items] if all(each) else []


def exclusions_from(given: Any) -> tuple[Levels, ...]:
    """Return the combinations that a study file's ``exclude`` names.

    Raises
    ------
    InputError
        If it is no list of tables.
    """
    if not isinstance(given, list | tuple) or not all(isinstance(x, Mapping) for x in given):
        raise InputError(f"design.exclude = {given!r} must be a list of tables of levels")
    return tuple(tuple(flat(table).items()) for table in given)


@dataclass(frozen=True)
class Constraints:
    """What the conditions of axes and the exclusions of a design ask of a combination of levels."""

    axes: tuple[Axis, ...]
    conditions: tuple[Selection | None, ...]
    exclusions: tuple[Selection, ...]

    @classmethod
    def of(cls, axes: Sequence[Axis], exclude: Iterable[Levels], where: str) -> Constraints:
        """Return the constraints, every name in them resolved.

        Raises
        ------
        InputError
            If one names an axis or level that is not there, or a condition an axis that stands
            behind it.
        """
        messages: list[str] = []
        conditions: list[Selection | None] = []
        exclusions: list[Selection] = []
        for position, axis in enumerate(axes):
            place = f"{where}.{axis.path}.when"
            later = {path for other in axes[position:] for path in other.paths}
            behind = [path for path, _ in axis.when if path in later]
            try:
                if behind:
                    raise InputError(f"{place}: {behind[0]} must stand before {axis.path}")
                conditions.append(
                    selection(axes[:position], axis.when, place) if axis.when else None
                )
            except InputError as error:
                messages += error.messages
        for number, named in enumerate(exclude, 1):
            try:
                exclusions.append(selection(axes, named, f"design.exclude {number}"))
            except InputError as error:
                messages += error.messages
        if messages:
            raise InputError(*messages)
        return cls(tuple(axes), tuple(conditions), tuple(exclusions))

    def varied(self, combination: Iterable[Choice], base: Base) -> list[Choice]:
        """Return the choices of a combination without those whose condition does not hold."""
        given = dict(combination)
        kept: list[Choice] = []
        chosen: dict[str, Any] = {}
        for axis, condition in zip(self.axes, self.conditions, strict=True):
            if axis.path in given and (condition is None or condition.holds(chosen, base)):
                kept.append((axis.path, given[axis.path]))
                chosen |= puts(kept[-1])
        return kept

    def excluded(self, combination: Iterable[Choice], base: Base) -> list[int]:
        """Return which exclusions a combination of varied choices meets."""
        chosen = {path: value for choice in combination for path, value in puts(choice)}
        return [i for i, named in enumerate(self.exclusions) if named.holds(chosen, base)]

    def crossing(self, base: Base) -> Iterator[tuple[Choice, ...]]:
        """Yield every combination of the levels, each axis varied where its condition holds."""
        yield from self._extended(0, (), base)

    def _extended(
        self, position: int, chosen: tuple[Choice, ...], base: Base
    ) -> Iterator[tuple[Choice, ...]]:
        if position == len(self.axes):
            yield chosen
            return
        for option in self._options(position, chosen, base):
            yield from self._extended(position + 1, (*chosen, *option), base)

    def _options(
        self, position: int, chosen: Sequence[Choice], base: Base
    ) -> list[tuple[Choice, ...]]:
        """Return what one axis adds to a combination: each of its levels, or nothing."""
        axis, condition = self.axes[position], self.conditions[position]
        values = {path: value for choice in chosen for path, value in puts(choice)}
        if condition is not None and not condition.holds(values, base):
            return [()]
        return [(choice,) for choice in axis.choices]

    @property
    def most(self) -> int:
        """How many combinations :meth:`crossing` yields, told without making them.

        Where a condition looks at what the base recipe decides, it is taken to hold.
        """
        counts: dict[str, tuple[tuple[Choice, ...], int]] = {"": ((), 1)}
        for position in range(len(self.axes)):
            watched = {path for axis in self.axes[position + 1 :] for path, _ in axis.when}
            following: dict[str, tuple[tuple[Choice, ...], int]] = {}
            for chosen, count in counts.values():
                for option in self._options(position, chosen, None):
                    kept = tuple(c for c in (*chosen, *option) if watched & set(paths_of(c[0])))
                    key = repr(kept)
                    following[key] = kept, count + following.get(key, ((), 0))[1]
            counts = following
        return sum(count for _, count in counts.values())

    def admitted(self, combinations: Iterable[Iterable[Choice]], base: Base) -> list[list[Choice]]:
        """Return the combinations without what conditions and exclusions leave out.

        Combinations that are alike because a condition leaves out where they differ are one.

        Raises
        ------
        InputError
            If a condition never holds, an exclusion meets nothing, or fewer than two are left.
        """
        met: set[int] = set()
        known: set[str] = set()
        every, left = [], []
        for combination in map(list, combinations):
            choices = self.varied(combination, base)
            if len(choices) < len(combination) and repr(choices) in known:
                continue
            known.add(repr(choices))
            every.append(choices)
            meets = self.excluded(choices, base)
            met |= set(meets)
            if not meets:
                left.append(choices)
        paths = {path for choices in every for path, _ in choices}
        messages = [
            f"design: {axis.path} is never varied, for its condition never holds"
            for axis in self.axes
            if axis.when and axis.path not in paths
        ]
        messages += [
            f"design.exclude {i + 1} meets none of the {len(every)} arms"
            for i in range(len(self.exclusions))
            if i not in met
        ]
        if self.exclusions and len(left) < 2 and not messages:
            arms = "no arm" if not left else "a single arm"
            messages = [f"design.exclude leaves {arms} of {len(every)}; compare at least two"]
        if messages:
            raise InputError(*messages)
        return left
