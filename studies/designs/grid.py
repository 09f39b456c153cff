"""The full grid."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from ...core.errors import InputError
from ...core.recipe import Recipe
from .design_function import Arm, Axis, DesignFunction, arms_of


@dataclass(frozen=True)
class Grid(DesignFunction):
    """Grid: every combination of the levels of every axis, the last axis varying fastest.

    ``[grid]`` in a study file is short for it. Source: Fisher 1935, The Design of Experiments.

    >>> from paribus.studies.files.drafts import default_recipe
    >>> design = Grid.of({"depth": [2, 4], "optimiser.learning_rate": [0.1, 1.0]})
    >>> [arm.label for arm in design.arms(default_recipe())][:2]
    ['depth=2, optimiser.learning_rate=0.1', 'depth=2, optimiser.learning_rate=1']
    """

    kind: ClassVar[str] = "grid"

    @property
    def size(self) -> int:
        """The product of the numbers of levels."""
        return math.prod(len(axis.levels) for axis in self.axes)

    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return the arms."""
        return arms_of(base, itertools.product(*levels_of(self.axes, self.kind)), self.kind)


def levels_of(axes: Iterable[Axis], kind: str) -> list[list[tuple[str, Any]]]:
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
    return [[(axis.path, level) for level in axis.levels] for axis in axes]
