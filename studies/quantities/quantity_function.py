"""What a quantity is: one number for each replicate, read off a run's tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from ...core.engine.outcome import SCORES, Status
from ...core.measures.layers import METRICS as LAYER_MEASURES
from ..metrics import METRICS

Levels = tuple[tuple[str, Any], ...]
"""Paths of a recipe, each with the value that an arm must have there."""
Frames = Mapping[str, Any]
"""The tables of one arm by name, each a pandas frame with a column ``replicate``."""
Select = Callable[[Levels], Frames]
"""Returns the tables of the expectation's arm, or of the one that has these levels instead."""

CURVES = SCORES[:4]
"""The scores that are recorded after every epoch, from epoch 0, the start."""
DIVERGED = "diverged"
"""The measure that is 1 where a trial diverged and 0 where it did not."""
MEASURES = (*METRICS, *LAYER_MEASURES, DIVERGED)


@dataclass(frozen=True)
class QuantityFunction(ABC):
    """What every quantity can say; its fields are the keys of an expectation that it reads.

    ``yes_or_no`` marks those that are 1 or 0 in a replicate, whose mean is a rate. ``words`` name
    it to readers, by ``{measure}``, ``{epoch}`` and ``{value}``.
    """

    kind: ClassVar[str]
    yes_or_no: ClassVar[bool] = False
    words: ClassVar[str] = "{measure}"

    measure: str
    layer: int = 0

    @abstractmethod
    def values(self, select: Select) -> Any:
        """Return a series of values by replicate; missing ones are absent or null."""

    @classmethod
    def reads(cls) -> tuple[str, ...]:
        """Return the keys of an expectation that it reads."""
        return tuple(f.name for f in fields(cls))

    def mistakes(self, epochs: int) -> list[str]:
        """Return what is wrong with it, for a recipe of so many epochs, one sentence each."""
        if self.measure in LAYER_MEASURES:
            missing = f"layer is missing: measure = {self.measure!r} has a value for every layer"
            return [missing] if self.layer < 1 else []
        return [f"layer = {self.layer} but {self.measure!r} has none"] if self.layer else []

    def curve(self, frames: Frames) -> Any:
        """Return the measure over epochs: ``replicate``, ``epoch`` and ``value``, in this order."""
        if self.measure in LAYER_MEASURES:
            rows = frames["layers"]
            rows = rows[rows["layer"] == self.layer]
        else:
            rows = frames["epochs"]
        rows = rows[["replicate", "epoch", self.measure]].sort_values(["replicate", "epoch"])
        return rows.set_axis(["replicate", "epoch", "value"], axis=1).dropna()


def of_trials(measure: str, layer: int, frames: Frames) -> Any:
    """Return a metric of the trials, or a layer's measure at initialisation, by replicate."""
    trials = frames["trials"].set_index("replicate")
    if measure == DIVERGED:
        ended = trials[trials["status"].isin([Status.OK, Status.DIVERGED])]
        return (ended["status"] == Status.DIVERGED).astype(float)
    if measure in LAYER_MEASURES:
        rows = frames["layers"]
        rows = rows[(rows["step"] == 0) & (rows["layer"] == layer)]
        return rows.set_index("replicate")[measure]
    return trials[measure]


def needs_curve(measure: str, kind: str) -> list[str]:
    """Return the sentence for a measure that has no curve over epochs."""
    if measure in (*CURVES, *LAYER_MEASURES):
        return []
    return [
        f"measure = {measure!r} is not recorded over epochs, which quantity = {kind!r} needs; "
        f"allowed: {', '.join(CURVES)} and the layer measures"
    ]


def beyond(key: str, epoch: int | None, epochs: int) -> list[str]:
    """Return the sentence for an epoch that the recipe does not reach."""
    if epoch is None or 0 <= epoch <= epochs:
        return []
    return [f"{key} = {epoch} lies beyond the recipe's epochs, 0 (the start) to {epochs}"]
