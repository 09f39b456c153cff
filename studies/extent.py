"""How many trials a study may be."""

from __future__ import annotations

from ..core.errors import InputError
from .designs.designs import Design

MOST_TRIALS = 200_000
"""More trials than this are several studies: their plan alone would take minutes."""


def refuse_too_many(design: Design, arms: int, replicates: int, folds: int = 1) -> None:
    """Refuse more trials than fit into one study, counting all that later rounds may ask for.

    Raises
    ------
    InputError
        With what makes them so many.
    """
    count = (design.most(replicates) if design.adaptive else arms * replicates) * folds
    if count <= MOST_TRIALS:
        return
    each = f" × {folds:,} folds" if folds > 1 else ""
    asked = f"{arms:,} arms × {replicates:,} replicates{each} are"
    if design.adaptive:
        asked = f"the {design.kind} design may ask for up to"
    raise InputError(f"{asked} {count:,} trials; at most {MOST_TRIALS:,} fit into one study")
