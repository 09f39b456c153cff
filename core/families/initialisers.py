"""Initial weights: each member turns the same standard normal draws into them, so arms stay paired.

``weights(draws)`` takes float64 standard normals of shape (fan_out, fan_in) and returns the
weights. A uniform variant sends the same draws through Φ. Biases start at the recipe's bias plus
N(0, bias_std²).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, Component, choice, number


def uniform_of(draws: Array) -> Array:
    """Send standard normal draws through Φ to U(0, 1)."""
    from scipy.special import ndtr

    return np.asarray(ndtr(draws))


def shaped(draws: Array, std: float, distribution: str) -> Array:
    """Give standard normal draws the standard deviation ``std``, normal or uniform in shape.

    The uniform variant is U(−√3·std, √3·std): the draw's Φ, moved to mean 0 and variance std².
    """
    if distribution == "normal":
        return draws * std
    return (2.0 * uniform_of(draws) - 1.0) * (math.sqrt(3.0) * std)


@dataclass(frozen=True)
class InitialiserFunction(Component, ABC):
    """What every initialiser says of itself.

    ``fits_data`` asks the engine to scale each layer until its pre-activations on training data
    have variance 1.
    """

    fits_data: ClassVar[bool] = False

    @abstractmethod
    def weights(self, draws: Array) -> Array:
        """Return the weights made of the draws."""


@dataclass(frozen=True)
class Zeros(InitialiserFunction):
    """All weights zero: w = 0; hidden units of a layer then stay alike for ever.

    Source: the notes, as what must not be done.
    """

    kind: ClassVar[str] = "zeros"

    def weights(self, draws: Array) -> Array:
        """Return zeros."""
        return np.zeros_like(draws)


@dataclass(frozen=True)
class Constant(InitialiserFunction):
    """All weights alike: w = value; the units of a layer stay copies of one another.

    Source: the notes, on breaking symmetry.
    """

    kind: ClassVar[str] = "constant"
    value: float = number(0.1)

    def weights(self, draws: Array) -> Array:
        """Return the value everywhere."""
        return np.full_like(draws, self.value)


@dataclass(frozen=True)
class Gaussian(InitialiserFunction):
    """One width in every layer: w ~ N(0, std²), whatever the layer's size.

    std = 1 is Nielsen's "large" initialisation, .01 the notes' small one. Source: Nielsen 2015,
    ch. 3; the notes.
    """

    kind: ClassVar[str] = "gaussian"
    std: float = number(0.01, at_least=0.0, words="sd of initial weights")

    def weights(self, draws: Array) -> Array:
        """Return draws·std."""
        return draws * self.std


@dataclass(frozen=True)
class Uniform(InitialiserFunction):
    """One range in every layer: w ~ U(−limit, limit), whatever the layer's size.

    Source: the notes.
    """

    kind: ClassVar[str] = "uniform"
    limit: float = number(0.05, at_least=0.0)

    def weights(self, draws: Array) -> Array:
        """Return the draws' Φ stretched to (−limit, limit)."""
        return (2.0 * uniform_of(draws) - 1.0) * self.limit


@dataclass(frozen=True)
class LeCun(InitialiserFunction):
    """LeCun: Var w = gain²/fan_in, so that unit-variance inputs give unit-variance pre-activations.

    gain = 1 with bias_std = 1 is Nielsen's default initialisation; gain = 1/√3 and uniform is
    U(±1/√fan_in), the framework default of the notes. Source: LeCun et al. 1998, Efficient
    BackProp, §4.6.
    """

    kind: ClassVar[str] = "lecun"
    words: ClassVar[str] = "LeCun"
    gain: float = number(1.0, above=0.0)
    distribution: str = choice("normal", "uniform")

    def weights(self, draws: Array) -> Array:
        """Return weights of variance gain²/fan_in."""
        return shaped(draws, self.gain / math.sqrt(draws.shape[1]), self.distribution)


