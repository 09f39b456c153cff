"""A measure after an epoch or at a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ...core.measures.layers import METRICS as LAYER_MEASURES
from .quantity_function import QuantityFunction, Select, beyond, needs_curve


@dataclass(frozen=True)
class At(QuantityFunction):
    """The value after ``epoch``, or at ``step`` where layers are measured."""

    kind: ClassVar[str] = "at"
    words: ClassVar[str] = "{measure}, after epoch {epoch}"
    epoch: int | None = None
    step: int | None = None

    def values(self, select: Select) -> Any:
        """Return the measure at the epoch or step by replicate."""
        frames = select(())
        if self.step is None:
            curve = self.curve(frames)
            return curve[curve["epoch"] == self.epoch].set_index("replicate")["value"]
        rows = frames["layers"]
        rows = rows[(rows["layer"] == self.layer) & (rows["step"] == self.step)]
        return rows.set_index("replicate")[self.measure]

    def mistakes(self, epochs: int) -> list[str]:
        """Refuse both of epoch and step, none, and one that is never reached."""
        wrong = super().mistakes(epochs) + needs_curve(self.measure, self.kind)
        if (self.epoch is None) == (self.step is None):
            wrong.append("quantity = 'at' needs either epoch or step")
        if self.step is not None and self.measure not in LAYER_MEASURES:
            wrong.append(f"step = {self.step} needs a layer measure; {self.measure!r} has epochs")
        if self.step is not None and self.step < 0:
            wrong.append(f"step = {self.step} must be ≥ 0")
        return wrong + beyond("epoch", self.epoch, epochs)
