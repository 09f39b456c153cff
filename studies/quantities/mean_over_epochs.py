"""The mean of a curve over some epochs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .quantity_function import QuantityFunction, Select, beyond, needs_curve


@dataclass(frozen=True)
class MeanOverEpochs(QuantityFunction):
    """The mean from ``epoch`` (1 by default) to ``last_epoch`` (the last by default)."""

    kind: ClassVar[str] = "mean"
    epoch: int | None = None
    last_epoch: int | None = None

    def values(self, select: Select) -> Any:
        """Return the mean by replicate."""
        curve = self.curve(select(()))
        first = 1 if self.epoch is None else self.epoch
        chosen = curve["epoch"] >= first
        if self.last_epoch is not None:
            chosen &= curve["epoch"] <= self.last_epoch
        return curve[chosen].groupby("replicate")["value"].mean()

    def mistakes(self, epochs: int) -> list[str]:
        """Refuse a measure without a curve, epochs never reached, and an end before the start."""
        wrong = super().mistakes(epochs) + needs_curve(self.measure, self.kind)
        wrong += beyond("epoch", self.epoch, epochs)
        wrong += beyond("last_epoch", self.last_epoch, epochs)
        first = 1 if self.epoch is None else self.epoch
        if self.last_epoch is not None and self.last_epoch < first:
            wrong.append(f"last_epoch = {self.last_epoch} lies before epoch = {first}")
        return wrong
