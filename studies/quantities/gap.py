"""The gap between validation and training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .quantity_function import QuantityFunction, Select, of_trials


@dataclass(frozen=True)
class Gap(QuantityFunction):
    """The validation score minus the training score."""

    kind: ClassVar[str] = "gap"
    words: ClassVar[str] = "{measure} minus that of training"

    def values(self, select: Select) -> Any:
        """Return the difference by replicate."""
        frames = select(())
        train = self.measure.replace("validation", "train")
        return of_trials(self.measure, 0, frames) - of_trials(train, 0, frames)

    def mistakes(self, epochs: int) -> list[str]:
        """Refuse a measure that is no validation score."""
        allowed = ("validation_loss", "validation_accuracy")
        if self.measure in allowed:
            return super().mistakes(epochs)
        return [f"quantity = 'gap' needs measure = {allowed[0]!r} or {allowed[1]!r}"]
