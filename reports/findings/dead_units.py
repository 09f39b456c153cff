"""Dead units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..language.messages import text
from ..language.numbers import number
from .finding import Evidence, Severity
from .finding_function import Look, TrialFinding
from .observed import Observed


@dataclass(frozen=True)
class DeadUnits(TrialFinding):
    """At the last measurement more than ``most`` of a hidden layer's units are 0 for all examples.

    Source: Maas, Hannun & Ng 2013; Lu et al. 2019, dying ReLU.
    """

    code: ClassVar[str] = "dead-units"
    severity: ClassVar[Severity] = "warning"
    most: float = 0.5

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Dead units")

    def look(self, observed: Observed) -> Look:
        """Read the layer with the largest share."""
        share, layer, epoch = observed.worst_layer("dead_share")
        return Look("dead_share", share, self.most, share > self.most, layer, epoch)

    def sentence(self, evidence: Evidence) -> str:
        """Say where they are."""
        return text(
            "at the end {share} % of the units of hidden layer {layer} give 0 for every example "
            "measured, and no longer learn",
            share=number(100 * evidence.number, 2),
            layer=evidence.layer,
        )
