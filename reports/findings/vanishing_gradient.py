"""Vanishing gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...core.components import Array
from ..language.messages import text
from .gradient_ratio import GradientRatio


@dataclass(frozen=True)
class VanishingGradient(GradientRatio):
    """Before the first step the first hidden layers' gradients are far smaller than the last's.

    Either ‖∂C/∂W‖ of the first hidden layer is less than ``ratio`` of that of the last; or
    ‖mean δ‖, the biases' gradient, is, and ‖∂C/∂W‖ of the first is also less than ``size`` of the
    output's RMS ‖δ‖, where activations shrink with δ and hide it from the first ratio. Biases
    alone prove nothing. Source: Hochreiter 1991; Glorot & Bengio 2010; Nielsen 2015, ch. 5.
    """

    code: ClassVar[str] = "vanishing-gradient"
    ratio: float = 0.05
    size: float = 1e-3

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Vanishing gradients")

    @staticmethod
    def beyond(values: Array, threshold: float) -> Array:
        """Return which values are too small."""
        return np.asarray(values < threshold)

    @staticmethod
    def output_sentence(ratio: str, biases: str) -> str:
        """Compare the first layer's gradient with the output's error."""
        return text(
            "before the first step the first hidden layer's weight gradient ‖∂C/∂W‖ is only "
            "{ratio} of the output's error ‖δ‖, and its ‖mean δ‖ {biases} times that of the "
            "last hidden layer",
            ratio=ratio,
            biases=biases,
        )
