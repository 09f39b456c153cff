"""What an interval is about: other seeds, or other data as well."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.inference.resampling import correction
from ..core.luck import crossed_in, levels_at
from ..core.streams import Purpose
from .data.loading import sizes_of
from .luck import purposes_varied

if TYPE_CHECKING:
    from .study import Study


class Generality(Enum):
    """What the differences between replicates stand for."""

    SEEDS = "other seeds and divisions of the same data"
    FRESH_DATA = "other data, which every replicate draws anew"
    RESPLIT = "other data, of which replicates are divisions of one sample"
    EXAMPLES = "other data, of which all replicates are scored on the same examples"


def generality(study: Study) -> Generality:
    """Return what a study's intervals are about."""
    varied = [purposes_varied(arm.recipe, study.luck) for arm in study.arms]
    if all(Purpose.DATA in purposes for purposes in varied):
        return Generality.FRESH_DATA
    if study.estimand == "seed":
        return Generality.SEEDS
    if all(Purpose.SPLIT in purposes for purposes in varied):
        return Generality.RESPLIT
    return Generality.EXAMPLES


def scored(study: Study) -> int:
    """Return on how many examples a replicate's metric is measured, all folds together."""
    sizes = sizes_of(study.baseline_arm.recipe)
    return int(getattr(sizes, study.primary.measured_on)) * study.folds


def variance_factor(study: Study, n: int) -> float:
    """Return the variance of a mean over s²/n, for n replicates that divide one sample."""
    if generality(study) is not Generality.RESPLIT:
        return 1.0
    return correction(n, scored(study), sizes_of(study.baseline_arm.recipe).train)


def luck_factor(study: Study, values: Any, replicates: Iterable[int], arms: int = 1) -> float:
    """Return by how much squared 95 % intervals are wider as replicates share crossed levels.

    It is 1 without crossed luck. ``values`` are of these replicates, of one of so many ``arms``
    that are judged together.
    """
    crossed = crossed_in(study.luck)
    if not crossed:
        return 1.0
    from ..core.inference.crossing import crossed_factor  # SciPy takes long to load

    rows = [[level for _, level in levels_at(crossed, int(k))] for k in replicates]
    return crossed_factor(values, np.array(rows, np.int64).reshape(-1, len(crossed)), arms=arms)
