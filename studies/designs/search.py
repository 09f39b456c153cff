"""Model-based search: rounds of arms, each chosen by the scores of those before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ...core.components import choice, number
from ...core.errors import InputError
from ...core.recipe import Recipe
from ...core.wording import counted
from .design_function import Arm, DesignFunction, Score, Want, arms_of
from .random_sample import RandomSample
from .samplers import SAMPLERS, proposed, require
from .search_space import SearchSpace
from .standing import SELECTING, finite_costs, standings

DATA = ("task", "split")
"""What a search holds: arms on other data or rows have scores that do not compare."""


@dataclass(frozen=True)
class Search(DesignFunction):
    """Search: the base recipe, and ``samples`` arms, asked ``batch`` at a time where scores lead.

    The first ``start`` arms are those of a random design with the same seed; with
    ``sampler = "random"`` all are, which is the reference at the same budget. A model then
    proposes the next ones from all arms whose replicates are all known, by ``metric``,
    averaged over replicates; an arm that lost a replicate, as by divergence, stands behind every
    one that did not. What is asked depends on the scores alone, so a search stops and resumes at
    any moment, and more samples continue it; more replicates begin another one. What wins on the
    validation set is judged on the test set. Source: Bergstra et al. 2011; Jones et al. 1998.

    >>> from paribus.studies.files.drafts import default_recipe
    >>> rate = {"low": 0.001, "high": 1.0, "scale": "log"}
    >>> design = Search.of({"optimiser.learning_rate": rate}, samples=9, start=2, sampler="gp")
    >>> [f"{arm.recipe.optimiser.learning_rate:.3f}" for arm in design.arms(default_recipe())]
    ['0.100', '0.001', '0.313']
    """

    kind: ClassVar[str] = "search"
    adaptive: ClassVar[bool] = True
    selects: ClassVar[Literal["", "arms", "levels"]] = "arms"
    samples: int = number(30, at_least=1)
    batch: int = number(4, at_least=1)
    start: int = number(10, at_least=2)
    seed: int = number(0, at_least=0)
    sampler: str = choice("tpe", *sorted({*SAMPLERS, "random"} - {"tpe"}))
    metric: str = choice(*SELECTING)

    def __post_init__(self) -> None:
        super().__post_init__()
        wrong = [path for path in self.paths if path.partition(".")[0] in DATA]
        if wrong:
            raise InputError(
                *(
                    f"design.axes.{path}: a search holds the data; compare data in a study each"
                    for path in wrong
                )
            )
        if not self.axes:
            raise InputError("design.axes is empty; a search needs at least one axis")

    @property
    def selects_on(self) -> str:
        """The metric that leads the search, and by which its best arm is the best."""
        return self.metric

    @property
    def size(self) -> int:
        """The samples, and the base recipe."""
        return self.samples + 1

    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return the base recipe's arm, and the random ones."""
        space = SearchSpace.of(self.axes, base)
        if space.size < self.samples:
            raise InputError(
                f"design: the axes allow {counted(int(space.size), 'recipe')}, fewer than "
                f"samples = {self.samples}"
            )
        first = self.samples if self.sampler == "random" else min(self.start, self.samples)
        drawn = RandomSample(self.axes, samples=first, seed=self.seed).arms(base)
        centre = Arm(base, self.paths)
        return (centre, *(arm for arm in drawn if arm.recipe != base))

    def wants(
        self, base: Recipe, replicates: int, scores: Sequence[Score] = ()
    ) -> tuple[Want, ...]:
        """Return every arm that has been asked for, and those of the next round."""
        require(self.sampler)
        asked = self._asked(base, range(replicates), scores)
        return tuple(Want(arm, range(replicates)) for arm in asked)

    def _asked(self, base: Recipe, replicates: range, scores: Sequence[Score]) -> list[Arm]:
        """Replay every round whose scores are known, and return its arms and the next round's."""
        arms = list(self.arms(base))
        space, stands = (
            SearchSpace.of(self.axes, base),
            standings(scores, self.selects_on, replicates),
        )
        points = {arm.recipe: space.point(arm) for arm in arms[1:]}
        while len(points) < self.samples and all(arm.recipe in stands for arm in arms):
            costs = finite_costs([stands[recipe] for recipe in points])
            scored = tuple(zip(points.values(), costs, strict=True))
            words = np.random.SeedSequence([self.seed, len(points)]).generate_state(1)
            count = min(self.batch, self.samples - len(points))
            known = len(points)
            for point in proposed(self.sampler, space.dimensions, scored, count, int(words[0])):
                arm = self._arm(base, space.levels(point))
                if arm is not None and arm.recipe not in points and arm.recipe != base:
                    arms.append(arm)
                    points[arm.recipe] = point
            if len(points) == known:
                break
        return arms

    @staticmethod
    def _arm(base: Recipe, levels: list[tuple[str, object]]) -> Arm | None:
        """Return the arm of a point, None where no recipe may have these levels together."""
        try:
            (arm,) = arms_of(base, [levels], "design")
        except InputError:
            return None
        return arm
