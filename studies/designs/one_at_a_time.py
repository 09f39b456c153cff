"""One change at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ...core.recipe import Recipe
from .axes import choices_of, puts
from .design_function import Arm, DesignFunction, arms_of


@dataclass(frozen=True)
class OneAtATime(DesignFunction):
    """One at a time: the base recipe, and one arm for every other level of every axis.

    It says what each change does to the base recipe, and nothing about how changes go together.
    Source: Fisher 1935, as what factorial designs improve on; Saltelli et al. 2008, §2.

    >>> from paribus.studies.files.drafts import default_recipe
    >>> design = OneAtATime.of({"depth": [2, 4], "activation": ["tanh", "relu"]})
    >>> [arm.label for arm in design.arms(default_recipe())]
    ['base recipe', 'depth=4', 'activation=relu']
    """

    kind: ClassVar[str] = "one-at-a-time"
    constrained: ClassVar[tuple[Literal["when", "exclude"], ...]] = ("when", "exclude")

    @property
    def size(self) -> int:
        """One more than the levels of all axes."""
        return 1 + sum(len(axis.levels) for axis in self.axes)

    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return the base recipe's arm first; a level that the base has makes no arm of its own."""
        centre = Arm(base)
        changes = [
            [level]
            for axis in choices_of(self.axes, self.kind)
            for level in axis
            if not all(centre.has(*put) for put in puts(level))
        ]
        return arms_of(base, self.constraints.admitted([[], *changes], base), "design")
