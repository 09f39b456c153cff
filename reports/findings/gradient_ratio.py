"""What vanishing and exploding gradients have in common: the first hidden layer and the last."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...core.components import Array
from ..language.messages import text
from ..language.numbers import number
from .finding import Evidence, Severity
from .finding_function import Look, TrialFinding
from .observed import Observed


@dataclass(frozen=True)
class GradientRatio(TrialFinding):
    """Before the first step the first hidden layer's gradient lies beyond a ratio to the last's.

    ‖∂C/∂W‖ of the first hidden layer lies beyond ``ratio`` times that of the last; or ‖mean δ‖,
    the biases' gradient, does, and ‖∂C/∂W‖ of the first also lies beyond ``size`` times the
    output's RMS ‖δ‖, where activations change with δ and hide it from the first ratio. Biases alone
    prove nothing.
    """

    severity: ClassVar[Severity] = "warning"
    ratio: float
    size: float

    @staticmethod
    @abstractmethod
    def beyond(values: Array, threshold: float) -> Array:
        """Return which values lie on the wrong side of a threshold."""

    @staticmethod
    @abstractmethod
    def output_sentence(ratio: str, biases: str) -> str:
        """Say how large the first layer's gradient is beside the output's error."""

    def look(self, observed: Observed) -> Look:
        """Compare the first hidden layer with the last, or with the output."""
        weights, biases = map(observed.ratio, ("weight_gradient_norm", "mean_delta_norm"))
        size = observed.relative_gradient
        by_weights = self.beyond(weights, self.ratio)
        hidden = self.beyond(biases, self.ratio) & self.beyond(size, self.size) & ~by_weights
        return Look(
            np.where(hidden, "weight_gradient_to_output", "weight_gradient_first_to_last"),
            np.where(hidden, size, weights),
            np.where(hidden, self.size, self.ratio),
            hidden | by_weights,
            layer=np.ones(len(size)),
            epoch=np.zeros(len(size)),
            beside={"mean_delta_first_to_last": biases},
        )

    def sentence(self, evidence: Evidence) -> str:
        """Name both gradients."""
        ratio = number(evidence.number, 2)
        biases = number(evidence.beside["mean_delta_first_to_last"], 2)
        if evidence.quantity == "weight_gradient_to_output":
            return self.output_sentence(ratio, biases)
        return text(
            "before the first step the first hidden layer's weight gradient ‖∂C/∂W‖ is {ratio} "
            "times that of the last (‖mean δ‖: {biases} times)",
            ratio=ratio,
            biases=biases,
        )
