"""What a design is: a question about recipes, turned into arms and into what is to be trained."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

from ...core.component_json import to_json
from ...core.components import check_fields
from ...core.errors import InputError
from ...core.recipe import Recipe
from ...core.trial import Origin
from ..files.drafts import Draft
from ..files.paths import value_at, written
from ..quantities.quantity_function import Levels
from .axes import Axis, Choice, axes_from, puts
from .constraints import Constraints, exclusions_from


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
    With an ``origin`` its trials are forks, which go on from the states of that recipe's trials.
    In an ablation it is the full or the bare recipe, ``start``, but for what is ``changed``.
    """

    recipe: Recipe
    paths: tuple[str, ...] = ()
    start: Literal["", "full", "bare"] = ""
    changed: tuple[str, ...] = ()
    origin: Origin | None = None

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
        """The levels in one line, and from which epoch a fork has them."""
        levels = ", ".join(f"{x.path}={x.label}" for x in self.levels) or "base recipe"
        return f"{levels} from epoch {self.origin.epoch}" if self.origin else levels

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
class Score:
    """What one replicate of a recipe has reached, folds averaged; in training it has no status."""

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
    place: ClassVar[str] = "design.axes"
    """Where its axes stand in a study file."""
    adaptive: ClassVar[bool] = False
    """Whether what it wants depends on the scores."""
    selects: ClassVar[Literal["", "arms", "levels"]] = ""
    """What it chooses by ``selects_on``: the best of its arms, or for each arm its levels."""
    constrained: ClassVar[tuple[Literal["when", "exclude"], ...]] = ()
    """What of conditions and exclusions its arms honour; the rest is refused."""
    axes: tuple[Axis, ...] = ()
    exclude: tuple[Levels, ...] = ()

    @classmethod
    def of(cls, axes: Mapping[str, Any], *, exclude: Any = (), **settings: Any) -> Self:
        """Return the design of these axes: a path with its levels, or with a table of the axis.

        ``exclude`` lists tables of levels; an arm with all the levels of one is left out.

        Raises
        ------
        InputError
            If an axis has neither levels nor a range, or a field that no axis has.
        """
        return cls(axes_from(axes, cls.place), exclusions_from(exclude), **settings)

    def __post_init__(self) -> None:
        check_fields(self, "design")
        conditional = [axis.path for axis in self.axes if axis.when]
        if conditional and "when" not in self.constrained:
            raise InputError(f"design: {self.kind} takes no when, which {conditional[0]} has")
        if self.exclude and "exclude" not in self.constrained:
            raise InputError(f"design: {self.kind} takes no exclude")
        _ = self.constraints

    @cached_property
    def constraints(self) -> Constraints:
        """The conditions of its axes and its exclusions."""
        return Constraints.of(self.axes, self.exclude, self.place)

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths that it varies."""
        return tuple(path for axis in self.axes for path in axis.paths)

    def to_table(self) -> dict[str, Any]:
        """Return the design as a study file has it: ``grid``, or ``design`` with its kind."""
        axes = {axis.path: axis.to_table() for axis in self.axes}
        if self.kind == "grid" and not self.exclude:
            return {"grid": axes}
        others = [f.name for f in fields(self) if f.name not in ("axes", "exclude")]
        settings = {name: to_json(getattr(self, name)) for name in others}
        if self.exclude:
            settings["exclude"] = [to_json(dict(named)) for named in self.exclude]
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
        return self.paths

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

    def epochs(self, base: Recipe) -> int:
        """Return the epochs that one replicate of all arms takes, as far as is known beforehand."""
        return sum(arm.recipe.epochs for arm in self.arms(base))

    def wants(
        self, base: Recipe, replicates: int, scores: Sequence[Score] = ()
    ) -> tuple[Want, ...]:
        """Return what is to be trained, given what is known: every arm to its end, if not less."""
        return tuple(Want(arm, range(replicates)) for arm in self.arms(base))


def arms_of(base: Recipe, combinations: Iterable[Sequence[Choice]], where: str) -> tuple[Arm, ...]:
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
        single = [put for choice in combination for put in puts(choice)]
        try:
            for path, value in single:
                draft.put(path, value, where)
        except InputError as error:
            messages |= {message: message for message in error.messages}
            continue
        paths = tuple(path for path, _ in single)
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
