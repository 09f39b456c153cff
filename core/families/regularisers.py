"""Regularisers: whatever is added to a training so that it generalises or stays stable.

A recipe holds at most one member of each kind. Sub-families say where a member acts in a step:
on the inputs and targets, on hidden activations, on the gradient of the weights (biases, gains
and shifts are never penalised), on the weights after the step, or between epochs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, Component, Fields, choice, number, numbers
from ..streams import Purpose


@np.errstate(over="ignore")
def shrinkage(vectors: Array, limit: Array) -> Array:
    """Return min(1, limit/‖v‖) of vectors along the last axis, in their dtype.

    Where the square of a length overflows float32 it is taken in float64, so that an exploding
    gradient is clipped and not lost.
    """
    length = np.sqrt(np.vecdot(vectors, vectors)).astype(np.float64)
    beyond = ~np.isfinite(length)
    if beyond.any():
        wide = vectors[beyond].astype(np.float64)
        length[beyond] = np.sqrt(np.vecdot(wide, wide))
    return np.asarray(limit / np.maximum(length, limit), vectors.dtype)


@dataclass(frozen=True)
class L2(Component):
    """Squared-norm penalty, coupled to the gradient: g ← g + λW.

    ``normalisation`` names what the strength λ multiplies: ``"half"`` adds ½λ‖W‖² to the loss
    (gradient λW); ``"per-example"`` adds λ/(2n)‖W‖² with n training examples (gradient (λ/n)W),
    Nielsen's convention, in which λ = 5 at n = 50,000 is a decay of 1e-4.
    Source: Hoerl & Kennard 1970; Nielsen 2015, ch. 3; the notes (both).
    """

    kind: ClassVar[str] = "l2"
    strength: float = number(0.0, at_least=0.0, words="L2 strength λ")
    normalisation: str = choice("half", "per-example")

    def decay(self, fields: Fields, training_examples: int) -> Array:
        """Return the coefficient of W in the gradient per trial, float64 of shape (T,)."""
        if self.normalisation == "half":
            return fields["strength"]
        return fields["strength"] / training_examples

    @staticmethod
    def add_gradient(weights: Array, g: Array, decay: Array, scratch: Array) -> None:
        """Apply g ← g + decay·W."""
        np.multiply(weights, decay, scratch)
        np.add(g, scratch, g)


@dataclass(frozen=True)
class L1(Component):
    """Absolute penalty: g ← g + strength·sign(W), or soft thresholding after the step.

    The loss gains strength·Σ|w|. ``form = "proximal"`` applies W ← sign(W)·max(0, |W| −
    rate·strength) instead, which gives exact zeros. Source: Tibshirani 1996; Parikh & Boyd 2014
    for the proximal step.
    """

    kind: ClassVar[str] = "l1"
    strength: float = number(0.0, at_least=0.0)
    form: str = choice("subgradient", "proximal")

    def decay(self, fields: Fields, training_examples: int) -> Array:
        """Return the strength per trial."""
        return fields["strength"]

    @staticmethod
    def add_gradient(weights: Array, g: Array, decay: Array, scratch: Array) -> None:
        """Apply g ← g + decay·sign(W), 0 at the kink."""
        np.sign(weights, scratch)
        np.multiply(scratch, decay, scratch)
        np.add(g, scratch, g)

    @staticmethod
    def shrink(weights: Array, threshold: Array, scratch: Array) -> None:
        """Apply W ← W − max(−threshold, min(threshold, W))."""
        np.minimum(weights, threshold, out=scratch)
        np.maximum(scratch, -threshold, out=scratch)
        np.subtract(weights, scratch, weights)


@dataclass(frozen=True)
class DecoupledDecay(Component):
    """Decay apart from the gradient: W ← W − rate·strength·W before the optimiser's step.

    For SGD it equals L2 of the same strength; adaptive optimisers divide L2's part of the
    gradient by its size, and differ. Source: Hanson & Pratt 1988; Loshchilov & Hutter 2019.
    """

    kind: ClassVar[str] = "decoupled-decay"
    strength: float = number(0.0, at_least=0.0)


@dataclass(frozen=True)
class MaxNorm(Component):
    """Bound on each unit's incoming weights: w ← w·min(1, limit/‖w‖) after every step.

    Source: Srebro & Shraibman 2005; Srivastava et al. 2014, §5.1.
    """

    kind: ClassVar[str] = "max-norm"
    limit: float = number(3.0, above=0.0)

    @staticmethod
    def project(weights: Array, limit: Array) -> None:
        """Scale the rows of W, shape (T, out, in), whose norm exceeds the limit, shape (T, 1)."""
        weights *= shrinkage(weights, limit)[:, :, None]


@dataclass(frozen=True)
class Dropout(Component):
    """Inverted dropout while training: h ← 0 with probability p, else h/(1 − p), so that E[h′] = h.

    A unit is dropped where its 16-bit uniform draw lies below p, so a larger p drops a superset;
    kept values are divided by the realised 1 − p. p = 0 changes nothing, p = 1 drops all. Given
    ``per_layer``, hidden layers take p from there, in order. One note prints a probability of 0
    for a dropped unit, by mistake. Source: Srivastava et al. 2014; the notes.
    """

    kind: ClassVar[str] = "dropout"
    purpose: ClassVar[Purpose | None] = Purpose.MASKS
    p: float = number(0.5, at_least=0.0, at_most=1.0, words="dropout p")
    per_layer: tuple[float, ...] = numbers(at_least=0.0, at_most=1.0, words="dropout p by layer")

    def probabilities(self, fields: Fields, layer: int) -> Array:
        """Return p of a hidden layer, from 0, per trial."""
        return np.full_like(fields["p"], self.per_layer[layer]) if self.per_layer else fields["p"]

    @staticmethod
    def thresholds(p: Array) -> tuple[Array, Array]:
        """Return per trial the first 16-bit draw that is kept and the factor of kept values."""
        threshold = np.rint(p * 65536.0)
        kept = 1.0 - threshold / 65536.0
        factor = np.divide(1.0, kept, out=np.zeros_like(kept), where=kept > 0.0)
        return threshold.astype(np.int32), factor


@dataclass(frozen=True)
class InputNoise(Component):
    """Noise on the inputs while training: x′ = x + ε, ε ~ N(0, std²).

    For a linear model and squared error it is ridge regression of strength n·std². One note
    prints it without the addition. Source: Bishop 1995; the notes.
    """

    kind: ClassVar[str] = "input-noise"
    purpose: ClassVar[Purpose | None] = Purpose.INPUT_NOISE
    std: float = number(0.1, at_least=0.0)


@dataclass(frozen=True)
class LabelSmoothing(Component):
    """Softer targets while training: y′ = (1 − strength)·y + strength/C over C classes.

    Source: Szegedy et al. 2016, §7.
    """

    kind: ClassVar[str] = "label-smoothing"
    strength: float = number(0.1, at_least=0.0, below=1.0)


@dataclass(frozen=True)
class ClipValue(Component):
    """Clipping by value: g ← max(−limit, min(limit, g)) for every parameter.

    Source: Mikolov 2012; the notes, which force the gradient into a range.
    """

    kind: ClassVar[str] = "clip-value"
    limit: float = number(1.0, above=0.0)

    @staticmethod
    def clip(g: Array, limit: Array) -> None:
        """Clip g in place."""
        np.minimum(g, limit, out=g)
        np.maximum(g, -limit, out=g)


@dataclass(frozen=True)
class ClipNorm(Component):
    """Clipping by global norm: g ← g·min(1, limit/‖g‖), ‖g‖ over all parameters of the network.

    Source: Pascanu, Mikolov & Bengio 2013.
    """

    kind: ClassVar[str] = "clip-norm"
    limit: float = number(1.0, above=0.0)

    @staticmethod
    def clip(g: Array, limit: Array) -> None:
        """Scale g, shape (T, parameters), in place where its norm exceeds the limit, (T, 1)."""
        g *= shrinkage(g, limit[:, 0])[:, None]


@dataclass(frozen=True)
class Averaging(Component):
    """Weight averaging: θ̄ ← decay·θ̄ + (1 − decay)·θ after every step; scores are those of θ̄.

    θ̄ starts at the initial parameters. Source: Polyak & Juditsky 1992, in exponential form.
    """

    kind: ClassVar[str] = "averaging"
    decay: float = number(0.99, at_least=0.0, below=1.0)


@dataclass(frozen=True)
class EarlyStopping(Component):
    """Early stopping: end at epoch − best epoch ≥ patience, with the weights of the best epoch.

    A new best is a validation loss below the former best by more than ``margin``; the training
    needs a validation set. The network before training counts as epoch 0: where no epoch improves
    on it, the initial weights are restored. Source: Prechelt 1998; the notes.
    """

    kind: ClassVar[str] = "early-stopping"
    patience: int = number(5, at_least=1)
    margin: float = number(0.0, at_least=0.0)


Penalty = L2 | L1
Clip = ClipValue | ClipNorm
Regulariser = (
    L2
    | L1
    | DecoupledDecay
    | MaxNorm
    | Dropout
    | InputNoise
    | LabelSmoothing
    | ClipValue
    | ClipNorm
    | Averaging
    | EarlyStopping
)