@dataclass(frozen=True)
class Xavier(InitialiserFunction):
    """Xavier: Var w = gain²·2/(fan_in + fan_out), a compromise between signal and gradient.

    The uniform variant is U(±gain·√6/√(fan_in + fan_out)). Source: Glorot & Bengio 2010, eq. 16.
    """

    kind: ClassVar[str] = "xavier"
    words: ClassVar[str] = "Xavier"
    gain: float = number(1.0, above=0.0)
    distribution: str = choice("normal", "uniform")

    def weights(self, draws: Array) -> Array:
        """Return weights of variance gain²·2/(fan_in + fan_out)."""
        return shaped(draws, self.gain * math.sqrt(2.0 / sum(draws.shape)), self.distribution)


@dataclass(frozen=True)
class He(InitialiserFunction):
    """He: Var w = gain²·2/fan, which keeps the signal's second moment through layers of ReLU.

    ``mode`` takes fan_in, which keeps the signal, or fan_out, which keeps the gradient; for a
    leaky ReLU of slope a the gain is 1/√(1 + a²). Source: He et al. 2015, Delving Deep into
    Rectifiers, eq. 10 and 14.
    """

    kind: ClassVar[str] = "he"
    words: ClassVar[str] = "He"
    gain: float = number(1.0, above=0.0)
    distribution: str = choice("normal", "uniform")
    mode: str = choice("fan-in", "fan-out", later=True)

    def weights(self, draws: Array) -> Array:
        """Return weights of variance gain²·2/fan."""
        fan = draws.shape[1 if self.mode == "fan-in" else 0]
        return shaped(draws, self.gain * math.sqrt(2.0 / fan), self.distribution)


def orthogonal(draws: Array) -> Array:
    """Return the orthonormal rows or columns that a QR decomposition makes of the draws.

    The signs of R's diagonal are moved into Q, so that Q is uniform over orthogonal matrices.
    """
    tall = draws if draws.shape[0] >= draws.shape[1] else draws.T
    q, r = np.linalg.qr(tall)
    q = q * np.where(np.diagonal(r) < 0.0, -1.0, 1.0)
    return np.ascontiguousarray(q if tall is draws else q.T)


@dataclass(frozen=True)
class Orthogonal(InitialiserFunction):
    """Orthonormal rows or columns times gain: WWᵀ or WᵀW = gain²·I.

    Deep linear networks then keep every singular value at 1. Source: Saxe, McClelland & Ganguli
    2013.
    """

    kind: ClassVar[str] = "orthogonal"
    gain: float = number(1.0, above=0.0)

    def weights(self, draws: Array) -> Array:
        """Return gain times the orthonormal part of the draws."""
        return orthogonal(draws) * self.gain


@dataclass(frozen=True)
class Sparse(InitialiserFunction):
    """Few inputs to each unit: w ~ N(0, std²) for ``connections`` inputs of a unit, w = 0 else.

    Which inputs those are is decided by the draws' far digits, which are independent of their
    size. Source: Martens 2010; Sutskever et al. 2013, §3.1 (15 connections).
    """

    kind: ClassVar[str] = "sparse"
    std: float = number(1.0, at_least=0.0)
    connections: int = number(15, at_least=1)

    def weights(self, draws: Array) -> Array:
        """Return draws·std at ``connections`` inputs of each unit and 0 elsewhere."""
        lot = np.modf(uniform_of(draws) * 2.0**20)[0]
        kept = np.argsort(lot, axis=1, kind="stable")[:, : self.connections]
        weights = np.zeros_like(draws)
        np.put_along_axis(weights, kept, np.take_along_axis(draws, kept, axis=1) * self.std, axis=1)
        return weights


@dataclass(frozen=True)
class LSUV(InitialiserFunction):
    """Layer-sequential unit variance: orthonormal weights, W ← W/sd(z) layer by layer on data.

    sd(z) is that of the layer's pre-activations over its units and the trial's first training
    examples, at most 256. What biases of bias_std > 0 deviate from their mean is divided by it,
    too, so that sd(z) becomes 1. Source: Mishkin & Matas 2016, without random biases.
    """

    kind: ClassVar[str] = "lsuv"
    words: ClassVar[str] = "LSUV"
    revision: ClassVar[int] = 2
    fits_data: ClassVar[bool] = True

    def weights(self, draws: Array) -> Array:
        """Return the orthonormal part of the draws, which the engine then scales."""
        return orthogonal(draws)


Initialiser = (
    Zeros | Constant | Gaussian | Uniform | LeCun | Xavier | He | Orthogonal | Sparse | LSUV
)
