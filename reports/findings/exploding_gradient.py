"""Exploding gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..language.messages import text
from ..language.numbers import number
from .finding import Evidence, Severity
from .finding_function import Look, TrialFinding
from .observed import Observed


@dataclass(frozen=True)
class ExplodingGradient(TrialFinding):
    """Before the first step the first hidden layers' gradients are far larger than the last's.

    Either ‖∂C/∂W‖ of the first hidden layer is more than ``ratio`` times that of the last; or
    ‖mean δ‖, the biases' gradient, is, and ‖∂C/∂W‖ of the first is also more than ``size`` times
    the output's RMS ‖δ‖, where activations grow with δ and hide it from the first ratio. Biases
    alone prove nothing. Source: Bengio, Simard & Frasconi 1994; Nielsen 2015, ch. 5.
    """

    code: ClassVar[str] = "exploding-gradient"
    severity: ClassVar[Severity] = "warning"
    ratio: float = 20.0
    size: float = 50.0

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Exploding gradients")

    def look(self, observed: Observed) -> Look:
        """Compare the first hidden layer with the last, or with the output."""
        weights, biases = map(observed.ratio, ("weight_gradient_norm", "mean_delta_norm"))
        size = observed.relative_gradient
        large = (biases > self.ratio) & (size > self.size) & ~(weights > self.ratio)
        return Look(
            np.where(large, "weight_gradient_to_output", "weight_gradient_first_to_last"),
            np.where(large, size, weights),
            np.where(large, self.size, self.ratio),
            large | (weights > self.ratio),
            layer=np.ones(len(size)),
            epoch=np.zeros(len(size)),
            beside={"mean_delta_first_to_last": biases},
        )

    def sentence(self, evidence: Evidence) -> str:
        """Name both gradients."""
        values = {
            "ratio": number(evidence.number, 2),
            "biases": number(evidence.beside["mean_delta_first_to_last"], 2),
        }
        if evidence.quantity == "weight_gradient_to_output":
            return text(
                "before the first step the first hidden layer's weight gradient ‖∂C/∂W‖ is "
                "{ratio} times the output's error ‖δ‖, and its ‖mean δ‖ {biases} times that of "
                "the last hidden layer",
                **values,
            )
        return text(
            "before the first step the first hidden layer's weight gradient ‖∂C/∂W‖ is {ratio} "
            "times that of the last (‖mean δ‖: {biases} times)",
            **values,
        )
