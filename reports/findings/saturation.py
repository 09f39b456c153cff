"""Saturation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..language.messages import text
from ..language.numbers import number
from .finding import Evidence, Severity
from .finding_function import Look, TrialFinding
from .observed import Observed


@dataclass(frozen=True)
class Saturation(TrialFinding):
    """At the last measurement more than ``most`` of a hidden layer's activations are at a limit.

    Source: Glorot & Bengio 2010, §3.
    """

    code: ClassVar[str] = "saturation"
    severity: ClassVar[Severity] = "warning"
    most: float = 0.5

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Saturation")

    def look(self, observed: Observed) -> Look:
        """Read the layer with the largest share."""
        share, layer, epoch = observed.worst_layer("saturated_share")
        return Look("saturated_share", share, self.most, share > self.most, layer, epoch)

    def sentence(self, evidence: Evidence) -> str:
        """Say where it is."""
        return text(
            "at the end {share} % of the activations of hidden layer {layer} lie at a limit of "
            "their range, where the slope is almost 0",
            share=number(100 * evidence.number, 2),
            layer=evidence.layer,
        )
