"""Exploding gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...core.components import Array
from ..language.messages import text
from .gradient_ratio import GradientRatio


@dataclass(frozen=True)
class ExplodingGradient(GradientRatio):
    """Before the first step the first hidden layers' gradients are far larger than the last's.

    Either ‖∂C/∂W‖ of the first hidden layer is more than ``ratio`` times that of the last; or
    ‖mean δ‖, the biases' gradient, is, and ‖∂C/∂W‖ of the first is also more than ``size`` times
    the output's RMS ‖δ‖, where activations grow with δ and hide it from the first ratio. Biases
    alone prove nothing. Source: Bengio, Simard & Frasconi 1994; Nielsen 2015, ch. 5.
    """

    code: ClassVar[str] = "exploding-gradient"
    ratio: float = 20.0
    size: float = 50.0

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Exploding gradients")

    @staticmethod
    def beyond(values: Array, threshold: float) -> Array:
        """Return which values are too large."""
        return np.asarray(values > threshold)

    @staticmethod
    def output_sentence(ratio: str, biases: str) -> str:
        """Compare the first layer's gradient with the output's error."""
        return text(
            "before the first step the first hidden layer's weight gradient ‖∂C/∂W‖ is "
            "{ratio} times the output's error ‖δ‖, and its ‖mean δ‖ {biases} times that of "
            "the last hidden layer",
            ratio=ratio,
            biases=biases,
        )
