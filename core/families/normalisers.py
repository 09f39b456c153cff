"""Normalisers of a layer's values over the batch or over its units, with their backward pass.

Values have shape (T, units, B). ``forward(fields, v, gain, shift, out, kept, running)`` writes
gain·v̂ + shift to ``out`` and keeps in ``kept`` what ``backward`` needs; ``running``, the running
mean and variance (T, units) each, replaces the batch's own statistics when it is given.
``backward(delta, gain, kept, gain_gradient, shift_gradient)`` turns ∂C/∂out in ``delta`` into
∂C/∂v and writes the gradients of gain and shift, (T, units, 1) each. Sums are matrix–vector
products per trial, so they do not depend on the stack.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, Component, Fields, choice, number


class Kept:
    """What a forward pass keeps for its backward pass: v̂ and 1/√(variance + ε), and scratch."""

    def __init__(self, values: Array) -> None:
        _, units, columns = values.shape
        dtype = values.dtype
        self.unit, self.product = np.empty_like(values), np.empty_like(values)
        self.scale: Array = np.empty(0)
        self.mean: Array = np.empty(0)
        self.variance: Array = np.empty(0)
        self.along_batch = np.full(columns, 1.0 / columns, dtype)
        self.along_units = np.full(units, 1.0 / units, dtype)
        self.ones = np.ones(columns, dtype)


@dataclass(frozen=True)
class NormaliserFunction(Component, ABC):
    """What both normalisers share: v̂ = (v − mean)/√(variance + ε), then gain·v̂ + shift.

    ``place`` puts it before the activation, on the pre-activations, or after it.
    """

    running: ClassVar[bool] = False
    place: str = choice("before", "after")
    epsilon: float = number(1e-5, above=0.0)

    @abstractmethod
    def means(self, values: Array, kept: Kept) -> Array:
        """Return the means over the axis that is normalised over, kept as an axis of length 1."""

    @staticmethod
    def weight(fields: Fields, batches: Array) -> Array:
        """Return the weight of the last of so many batches in averages by ``momentum``, (T,)."""
        momentum = fields["momentum"]
        return np.asarray((1.0 - momentum) / (1.0 - momentum**batches))

    def forward(
        self,
        fields: Fields,
        v: Array,
        gain: Array,
        shift: Array,
        out: Array,
        kept: Kept,
        running: tuple[Array, Array] | None,
    ) -> None:
        """Write gain·v̂ + shift to ``out``."""
        unit, product = kept.unit, kept.product
        if running is not None:
            mean, variance = (values[:, :, None] for values in running)
            np.subtract(v, mean, unit)
        else:
            mean = self.means(v, kept)
            np.subtract(v, mean, unit)
            np.multiply(unit, unit, product)
            variance = self.means(product, kept)
            kept.mean, kept.variance = mean, variance
        kept.scale = 1.0 / np.sqrt(variance + fields["epsilon"])
        np.multiply(unit, kept.scale, unit)
        np.multiply(unit, gain, out)
        np.add(out, shift, out)

    def backward(
        self, delta: Array, gain: Array, kept: Kept, gain_gradient: Array, shift_gradient: Array
    ) -> None:
        """Turn ∂C/∂out into ∂C/∂v = scale·(d − mean d − v̂·mean(d·v̂)) with d = gain·∂C/∂out."""
        unit, product = kept.unit, kept.product
        np.multiply(delta, unit, product)
        gain_gradient[...] = np.matvec(product, kept.ones)[:, :, None]
        shift_gradient[...] = np.matvec(delta, kept.ones)[:, :, None]
        np.multiply(delta, gain, delta)
        np.multiply(delta, unit, product)
        along, through = self.means(delta, kept), self.means(product, kept)
        np.subtract(delta, along, delta)
        np.multiply(unit, through, product)
        np.subtract(delta, product, delta)
        np.multiply(delta, kept.scale, delta)


@dataclass(frozen=True)
class BatchNorm(NormaliserFunction):
    """Batch normalisation: gain·(v − μ)/√(σ² + epsilon) + shift, μ and σ² over the batch (1/m).

    Scores are measured with running averages: after t batches, running ← running + w·(batch −
    running), w = (1 − momentum)/(1 − momentumᵗ), so that the weights of all batches sum to 1 and
    the start counts for nothing, as in Adam. Before the first step they are 0 and 1. They lag
    behind weights that change fast: a training of few steps wants a smaller momentum. gain starts
    at 1 and shift at 0; neither is decayed. Source: Ioffe & Szegedy 2015; the notes put it before
    the activation; the correction: Kingma & Ba 2015, §3.
    """

    kind: ClassVar[str] = "batch-norm"
    revision: ClassVar[int] = 2
    running: ClassVar[bool] = True
    momentum: float = number(0.9, at_least=0.0, below=1.0)

    def means(self, values: Array, kept: Kept) -> Array:
        """Return the means over the batch, (T, units, 1)."""
        return np.asarray(np.matvec(values, kept.along_batch))[:, :, None]


@dataclass(frozen=True)
class LayerNorm(NormaliserFunction):
    """Layer normalisation: gain·(v − μ)/√(σ² + epsilon) + shift, μ and σ² over a layer's units.

    Every example is normalised by itself, in training and evaluation alike. Source: Ba, Kiros &
    Hinton 2016.
    """

    kind: ClassVar[str] = "layer-norm"

    def means(self, values: Array, kept: Kept) -> Array:
        """Return the means over the units, (T, 1, B)."""
        return np.asarray(np.vecmat(kept.along_units, values))[:, None, :]


Normaliser = BatchNorm | LayerNorm
