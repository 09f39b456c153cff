"""What a design is: a question about recipes, turned into arms and into what is to be trained."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, ClassVar, Literal, Self, cast

from ...core.component_json import to_json
from ...core.components import check_fields
from ...core.errors import InputError, unknown
from ...core.recipe import Recipe
from ..files.drafts import Draft
from ..files.paths import value_at, words_at, written
from ..files.schema import flat

Role = Literal["scientific", "nuisance", "fixed"]
AxisScale = Literal["linear", "log", "categorical", "ordinal"]


@dataclass(frozen=True)
class Level:
    """What stands at one path of an arm's recipe, and how that is written."""

    path: str
    value: Any
    label: str


@dataclass(frozen=True)
class Arm:
    """One recipe of a study, and the paths in which it differs from others; arms may differ in any.

    A level is read off the recipe, so an arm has one on every axis, whether it varies it or not.
    """

    recipe: Recipe
    paths: tuple[str, ...] = ()

    def level(self, path: str) -> Level:
        """Return the arm's level on an axis."""
        value = value_at(self.recipe, path)
        return Level(path, value, written(path, value))

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The levels in which the arm differs."""
        return tuple(self.level(path) for path in self.paths)

    @property
    def label(self) -> str:
        """The levels in one line."""
        return ", ".join(f"{x.path}={x.label}" for x in self.levels) or "base recipe"

    def has(self, path: str, value: Any) -> bool:
        """Whether ``value``, put at a path, leaves the recipe as it is; its label will do as well.

        A stored study of format 1 names levels by their labels.
        """
        if value == self.level(path).label:
            return True
        draft = Draft(self.recipe)
        try:
            draft.put(path, value, "level")
        except InputError:
            return False
        name = path.partition(".")[0]
        return bool(getattr(draft.fields, name) == getattr(self.recipe, name))


@dataclass(frozen=True)
class Axis:
    """A path of the recipe that a study varies, with its levels or its range.

    ``role`` tells whether the study asks about it (``"scientific"``), only has to choose it well
    (``"nuisance"``), or holds it (``"fixed"``); ``scale`` how its levels lie to one another. A
    range reaches from ``low`` to ``high``, both of them values that the path may hold.
    """

    path: str
    levels: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    role: Role = "scientific"
    scale: AxisScale | None = None

    @property
    def words(self) -> str:
        """What readers call it."""
        return words_at(self.path)

    @property
    def spacing(self) -> AxisScale:
        """The scale: as given, else linear for numbers and categorical for all else."""
        if self.scale is not None:
            return self.scale
        ends = self.levels or (self.low, self.high)
        numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in ends)
        return "linear" if numbers else "categorical"

    def to_table(self) -> Any:
        """Return the axis as a study file holds it: a list of levels where that says it all."""
        table = {
            f.name: to_json(value)
            for f in fields(self)
            if f.name != "path" and (value := getattr(self, f.name)) != f.default
        }
        return table["levels"] if table.keys() == {"levels"} else table


@dataclass(frozen=True)
class Score:
    """What one replicate of a recipe has reached after so many epochs, averaged over its folds."""

    recipe: Recipe
    replicate: int
    epochs: int
    status: str
    scores: Mapping[str, float]


@dataclass(frozen=True)
class Want:
    """Replicates of an arm that are to be trained until an epoch, to its end where that is None."""

    arm: Arm
    replicates: range
    until: int | None = None


@dataclass(frozen=True)
class DesignFunction(ABC):
    """What every design says of itself; a member is a frozen dataclass with a ``kind``.

    A design is a pure function: asked with the scores so far, it answers with everything that is
    to be trained, what is trained already included. What it wanted until some epoch and wants no
    more is withdrawn; what was trained to its end stays.
    """

    kind: ClassVar[str]
    adaptive: ClassVar[bool] = False
    """Whether what it wants depends on the scores."""
    selects: ClassVar[Literal["", "arms", "levels"]] = ""
    """What it chooses by ``selects_on``: the best of its arms, or for each arm its levels."""
    axes: tuple[Axis, ...] = ()

    @classmethod
    def of(cls, axes: Mapping[str, Any], **settings: Any) -> Self:
        """Return the design of these axes: a path with its levels, or with a table of the axis.

        Raises
        ------
        InputError
            If an axis has neither levels nor a range, or a field that no axis has.
        """
        return cls(axes_from(axes, "grid" if cls.kind == "grid" else "design.axes"), **settings)

    def __post_init__(self) -> None:
        check_fields(self, "design")

    def to_table(self) -> dict[str, Any]:
        """Return the design as a study file has it: ``grid``, or ``design`` with its kind."""
        axes = {axis.path: axis.to_table() for axis in self.axes}
        if self.kind == "grid":
            return {"grid": axes}
        settings = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "axes"}
        return {"design": {"kind": self.kind, **settings, "axes": axes}}

    @property
    @abstractmethod
    def size(self) -> int:
        """The most arms that there may be, told without making them."""

    @property
    def selects_on(self) -> str:
        """The metric by which it chooses among recipes, empty where it does not.

        Such scores are selected: they flatter what was chosen.
        """
        return ""

    @property
    def compared(self) -> tuple[str, ...]:
        """The paths on which arms are compared; all others are chosen for each arm by itself."""
        return tuple(axis.path for axis in self.axes)

    def most(self, replicates: int) -> int:
        """Return the most replicates of recipes that it may ever want."""
        return self.size * replicates

    @abstractmethod
    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return the arms that are known without scores, each once, in an order that lasts.

        Raises
        ------
        InputError
            If a path or level is not allowed, or two arms are the same recipe.
        """

    def wants(
        self, base: Recipe, replicates: int, scores: Sequence[Score] = ()
    ) -> tuple[Want, ...]:
        """Return what is to be trained, given what is known: every arm to its end, if not less."""
        return tuple(Want(arm, range(replicates)) for arm in self.arms(base))


