"""Greedy layer-wise pretraining of the hidden layers, before the whole network is trained.

Each hidden layer in turn learns to represent its input, the data or what the finished layers
below make of it, without labels; the labels come in afterwards, when the whole network is trained
from the weights found here. W is *tied*: it reads the input v as h = f(Wv + b), and Wᵀ writes it
back as v̂ = Wᵀh + c, through a sigmoid where v lies in [0, 1]. W and b start as the initialiser left
them, c starts at 0 and is dropped at the end; every update is gradient descent with momentum.

A member computes its gradient for a whole stack with ``gradient(...)`` and says how it reads
(``encoder``), whether it writes back without the sigmoid (``linear``) and how many uniform draws
a mini-batch takes (``noise``). Source: Hinton, Osindero & Teh 2006; Bengio et al. 2007.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..components import Array, Component, Fields, cast, choice, number, stack_fields
from ..errors import InputError
from ..streams import Purpose, seed_sequence, stream
from .activations import Activation, Sigmoid
from .squashing import sigmoid

ORDER, NOISE = 0, 1
"""The last number in the key of a stream: the visiting order, and the noise, of one epoch."""


class Layer(NamedTuple):
    """One layer of T trials read in both directions, or its gradient or velocity.

    ``weights`` W has shape (T, out, in), ``biases`` b of the units (T, out), ``inputs`` the
    biases c of the reconstruction (T, in).
    """

    weights: Array
    biases: Array
    inputs: Array

    def zeros(self) -> Layer:
        """Return arrays of the same shapes, all zero and contiguous."""
        return Layer(*(np.zeros(array.shape, array.dtype) for array in self))


class Workspace:
    """The buffers of one layer's step on mini-batches of B examples.

    ``v`` is the mini-batch, (T or 1, B, in); ``seen`` what the units read and ``rebuilt`` the
    reconstruction or its error, (T, B, in); ``z``, ``h`` and ``back`` hold the units, (T, out, B).
    ``errors`` receives each trial's squared error summed over the mini-batch, (T,).
    """

    def __init__(
        self, layer: Layer, rows: tuple[int, ...], activation: Activation, fields: Fields
    ) -> None:
        (trials, out, inputs), dtype = layer.weights.shape, layer.weights.dtype
        batch = rows[1]
        self.activation, self.fields = activation, fields
        self.v = np.empty((*rows, inputs), dtype)
        self.seen, self.rebuilt = (np.empty((trials, batch, inputs), dtype) for _ in range(2))
        self.h, self.back = (np.empty((trials, out, batch), dtype) for _ in range(2))
        self.z = np.empty_like(self.h) if activation.needs_preactivation else self.h
        self.slope, self.spare = np.empty_like(self.h), np.empty_like(self.h)
        self.product = np.empty((trials, out, inputs), dtype)
        self.ones, self.batch = np.ones(batch, dtype), np.full(1, batch, dtype)
        self.errors = np.empty(trials, dtype)

    def encode(self, layer: Layer, v: Array) -> None:
        """Fill ``h`` with f(Wv + b); v has shape (T or 1, B, in)."""
        np.matmul(layer.weights, v.transpose(0, 2, 1), self.z)
        np.add(self.z, layer.biases[:, :, None], self.z)
        self.activation.apply(self.fields, self.z, self.h, self.slope)

    def decode(self, layer: Layer, h: Array, linear: bool) -> None:
        """Fill ``rebuilt`` with Wᵀh + c, through a sigmoid unless ``linear``."""
        np.matmul(h.transpose(0, 2, 1), layer.weights, self.rebuilt)
        np.add(self.rebuilt, layer.inputs[:, None, :], self.rebuilt)
        if not linear:
            sigmoid(self.rebuilt, self.rebuilt)

    def judge(self) -> None:
        """Turn ``rebuilt`` into v̂ − v and note its squared norm."""
        np.subtract(self.rebuilt, self.v, self.rebuilt)
        flat = self.rebuilt.reshape(len(self.rebuilt), -1)
        np.vecdot(flat, flat, self.errors)


def check_unit_interval(setting: str, low: float, high: float, instead: str) -> None:
    """Refuse data from low to high that leave [0, 1]."""
    if not 0.0 <= low <= high <= 1.0:
        told = f"reach from {low:g} to {high:g}" if math.isfinite(high - low) else "have no bounds"
        raise InputError(
            f"pretraining.{setting} needs inputs between 0 and 1; these {told}, so use {instead!r}"
        )


@dataclass(frozen=True)
class AutoencoderPretraining(Component):
    """Autoencoders, denoising where ``corruption`` > 0: h = f(Wṽ + b), v̂ = Wᵀh + c or its sigmoid.

    ṽ is v with each input set to 0 with probability ``corruption``, anew at every visit, and f the
    network's own activation. An example's loss is ½‖v̂ − v‖² with the linear v̂, or
    −Σ vᵢ log v̂ᵢ + (1 − vᵢ) log(1 − v̂ᵢ) with the sigmoid one; both have the gradient v̂ − v for
    Wᵀh + c. ``reconstruction`` chooses for the data: ``"squared-error"`` is right for any,
    ``"cross-entropy"`` for [0, 1]. Higher layers take cross-entropy where the activation lies in
    [0, 1], squared error otherwise. Cross-entropy bears, and in few epochs needs, a learning rate
    ten times larger than squared error, which diverges early in wide layers. Without corruption a
    layer at least as wide as its input may learn to copy it. Source: Bengio et al. 2007;
    corruption: Vincent et al. 2008, 2010.
    """

    kind: ClassVar[str] = "autoencoder"
    purpose: ClassVar[Purpose | None] = Purpose.PRETRAINING
    epochs: int = number(10, at_least=1, at_most=10_000_000)
    batch_size: int = number(32, at_least=1)
    learning_rate: float = number(0.01, above=0.0)
    momentum: float = number(0.0, at_least=0.0, below=1.0)
    corruption: float = number(0.0, at_least=0.0, at_most=1.0)
    reconstruction: str = choice("squared-error", "cross-entropy")

    def check_inputs(self, low: float, high: float) -> None:
        """Refuse data that the reconstruction cannot reach; they lie between low and high.

        Raises
        ------
        InputError
            If cross-entropy meets data outside [0, 1].
        """
        if self.reconstruction == "cross-entropy":
            check_unit_interval("reconstruction = 'cross-entropy'", low, high, "squared-error")

    @staticmethod
    def encoder(activation: Activation, fields: Fields) -> tuple[Activation, Fields]:
        """Return the network's own activation."""
        return activation, fields

    def linear(self, index: int, activation: Activation) -> bool:
        """Tell whether the layer, counted from 0, writes back without the sigmoid."""
        if index == 0:
            return self.reconstruction == "squared-error"
        low, high = activation.limits or (-math.inf, math.inf)
        return low < 0.0 or high > 1.0

    @staticmethod
    def noise(_: int, inputs: int, batch: int) -> tuple[int, ...]:
        """Return the shape of a mini-batch's draws: one per example and input."""
        return batch, inputs

    @staticmethod
    def gradient(
        fields: Fields, layer: Layer, work: Workspace, draws: Array, linear: bool, out: Layer
    ) -> None:
        """Fill ``out`` with the gradient of the mini-batch's mean loss.

        ∂/∂W = h δᵀ + ε ṽᵀ with δ = (v̂ − v)/B and ε = (Wδ) ⊙ f′(z); ∂/∂b = Σε, ∂/∂c = Σδ.
        ``work.v`` holds the mini-batch, ``draws`` uniforms (T or 1, B, in).
        """
        np.multiply(work.v, draws >= fields["corruption"], work.seen)
        work.encode(layer, work.seen)
        work.decode(layer, work.h, linear)
        work.judge()
        delta = np.divide(work.rebuilt, work.batch, work.rebuilt)
        np.matmul(layer.weights, delta.transpose(0, 2, 1), work.back)
        work.activation.derivative(work.fields, work.z, work.h, work.slope, work.spare)
        np.multiply(work.back, work.slope, work.back)
        np.matmul(work.h, delta, out.weights)
        np.matmul(work.back, work.seen, work.product)
        np.add(out.weights, work.product, out.weights)
        np.matvec(work.back, work.ones, out=out.biases)
        np.vecmat(work.ones, delta, out=out.inputs)


