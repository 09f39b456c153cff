"""Activation functions, each with its derivative beside it.

A member works on whole stacked arrays and writes in place: ``apply(fields, z, out)`` computes
out = f(z), and ``derivative(fields, z, a, out)`` computes f′ from the pre-activation z or from
a = f(z), whichever is cheaper. ``out`` may be the array that is read. A member that needs z for
its derivative says so with ``needs_preactivation``; for the others z is not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .components import Array, Component, Fields

ONE = {np.dtype(t): np.ones(1, t) for t in (np.float32, np.float64)}
ZERO = {np.dtype(t): np.zeros(1, t) for t in (np.float32, np.float64)}
# one-element arrays: NumPy's ufuncs take them faster than scalars


@dataclass(frozen=True)
class Sigmoid(Component):
    """Logistic sigmoid: f(z) = 1 / (1 + e⁻ᶻ), f′ = f·(1 − f) ≤ ¼, the maximum at z = 0.

    Source: Rumelhart, Hinton & Williams 1986 (Nature 323:533).
    """

    kind: ClassVar[str] = "sigmoid"
    needs_preactivation: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float] | None] = (0.0, 1.0)
    kinks: ClassVar[tuple[float, ...]] = ()

    @staticmethod
    def apply(_: Fields, z: Array, out: Array) -> None:
        """Write f(z) to ``out``; e⁻ᶻ may overflow to ∞, whose reciprocal is the right 0."""
        one = ONE[z.dtype]
        np.negative(z, out)
        np.exp(out, out)
        np.add(out, one, out)
        np.divide(one, out, out)

    @staticmethod
    def derivative(_: Fields, __: Array, a: Array, out: Array) -> None:
        """Write a·(1 − a), computed as a − a², to ``out``."""
        if out is a:
            square = np.multiply(a, a)
            np.subtract(a, square, out)
        else:
            np.multiply(a, a, out)
            np.subtract(a, out, out)


@dataclass(frozen=True)
class Tanh(Component):
    """Hyperbolic tangent: f(z) = tanh z, f′ = 1 − f² ≤ 1, the maximum at z = 0."""

    kind: ClassVar[str] = "tanh"
    needs_preactivation: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float] | None] = (-1.0, 1.0)
    kinks: ClassVar[tuple[float, ...]] = ()

    @staticmethod
    def apply(_: Fields, z: Array, out: Array) -> None:
        """Write tanh z to ``out``."""
        np.tanh(z, out)

    @staticmethod
    def derivative(_: Fields, __: Array, a: Array, out: Array) -> None:
        """Write 1 − a² to ``out``."""
        np.multiply(a, a, out)
        np.subtract(ONE[a.dtype], out, out)


@dataclass(frozen=True)
class ReLU(Component):
    """Rectified linear unit: f(z) = max(0, z), f′ = 1 for z > 0 and 0 otherwise, 0 at the kink.

    Source: Nair & Hinton 2010; the value f′(0) = 0 is a convention.
    """

    kind: ClassVar[str] = "relu"
    needs_preactivation: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float] | None] = None
    kinks: ClassVar[tuple[float, ...]] = (0.0,)

    @staticmethod
    def apply(_: Fields, z: Array, out: Array) -> None:
        """Write max(0, z) to ``out``; a NaN stays a NaN, so divergence is seen."""
        np.maximum(z, ZERO[z.dtype], out=out)

    @staticmethod
    def derivative(_: Fields, __: Array, a: Array, out: Array) -> None:
        """Write 1 where a > 0 and 0 elsewhere to ``out``."""
        np.greater(a, ZERO[a.dtype], out)


Activation = Sigmoid | Tanh | ReLU
