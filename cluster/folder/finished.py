"""What the tables of a run are read off: a stack whose training has ended, and its trials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ...core.components import Array
from ...core.engine.architecture import Architecture
from ...core.engine.examples import Sizes
from ...core.engine.outcome import Outcome, Status
from ...core.engine.training import Training
from ...core.recipe import Recipe
from ...core.trial import Trial


@dataclass(frozen=True)
class FinishedStack:
    """Trials that were trained together, and the labels of their arms; without a training, failed.

    ``message`` says why they failed, ``seconds`` how long all of them took, ``job`` and
    ``numerics`` as part of what and on what kind of machine.
    """

    trials: Sequence[Trial]
    arms: Sequence[str]
    sizes: Sizes
    training: Training | None = None
    message: str | None = None
    seconds: float | None = None
    job: str | None = None
    numerics: str | None = None

    def __iter__(self) -> Iterator[FinishedTrial]:
        return (FinishedTrial(self, position) for position in range(len(self.trials)))

    @cached_property
    def measured(self) -> Mapping[str, Mapping[str, Array]]:
        """What was recorded in training, by table: columns with ``trial``, a position here."""
        if self.training is None:
            return {}
        return {name: record.columns() for name, record in self.training.records.items()}


@dataclass(frozen=True)
class FinishedTrial:
    """The trial at a position of a finished stack."""

    stack: FinishedStack
    position: int

    @property
    def trial(self) -> Trial:
        """The trial."""
        return self.stack.trials[self.position]

    @property
    def recipe(self) -> Recipe:
        """Its recipe."""
        return self.trial.recipe

    @cached_property
    def outcome(self) -> Outcome:
        """How it ended."""
        if self.stack.training is None:
            return Outcome(Status.FAILED, 0, None, None, None, {}, {})
        return self.stack.training.outcome(self.position)

    @cached_property
    def architecture(self) -> Architecture:
        """The shapes of its network."""
        return Architecture.of(self.recipe, self.stack.sizes.features, self.stack.sizes.outputs)

    @property
    def forked(self) -> bool:
        """Whether it went on from its source's state: not where the source had ended before."""
        origin, outcome = self.trial.origin, self.outcome
        if origin is None or outcome.status is Status.FAILED:
            return False
        if outcome.diverged_epoch is not None:
            return outcome.diverged_epoch > origin.epoch
        behind = min(origin.epoch, self.recipe.epochs - 1)
        return outcome.epochs_trained > behind

    @property
    def updates(self) -> int:
        """The number of its steps, those of its source included."""
        return sum(steps for _, steps in self._parts())

    @property
    def examples_seen(self) -> int:
        """The number of examples in its mini-batches, those of its source included."""
        train, seen = self.stack.sizes.train, 0
        for recipe, steps in self._parts():
            epochs, more = divmod(steps, recipe.steps_per_epoch(train))
            seen += epochs * train + more * recipe.batch(train)
        return seen

    def _parts(self) -> Iterator[tuple[Recipe, int]]:
        """Yield the recipes that it was trained by in turn, with the steps of each."""
        origin, recipe, outcome = self.trial.origin, self.recipe, self.outcome
        train, behind = self.stack.sizes.train, 0
        if origin is not None:
            if self.forked:
                behind = origin.epoch
                yield origin.recipe, behind * origin.recipe.steps_per_epoch(train)
            else:
                recipe = origin.recipe
        steps = recipe.steps_per_epoch(train)
        if outcome.diverged_step is not None:
            yield recipe, outcome.diverged_step - behind * steps
        else:
            yield recipe, (outcome.epochs_trained - behind) * steps
