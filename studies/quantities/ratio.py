"""The ratio of two arms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .quantity_function import Levels, QuantityFunction, Select, of_trials


@dataclass(frozen=True)
class Ratio(QuantityFunction):
    """The arm's value over that of the one arm of ``than``, in the same replicate."""

    kind: ClassVar[str] = "ratio"
    words: ClassVar[str] = "{measure}, ratio of two arms in a replicate"
    than: tuple[Levels, ...] = ()

    def values(self, select: Select) -> Any:
        """Return the paired ratio by replicate, missing where the other arm's value is 0."""
        mine, other = (of_trials(self.measure, self.layer, select(x)) for x in ((), self.than[0]))
        return mine / other.where(other != 0)

    def mistakes(self, epochs: int) -> list[str]:
        """Ask for one arm."""
        one = len(self.than) == 1
        missing = [] if one else ["quantity = 'ratio' needs than, a list of one arm"]
        return super().mistakes(epochs) + missing
