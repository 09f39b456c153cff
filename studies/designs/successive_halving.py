"""Successive halving: the better arms go on, the others are withdrawn at rungs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ...core.components import choice, number
from ...core.engine.outcome import Status
from ...core.errors import InputError
from ...core.recipe import Recipe
from ...core.wording import counted
from ..metrics import METRICS
from .design_function import Arm, DesignFunction, Score, Want
from .grid import Grid
from .random_sample import RandomSample


@dataclass(frozen=True)
class SuccessiveHalving(DesignFunction):
    """Halving: at each rung the best 1/``eta`` of the arms go on, but at least ``survivors``.

    The arms are those of the grid of the axes, or ``samples`` random points of them. Rungs lie at
    the epochs ``first``, ``first`` · ``eta``, ``first`` · ``eta``² …, or at those of ``rungs``, and
    all arms must have come to one before it is decided. An arm is judged by the mean (or median)
    over replicates of its rank among the arms in the same replicate, by ``metric``, a score on the
    validation set; a replicate without a value, as one that diverged, ranks last, and of equal
    arms the earlier goes on. A decision stands: arms that are added later compete for the places
    left. Schedules always see all epochs. Source: Jamieson & Talwalkar 2016, AISTATS.

    >>> from paribus.studies.files.drafts import default_recipe, with_value
    >>> rates = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]
    >>> design = SuccessiveHalving.of({"optimiser.learning_rate": rates}, survivors=1)
    >>> design.cuts(arms=9, epochs=20)
    ((1, 3), (3, 1))
    >>> design.epochs(with_value(default_recipe(), "epochs", 20))
    32
    """

    kind: ClassVar[str] = "halving"
    adaptive: ClassVar[bool] = True
    constrained: ClassVar[tuple[Literal["when", "exclude"], ...]] = ("when", "exclude")
    metric: str = choice("validation_loss", "validation_accuracy")
    eta: int = number(3, at_least=2)
    first: int = number(1, at_least=1)
    rungs: tuple[int, ...] = ()
    survivors: int = number(2, at_least=1)
    ranks: str = choice("mean", "median")
    samples: int = number(0, at_least=0)
    seed: int = number(0, at_least=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        given = self.rungs
        whole = isinstance(given, tuple | list) and all(type(rung) is int for rung in given)
        if not whole or any(a >= b for a, b in itertools.pairwise((0, *given))):
            raise InputError(
                f"design.rungs = {given!r} must be a list of epochs, whole numbers from 1 that rise"
            )
        object.__setattr__(self, "rungs", tuple(given))

    @property
    def selects_on(self) -> str:
        """The score on the validation set by which arms are withdrawn."""
        return self.metric

    @property
    def size(self) -> int:
        """The samples, or the product of the numbers of levels."""
        return self._all().size

    def _all(self) -> Grid | RandomSample:
        if self.samples:
            return RandomSample(self.axes, self.exclude, samples=self.samples, seed=self.seed)
        return Grid(self.axes, self.exclude)

    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return the arms of the grid, or the random ones.

        Raises
        ------
        InputError
            As they do, for a range without ``samples``, for arms of different epochs, for rungs
            beyond these, and where no rung would withdraw an arm.
        """
        ranges = [axis.path for axis in self.axes if not axis.levels]
        if ranges and not self.samples:
            raise InputError(
                f"design.axes.{ranges[0]} is a range; say with design.samples how many points to "
                "draw"
            )
        arms = self._all().arms(base)
        epochs = {arm.recipe.epochs for arm in arms}
        if len(epochs) > 1:
            raise InputError("halving compares arms after equal epochs, so these cannot be an axis")
        (last,) = epochs
        if self.rungs and self.rungs[-1] >= last:
            raise InputError(
                f"design.rungs = {list(self.rungs)} must lie before the last epoch, {last}"
            )
        if not self.cuts(len(arms), last):
            rung = self.rungs[0] if self.rungs else self.first
            raise InputError(
                f"halving would withdraw none of {counted(len(arms), 'arm')}: survivors = "
                f"{self.survivors}, and the first rung is at epoch {rung} of {last}"
            )
        return arms

    def cuts(self, arms: int, epochs: int) -> tuple[tuple[int, int], ...]:
        """Return each rung at which arms are withdrawn, and how many of so many go on from it."""
        rising = (self.first * self.eta**k for k in itertools.count())
        rungs = self.rungs or tuple(itertools.takewhile(lambda rung: rung < epochs, rising))
        made = []
        for rung in rungs:
            kept = max(self.survivors, arms // self.eta)
            if kept < arms:
                made.append((rung, kept))
                arms = kept
        return tuple(made)

    def epochs(self, base: Recipe) -> int:
        """Return the epochs of one replicate of all arms: those that go on, from rung to rung."""
        arms = self.arms(base)
        last, left, former, total = arms[0].recipe.epochs, len(arms), 0, 0
        for rung, kept in (*self.cuts(left, last), (last, 0)):
            total += left * (rung - former)
            left, former = kept, rung
        return total

    def wants(
        self, base: Recipe, replicates: int, scores: Sequence[Score] = ()
    ) -> tuple[Want, ...]:
        """Return every arm, until the rung that is to be decided, to its end, or no further."""
        arms = present = self.arms(base)
        known: dict[Recipe, dict[int, Score]] = {arm.recipe: {} for arm in arms}
        for score in scores:
            known.setdefault(score.recipe, {})[score.replicate] = score
        until: dict[Arm, int | None] = {}
        settled = True
        for rung, kept in self.cuts(len(arms), arms[0].recipe.epochs):
            on = [arm for arm in present if any(x.epochs > rung for x in _of(known, arm))]
            out = [arm for arm in present if arm not in on and _withdrawn(_of(known, arm))]
            there = {arm: _there(known[arm.recipe], replicates, rung) for arm in present}
            undecided = [arm for arm in present if arm not in on and arm not in out]
            if settled and all(there[arm] for arm in undecided):
                ranked = self._ranked(undecided, known, replicates)
                places = max(0, kept - len(on))
                on, out = on + ranked[:places], out + ranked[places:]
            settled = settled and len(on) + len(out) == len(present)
            for arm in present:
                if arm not in on:
                    until[arm] = 0 if arm in out and there[arm] else rung
            present = tuple(arm for arm in present if arm in on)
        return tuple(Want(arm, range(replicates), until.get(arm)) for arm in arms)

    def _ranked(
        self, arms: Sequence[Arm], known: Mapping[Recipe, Mapping[int, Score]], replicates: int
    ) -> list[Arm]:
        """Return arms from the best to the worst, by their ranks within replicates."""
        if not arms:
            return []
        sign = -1.0 if METRICS[self.metric].direction == "higher" else 1.0
        losses = np.full((len(arms), replicates), math.inf)
        for row, arm in enumerate(arms):
            for replicate in range(replicates):
                score = known[arm.recipe][replicate]
                if score.status not in (Status.DIVERGED, Status.FAILED):
                    value = score.scores.get(self.metric, math.inf * sign)
                    losses[row, replicate] = sign * value
        from scipy.stats import rankdata  # takes half a second to load

        ranks = rankdata(losses, axis=0)
        centre = np.median(ranks, axis=1) if self.ranks == "median" else ranks.mean(axis=1)
        return [arms[row] for row in np.argsort(centre, kind="stable")]


def _of(known: Mapping[Recipe, Mapping[int, Score]], arm: Arm) -> Iterable[Score]:
    return known[arm.recipe].values()


def _withdrawn(scores: Iterable[Score]) -> bool:
    return any(score.status == Status.STOPPED for score in scores)


def _there(scores: Mapping[int, Score], replicates: int, rung: int) -> bool:
    """Whether all replicates have come to a rung, or have ended before it."""
    each = [scores.get(replicate) for replicate in range(replicates)]
    return all(x is not None and (x.status or x.epochs >= rung) for x in each)
