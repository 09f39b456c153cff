"""Activation functions that saturate: their values lie between two limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, Fields
from .activation_function import ONE, ZERO, ActivationFunction


def sigmoid(z: Array, out: Array) -> None:
    """Write 1 / (1 + e⁻ᶻ) to ``out``; e⁻ᶻ may overflow to ∞, whose reciprocal is the right 0."""
    one = ONE[z.dtype]
    np.negative(z, out)
    np.exp(out, out)
    np.add(out, one, out)
    np.divide(one, out, out)


@dataclass(frozen=True)
class Sigmoid(ActivationFunction):
    """Logistic sigmoid: f(z) = 1 / (1 + e⁻ᶻ), f′ = f·(1 − f) ≤ ¼, the maximum at z = 0.

    Source: Rumelhart, Hinton & Williams 1986 (Nature 323:533).
    """

    kind: ClassVar[str] = "sigmoid"
    limits: ClassVar[tuple[float, float] | None] = (0.0, 1.0)

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write f(z) to ``out``."""
        sigmoid(z, out)

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write a·(1 − a), computed as a − a², to ``out``."""
        np.multiply(a, a, out)
        np.subtract(a, out, out)


@dataclass(frozen=True)
class Tanh(ActivationFunction):
    """Hyperbolic tangent: f(z) = tanh z, f′ = 1 − f² ≤ 1, the maximum at z = 0.

    Source: LeCun et al. 1998, Efficient BackProp, §4.4.
    """

    kind: ClassVar[str] = "tanh"
    limits: ClassVar[tuple[float, float] | None] = (-1.0, 1.0)

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write tanh z to ``out``."""
        np.tanh(z, out)

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write 1 − a² to ``out``."""
        np.multiply(a, a, out)
        np.subtract(ONE[a.dtype], out, out)


@dataclass(frozen=True)
class HardLimit(ActivationFunction):
    """Hard limit: f(z) = 1 for z > 0 and 0 otherwise, f′ = 0, so nothing below it learns.

    Source: Rosenblatt 1958, the perceptron's threshold.
    """

    kind: ClassVar[str] = "hard-limit"
    limits: ClassVar[tuple[float, float] | None] = (0.0, 1.0)
    kinks: ClassVar[tuple[float, ...]] = (0.0,)

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write 1 where z > 0 and 0 elsewhere to ``out``; a NaN stays a NaN."""
        np.heaviside(z, ZERO[z.dtype], out)

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write 0 to ``out``."""
        out.fill(0.0)


@dataclass(frozen=True)
class Softsign(ActivationFunction):
    """Softsign: f(z) = z / (1 + |z|), f′ = (1 − |f|)², with tails slower than tanh's.

    Source: Bergstra et al. 2009; Glorot & Bengio 2010.
    """

    kind: ClassVar[str] = "softsign"
    limits: ClassVar[tuple[float, float] | None] = (-1.0, 1.0)

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write f(z) to ``out``."""
        np.abs(z, scratch)
        np.add(scratch, ONE[z.dtype], scratch)
        np.divide(z, scratch, out)

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write (1 − |a|)² to ``out``."""
        np.abs(a, out)
        np.subtract(ONE[a.dtype], out, out)
        np.multiply(out, out, out)


@dataclass(frozen=True)
class HardSigmoid(ActivationFunction):
    """Hard sigmoid: f(z) = min(1, max(0, z/4 + ½)), f′ = ¼ for |z| < 2 and 0 otherwise.

    The straight line is the logistic's tangent at 0. Source: Courbariaux, Bengio & David 2015,
    with the slope of the notes.
    """

    kind: ClassVar[str] = "hard-sigmoid"
    limits: ClassVar[tuple[float, float] | None] = (0.0, 1.0)
    kinks: ClassVar[tuple[float, ...]] = (-2.0, 2.0)

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write f(z) to ``out``."""
        kind = z.dtype.type
        np.multiply(z, kind(0.25), out)
        np.add(out, kind(0.5), out)
        np.clip(out, kind(0.0), kind(1.0), out=out)

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write ¼ where 0 < a < 1 and 0 elsewhere to ``out``, from a·(1 − a) > 0."""
        np.multiply(a, a, out)
        np.less(out, a, out)
        np.multiply(out, a.dtype.type(0.25), out)


@dataclass(frozen=True)
class HardTanh(ActivationFunction):
    """Hard tanh: f(z) = min(1, max(−1, z)), f′ = 1 for |z| < 1 and 0 otherwise.

    Source: Collobert 2004.
    """

    kind: ClassVar[str] = "hard-tanh"
    limits: ClassVar[tuple[float, float] | None] = (-1.0, 1.0)
    kinks: ClassVar[tuple[float, ...]] = (-1.0, 1.0)

    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write f(z) to ``out``."""
        np.clip(z, z.dtype.type(-1.0), z.dtype.type(1.0), out=out)

    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write 1 where |a| < 1 and 0 elsewhere to ``out``."""
        np.abs(a, out)
        np.less(out, ONE[a.dtype], out)
