"""Ids: hashes of what determines a training, light enough to be recomputed anywhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

NUMERICS_VERSION = 2
"""Raised whenever the engine's numbers change, so that old and new results never mix."""


def digest(text: str) -> str:
    """Return the SHA-256 of a text in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def trial_id(
    arm_id: str,
    seed: int,
    replicate: int,
    luck: Mapping[str, int],
    fold: int,
    crossed: Mapping[str, int] = MappingProxyType({}),
) -> str:
    """Return the name of a training: ``t-`` and 16 digits of a SHA-256.

    What was added after ids were first given out, fixed luck, fold, and the levels of crossed luck
    that are not the replicate's integer, is left out where there is none.

    >>> trial_id("a-0123456789abcdef", 0, 3, {}, 0)
    't-952c17ea1b63898d'
    """
    fixed = f',{{"luck":{canonical(luck)}}}' if luck else ""
    part = f',{{"fold":{fold}}}' if fold else ""
    levels = f',{{"crossed":{canonical(crossed)}}}' if crossed else ""
    text = f'["{arm_id}",{seed},{replicate}{fixed}{part}{levels}]'
    return f"t-{digest(text)[:16]}"


def canonical(value: Any) -> str:
    """Return the one spelling in JSON that ids are hashed from."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
