"""Activation functions that grow without limit on one side: ReLU and its smooth and leaky kin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, Fields, choice, number
from .activation_function import ONE, ZERO, ActivationFunction
from .squashing import sigmoid


@dataclass(frozen=True)
class ReLU(ActivationFunction):
    """Rectified linear unit: f(z) = max(0, z), f′ = 1 for z > 0 and 0 otherwise, 0 at the kink.

    Source: Nair & Hinton 2010; the value f′(0) = 0 is a convention.
    """

    kind: ClassVar[str] = "relu"
    words: ClassVar[str] = "ReLU"
    kinks: ClassVar[tuple[float, ...]] = (0.0,)

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write max(0, z) to ``out``; a NaN stays a NaN, so divergence is seen."""
        np.maximum(z, ZERO[z.dtype], out=out)

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write 1 where a > 0 and 0 elsewhere to ``out``."""
        np.greater(a, ZERO[a.dtype], out)


def leaky(z: Array, slope: Array, out: Array, scratch: Array) -> None:
    """Write max(0, z) + slope·min(0, z) to ``out``."""
    np.minimum(z, ZERO[z.dtype], out=scratch)
    np.multiply(scratch, slope, scratch)
    np.maximum(z, ZERO[z.dtype], out=out)
    np.add(out, scratch, out)


def leaky_slope(z: Array, slope: Array, out: Array) -> None:
    """Write 1 where z > 0 and the slope elsewhere to ``out``, as slope + (1 − slope)·[z > 0]."""
    np.greater(z, ZERO[z.dtype], out)
    np.multiply(out, ONE[z.dtype] - slope, out)
    np.add(out, slope, out)


@dataclass(frozen=True)
class LeakyReLU(ActivationFunction):
    """Leaky ReLU: f(z) = max(0, z) + slope·min(0, z), f′ = 1 for z > 0 and slope otherwise.

    The form max(slope·z, z) is the same for slope < 1 only. Source: Maas, Hannun & Ng 2013.
    """

    kind: ClassVar[str] = "leaky-relu"
    words: ClassVar[str] = "leaky ReLU"
    needs_preactivation: ClassVar[bool] = True
    kinks: ClassVar[tuple[float, ...]] = (0.0,)
    slope: float = number(0.01, at_least=0.0)

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write f(z) to ``out``."""
        leaky(z, fields["slope"], out, scratch)

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write f′(z) to ``out``."""
        leaky_slope(z, fields["slope"], out)


@dataclass(frozen=True)
class PReLU(ActivationFunction):
    """Parametric ReLU: f(z) = max(0, z) + slope·min(0, z), ∂f/∂slope = min(0, z), slope learned.

    Every hidden unit learns a slope of its own, from the given start; it is not decayed.
    Source: He et al. 2015, Delving Deep into Rectifiers, §2.1.
    """

    kind: ClassVar[str] = "prelu"
    words: ClassVar[str] = "PReLU"
    needs_preactivation: ClassVar[bool] = True
    kinks: ClassVar[tuple[float, ...]] = (0.0,)
    slope: float = number(0.25)

    @property
    def learned_field(self) -> str:
        """The slope."""
        return "slope"

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write f(z) to ``out``."""
        leaky(z, fields["slope"], out, scratch)

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write f′(z) to ``out``."""
        leaky_slope(z, fields["slope"], out)

    def parameter_derivative(self, fields: Fields, z: Array, a: Array, out: Array) -> None:
        """Write min(0, z) to ``out``."""
        np.minimum(z, ZERO[z.dtype], out=out)


def elu(z: Array, alpha: Array, out: Array, scratch: Array) -> None:
    """Write max(0, z) + alpha·(e^min(0, z) − 1) to ``out``."""
    np.minimum(z, ZERO[z.dtype], out=scratch)
    np.expm1(scratch, scratch)
    np.multiply(scratch, alpha, scratch)
    np.maximum(z, ZERO[z.dtype], out=out)
    np.add(out, scratch, out)


def elu_slope(z: Array, alpha: Array, out: Array, scratch: Array) -> None:
    """Write 1 where z > 0 and alpha·eᶻ elsewhere to ``out``."""
    np.minimum(z, ZERO[z.dtype], out=out)
    np.exp(out, out)
    np.multiply(out, alpha, out)
    np.greater(z, ZERO[z.dtype], scratch)
    np.multiply(scratch, ONE[z.dtype] - alpha, scratch)
    np.add(out, scratch, out)


@dataclass(frozen=True)
class ELU(ActivationFunction):
    """Exponential linear unit: f(z) = z for z > 0 and alpha·(eᶻ − 1) otherwise, f′ = 1 or alpha·eᶻ.

    The notes print alpha·z for the lower branch of one form; alpha·(eᶻ − 1) is right.
    Source: Clevert, Unterthiner & Hochreiter 2016.
    """

    kind: ClassVar[str] = "elu"
    words: ClassVar[str] = "ELU"
    needs_preactivation: ClassVar[bool] = True
    kinks: ClassVar[tuple[float, ...]] = (0.0,)
    alpha: float = number(1.0, at_least=0.0)

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write f(z) to ``out``."""
        elu(z, fields["alpha"], out, scratch)

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write f′(z) to ``out``."""
        elu_slope(z, fields["alpha"], out, scratch)


@dataclass(frozen=True)
class SELU(ActivationFunction):
    """Scaled ELU: f(z) = λ·z for z > 0 and λ·α·(eᶻ − 1) otherwise, λ = 1.0507…, α = 1.6732….

    With N(0, 1/fan_in) weights, mean 0 and variance 1 are an attracting fixed point.
    Source: Klambauer et al. 2017.
    """

    kind: ClassVar[str] = "selu"
    words: ClassVar[str] = "SELU"
    needs_preactivation: ClassVar[bool] = True
    kinks: ClassVar[tuple[float, ...]] = (0.0,)
    scale: ClassVar[float] = 1.0507009873554805
    alpha: ClassVar[float] = 1.6732632423543772

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write f(z) to ``out``."""
        elu(z, z.dtype.type(self.alpha), out, scratch)
        np.multiply(out, z.dtype.type(self.scale), out)

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write f′(z) to ``out``."""
        elu_slope(z, z.dtype.type(self.alpha), out, scratch)
        np.multiply(out, z.dtype.type(self.scale), out)


@dataclass(frozen=True)
class Softplus(ActivationFunction):
    """Softplus: f(z) = log(1 + eᶻ), f′ = 1 / (1 + e⁻ᶻ) = 1 − e⁻ᶠ.

    Source: Dugas et al. 2001; Glorot, Bordes & Bengio 2011.
    """

    kind: ClassVar[str] = "softplus"

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write max(0, z) + log1p(e^{−|z|}), which does not overflow, to ``out``."""
        np.abs(z, scratch)
        np.negative(scratch, scratch)
        np.exp(scratch, scratch)
        np.log1p(scratch, scratch)
        np.maximum(z, ZERO[z.dtype], out=out)
        np.add(out, scratch, out)

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write −expm1(−a) to ``out``."""
        np.negative(a, out)
        np.expm1(out, out)
        np.negative(out, out)


@dataclass(frozen=True)
class Swish(ActivationFunction):
    """Swish: f(z) = z·σ(beta·z), f′ = σ(beta·z) + beta·f·(1 − σ(beta·z)), least −.2785 at beta = 1.

    ``learned`` lets every hidden unit learn its beta, ∂f/∂beta = z·f·(1 − σ(beta·z)). beta = 0 is
    z/2, and beta → ∞ gives ReLU. Source: Ramachandran, Zoph & Le 2017.
    """

    kind: ClassVar[str] = "swish"
    needs_preactivation: ClassVar[bool] = True
    beta: float = number(1.0, at_least=0.0)
    learned: bool = False

    @property
    def learned_field(self) -> str:
        """The steepness beta, if it is learned."""
        return "beta" if self.learned else ""

    def _gate(self, fields: Fields, z: Array, out: Array) -> None:
        np.multiply(z, fields["beta"], out)
        sigmoid(out, out)

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write f(z) to ``out``."""
        self._gate(fields, z, scratch)
        np.multiply(z, scratch, out)

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write σ + beta·a·(1 − σ) to ``out``."""
        self._gate(fields, z, scratch)
        np.subtract(ONE[z.dtype], scratch, out)
        np.multiply(out, a, out)
        np.multiply(out, fields["beta"], out)
        np.add(out, scratch, out)

    def parameter_derivative(self, fields: Fields, z: Array, a: Array, out: Array) -> None:
        """Write z·a·(1 − σ) to ``out``."""
        self._gate(fields, z, out)
        np.subtract(ONE[z.dtype], out, out)
        np.multiply(out, a, out)
        np.multiply(out, z, out)


@dataclass(frozen=True)
class GELU(ActivationFunction):
    """Gaussian error linear unit: f(z) = z·Φ(z), f′ = Φ(z) + z·φ(z).

    ``form`` takes Φ exact, or the authors' approximations: ``"tanh"``, ½(1 + tanh(√(2/π)(z +
    .044715z³))), off by at most 4.73e-4, and ``"sigmoid"``, σ(1.702z), off by at most .0203 in f.
    Source: Hendrycks & Gimpel 2016.
    """

    kind: ClassVar[str] = "gelu"
    words: ClassVar[str] = "GELU"
    needs_preactivation: ClassVar[bool] = True
    form: str = choice("exact", "tanh", "sigmoid")

    def _gate(self, z: Array, out: Array) -> None:
        if self.form == "exact":
            from scipy.special import ndtr

            ndtr(z, out=out)
            return
        if self.form == "tanh":  # ½(1 + tanh u) = σ(2u)
            np.multiply(z, z, out)
            np.multiply(out, z.dtype.type(0.044715), out)
            np.add(out, ONE[z.dtype], out)
            np.multiply(out, z, out)
            np.multiply(out, z.dtype.type(2.0 * math.sqrt(2.0 / math.pi)), out)
        else:
            np.multiply(z, z.dtype.type(1.702), out)
        sigmoid(out, out)

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write f(z) to ``out``."""
        self._gate(z, scratch)
        np.multiply(z, scratch, out)

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write the derivative of the chosen form to ``out``."""
        self._gate(z, scratch)
        kind = z.dtype.type
        if self.form == "exact":
            np.multiply(z, z, out)
            np.multiply(out, kind(-0.5), out)
            np.exp(out, out)
            np.multiply(out, kind(1.0 / math.sqrt(2.0 * math.pi)), out)
            np.multiply(out, z, out)
            np.add(out, scratch, out)
            return
        if self.form == "tanh":  # the gate is σ(u): f′ = σ + u′·a·(1 − σ)
            np.multiply(z, z, out)
            np.multiply(out, kind(3.0 * 0.044715), out)
            np.add(out, ONE[z.dtype], out)
            np.multiply(out, kind(2.0 * math.sqrt(2.0 / math.pi)), out)
            np.multiply(out, a, out)
        else:
            np.multiply(a, kind(1.702), out)
        np.subtract(ONE[z.dtype], scratch, scratch)
        np.multiply(out, scratch, out)
        np.subtract(out, scratch, out)
        np.add(out, ONE[z.dtype], out)