@dataclass(frozen=True)
class RBMPretraining(Component):
    """Restricted Boltzmann machines by contrastive divergence: E(v, h) = −hᵀWv − bᵀh − cᵀv.

    Each mini-batch moves along ⟨h vᵀ⟩ of the data minus ⟨h vᵀ⟩ after ``steps`` Gibbs steps from
    them (CD-1 by default). Binary hidden units are sampled from p = σ(Wv + b) to rebuild the
    input as σ(Wᵀh + c), which is not sampled, as p is not in the averages. Higher layers see the
    probabilities p of the layer below. ``visible`` is the kind of the data: ``"binary"`` for
    [0, 1], ``"gaussian"`` with variance 1 for any (rebuilt without the sigmoid, and wanting a
    learning rate ten or a hundred times smaller). The units are sigmoid ones: another activation
    of the network takes over weights that were not made for it. Source: Hinton 2002; Hinton 2010,
    A practical guide to training restricted Boltzmann machines, §3, §9 and §13.2.
    """

    kind: ClassVar[str] = "rbm"
    purpose: ClassVar[Purpose | None] = Purpose.PRETRAINING
    epochs: int = number(10, at_least=1, at_most=10_000_000)
    batch_size: int = number(32, at_least=1)
    learning_rate: float = number(0.1, above=0.0)
    momentum: float = number(0.5, at_least=0.0, below=1.0)
    steps: int = number(1, at_least=1)
    visible: str = choice("binary", "gaussian")

    def check_inputs(self, low: float, high: float) -> None:
        """Refuse data that are no probabilities of binary units; they lie between low and high.

        Raises
        ------
        InputError
            If binary visible units meet data outside [0, 1].
        """
        if self.visible == "binary":
            check_unit_interval("visible = 'binary'", low, high, "gaussian")

    @staticmethod
    def encoder(_: Activation, __: Fields) -> tuple[Activation, Fields]:
        """Return the sigmoid: h is the probability of a binary unit."""
        return Sigmoid(), {}

    def linear(self, index: int, _: Activation) -> bool:
        """Tell whether the layer, counted from 0, writes back without the sigmoid."""
        return index == 0 and self.visible == "gaussian"

    def noise(self, out: int, _: int, batch: int) -> tuple[int, ...]:
        """Return the shape of a mini-batch's draws: one per Gibbs step, unit and example."""
        return self.steps, out, batch

    @staticmethod
    def gradient(
        _: Fields, layer: Layer, work: Workspace, draws: Array, linear: bool, out: Layer
    ) -> None:
        """Fill ``out`` with the mini-batch's mean difference, chain minus data.

        ``work.v`` holds the mini-batch, ``draws`` uniforms (T or 1, steps, out, B).
        """
        work.encode(layer, work.v)
        np.matmul(work.h, work.v, out.weights)
        np.matvec(work.h, work.ones, out=out.biases)
        for step in range(draws.shape[1]):
            np.less(draws[:, step], work.h, work.back)
            work.decode(layer, work.back, linear)
            work.encode(layer, work.rebuilt)
        np.matmul(work.h, work.rebuilt, work.product)
        np.subtract(work.product, out.weights, out.weights)
        np.subtract(np.matvec(work.h, work.ones), out.biases, out.biases)
        work.judge()
        np.vecmat(work.ones, work.rebuilt, out=out.inputs)
        for array in out:
            np.divide(array, work.batch, array)


