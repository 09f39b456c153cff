"""The forward and backward pass of T same-shaped networks, as arrays with a trial axis.

Feature-major, as in the notes: z⁽ˡ⁾ = W⁽ˡ⁾a⁽ˡ⁻¹⁾ + b⁽ˡ⁾ with a layer's batch of shape
(T, features, B), weights (T, out, in), and the output layer class-major, (C, T, B). Every matrix
product is one BLAS call per trial, so a trial's numbers do not depend on its stack.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..components import Array, Component, Fields, cast, stack_fields
from ..families.normalisers import Kept
from ..recipe import Recipe
from .architecture import Architecture, Parameters
from .hidden_layer import HiddenLayer

Masks = list[Array]
"""A factor for every hidden activation, one array (T, units, B) per hidden layer."""
Running = list[tuple[Array, Array]]
"""The running mean and variance of every hidden layer, (T, units) each."""


class NetworkFields(NamedTuple):
    """The float fields of what a network is made of, per trial, shape (T, 1, 1)."""

    activation: Fields
    normaliser: Fields
    residual: Fields

    @classmethod
    def of(cls, recipes: list[Recipe]) -> NetworkFields:
        """Gather them from a stack's recipes, in its dtype."""
        dtype = np.dtype(recipes[0].dtype)

        def gathered(parts: list[Component | None]) -> Fields:
            present = [part for part in parts if part is not None]
            return cast(stack_fields(present), dtype, 2) if present else {}

        return cls(
            gathered([r.activation for r in recipes]),
            gathered([r.normaliser for r in recipes]),
            gathered([r.residual for r in recipes]),
        )


