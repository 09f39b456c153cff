"""Luck by purpose: integers that all replicates share, and crossings of several sources of luck.

Light, since reading the plans of a run needs it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Luck = tuple[tuple[str, int], ...]
"""Purposes of draws by their word, each with the integer that keys it."""


@dataclass(frozen=True)
class Crossed:
    """A purpose whose draws are one of so many ``levels``, combined with every other purpose's."""

    levels: int


Sources = tuple[tuple[str, int | Crossed], ...]
"""Purposes that are fixed for all replicates, or crossed; the others go with the replicate."""


def sources_in(table: Mapping[str, Any]) -> Sources:
    """Return what the ``luck`` of a study's table holds, which was checked when it was read."""
    return tuple(
        (word, Crossed(**value) if isinstance(value, Mapping) else value)
        for word, value in table.items()
    )


def table_of(sources: Sources) -> dict[str, Any]:
    """Return sources of luck as a study's table holds them."""
    return {
        word: {"levels": value.levels} if isinstance(value, Crossed) else value
        for word, value in sources
    }


def fixed_in(sources: Sources) -> Luck:
    """Return the purposes that all replicates share."""
    return tuple((word, value) for word, value in sources if not isinstance(value, Crossed))


def crossed_in(sources: Sources) -> Luck:
    """Return the purposes that are crossed, each with the number of its levels."""
    return tuple((word, value.levels) for word, value in sources if isinstance(value, Crossed))


def combinations(crossed: Luck) -> int:
    """Return in how many ways the levels of crossed purposes combine.

    >>> combinations((("split", 3), ("initialisation", 4)))
    12
    """
    return math.prod(count for _, count in crossed)


def levels_at(crossed: Luck, replicate: int) -> Luck:
    """Return the level that each crossed purpose has in a replicate.

    The last purpose varies fastest. Beyond the last combination they begin again, so that more
    replicates repeat a full crossing.

    >>> [levels_at((("split", 2), ("order", 3)), k) for k in (0, 1, 3, 6)][1:3]
    [(('split', 0), ('order', 1)), (('split', 1), ('order', 0))]
    """
    levels: list[tuple[str, int]] = []
    rest = replicate
    for word, count in reversed(crossed):
        rest, level = divmod(rest, count)
        levels.append((word, level))
    return tuple(reversed(levels))


def told_apart(crossed: Iterable[tuple[str, int]], replicate: int) -> dict[str, int]:
    """Return the levels that differ from the replicate's integer: only these make other draws."""
    return {word: level for word, level in crossed if level != replicate}
