"""Vanishing gradients."""

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
class VanishingGradient(TrialFinding):
    """Before the first step the first hidden layers' gradients are far smaller than the last's.

    Either ‖∂C/∂W‖ of the first hidden layer is less than ``ratio`` of that of the last; or
    ‖mean δ‖, the biases' gradient, is, and ‖∂C/∂W‖ of the first is also less than ``size`` of the
    output's RMS ‖δ‖, where activations shrink with δ and hide it from the first ratio. Biases
    alone prove nothing. Source: Hochreiter 1991; Glorot & Bengio 2010; Nielsen 2015, ch. 5.
    """

    code: ClassVar[str] = "vanishing-gradient"
    severity: ClassVar[Severity] = "warning"
    ratio: float = 0.05
    size: float = 1e-3

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Vanishing gradients")

    def look(self, observed: Observed) -> Look:
        """Compare the first hidden layer with the last, or with the output."""
        weights, biases = map(observed.ratio, ("weight_gradient_norm", "mean_delta_norm"))
        size = observed.relative_gradient
        small = (biases < self.ratio) & (size < self.size) & ~(weights < self.ratio)
        return Look(
            np.where(small, "weight_gradient_to_output", "weight_gradient_first_to_last"),
            np.where(small, size, weights),
            np.where(small, self.size, self.ratio),
            small | (weights < self.ratio),
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
                "before the first step the first hidden layer's weight gradient ‖∂C/∂W‖ is only "
                "{ratio} of the output's error ‖δ‖, and its ‖mean δ‖ {biases} times that of the "
                "last hidden layer",
                **values,
            )
        return text(
            "before the first step the first hidden layer's weight gradient ‖∂C/∂W‖ is {ratio} "
            "times that of the last (‖mean δ‖: {biases} times)",
            **values,
        )
