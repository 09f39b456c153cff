"""A metric of each trial, or a layer's measure at initialisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .quantity_function import QuantityFunction, Select, of_trials


@dataclass(frozen=True)
class Value(QuantityFunction):
    """The metric, or the layer's measure at initialisation."""

    kind: ClassVar[str] = "value"

    def values(self, select: Select) -> Any:
        """Return the measure by replicate."""
        return of_trials(self.measure, self.layer, select(()))
