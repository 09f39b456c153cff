"""Latin hypercubes: every axis is cut into as many strata as there are samples, one in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ...core.errors import InputError
from ...core.recipe import Recipe
from .axes import Choice
from .design_function import Arm, arms_of
from .space import TRIES, SampledDesign, Space, too_few


@dataclass(frozen=True)
class LatinHypercube(SampledDesign):
    """Latin hypercube: ``samples`` recipes, one in each of as many even parts of every axis.

    The samples belong together: another number of them is another set of recipes throughout, and
    so is another axis. To add to what is there, use random or Sobol points.
    Source: McKay, Beckman & Conover 1979, Technometrics 21.

    >>> from paribus.studies.files.drafts import default_recipe
    >>> rate = {"low": 0.0, "high": 4.0}
    >>> design = LatinHypercube.of({"bias_std": rate}, samples=4)
    >>> sorted(int(arm.recipe.bias_std) for arm in design.arms(default_recipe()))
    [0, 1, 2, 3]
    """

    kind: ClassVar[str] = "latin-hypercube"
    constrained: ClassVar[tuple[Literal["when", "exclude"], ...]] = ("when",)

    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return the arms; where two recipes are the same, the whole hypercube is drawn anew."""
        from scipy.stats import qmc  # takes half a second to load

        if not self.axes:
            raise InputError("design: a latin-hypercube needs at least one axis")
        space = Space.of(self, base)
        most = 0
        for attempt in range(TRIES):
            draws = np.random.default_rng([self.seed, attempt])
            points = qmc.LatinHypercube(len(self.axes), rng=draws).random(self.samples)
            drawn: dict[str, list[Choice]] = {}
            for uniforms in points.tolist():
                space.fresh(space.point(uniforms), drawn)
            if len(drawn) == self.samples:
                return arms_of(base, drawn.values(), "design")
            most = max(most, len(drawn))
        raise too_few(most, self.samples)
