"""By how much intervals are wider, as replicates share examples or the levels of crossed luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...core.luck import crossed_in
from ...studies.estimands import Generality, generality, luck_factor, variance_factor
from .effects import paired_difference
from .examples import answers_of, uncertainty
from .frames import Results

Factors = Mapping[int, float] | float
"""The variance of a mean over s²/n, of each arm where they differ in it."""


def of_arms(results: Results, table: pd.DataFrame, named: int | None) -> Factors:
    """Return the factors of all arms' differences from the baseline in compared values.

    An arm ``named`` in advance is a family of its own.
    """
    shared = by_examples(results, len(table))
    if not crossed_in(results.study.luck) or results.baseline not in table:
        return shared
    arms = [arm for arm in table.columns if arm != results.baseline]
    base = table[results.baseline].to_numpy(np.float64)
    rows = {arm: paired_difference(table[arm].to_numpy(np.float64), base) for arm in arms}
    others = len([arm for arm in arms if arm != named])
    return {
        arm: (shared if isinstance(shared, float) else shared.get(arm, 1.0))
        + luck_factor(results.study, row, table.index, 1 if arm == named else others)
        - 1.0
        for arm, row in rows.items()
    }


def of_contrasts(results: Results, rows: Any, replicates: Sequence[int]) -> list[float]:
    """Return the factors of contrasts between arms, ``rows`` of shape (contrasts, replicates).

    Of arms that differ in it counts the largest.
    """
    shared = by_examples(results, len(replicates))
    most = shared if isinstance(shared, float) else max(shared.values(), default=1.0)
    return [most + luck_factor(results.study, row, replicates, len(rows)) - 1.0 for row in rows]


def by_examples(results: Results, replicates: int) -> Factors:
    """Return the factors for the examples that replicates share."""
    if generality(results.study) is not Generality.EXAMPLES:
        return variance_factor(results.study, replicates)
    answers, base = answers_of(results), results.baseline
    known: dict[int, float] = {}
    for arm in range(len(results.study.arms)) if answers is not None else ():
        made = uncertainty(answers, base, arm) if answers is not None and arm != base else None
        if made is not None and made.variance_replicates > 0:
            known[arm] = max(1.0, made.variance / made.variance_replicates)
    return known
