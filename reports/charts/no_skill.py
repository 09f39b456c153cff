"""No skill: what the best constant output reaches, drawn where a score is drawn."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..language.messages import clauses, text
from ..language.numbers import number
from ..statistics.analysis import Analysis

MOST_LINES = 3
"""So many different scores without skill are drawn in one panel; more would be no line."""
ALIKE = 0.02
"""Scores without skill that differ by less than this share are one line."""


def no_skill(analysis: Analysis, score: str, arms: Iterable[int]) -> list[float]:
    """Return the scores of the best constant output on the training sets of these arms.

    ``score`` is "loss", or "accuracy", which is given in per cent; any other has no such output.
    Empty also where the data cannot be had, or differ in more than :data:`MOST_LINES` ways.
    """
    if not score:
        return []
    loss, accuracy = analysis.observed.chances
    values = loss if score == "loss" else 100.0 * accuracy
    kept: list[float] = []
    for value in sorted(values[sorted(set(arms))]):
        if np.isfinite(value) and not (kept and abs(value - kept[-1]) <= ALIKE * abs(value)):
            kept.append(float(value))
    return kept if len(kept) <= MOST_LINES else []


def no_skill_words(*scores: tuple[Iterable[float], str], drawn: bool = True) -> str:
    """Say what the dashed grey lines are, for a caption: values and unit of each score.

    Where they are not ``drawn``, they lie too far from everything else.

    >>> no_skill_words(([2.3, 2.3], ""), ([10.0, 12.0], "%"))
    'Dashed grey: no skill, the best constant output (2.30; 10 % to 12 %).'
    """
    spoken = []
    for values, unit in scores:
        known = list(dict.fromkeys(f"{number(value)} {unit}".rstrip() for value in sorted(values)))
        if len(known) > 1:
            spoken.append(text("{low} to {high}", low=known[0], high=known[-1]))
        else:
            spoken += known
    if not spoken:
        return ""
    if not drawn:
        return text(
            "No skill, the best constant output ({values}), lies outside the picture.",
            values=clauses(spoken),
        )
    return text(
        "Dashed grey: no skill, the best constant output ({values}).", values=clauses(spoken)
    )
