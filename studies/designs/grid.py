"""The full grid."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import ClassVar

from ...core.recipe import Recipe
from .design_function import Arm, DesignFunction, arms_of, levels_of


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
