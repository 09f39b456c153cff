"""Whether an order shows: of layers in a network, or of arms in a replicate."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

from ...core.measures.layers import METRICS as LAYER_MEASURES
from .quantity_function import Levels, QuantityFunction, Select, of_trials


@dataclass(frozen=True)
class Increasing(QuantityFunction):
    """Whether a layer measure rises strictly from each hidden layer to the next, at the start."""

    kind: ClassVar[str] = "increasing"
    words: ClassVar[str] = "replicates in which {measure} rises through layers"
    yes_or_no: ClassVar[bool] = True

    def values(self, select: Select) -> Any:
        """Return 1 where it rises through all layers and 0 elsewhere, by replicate."""
        rows = select(())["layers"]
        rows = rows[(rows["step"] == 0) & ~rows["is_output"]].sort_values("layer")
        steps = rows.groupby("replicate")[self.measure].diff()
        rises = (steps > 0) | (rows["layer"] == rows["layer"].min())
        return rises.groupby(rows["replicate"]).all().astype(float)

    def mistakes(self, epochs: int) -> list[str]:
        """Ask for a layer measure, and no layer."""
        if self.measure not in LAYER_MEASURES:
            return [f"quantity = 'increasing' needs a layer measure, not {self.measure!r}"]
        return [f"layer = {self.layer}: 'increasing' reads all"] if self.layer else []


@dataclass(frozen=True)
class Ordering(QuantityFunction):
    """Whether the arm's value lies above that of the first of ``than``, and this above the next."""

    kind: ClassVar[str] = "ordering"
    words: ClassVar[str] = "replicates in which the arms' {measure} is so ordered"
    yes_or_no: ClassVar[bool] = True
    than: tuple[Levels, ...] = ()

    def values(self, select: Select) -> Any:
        """Return 1 where the order shows and 0 elsewhere, in replicates with all values."""
        chain = [of_trials(self.measure, self.layer, select(x)).dropna() for x in ((), *self.than)]
        shows: Any = None
        for above, below in pairwise(chain):
            both = above.index.intersection(below.index)
            step = above[both] > below[both]
            known = step.index if shows is None else shows.index.intersection(step.index)
            shows = step if shows is None else shows[known] & step[known]
        return shows.astype(float)

    def mistakes(self, epochs: int) -> list[str]:
        """Ask for the arms to be compared with."""
        missing = ["quantity = 'ordering' needs than, a list of arms"] if not self.than else []
        return super().mistakes(epochs) + missing
