"""The difference between two arms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .quantity_function import Levels, QuantityFunction, Select, of_trials


@dataclass(frozen=True)
class Difference(QuantityFunction):
    """The arm's value minus that of the one arm of ``than``, in the same replicate."""

    kind: ClassVar[str] = "difference"
    words: ClassVar[str] = "{measure}, difference of two arms in a replicate"
    than: tuple[Levels, ...] = ()

    def values(self, select: Select) -> Any:
        """Return the paired difference by replicate."""
        mine, other = (of_trials(self.measure, self.layer, select(x)) for x in ((), self.than[0]))
        return mine - other

    def mistakes(self, epochs: int) -> list[str]:
        """Ask for one arm."""
        one = len(self.than) == 1
        missing = [] if one else ["quantity = 'difference' needs than, a list of one arm"]
        return super().mistakes(epochs) + missing
