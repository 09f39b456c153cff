"""Points of a Sobol sequence, which fill the space that the axes span more evenly than chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...core.components import number
from ...core.errors import InputError
from ...core.recipe import Recipe
from .axes import Choice
from .design_function import Arm, arms_of
from .space import TRIES, SampledDesign, Space, too_few

FIRST_BLOCK = 6
"""The first block holds 2 to this power of points; each further one doubles what is there."""


@dataclass(frozen=True)
class Sobol(SampledDesign):
    """Sobol: ``samples`` recipes at the points of a scrambled Sobol sequence.

    The points are even on each axis's scale or levels, and jointly more even than random ones; a
    power of two of them is best. More samples go on in the same sequence; another axis changes it.
    A point that is excluded, or a recipe that was there before, is passed over.
    Source: Sobol 1967; scrambled as Owen 1998, J. Complexity 14.

    >>> from paribus.studies.files.drafts import default_recipe
    >>> rate = {"low": 0.001, "high": 1.0, "scale": "log"}
    >>> design = Sobol.of({"optimiser.learning_rate": rate}, samples=4)
    >>> [f"{arm.recipe.optimiser.learning_rate:.3f}" for arm in design.arms(default_recipe())]
    ['0.017', '0.182', '0.048', '0.003']
    """

    kind: ClassVar[str] = "sobol"
    samples: int = number(16, at_least=1)

    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return the arms in the order of the sequence."""
        if not self.axes:
            raise InputError("design: a sobol needs at least one axis")
        space = Space.of(self, base)
        drawn: dict[str, list[Choice]] = {}
        for tried, uniforms in enumerate(self._sequence()):
            if len(drawn) == self.samples:
                return arms_of(base, drawn.values(), "design")
            if tried >= TRIES * self.samples:
                break
            space.fresh(space.point(uniforms), drawn)
        raise too_few(len(drawn), self.samples)

    def _sequence(self) -> Iterator[list[float]]:
        """Yield the points of the unit cube."""
        from scipy.stats import qmc  # takes half a second to load

        sequence = qmc.Sobol(len(self.axes), rng=np.random.default_rng(self.seed))
        yield from sequence.random_base2(FIRST_BLOCK).tolist()
        for block in range(FIRST_BLOCK, sequence.bits):
            yield from sequence.random_base2(block).tolist()
