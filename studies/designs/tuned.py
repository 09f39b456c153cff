"""Nuisance factors tuned for each arm by itself, on replicates of their own."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from ...core.components import choice, number
from ...core.errors import InputError
from ...core.recipe import Recipe
from .axes import Axis, choices_of
from .design_function import Arm, DesignFunction, Level, Score, Want, arms_of
from .search_space import SearchSpace
from .standing import SELECTING, Standing, standings

FIRST_TUNING = 1_000_000
"""Tuning replicates start here, above any that a study may ask for, so that they never meet."""
DATA = ("task", "split", "preparations")
"""What is not tuned: arms are compared on the same data."""


@dataclass(frozen=True)
class Curve:
    """The tuning of one arm: its candidates, in order, and how each stands, None if unknown."""

    candidates: tuple[Arm, ...]
    standings: tuple[Standing | None, ...]
    nuisances: tuple[Axis, ...]

    @property
    def best(self) -> int | None:
        """The position of the best candidate, the first of equals; None until all are known."""
        known = [standing for standing in self.standings if standing is not None]
        if len(known) < len(self.candidates):
            return None
        return min(range(len(known)), key=known.__getitem__)

    @property
    def chosen(self) -> Arm | None:
        """The best candidate."""
        return None if self.best is None else self.candidates[self.best]

    @property
    def at_edge(self) -> tuple[Level, ...]:
        """The chosen levels that end their axis, beyond which a better one may lie."""
        if self.chosen is None:
            return ()
        ordered = (axis.path for axis in self.nuisances if axis.spacing != "categorical")
        chosen = [self.chosen.level(path) for path in ordered]
        return tuple(level for level in chosen if level.value in self._ends(level.path))

    def _ends(self, path: str) -> tuple[Any, ...]:
        """Return the outermost levels that were tried, none where there was one alone."""
        tried = list(dict.fromkeys(arm.level(path).value for arm in self.candidates))
        if all(isinstance(value, int | float) for value in tried):
            tried.sort()
        return (tried[0], tried[-1]) if len(tried) > 1 else ()


@dataclass(frozen=True)
class Tuned(DesignFunction):
    """Tuned: a grid of arms, each compared with its nuisance factors at their best for this arm.

    Axes with ``role = "nuisance"`` are tuned, a range by ``points`` levels evenly on its scale:
    every arm is trained with every combination of their levels, the same number in every arm, on
    ``tuning_replicates`` replicates of their own, numbered from 1,000,000. The combination with the
    best mean of ``metric``, a score of the validation set, is trained on the replicates of the
    study, and these alone are compared; one that lost fewer replicates, as by divergence, goes
    first, then the first of equals. Replicates that split one data set anew share rows.
    Source: Choi et al. 2019, arXiv:1910.05446; Bouthillier et al. 2021, MLSys 3.

    >>> from paribus.studies.files.drafts import default_recipe
    >>> rate = {"low": 0.01, "high": 1.0, "scale": "log", "role": "nuisance"}
    >>> axes = {"activation": ["tanh", "relu"], "optimiser.learning_rate": rate}
    >>> design = Tuned.of(axes, points=3)
    >>> [arm.label for arm in design.arms(default_recipe())][1:3]
    ['activation=tanh, optimiser.learning_rate=0.1', 'activation=tanh, optimiser.learning_rate=1']
    """

    kind: ClassVar[str] = "tuned"
    adaptive: ClassVar[bool] = True
    selects: ClassVar[Literal["", "arms", "levels"]] = "levels"
    points: int = number(7, at_least=2)
    tuning_replicates: int = number(3, at_least=1, at_most=100_000)
    metric: str = choice(*SELECTING)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.nuisances:
            raise InputError(
                'design.axes: a tuned design needs an axis with role = "nuisance", as '
                '"optimiser.learning_rate" = { low = 0.01, high = 1.0, scale = "log", '
                'role = "nuisance" }'
            )
        tuned = (path for axis in self.nuisances for path in axis.paths)
        wrong = [path for path in tuned if path.partition(".")[0] in DATA]
        if wrong:
            raise InputError(
                *(f"design.axes.{path}: the data are held, not tuned" for path in wrong)
            )
        choices_of(self.scientific, self.kind)

    @property
    def selects_on(self) -> str:
        """The metric by which levels are chosen."""
        return self.metric

    @property
    def nuisances(self) -> tuple[Axis, ...]:
        """The axes that are tuned."""
        return tuple(axis for axis in self.axes if axis.role == "nuisance")

    @property
    def scientific(self) -> tuple[Axis, ...]:
        """The axes on which arms are compared."""
        return tuple(axis for axis in self.axes if axis.role != "nuisance")

    @property
    def compared(self) -> tuple[str, ...]:
        """The paths of the axes that are not tuned."""
        return tuple(path for axis in self.scientific for path in axis.paths)

    @property
    def combinations(self) -> int:
        """The arms that are compared."""
        return math.prod(len(axis.levels) for axis in self.scientific)

    @property
    def size(self) -> int:
        """The candidates of all arms together."""
        each = math.prod(len(axis.levels) or self.points for axis in self.nuisances)
        return self.combinations * each

    def most(self, replicates: int) -> int:
        """Return the candidates' replicates and the chosen ones'."""
        return self.size * self.tuning_replicates + self.combinations * replicates

    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return every candidate of every arm, an arm's in a row."""
        return tuple(arm for candidates in self._candidates(base) for arm in candidates)

    def _candidates(self, base: Recipe) -> Iterator[tuple[Arm, ...]]:
        """Yield each arm's candidates; the order of the axes is kept in what names them."""
        axes = (*self.scientific, *self._stepped(base))
        every = arms_of(base, itertools.product(*choices_of(axes, self.kind)), "design")
        named = [
            replace(arm, paths=tuple(sorted(arm.paths, key=self.paths.index))) for arm in every
        ]
        each = len(named) // self.combinations
        for start in range(0, len(named), each):
            yield tuple(named[start : start + each])

    def _stepped(self, base: Recipe) -> list[Axis]:
        """Return the nuisance axes with levels, those of a range evenly on its scale."""
        space = SearchSpace.of(self.nuisances, base)
        stepped = []
        for axis, dimension in zip(self.nuisances, space.dimensions, strict=True):
            shares = [index / (self.points - 1) for index in range(self.points)]
            levels = axis.levels or tuple(dict.fromkeys(map(dimension.along, shares)))
            stepped.append(replace(axis, levels=levels, low=None, high=None))
        return stepped

    def curves(self, base: Recipe, scores: Sequence[Score]) -> tuple[Curve, ...]:
        """Return the tuning of every arm, as far as scores of tuning replicates are known."""
        known = standings(scores, self.selects_on, self.tuning)
        return tuple(
            Curve(candidates, tuple(known.get(arm.recipe) for arm in candidates), self.nuisances)
            for candidates in self._candidates(base)
        )

    @property
    def tuning(self) -> range:
        """The replicates that tuning is done on."""
        return range(FIRST_TUNING, FIRST_TUNING + self.tuning_replicates)

    def wants(
        self, base: Recipe, replicates: int, scores: Sequence[Score] = ()
    ) -> tuple[Want, ...]:
        """Return all candidates on tuning replicates; once all are known, the chosen ones too."""
        curves = self.curves(base, scores)
        tuning = [Want(arm, self.tuning) for curve in curves for arm in curve.candidates]
        chosen: list[Any] = [curve.chosen for curve in curves]
        if None in chosen:
            return tuple(tuning)
        return (*tuning, *(Want(arm, range(replicates)) for arm in chosen))
