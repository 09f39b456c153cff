"""The space that axes span: uniform numbers in, a level or a value on every axis out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, ClassVar, Literal

from ...core.components import number
from ...core.errors import InputError
from ...core.recipe import Recipe
from ...core.wording import counted
from ..files.paths import value_at
from .axes import Axis, Choice
from .constraints import Constraints
from .design_function import DesignFunction, arms_of

BELOW_ONE = math.nextafter(1.0, 0.0)
TRIES = 100
"""Points tried for each sample before the space is taken to hold no further recipe."""


@dataclass(frozen=True)
class SampledDesign(DesignFunction):
    """A design of ``samples`` points of the space of its axes, drawn by a ``seed``."""

    constrained: ClassVar[tuple[Literal["when", "exclude"], ...]] = ("when", "exclude")
    samples: int = number(20, at_least=1)
    seed: int = number(0, at_least=0)

    @property
    def size(self) -> int:
        """The samples."""
        return self.samples


@dataclass(frozen=True)
class Space:
    """The axes of a sampled design, and which of its ranges hold whole numbers."""

    constraints: Constraints
    whole: frozenset[str]
    base: Recipe

    @classmethod
    def of(cls, design: DesignFunction, base: Recipe) -> Space:
        """Return the space that a design's axes span around a recipe.

        Raises
        ------
        InputError
            If no recipe may have an end of a range.
        """
        whole: set[str] = set()
        for end in (attrgetter("low"), attrgetter("high")):
            at_end = {
                axis.path: value_at(arms_of(base, [point], "design")[0].recipe, axis.path)
                for axis, point in ends(design, end, base)
            }
            whole |= {path for path, value in at_end.items() if isinstance(value, int)}
        return cls(design.constraints, frozenset(whole), base)

    def choice(self, axis: Axis, uniform: float) -> Choice:
        """Return what a number in [0, 1) stands for on an axis.

        Levels, and the whole numbers of a range, have equal shares; a range is even on its scale.
        """
        if axis.levels:
            return axis.path, axis.levels[int(uniform * len(axis.levels))]
        assert axis.low is not None
        assert axis.high is not None
        low, high = float(axis.low), float(axis.high)
        whole = axis.path in self.whole
        high += whole
        if axis.spacing == "log":
            value = math.exp(math.log(low) + uniform * (math.log(high) - math.log(low)))
        else:
            value = low + uniform * (high - low)
        return axis.path, int(value) if whole else value

    def point(self, uniforms: Iterable[float]) -> list[Choice]:
        """Return the choices for one number in [0, 1) for each axis, conditions regarded."""
        axes = zip(self.constraints.axes, uniforms, strict=True)
        point = [self.choice(axis, min(uniform, BELOW_ONE)) for axis, uniform in axes]
        return self.constraints.varied(point, self.base)

    def fresh(self, point: Sequence[Choice], known: dict[str, list[Choice]]) -> bool:
        """Note a point that is neither known nor excluded, and tell whether it was one."""
        key = repr(list(point))
        if key in known or self.constraints.excluded(point, self.base):
            return False
        known[key] = list(point)
        return True


def ends(
    design: DesignFunction, end: Callable[[Axis], Any], base: Recipe
) -> Iterator[tuple[Axis, Sequence[Choice]]]:
    """Yield each axis that is a range, with a point at which it is varied and at one of its ends.

    Raises
    ------
    InputError
        If its condition never holds.
    """
    at_end = tuple(a if a.levels else replace(a, levels=(end(a),)) for a in design.axes)
    fixed = replace(design.constraints, axes=at_end)
    for axis in design.axes:
        if not axis.levels:
            crossing = fixed.crossing(base)
            point = next((p for p in crossing if axis.path in dict(p)), None)
            if point is None:
                raise InputError(
                    f"design: {axis.path} is never varied, for its condition never holds"
                )
            yield axis, point


def too_few(recipes: int, samples: int) -> InputError:
    """Return what is told where a space holds fewer recipes than are to be sampled."""
    if not recipes:
        return InputError("design.exclude leaves no recipe to sample")
    return InputError(
        f"design: the axes allow little more than {counted(recipes, 'recipe')}, fewer than "
        f"samples = {samples}"
    )
