"""Random points of the space that the axes span."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...core.recipe import Recipe
from .axes import Axis, Choice
from .design_function import Arm, arms_of
from .space import TRIES, SampledDesign, Space, too_few


@dataclass(frozen=True)
class RandomSample(SampledDesign):
    """Random: ``samples`` recipes, each axis drawn by itself, evenly on its scale or levels.

    Draws belong to (``seed``, sample, axis), so that more samples add to fewer, and another axis
    leaves those of the others as they are. A recipe that is excluded or was drawn before is drawn
    anew.
    Source: Bergstra & Bengio 2012, JMLR 13.

    >>> from paribus.studies.files.drafts import default_recipe
    >>> rate = {"low": 0.001, "high": 1.0, "scale": "log"}
    >>> design = RandomSample.of({"optimiser.learning_rate": rate}, samples=3)
    >>> [f"{arm.recipe.optimiser.learning_rate:.3f}" for arm in design.arms(default_recipe())]
    ['0.001', '0.313', '0.058']
    """

    kind: ClassVar[str] = "random"

    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return the arms in the order in which they are drawn."""
        space = Space.of(self, base)
        drawn: dict[str, list[Choice]] = {}
        for sample in range(self.samples):
            points = (
                space.point(self._uniform(axis, sample, attempt) for axis in self.axes)
                for attempt in range(TRIES)
            )
            if not any(space.fresh(point, drawn) for point in points):
                raise too_few(len(drawn), self.samples)
        return arms_of(base, drawn.values(), "design")

    def _uniform(self, axis: Axis, sample: int, attempt: int) -> float:
        """Draw a number in [0, 1) for one axis."""
        words = [self.seed, sample, attempt, zlib.crc32(axis.path.encode())]
        bits = np.random.Philox(np.random.SeedSequence(words))
        return float(np.random.Generator(bits).random())
