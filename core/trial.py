"""A trial: one recipe trained with one replicate's luck, and the ids that name it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from .components import canonical_json
from .recipe import Recipe
from .streams import Purpose

NUMERICS_VERSION = 2
"""Raised whenever the engine's numbers change, so that old and new results never mix."""


def digest(text: str) -> str:
    """Return the SHA-256 of a text in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Trial:
    """One training: a recipe, the data's fingerprint, the study's seed and the replicate.

    The same seed and replicate give every recipe the same draws, so arms are paired.
    """

    recipe: Recipe
    fingerprint: str
    seed: int
    replicate: int

    @cached_property
    def arm_id(self) -> str:
        """The name of recipe and data: ``a-`` and 16 digits of a SHA-256."""
        parts = {"recipe": self.recipe, "data": self.fingerprint, "numerics": NUMERICS_VERSION}
        return f"a-{digest(canonical_json(parts))[:16]}"

    @cached_property
    def trial_id(self) -> str:
        """The name of this training: ``t-`` and 16 digits of a SHA-256."""
        parts = [self.arm_id, self.seed, self.replicate]
        return f"t-{digest(canonical_json(parts))[:16]}"

    def luck(self, purpose: Purpose) -> tuple[int, int]:
        """Return what this trial's draws for a purpose are keyed by: seed and replicate."""
        return self.seed, self.replicate
