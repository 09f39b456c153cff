"""Luck by purpose: which draws every replicate shares, and which vary with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import InputError, unknown
from ..core.recipe import FULL_BATCH, Recipe
from ..core.streams import Purpose
from ..core.trial import Luck

VARIES = "replicate"
"""What a study file says of a purpose whose draws vary with the replicate, as all do by default."""
LARGEST = 2**32 - 1


def fixed_luck(table: Mapping[str, Any]) -> Luck:
    """Return the purposes that a ``[luck]`` table fixes, in the order of their numbers.

    Raises
    ------
    InputError
        If a purpose is unknown or its value neither ``"replicate"`` nor a whole number.
    """
    messages = []
    words = [purpose.word for purpose in Purpose]
    for word, value in table.items():
        if word not in words:
            messages.append(f"luck: {unknown('purpose', word, words)}")
        elif value != VARIES and not (type(value) is int and 0 <= value <= LARGEST):
            messages.append(
                f"luck.{word} = {value!r} must be {VARIES!r} or a whole number from 0 to "
                f"{LARGEST:,}"
            )
    if messages:
        raise InputError(*messages)
    return tuple((word, table[word]) for word in words if table.get(word, VARIES) != VARIES)


def purposes_drawn(recipe: Recipe) -> list[Purpose]:
    """Return what a recipe's trainings draw for; its parts name their own ``purpose``."""
    drawn = {Purpose.INITIALISATION}
    if recipe.task.drawn:
        drawn.add(Purpose.DATA)
    if recipe.split.drawn:
        drawn.add(Purpose.SPLIT)
    if recipe.batch_size != FULL_BATCH:
        drawn.add(Purpose.ORDER)
    drawn |= {part.purpose for part in recipe.parts if part.purpose is not None}
    return sorted(drawn)


def purposes_varied(recipe: Recipe, luck: Luck) -> list[Purpose]:
    """Return what a recipe's trainings draw anew with every replicate."""
    return [purpose for purpose in purposes_drawn(recipe) if purpose.word not in dict(luck)]
