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
from typing import ClassVar, NamedTuple

import numpy as np

from ..components import Array, Component, Fields, choice, number
from ..errors import InputError
from ..streams import Purpose
from .activations import Activation, Sigmoid
from .squashing import sigmoid


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
        reach = f"reach from {low:g} to {high:g}" if math.isfinite(high - low) else "have no bounds"
        raise InputError(
            f"pretraining.{setting} needs inputs between 0 and 1; these {reach}, so use {instead!r}"
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
    words: ClassVar[str] = "RBM"
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


Pretraining = AutoencoderPretraining | RBMPretraining
