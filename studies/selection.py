"""Selecting and judging: what a design selects on is not what its arms are judged on."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.errors import InputError
from ..core.streams import Purpose
from ..core.trial import Luck
from .designs.design_function import Arm
from .designs.designs import Design
from .luck import purposes_varied
from .metrics import Metric

ROWS = {Purpose.DATA, Purpose.SPLIT}
"""The draws that decide which rows are for validation."""


def refuse_double_use(design: Design, arms: Sequence[Arm], metric: Metric, luck: Luck) -> None:
    """Refuse a metric that is measured on the very rows that its design selects on.

    The best of many by their validation scores has a validation score that flatters it; so it is
    judged on the test set. Where the design selects on other replicates than it judges, other rows
    will do as well, which replicates draw unless data and split are the same in all of them.

    Raises
    ------
    InputError
        If the metric needs the validation set and the rows are the same.
    """
    if not design.selects or "validation" not in metric.needs:
        return
    same_rows = any(not ROWS & set(purposes_varied(arm.recipe, luck)) for arm in arms)
    if design.selects == "arms" or same_rows:
        raise InputError(
            f"metric = {metric.name!r} is measured on the validation rows on which a "
            f"{design.kind} design selects (design.metric = {design.selects_on!r}), which flatters "
            "what is selected; use a metric of the test set, as 'test_loss' or 'test_accuracy'"
        )
