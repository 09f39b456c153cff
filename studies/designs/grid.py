"""The full grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ...core.recipe import Recipe
from .axes import choices_of
from .design_function import Arm, DesignFunction, arms_of


@dataclass(frozen=True)
class Grid(DesignFunction):
    """Grid: every combination of the levels of every axis, the last axis varying fastest.

    ``[grid]`` in a study file is short for it. An axis with a condition is varied where it holds.
    Source: Fisher 1935, The Design of Experiments.

    >>> from paribus.studies.files.drafts import default_recipe
    >>> design = Grid.of({"depth": [2, 4], "optimiser.learning_rate": [0.1, 1.0]})
    >>> [arm.label for arm in design.arms(default_recipe())][:2]
    ['depth=2, optimiser.learning_rate=0.1', 'depth=2, optimiser.learning_rate=1']
    """

    kind: ClassVar[str] = "grid"
    place: ClassVar[str] = "grid"
    constrained: ClassVar[tuple[Literal["when", "exclude"], ...]] = ("when", "exclude")

    @property
    def size(self) -> int:
        """The number of combinations."""
        return self.constraints.most

    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return the arms."""
        choices_of(self.axes, self.kind)
        combinations = self.constraints.crossing(base)
        return arms_of(base, self.constraints.admitted(combinations, base), self.kind)
