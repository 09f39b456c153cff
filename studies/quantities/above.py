"""Whether a measure lies above a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .quantity_function import QuantityFunction, Select, of_trials


@dataclass(frozen=True)
class Above(QuantityFunction):
    """Whether the measure lies above ``value``."""

    kind: ClassVar[str] = "above"
    words: ClassVar[str] = "replicates with {measure} above {value}"
    yes_or_no: ClassVar[bool] = True
    value: float | None = None

    def values(self, select: Select) -> Any:
        """Return 1 where it lies above and 0 elsewhere, by replicate."""
        known = of_trials(self.measure, self.layer, select(())).dropna()
        return (known > self.value).astype(float)

    def mistakes(self, epochs: int) -> list[str]:
        """Ask for the value."""
        missing = ["quantity = 'above' needs value"] if self.value is None else []
        return super().mistakes(epochs) + missing
