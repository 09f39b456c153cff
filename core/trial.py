"""A trial: one recipe trained with one replicate's luck, and the ids that name it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from .component_json import canonical_json
from .identity import NUMERICS_VERSION, digest, trial_id
from .recipe import Recipe
from .streams import Purpose, StreamKey

Luck = tuple[tuple[str, int], ...]
"""Purposes of draws by their word, each with the integer that all replicates use for it."""
OF_THE_REPLICATE = (Purpose.DATA, Purpose.SPLIT)
"""What the folds of a replicate share: they are parts of one division of the same data."""


@dataclass(frozen=True)
class Trial:
    """One training: a recipe, the data's fingerprint, the study's seed, the replicate and its fold.

    The same seed, replicate and fold give every recipe the same draws, so arms are paired.
    ``luck`` fixes single purposes: their draws are then the same in all replicates and folds.
    Where a replicate is one training, its fold is 0.
    """

    recipe: Recipe
    fingerprint: str
    seed: int
    replicate: int
    luck: Luck = ()
    fold: int = 0

    def part(self, purpose: Purpose) -> int:
        """Return the integer that keys this trial's draws for a purpose.

        It is the fixed one where there is one, else the replicate r; for all but data and split,
        fold f of it has an integer of its own, r + 2³² f.
        """
        own = 0 if purpose in OF_THE_REPLICATE else self.fold << 32
        return dict(self.luck).get(purpose.word, self.replicate + own)

    def key(self, purpose: Purpose) -> StreamKey:
        """Return what keys this trial's draws for a purpose: the seed and its part."""
        return self.seed, self.part(purpose)

    @cached_property
    def arm_id(self) -> str:
        """The name of recipe and data: ``a-`` and 16 digits of a SHA-256."""
        return arm_id(self.recipe, self.fingerprint)

    @cached_property
    def trial_id(self) -> str:
        """The name of this training: ``t-`` and 16 digits of a SHA-256."""
        return trial_id(self.arm_id, self.seed, self.replicate, dict(self.luck), self.fold)


def arm_id(recipe: Recipe, fingerprint: str) -> str:
    """Return the name of a recipe on data of this fingerprint; it takes .1 ms."""
    parts = {"recipe": recipe, "data": fingerprint, "numerics": NUMERICS_VERSION}
    return f"a-{digest(canonical_json(parts))[:16]}"
