"""Random points of the space that the axes span."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar

import numpy as np

from ...core.components import number
from ...core.errors import InputError
from ...core.recipe import Recipe
from ..files.paths import value_at
from .design_function import Arm, Axis, DesignFunction, arms_of

TRIES = 100
"""Draws for one sample before the space is taken to hold no further recipe."""


@dataclass(frozen=True)
class RandomSample(DesignFunction):
    """Random: ``samples`` recipes, each axis drawn by itself, evenly on its scale or levels.

    Draws belong to (``seed``, sample, axis), so that more samples add to fewer, and another axis
    leaves those of the others as they are. A recipe that was drawn before is drawn anew.
    Source: Bergstra & Bengio 2012, JMLR 13.

    >>> from paribus.studies.files.drafts import default_recipe
    >>> rate = {"low": 0.001, "high": 1.0, "scale": "log"}
    >>> design = RandomSample.of({"optimiser.learning_rate": rate}, samples=3)
    >>> [f"{arm.recipe.optimiser.learning_rate:.3f}" for arm in design.arms(default_recipe())]
    ['0.001', '0.313', '0.058']
    """

    kind: ClassVar[str] = "random"
    samples: int = number(20, at_least=1)
    seed: int = number(0, at_least=0)

    @property
    def size(self) -> int:
        """The samples."""
        return self.samples

    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return the arms in the order in which they are drawn."""
        drawn: dict[str, list[tuple[str, Any]]] = {}
        whole = self._whole(base)
        for sample in range(self.samples):
            for attempt in range(TRIES):
                point = [
                    (axis.path, self._level(axis, axis.path in whole, sample, attempt))
                    for axis in self.axes
                ]
                if repr(point) not in drawn:
                    drawn[repr(point)] = point
                    break
            else:
                raise InputError(
                    f"design: the axes allow little more than {len(drawn)} recipes, fewer than "
                    f"samples = {self.samples}"
                )
        return arms_of(base, drawn.values(), "design")

    def _whole(self, base: Recipe) -> set[str]:
        """Return the paths that hold whole numbers; refuse ranges whose ends no recipe may have."""
        ranges = [axis.path for axis in self.axes if not axis.levels]
        if not ranges:
            return set()
        points = (
            [(axis.path, axis.levels[0] if axis.levels else end(axis)) for axis in self.axes]
            for end in (attrgetter("low"), attrgetter("high"))
        )
        lowest, _ = [arms_of(base, [point], "design") for point in points]
        return {path for path in ranges if isinstance(value_at(lowest[0].recipe, path), int)}

    def _level(self, axis: Axis, whole: bool, sample: int, attempt: int) -> Any:
        """Draw one axis's level or value."""
        words = [self.seed, sample, attempt, zlib.crc32(axis.path.encode())]
        bits = np.random.Philox(np.random.SeedSequence(words))
        uniform = float(np.random.Generator(bits).random())
        if axis.levels:
            return axis.levels[int(uniform * len(axis.levels))]
        assert axis.low is not None
        assert axis.high is not None
        low, high = float(axis.low), float(axis.high)
        high += whole
        if axis.spacing == "log":
            value = math.exp(math.log(low) + uniform * (math.log(high) - math.log(low)))
        else:
            value = low + uniform * (high - low)
        return int(value) if whole else value
