"""What an interval is about: other seeds, or other data as well."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from ..core.inference.resampling import correction
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
