"""The largest and the smallest value of a curve over epochs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .quantity_function import QuantityFunction, Select, needs_curve


@dataclass(frozen=True)
class Maximum(QuantityFunction):
    """The largest value over epochs."""

    kind: ClassVar[str] = "maximum"
    words: ClassVar[str] = "largest {measure} over epochs"

    def values(self, select: Select) -> Any:
        """Return the largest value by replicate."""
        return self.curve(select(())).groupby("replicate")["value"].max()

    def mistakes(self, epochs: int) -> list[str]:
        """Refuse a measure without a curve."""
        return super().mistakes(epochs) + needs_curve(self.measure, self.kind)


@dataclass(frozen=True)
class Minimum(Maximum):
    """The smallest value over epochs."""

    kind: ClassVar[str] = "minimum"
    words: ClassVar[str] = "smallest {measure} over epochs"

    def values(self, select: Select) -> Any:
        """Return the smallest value by replicate."""
        return self.curve(select(())).groupby("replicate")["value"].min()
