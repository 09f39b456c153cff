"""The full factorial: a grid that asks for main effects and interactions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

from ...core.errors import InputError
from ...core.recipe import Recipe
from ...core.wording import counted
from .axes import choices_of
from .design_function import Arm, DesignFunction, arms_of


@dataclass(frozen=True)
class Factorial(DesignFunction):
    """Full factorial: every combination of two or more levels of two or more factors.

    Its arms are a grid's; its question is what each factor does on average over the others, and how
    two of them change what each other does. Source: Fisher 1935, The Design of Experiments.

    >>> from paribus.studies.files.drafts import default_recipe
    >>> design = Factorial.of({"depth": [2, 4], "activation": ["tanh", "relu"]})
    >>> [arm.label for arm in design.arms(default_recipe())][0]
    'depth=2, activation=tanh'
    """

    kind: ClassVar[str] = "factorial"

    @property
    def size(self) -> int:
        """The product of the numbers of levels."""
        return math.prod(len(axis.levels) for axis in self.axes)

    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return the arms, the last factor's levels varying fastest."""
        choices = choices_of(self.axes, self.kind)
        check_factors(self)
        return arms_of(base, product(*choices), "design")


def check_factors(design: DesignFunction, most: float = math.inf) -> None:
    """Refuse factors that have a single level or more than ``most``, and fewer than two of them."""
    wanted = "two" if most == 2 else "two or more"
    messages = [
        f"design.axes.{axis.path} has {counted(len(axis.levels), 'level')}; a {design.kind} "
        f"takes {wanted} of each factor"
        for axis in design.axes
        if not 2 <= len(axis.levels) <= most
    ]
    if len(design.axes) < 2:
        messages.append(f"design: a {design.kind} needs at least two factors")
    if messages:
        raise InputError(*messages)
