"""Luck by purpose: which draws all replicates share, which are crossed, and which vary."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..core.errors import InputError, unknown
from ..core.luck import Crossed, Luck, Sources, combinations, crossed_in, fixed_in
from ..core.recipe import FULL_BATCH, Recipe
from ..core.streams import Purpose

VARIES = "replicate"
"""What a study file says of a purpose whose draws vary with the replicate, as all do by default."""
LARGEST = 2**32 - 1
MANY = {"split": "splits", "initialisation": "starts", "order": "orders", "masks": "mask draws"}
"""What several levels of a purpose are called; of others they are draws of it."""


def luck_from(table: Mapping[str, Any]) -> Sources:
    """Return what a ``[luck]`` table fixes or crosses, in the order of the purposes' numbers.

    Raises
    ------
    InputError
        If a purpose is unknown, or its value neither ``"replicate"`` nor a whole number nor levels.
    """
    messages = []
    words = [purpose.word for purpose in Purpose]
    given: dict[str, Any] = {}
    for word, value in table.items():
        if word not in words:
            messages.append(f"luck: {unknown('purpose', word, words)}")
            continue
        try:
            given[word] = source_of(word, value)
        except InputError as error:
            messages += error.messages
    if messages:
        raise InputError(*messages)
    return tuple((word, given[word]) for word in words if given.get(word, VARIES) != VARIES)


def source_of(word: str, value: Any) -> int | Crossed | str:
    """Return what a purpose draws with: an integer, crossed levels, or the replicate.

    Raises
    ------
    InputError
        If it is none of these.
    """
    if isinstance(value, Mapping) and value.keys() == {"levels"}:
        value = Crossed(value["levels"])
    if isinstance(value, Crossed):
        if type(value.levels) is int and value.levels >= 2:
            return value
        raise InputError(
            f"luck.{word}: levels = {value.levels!r} must be a whole number ≥ 2; one level alone "
            f"is luck.{word} = 0"
        )
    if value == VARIES or (type(value) is int and 0 <= value <= LARGEST):
        chosen: int | str = value
        return chosen
    raise InputError(
        f"luck.{word} = {value!r} must be {VARIES!r} or a whole number from 0 to {LARGEST:,} or, "
        "crossed with other purposes, a table as { levels = 3 }"
    )


def full_crossing(table: Mapping[str, Any], most: int) -> int | None:
    """Return the replicates of a full crossing of what a ``[luck]`` table crosses, if anything.

    Raises
    ------
    InputError
        If the table cannot be read, or the replicates are more than ``most``.
    """
    crossed = crossed_in(luck_from(table))
    full = combinations(crossed)
    if full > most:
        raise InputError(
            f"luck crosses {crossing_words(crossed, full)}; at most {most:,} trials fit into one "
            "study"
        )
    return full if crossed else None


def crossing_words(crossed: Luck, replicates: int) -> str:
    """Write a crossing as a product.

    >>> crossing_words((("split", 3), ("initialisation", 4)), 12)
    '3 splits x 4 starts = 12 replicates'
    >>> crossing_words((("order", 3),), 6)
    '3 orders x 2 repetitions = 6 replicates'
    """
    factors = [f"{count:,} {MANY.get(word, f'draws of {word}')}" for word, count in crossed]
    repeated, rest = divmod(replicates, combinations(crossed))
    if repeated > 1 and not rest:
        factors.append(f"{repeated:,} repetitions")
    return f"{' x '.join(factors)} = {replicates:,} replicates"


def check_replicates(recipes: Sequence[Recipe], luck: Sources, replicates: int) -> None:
    """Refuse replicates that would be the same training again, and what cannot be crossed.

    Raises
    ------
    InputError
        If nothing is left to vary, or the replicates are no full crossing.
    """
    drawn = {p.word for recipe in recipes for p in purposes_drawn(recipe)}
    words = ", ".join(sorted(drawn))
    crossed = crossed_in(luck)
    never = [word for word, _ in crossed if word not in drawn]
    if never:
        raise InputError(
            f"luck.{never[0]}: no recipe of the study draws for it, so its levels would be the "
            f"same; what is drawn is {words}"
        )
    if crossed:
        check_crossing(crossed, drawn - dict(luck).keys(), replicates)
    elif replicates > 1 and not drawn - dict(luck).keys():
        raise InputError(
            f"luck fixes all that is drawn ({words}), so the {replicates:,} replicates would be "
            "the same training; leave one purpose to the replicate or set replicates = 1"
        )


def check_crossing(crossed: Luck, free: Collection[str], replicates: int) -> None:
    """Refuse replicates that are no full crossing; ``free`` purposes go with the replicate.

    Raises
    ------
    InputError
        If they are no multiple of the combinations, or repeat the same training.
    """
    full = combinations(crossed)
    if replicates % full:
        raise InputError(
            f"replicates = {replicates:,} is no full crossing: luck crosses "
            f"{crossing_words(crossed, full)}; leave replicates out or give a multiple of {full:,}"
        )
    if replicates > full and not free:
        raise InputError(
            f"luck crosses all that is drawn into {full:,} different replicates, so replicates = "
            f"{replicates:,} would repeat the same trainings; leave replicates out"
        )
    if len(crossed) == 1 and replicates == full:
        word = crossed[0][0]
        raise InputError(
            f"luck crosses {word} with nothing; cross another purpose with it, or repeat its "
            f"{full:,} levels with a multiple of {full:,} replicates"
        )


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


def purposes_varied(recipe: Recipe, luck: Sources) -> list[Purpose]:
    """Return what a recipe's trainings do not draw alike in all replicates."""
    fixed = dict(fixed_in(luck))
    return [purpose for purpose in purposes_drawn(recipe) if purpose.word not in fixed]