class Streams:
    """The draws of a stack, made once for trials of the same seed and replicate."""

    def __init__(self, luck: list[tuple[int, int]]) -> None:
        self._keys = list(dict.fromkeys(luck))
        self._which = np.array([self._keys.index(key) for key in luck])

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


class Level:
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
        self, member: Pretraining, fields: Fields, index: int, epoch: int, draws: Streams
    ) -> Array:
        """Visit every example once; return the mean squared error per example and input, (T,)."""
        trials, out, inputs = self.layer.weights.shape
        count, dtype = self.rows.shape[1], self.layer.weights.dtype
        own, order = np.broadcast_arrays(self.rows, draws.order(index, epoch, count))
        rows = np.take_along_axis(own, order, axis=1)
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
    luck: list[tuple[int, int]],
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
    luck
        Each trial's seed and replicate: trials that agree in both share every draw.
    activation, fields
        The network's activation and its fields, cast and of shape (T, 1, 1).

    Returns
    -------
    float64 array (T, hidden layers, epochs): the mean of (v̂ − v)² per example and input over an
    epoch's mini-batches, each judged before its update
    """
    member, trials, count = members[0], len(members), rows.shape[1]
    own = cast(stack_fields(members), x.dtype, 2)
    encoder = member.encoder(activation, fields)
    draws, batch = Streams(luck), min(member.batch_size, count)
    errors = np.zeros((trials, len(weights), member.epochs))
    source, seen = x, rows if (rows != rows[0]).any() else rows[:1]
    with np.errstate(all="ignore"):  # overflow is a result here, not an accident
        for index, (w, b) in enumerate(zip(weights, biases, strict=True)):
            layer = Layer(w, b, np.zeros((trials, w.shape[2]), x.dtype))
            level = Level(layer, source, seen, batch, encoder)
            for epoch in range(member.epochs):
                errors[:, index, epoch] = level.train_epoch(member, own, index, epoch, draws)
            if index + 1 < len(weights):
                source = level.encoded().reshape(trials * count, -1)
                seen = np.arange(trials * count).reshape(trials, count)
    return errors


Pretraining = AutoencoderPretraining | RBMPretraining