class Network:
    """The buffers of T networks for batches of B examples, and the passes that fill them.

    ``output`` holds the output layer's z and, after the loss, each example's δ, class-major;
    ``delta`` of a hidden layer its mean-scaled δ = ∂loss/∂z. Matrix products read and write arrays
    whose slices are contiguous, as those of a single network are: other strides can choose
    another BLAS kernel, and with it other bits.

    Parameters
    ----------
    parameters
        The views of the arena that the passes read.
    gradient
        The views that :meth:`backward` fills; without them there is no backward pass.
    masked
        Whether :meth:`forward` will be given masks.
    keep
        Whether every layer's z and δ must outlive the passes, for probes.
    """

    def __init__(
        self,
        architecture: Architecture,
        fields: NetworkFields,
        parameters: Parameters,
        columns: int,
        *,
        gradient: Parameters | None = None,
        masked: bool = False,
        keep: bool = False,
    ) -> None:
        self.architecture, self.fields = architecture, fields
        self.parameters, self.gradient = parameters, gradient
        self._backward, self._masked, self._keep = gradient is not None, masked, keep
        trials, dtype = len(parameters.weights[0]), parameters.weights[0].dtype
        outputs = architecture.sizes[-1]
        self._shape, self._dtype = (trials, columns), dtype
        self._pool: dict[tuple[str, int], Array] = {}
        self.layers: list[HiddenLayer] = []
        for index in range(len(architecture.hidden)):
            self.layers.append(self._hidden_layer(index))
        self.ones = np.ones(columns, dtype)
        self.top = np.empty((trials, outputs, columns), dtype)
        self.output = np.empty((outputs, trials, columns), dtype)
        self.output_spare = np.empty((2, outputs, trials, columns), dtype)
        self.columns = np.full(1, columns, dtype)
        self.loss = np.empty((trials, columns), dtype)
        self._by_trial = self.output.transpose(1, 0, 2)
        self._transposed = [w.transpose(0, 2, 1) for w in parameters.weights]
        self._read = [layer.output.transpose(0, 2, 1) for layer in self.layers]
        if gradient is not None:
            self._bias_gradients = [part[:, :, 0] for part in gradient.biases]

    @property
    def nbytes(self) -> int:
        """The bytes of all arrays that are the network's own."""
        sizes: dict[int, int] = {}
        for holder in (self, *self.layers, *(layer.kept for layer in self.layers)):
            values = vars(holder).values() if holder is not None else ()
            for value in values:
                for array in value if isinstance(value, tuple) else (value,):
                    if isinstance(array, np.ndarray) and array.base is None:
                        sizes[id(array)] = array.nbytes
        return sum(sizes.values())

    def _new(self, width: int) -> Array:
        trials, columns = self._shape
        return np.empty((trials, width, columns), self._dtype)

    def _shared(self, name: str, width: int) -> Array:
        if (name, width) not in self._pool:
            self._pool[name, width] = self._new(width)
        return self._pool[name, width]

    def _hidden_layer(self, index: int) -> HiddenLayer:
        """Allocate a hidden layer's arrays, shared with others where they are not needed long."""
        architecture, width = self.architecture, self.architecture.hidden[index]
        activation, normaliser = architecture.activation, architecture.normaliser
        residual, lasting = architecture.residual, self._backward or self._keep
        z = self._new(width) if lasting else self._shared(f"forward{index % 2}", width)
        place = normaliser.place if normaliser else ""
        entering = self._new(width) if self._keep and place == "before" else z
        apart = self._keep or (self._backward and activation.needs_preactivation)
        a = self._new(width) if apart else entering
        leaving = self._new(width) if place == "after" and lasting else a
        joined = bool(residual and residual.joins(index))
        apart = self._masked or joined or (residual is not None and not lasting)
        output = self._new(width) if apart else leaving
        spare = self._shared("spare0", width), self._shared("spare1", width)
        fields = dict(self.fields.activation)
        if activation.learned_field:
            fields[activation.learned_field] = self.parameters.learned[index]
        layer = HiddenLayer(index, z, entering, a, leaving, output, spare, fields)
        if normaliser:
            layer.kept = Kept(z)
            layer.gain, layer.shift = self.parameters.gains[index], self.parameters.shifts[index]
        if residual and joined:
            layer.below = self.layers[index - residual.every].output
        if self._backward:
            layer.delta = (
                self._new(width) if self._keep else self._shared(f"delta{index % 2}", width)
            )
            if self._keep:
                layer.entering_delta = self._new(width) if place == "before" else layer.delta
            if residual and joined:
                layer.carried = self._new(width)
                self.layers[index - residual.every].carried_above = layer.carried
        return layer

    def forward(self, x: Array, masks: Masks | None = None, running: Running | None = None) -> None:
        """Fill the hidden layers' arrays and ``output``; x has shape (T or 1, features, B).

        ``running`` gives the statistics that batch normalisation uses instead of the batch's own.
        """
        weights, biases = self.parameters.weights, self.parameters.biases
        activation, normaliser = self.architecture.activation, self.architecture.normaliser
        place = normaliser.place if normaliser else ""
        h = x
        for layer in self.layers:
            z = layer.z
            np.matmul(weights[layer.index], h, z)
            np.add(z, biases[layer.index], z)
            if place == "before":
                self._normalise(layer, z, layer.entering, running)
            activation.apply(layer.fields, layer.entering, layer.activation, layer.spare[0])
            if place == "after":
                self._normalise(layer, layer.activation, layer.leaving, running)
            h = layer.output
            if h is not layer.leaving:
                self._leave(layer, masks)
        np.matmul(weights[-1], h, self.top)
        np.add(self.top, biases[-1], self._by_trial)

    def _normalise(self, layer: HiddenLayer, v: Array, out: Array, running: Running | None) -> None:
        normaliser = self.architecture.normaliser
        assert normaliser is not None
        assert layer.kept is not None
        assert layer.gain is not None
        assert layer.shift is not None
        statistics = running[layer.index] if running is not None and normaliser.running else None
        normaliser.forward(
            self.fields.normaliser, v, layer.gain, layer.shift, out, layer.kept, statistics
        )

    def _leave(self, layer: HiddenLayer, masks: Masks | None) -> None:
        """Apply dropout and the residual connection."""
        h = layer.leaving
        if masks is not None:
            h = np.multiply(h, masks[layer.index], layer.output)
        if layer.below is not None:
            np.multiply(h, self.fields.residual["scale"], layer.output)
            np.add(layer.output, layer.below, layer.output)
        elif masks is None:
            np.copyto(layer.output, h)

    def backward(self, x: Array, masks: Masks | None = None, factor: Array | None = None) -> None:
        """Fill the δ and the gradient from the δ in ``output``, of the mean loss times a factor.

        δ⁽ᴸ⁾ = δ·factor/B, ∂C/∂W⁽ˡ⁾ = δ⁽ˡ⁾(h⁽ˡ⁻¹⁾)ᵀ, ∂C/∂b⁽ˡ⁾ = Σδ⁽ˡ⁾ over the B examples, and
        δ⁽ˡ⁻¹⁾ = ((W⁽ˡ⁾)ᵀδ⁽ˡ⁾) ⊙ f′(z⁽ˡ⁻¹⁾), through whatever lies between. x is the transpose of
        that in :meth:`forward`, (T or 1, B, features); the factor (T, 1, 1) is 1 if not given.
        """
        assert self.gradient is not None
        gradients, ones = self.gradient.weights, self.ones
        delta = self.top
        np.divide(self._by_trial, self.columns, delta)
        if factor is not None:
            np.multiply(delta, factor, delta)
        for index in range(len(self.layers), 0, -1):
            layer = self.layers[index - 1]
            np.matmul(delta, self._read[index - 1], gradients[index])
            np.matvec(delta, ones, out=self._bias_gradients[index])
            assert layer.delta is not None
            np.matmul(self._transposed[index], delta, layer.delta)
            delta = layer.delta
            self._descend(layer, delta, masks)
        np.matmul(delta, x, gradients[0])
        np.matvec(delta, ones, out=self._bias_gradients[0])

    def _descend(self, layer: HiddenLayer, delta: Array, masks: Masks | None) -> None:
        """Turn ∂C/∂h of a hidden layer into its δ, with the gradients of all that lies between."""
        if layer.carried_above is not None:
            np.add(delta, layer.carried_above, delta)
        if layer.carried is not None:
            np.copyto(layer.carried, delta)
            np.multiply(delta, self.fields.residual["scale"], delta)
        if masks is not None:
            np.multiply(delta, masks[layer.index], delta)
        normaliser, activation = self.architecture.normaliser, self.architecture.activation
        if normaliser and normaliser.place == "after":
            self._denormalise(layer, delta)
        (slope, spare), z, a = layer.spare, layer.entering, layer.activation
        if activation.learned_field:
            assert self.gradient is not None
            activation.parameter_derivative(layer.fields, z, a, slope)
            np.multiply(slope, delta, slope)
            np.matvec(slope, self.ones, out=self.gradient.learned[layer.index][:, :, 0])
        activation.derivative(layer.fields, z, a, slope, spare)
        np.multiply(delta, slope, delta)
        if normaliser and normaliser.place == "before":
            if layer.entering_delta is not None:
                np.copyto(layer.entering_delta, delta)
            self._denormalise(layer, delta)

    def _denormalise(self, layer: HiddenLayer, delta: Array) -> None:
        normaliser, gradient = self.architecture.normaliser, self.gradient
        assert normaliser is not None
        assert gradient is not None
        assert layer.kept is not None
        assert layer.gain is not None
        gains, shifts = gradient.gains[layer.index], gradient.shifts[layer.index]
        normaliser.backward(delta, layer.gain, layer.kept, gains, shifts)


class Networks:
    """The networks of a stack by number of columns, each made once."""

    def __init__(
        self,
        architecture: Architecture,
        recipes: list[Recipe],
        parameters: Parameters,
        *,
        gradient: Parameters | None = None,
        masked: bool = False,
        keep: bool = False,
    ) -> None:
        self._architecture, self._fields = architecture, NetworkFields.of(recipes)
        self._parameters, self._gradient = parameters, gradient
        self._masked, self._keep = masked, keep
        self._made: dict[int, Network] = {}

    def __call__(self, columns: int) -> Network:
        """Return the network for batches of so many examples."""
        if columns not in self._made:
            self._made[columns] = Network(
                self._architecture,
                self._fields,
                self._parameters,
                columns,
                gradient=self._gradient,
                masked=self._masked,
                keep=self._keep,
            )
        return self._made[columns]