AXIS_KEYS = tuple(f.name for f in fields(Axis) if f.name != "path")
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "role": ("scientific", "nuisance", "fixed"),
    "scale": ("linear", "log", "categorical", "ordinal"),
}


def flat_axes(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return axes by their dotted paths, however their tables are nested."""
    return flat(table, ("kind", *AXIS_KEYS))


def axes_from(table: Mapping[str, Any], where: str) -> tuple[Axis, ...]:
    """Return the axes that a table describes; errors as for :meth:`DesignFunction.of`."""
    axes: list[Axis] = []
    messages: list[str] = []
    for path, value in table.items():
        try:
            axes.append(_axis(path, value, f"{where}.{path}"))
        except InputError as error:
            messages += error.messages
    if messages:
        raise InputError(*messages)
    return tuple(axes)


def _axis(path: str, value: Any, place: str) -> Axis:
    given = dict(value) if isinstance(value, Mapping) else {"levels": value}
    wrong = [f"{place}: {unknown('key', key, AXIS_KEYS)}" for key in given.keys() - set(AXIS_KEYS)]
    for key, allowed in ALLOWED.items():
        if key in given and given[key] not in allowed:
            wrong.append(f"{place}: {unknown(key, given[key], allowed)}")
    if wrong:
        raise InputError(*wrong)
    levels = given.get("levels", ())
    if isinstance(levels, str) or not isinstance(levels, Sequence):
        raise InputError(f"{place} = {levels!r} must be a list of levels")
    ends = given.get("low"), given.get("high")
    if ends == (None, None):
        if not levels:
            raise InputError(f"{place} is empty; give it at least one level")
        return Axis(path, **given | {"levels": tuple(levels)})
    low, high = (cast("float", end) for end in ends)
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in ends)
    if not numbers or not all(map(math.isfinite, (low, high))):
        raise InputError(f"{place}: low = {low!r} and high = {high!r} must both be finite numbers")
    if levels or not low < high or (given.get("scale") == "log" and low <= 0):
        raise InputError(
            f"{place}: a range takes low < high, above 0 on a log scale, and no levels beside them"
        )
    return Axis(path, **given)


def arms_of(
    base: Recipe, combinations: Iterable[Sequence[tuple[str, Any]]], where: str
) -> tuple[Arm, ...]:
    """Return one arm for each combination of levels put on the base recipe.

    Raises
    ------
    InputError
        With each mistake once, however many arms make it, or if two arms are the same recipe.
    """
    messages: dict[str, str] = {}
    arms: dict[Recipe, Arm] = {}
    for combination in combinations:
        draft = Draft(base)
        try:
            for path, value in combination:
                draft.put(path, value, where)
        except InputError as error:
            messages |= {message: message for message in error.messages}
            continue
        paths = tuple(path for path, _ in combination)
        try:
            arm = Arm(draft.recipe(), paths)
        except InputError as error:
            label = ", ".join(f"{p}={written(p, value_at(draft.fields, p))}" for p in paths)
            for message in error.messages:
                messages.setdefault(message, f"{where} ({label}): {message}")
            continue
        twin = arms.setdefault(arm.recipe, arm)
        if twin is not arm:
            raise InputError(f"{where}: ({arm.label}) is the same recipe as ({twin.label})")
    if messages:
        raise InputError(*messages.values())
    return tuple(arms.values())
