"""Losses as functions of the output layer's pre-activations z, in stable logit form.

``value_and_gradient(z, y, loss)`` works on class-major arrays: z and the targets y have shape
(C, T, B), ``loss`` receives one value per example, shape (T, B), and z is overwritten by ∂loss/∂z
of each example (the mean over the batch is the engine's). ``classifies`` tells whether the
targets are one-hot classes, so that accuracy = share of examples whose largest z is the class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .activations import Sigmoid, Tanh
from .components import Array, Component, choice


def sum_over_classes(values: Array, out: Array) -> None:
    """Sum over axis 0 in the order of the classes, whatever the number of columns."""
    if out.size == 1:  # NumPy would sum a single column pairwise, several one by one
        out[...] = np.add.accumulate(values, axis=0)[-1]
    else:
        np.add.reduce(values, axis=0, out=out)


@dataclass(frozen=True)
class SoftmaxCrossEntropy(Component):
    """Cross-entropy of the softmax: loss = log Σⱼ e^{zⱼ} − Σⱼ yⱼzⱼ; gradient p − y."""

    kind: ClassVar[str] = "softmax-cross-entropy"
    classifies: ClassVar[bool] = True

    def value_and_gradient(self, z: Array, y: Array, loss: Array) -> None:
        """Write the loss per example and turn z into softmax(z) − y."""
        largest = np.maximum.reduce(z, axis=0)
        np.subtract(z, largest, z)
        sum_over_classes(z * y, largest)
        np.exp(z, z)
        sum_over_classes(z, loss)
        np.divide(z, loss, z)
        np.log(loss, loss)
        np.subtract(loss, largest, loss)
        np.subtract(z, y, z)


@dataclass(frozen=True)
class SigmoidCrossEntropy(Component):
    """Binary cross-entropy on each output's sigmoid, summed over the outputs.

    loss = Σⱼ log(1 + e^{zⱼ}) − yⱼzⱼ; gradient σ(z) − y. Nielsen's cost for ten digit outputs.
    """

    kind: ClassVar[str] = "sigmoid-cross-entropy"
    classifies: ClassVar[bool] = True

    def value_and_gradient(self, z: Array, y: Array, loss: Array) -> None:
        """Write the loss per example and turn z into σ(z) − y.

        log(1 + eᶻ) = max(z, 0) + log1p(e^{−|z|}) does not overflow.
        """
        softplus = np.abs(z)
        np.negative(softplus, softplus)
        np.exp(softplus, softplus)
        np.log1p(softplus, softplus)
        softplus += np.maximum(z, 0)
        softplus -= z * y
        sum_over_classes(softplus, loss)
        Sigmoid.apply({}, z, z)
        np.subtract(z, y, z)


@dataclass(frozen=True)
class SquaredError(Component):
    """Squared error on the outputs ŷ = link(z), summed over outputs, with or without the ½.

    loss = c·Σⱼ(ŷⱼ − yⱼ)², c = ½ for ``factor = "half"`` and 1 for ``"one"``; the gradient is
    2c(ŷ − y)·link′(z). The notes use both, and their gradients differ by 2.
    """

    kind: ClassVar[str] = "squared-error"
    classifies: ClassVar[bool] = False
    factor: str = choice("half", "one")
    link: str = choice("identity", "sigmoid", "tanh")

    def value_and_gradient(self, z: Array, y: Array, loss: Array) -> None:
        """Write the loss per example and turn z into its gradient."""
        slope = None
        if self.link != "identity":
            link = Sigmoid if self.link == "sigmoid" else Tanh
            link.apply({}, z, z)
            slope = np.empty_like(z)
            link.derivative({}, z, z, slope)
        np.subtract(z, y, z)
        sum_over_classes(z * z, loss)
        if self.factor == "half":
            loss *= 0.5
        else:
            z *= 2.0
        if slope is not None:
            z *= slope


Loss = SoftmaxCrossEntropy | SigmoidCrossEntropy | SquaredError
