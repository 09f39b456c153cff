"""Initial weights: each member scales the same standard normal draws, so arms stay paired.

``weights(draws)`` takes float64 standard normals of shape (fan_out, fan_in) and returns the
weights. A uniform variant sends the same draws through Φ. Biases start at N(0, bias_std²), a
setting of the recipe.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .components import Array, Component, choice, number


def shaped(draws: Array, std: float, distribution: str) -> Array:
    """Give standard normal draws the standard deviation ``std``, normal or uniform in shape.

    The uniform variant is U(−√3·std, √3·std): the draw's Φ, moved to mean 0 and variance std².
    """
    if distribution == "normal":
        return draws * std
    from scipy.special import ndtr

    return np.asarray((2.0 * ndtr(draws) - 1.0) * (math.sqrt(3.0) * std))


@dataclass(frozen=True)
class Gaussian(Component):
    """Weights of one width in every layer: w ~ N(0, std²), whatever the layer's size.

    std = 1 is Nielsen's "large" initialisation (Neural Networks and Deep Learning, ch. 3).
    """

    kind: ClassVar[str] = "gaussian"
    std: float = number(0.01, at_least=0.0)

    def weights(self, draws: Array) -> Array:
        """Return draws·std."""
        return draws * self.std


@dataclass(frozen=True)
class LeCun(Component):
    """Variance gain²/fan_in: unit-variance inputs give unit-variance pre-activations.

    gain = 1 with bias_std = 1 is Nielsen's default initialisation. Source: LeCun et al. 1998,
    Efficient BackProp, §4.6.
    """

    kind: ClassVar[str] = "lecun"
    gain: float = number(1.0, above=0.0)
    distribution: str = choice("normal", "uniform")

    def weights(self, draws: Array) -> Array:
        """Return weights of variance gain²/fan_in."""
        return shaped(draws, self.gain / math.sqrt(draws.shape[1]), self.distribution)


@dataclass(frozen=True)
class Xavier(Component):
    """Variance gain²·2/(fan_in + fan_out): a compromise between signal and gradient.

    The uniform variant is U(±gain·√6/√(fan_in + fan_out)). Source: Glorot & Bengio 2010, eq. 16.
    """

    kind: ClassVar[str] = "xavier"
    gain: float = number(1.0, above=0.0)
    distribution: str = choice("normal", "uniform")

    def weights(self, draws: Array) -> Array:
        """Return weights of variance gain²·2/(fan_in + fan_out)."""
        return shaped(draws, self.gain * math.sqrt(2.0 / sum(draws.shape)), self.distribution)


@dataclass(frozen=True)
class He(Component):
    """Variance gain²·2/fan_in: keeps the signal's second moment through layers of ReLU.

    Source: He et al. 2015, Delving Deep into Rectifiers, eq. 10.
    """

    kind: ClassVar[str] = "he"
    gain: float = number(1.0, above=0.0)
    distribution: str = choice("normal", "uniform")

    def weights(self, draws: Array) -> Array:
        """Return weights of variance gain²·2/fan_in."""
        return shaped(draws, self.gain * math.sqrt(2.0 / draws.shape[1]), self.distribution)


Initialiser = Gaussian | LeCun | Xavier | He
