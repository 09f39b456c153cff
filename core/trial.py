"""A trial: one recipe trained with one replicate's luck, and the ids that name it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from .component_json import canonical_json
from .identity import NUMERICS_VERSION, digest, trial_id
from .luck import Luck, told_apart
from .recipe import Recipe
from .streams import Purpose, StreamKey

OF_THE_REPLICATE = (Purpose.DATA, Purpose.SPLIT)
"""What the folds of a replicate share: they are parts of one division of the same data."""


@dataclass(frozen=True)
class Origin:
    """What a fork goes on from: the state of a recipe's training at the end of an epoch."""

    recipe: Recipe
    epoch: int


@dataclass(frozen=True)
class Trial:
    """One training: a recipe, the data's fingerprint, the study's seed, the replicate and its fold.

    The same seed, replicate and fold give every recipe the same draws, so arms are paired.
    ``luck`` fixes single purposes: their draws are then the same in all replicates and folds.
    ``crossed`` holds the levels that take the replicate's place for single purposes. Where a
    replicate is one training, its fold is 0. A trial with an ``origin`` is a fork: until the
    origin's epoch it is the training of the origin's recipe on the same data with the same luck.
    """

    recipe: Recipe
    fingerprint: str
    seed: int
    replicate: int
    luck: Luck = ()
    fold: int = 0
    crossed: Luck = ()
    origin: Origin | None = None

    def part(self, purpose: Purpose) -> int:
        """Return the integer that keys this trial's draws for a purpose.

        It is the fixed one where there is one, else the replicate r or the level r that a crossing
        has in its place; for all but data and split, fold f of it has an integer of its own,
        r + 2³² f.
        """
        of_fold = 0 if purpose in OF_THE_REPLICATE else self.fold << 32
        varying = dict(self.crossed).get(purpose.word, self.replicate)
        return dict(self.luck).get(purpose.word, varying + of_fold)

    def key(self, purpose: Purpose) -> StreamKey:
        """Return what keys this trial's draws for a purpose: the seed and its part."""
        return self.seed, self.part(purpose)

    @cached_property
    def arm_id(self) -> str:
        """The name of recipe and data: ``a-`` and 16 digits of a SHA-256."""
        return arm_id(self.recipe, self.fingerprint, self.origin)

    @cached_property
    def trial_id(self) -> str:
        """The name of this training: ``t-`` and 16 digits of a SHA-256."""
        levels = told_apart(self.crossed, self.replicate)
        luck = dict(self.luck)
        return trial_id(self.arm_id, self.seed, self.replicate, luck, self.fold, levels)

    @property
    def source(self) -> Trial | None:
        """The trial that a fork goes on from, None where it starts by itself."""
        return replace(self, recipe=self.origin.recipe, origin=None) if self.origin else None


def arm_id(recipe: Recipe, fingerprint: str, origin: Origin | None = None) -> str:
    """Return the name of a recipe, and of what it forks from, on data of this fingerprint."""
    parts: dict[str, Any] = {
        "recipe": recipe,
        "data": fingerprint,
        "numerics": NUMERICS_VERSION,
    }
    if origin is not None:
        parts["origin"] = origin
    return f"a-{digest(canonical_json(parts))[:16]}"
