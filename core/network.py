"""The forward and backward pass of T same-shaped networks, as arrays with a trial axis.

Feature-major, as in the notes: z⁽ˡ⁾ = W⁽ˡ⁾a⁽ˡ⁻¹⁾ + b⁽ˡ⁾ with a layer's batch of shape
(T, features, B), weights (T, out, in), and the output layer class-major, (C, T, B). Every matrix
product is one BLAS call per trial, so a trial's numbers do not depend on its stack.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np

from .activations import Activation
from .components import Array, Fields


def parameter_count(sizes: tuple[int, ...]) -> tuple[int, int]:
    """Return the numbers of weights and of biases of one network with these layer sizes."""
    weights = sum(out * inputs for inputs, out in itertools.pairwise(sizes))
    return weights, sum(sizes[1:])


def step_flops(sizes: tuple[int, ...], examples: int) -> int:
    """Return the floating-point operations of one forward and backward pass, analytically.

    2 per weight forward, 2 for its gradient, and 2 for the δ below except in the first layer.
    """
    weights, _ = parameter_count(sizes)
    return examples * (6 * weights - 2 * sizes[0] * sizes[1])


class Layers(NamedTuple):
    """Views of an arena (T, parameters): per layer the weights (T, out, in) and biases (T, out).

    An arena holds a trial per row, all weights first and then all biases.
    """

    weights: list[Array]
    biases: list[Array]


def layers_of(arena: Array, sizes: tuple[int, ...]) -> Layers:
    """Return the layers' views of an arena; writing to them writes to the arena."""
    trials, start = len(arena), 0
    layers = Layers([], [])
    for inputs, out in itertools.pairwise(sizes):
        block = arena[:, start : start + out * inputs]
        layers.weights.append(block.reshape(trials, out, inputs))
        start += out * inputs
    for out in sizes[1:]:
        layers.biases.append(arena[:, start : start + out])
        start += out
    return layers


class Network:
    """The buffers of T networks for batches of B examples, and the passes that fill them.

    ``preactivations`` and ``activations`` hold the hidden layers, (T, width, B) each, and are the
    same arrays unless the activation's derivative or a probe needs z; ``hidden`` is what the next
    layer reads, that is the activations after dropout. ``output`` holds the output layer's z
    and, after the loss, each example's δ, class-major; ``deltas`` the hidden layers' mean-scaled
    δ = ∂loss/∂z. Matrix products read and write arrays whose slices are contiguous, as those of
    a single network are: other strides can choose another BLAS kernel, and with it other bits.
    """

    def __init__(
        self,
        sizes: tuple[int, ...],
        trials: int,
        columns: int,
        dtype: np.dtype[Any],
        activation: Activation,
        fields: Fields,
        *,
        masked: bool = False,
        keep_preactivations: bool = False,
    ) -> None:
        widths = sizes[1:-1]
        self.activation, self.fields = activation, fields
        self.ones = np.ones(columns, dtype)

        def buffers() -> list[Array]:
            return [np.empty((trials, width, columns), dtype) for width in widths]

        self.activations = buffers()
        keep = keep_preactivations or activation.needs_preactivation
        self.preactivations = buffers() if keep else self.activations
        self.hidden = buffers() if masked else self.activations
        self.deltas = buffers()
        self.slopes = {width: np.empty((trials, width, columns), dtype) for width in set(widths)}
        self.output = np.empty((sizes[-1], trials, columns), dtype)
        self.top = np.empty((trials, sizes[-1], columns), dtype)
        self.columns = np.full(1, columns, dtype)
        self.loss = np.empty((trials, columns), dtype)

    def forward(self, layers: Layers, x: Array, masks: list[Array] | None = None) -> None:
        """Fill the hidden buffers and ``output``; x has shape (T or 1, features, B)."""
        a = x
        for index, z in enumerate(self.preactivations):
            np.matmul(layers.weights[index], a, z)
            np.add(z, layers.biases[index][:, :, None], z)
            a = self.activations[index]
            self.activation.apply(self.fields, z, a)
            if masks is not None:
                np.multiply(a, masks[index], self.hidden[index])
                a = self.hidden[index]
        np.matmul(layers.weights[-1], a, self.top)
        np.add(self.top, layers.biases[-1][:, :, None], self.output.transpose(1, 0, 2))

    def backward(
        self, layers: Layers, x: Array, gradient: Layers, masks: list[Array] | None = None
    ) -> None:
        """Fill ``deltas`` and the gradient's views from the δ in ``output``, of the mean loss.

        δ⁽ᴸ⁾ = δ/B, ∂C/∂W⁽ˡ⁾ = δ⁽ˡ⁾(a⁽ˡ⁻¹⁾)ᵀ, ∂C/∂b⁽ˡ⁾ = Σδ⁽ˡ⁾ over the B examples, and
        δ⁽ˡ⁻¹⁾ = ((W⁽ˡ⁾)ᵀδ⁽ˡ⁾) ⊙ f′(z⁽ˡ⁻¹⁾). x as in :meth:`forward`.
        """
        delta = self.top
        np.divide(self.output.transpose(1, 0, 2), self.columns, delta)
        for index in range(len(self.deltas), -1, -1):
            a = self.hidden[index - 1] if index else x
            np.matmul(delta, a.transpose(0, 2, 1), gradient.weights[index])
            np.matvec(delta, self.ones, out=gradient.biases[index])
            if index == 0:
                return
            below = self.deltas[index - 1]
            np.matmul(layers.weights[index].transpose(0, 2, 1), delta, below)
            if masks is not None:
                np.multiply(below, masks[index - 1], below)
            z, a = self.preactivations[index - 1], self.activations[index - 1]
            slope = self.slopes[z.shape[1]]
            self.activation.derivative(self.fields, z, a, slope)
            np.multiply(below, slope, below)
            delta = below
