"""Greedy layer-wise pretraining of a stack's hidden layers, from the input side."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..components import Array, Fields, cast, stack_fields
from ..families.activations import Activation
from ..families.pretraining import Layer, Pretraining, Workspace
from ..streams import Purpose, StreamKey, seed_sequence, stream

ORDER, NOISE = 0, 1
"""The last number in the key of a stream: the visiting order, and the noise, of one epoch."""


class PretrainingDraws:
    """The draws of a stack, made once for trials of the same seed and replicate."""

    def __init__(self, keys: list[StreamKey]) -> None:
        self._keys = list(dict.fromkeys(keys))
        self._which = np.array([self._keys.index(key) for key in keys])

    def spread(self, drawn: list[Array]) -> Array:
        """Return one array per trial, or a single one where all trials share it."""
        return np.stack(drawn)[self._which] if len(drawn) > 1 else drawn[0][None]

    def order(self, layer: int, epoch: int, examples: int) -> Array:
        """Return the order in which one epoch visits the examples, (T or 1, n)."""
        keys = [(*key, layer, epoch, ORDER) for key in self._keys]
        return self.spread([stream(Purpose.PRETRAINING, *k).permutation(examples) for k in keys])

    def noise(self, layer: int, epoch: int) -> list[np.random.PCG64DXSM]:
        """Return the bit generators of one epoch's noise, one per seed and replicate."""
        keys = [(*key, layer, epoch, NOISE) for key in self._keys]
        return [np.random.PCG64DXSM(seed_sequence(Purpose.PRETRAINING, *k)) for k in keys]

    def uniforms(
        self, bits: list[np.random.PCG64DXSM], shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> Array:
        """Draw numbers in (0, 1) of shape (T or 1, *shape): (k + ½)/2¹⁶, exact in every dtype."""
        count = math.prod(shape)
        drawn = [b.random_raw(-(-count // 4)).view("<u2")[:count].reshape(shape) for b in bits]
        uniforms: Array = (self.spread(drawn).astype(dtype) + dtype.type(0.5)) * dtype.type(2**-16)
        return uniforms


class PretrainedLayer:
    """One hidden layer of a stack in pretraining, with the data that it is to represent.

    ``rows`` (T or 1, n) point into ``source``, whose rows are examples.
    """

    def __init__(
        self,
        layer: Layer,
        source: Array,
        rows: Array,
        batch: int,
        encoder: tuple[Activation, Fields],
    ) -> None:
        self.layer, self.rows = layer, rows
        count = rows.shape[1]
        self.parts = [slice(i, min(i + batch, count)) for i in range(0, count, batch)]
        self._source, self._encoder = source, encoder
        self._works: dict[tuple[int, ...], Workspace] = {}
        self._gradient, self._velocity = layer.zeros(), layer.zeros()

    def _gather(self, rows: Array) -> Workspace:
        """Return the workspace for as many rows, with their examples in ``v``."""
        if rows.shape not in self._works:
            self._works[rows.shape] = Workspace(self.layer, rows.shape, *self._encoder)
        work = self._works[rows.shape]
        np.take(self._source, rows, axis=0, out=work.v, mode="clip")
        return work

    def train_epoch(
        self, member: Pretraining, fields: Fields, index: int, epoch: int, draws: PretrainingDraws
    ) -> Array:
        """Visit every example once; return the mean squared error per example and input, (T,)."""
        trials, out, inputs = self.layer.weights.shape
        count, dtype = self.rows.shape[1], self.layer.weights.dtype
        rows, order = np.broadcast_arrays(self.rows, draws.order(index, epoch, count))
        rows = np.take_along_axis(rows, order, axis=1)
        bits, errors = draws.noise(index, epoch), np.zeros(trials)
        linear = member.linear(index, self._encoder[0])
        for part in self.parts:
            work = self._gather(rows[:, part])
            shape = member.noise(out, inputs, part.stop - part.start)
            uniforms = draws.uniforms(bits, shape, dtype)
            member.gradient(fields, self.layer, work, uniforms, linear, self._gradient)
            errors += work.errors
            for theta, g, v in zip(self.layer, self._gradient, self._velocity, strict=True):
                axes = (trials, *(1,) * (theta.ndim - 1))
                np.multiply(v, fields["momentum"].reshape(axes), v)
                np.multiply(g, fields["learning_rate"].reshape(axes), g)
                np.subtract(v, g, v)
                np.add(theta, v, theta)
        errors /= count * inputs
        return errors

    def encoded(self) -> Array:
        """Return what the layer makes of its data, (T, n, out)."""
        trials, out, _ = self.layer.weights.shape
        hidden = np.empty((trials, self.rows.shape[1], out), self.layer.weights.dtype)
        for part in self.parts:
            work = self._gather(self.rows[:, part])
            work.encode(self.layer, work.v)
            hidden[:, part] = work.h.transpose(0, 2, 1)
        return hidden


def pretrain(
    members: list[Pretraining],
    weights: list[Array],
    biases: list[Array],
    x: Array,
    rows: Array,
    keys: list[StreamKey],
    activation: Activation,
    fields: Fields,
) -> Array:
    """Pretrain the hidden layers of T same-shaped networks in place, from the input side.

    Parameters
    ----------
    members
        The pretraining of each trial; all agree but in their float fields.
    weights, biases
        Per hidden layer (T, out, in) and (T, out), in the recipe's dtype; changed in place.
    x
        The inputs of all examples, (examples, features), in the same dtype.
    rows
        The row numbers of each trial's training examples, (T, n).
    keys
        What keys each trial's draws: trials of one key share every draw.
    activation, fields
        The network's activation and its fields, cast and of shape (T, 1, 1).

    Returns
    -------
    float64 array (T, hidden layers, epochs): the mean of (v̂ − v)² per example and input over an
    epoch's mini-batches, each judged before its update
    """
    member, trials, count = members[0], len(members), rows.shape[1]
    member_fields = cast(stack_fields(members), x.dtype, 2)
    encoder = member.encoder(activation, fields)
    draws, batch = PretrainingDraws(keys), min(member.batch_size, count)
    errors = np.zeros((trials, len(weights), member.epochs))
    source, seen = x, rows if (rows != rows[0]).any() else rows[:1]
    with np.errstate(all="ignore"):  # overflow is a result here, not an accident
        for index, (w, b) in enumerate(zip(weights, biases, strict=True)):
            layer = Layer(w, b, np.zeros((trials, w.shape[2]), x.dtype))
            pretrained = PretrainedLayer(layer, source, seen, batch, encoder)
            for epoch in range(member.epochs):
                errors[:, index, epoch] = pretrained.train_epoch(
                    member, member_fields, index, epoch, draws
                )
            if index + 1 < len(weights):
                source = pretrained.encoded().reshape(trials * count, -1)
                seen = np.arange(trials * count).reshape(trials, count)
    return errors
