"""The operations that automatic differentiation knows: each a value and its derivative.

An element-wise operation y = f(x₁, …, xₖ) gives one slope ∂y/∂xᵢ per argument, a function of
(y, x₁, …, xₖ); from it follow both the rule of forward mode, ẏ = slope·ẋᵢ, and that of reverse
mode, x̄ᵢ = slope·ȳ summed over what broadcasting has repeated. The few operations that move numbers
about (sum, matrix product, transpose) state both rules.

At a kink the slope is a convention: 0 for ``relu`` and ``absolute`` at 0, and for ``sign`` and
``step`` everywhere. At a tie ``maximum`` follows its second argument and ``minimum`` its first, so
that maximum(z, 0) has slope 0 and minimum(z, 0) slope 1 at z = 0: the slope from the left, as the
notes take it for ReLU.

Source: Baydin, Pearlmutter, Radul & Siskind 2018 (JMLR 18:153); Griewank & Walther 2008.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Number = Any
"""An array, a NumPy number or a float. Floats are weak: they take the dtype of the arrays."""
Slope = Callable[..., Number]


@dataclass(frozen=True)
class Operation:
    """One operation, its value and how derivatives pass through it.

    Parameters
    ----------
    name
        Its name, as a formula shows it.
    value
        value(x₁, …, xₖ) = y.
    push
        push(i, ẋᵢ, y, x₁, …, xₖ) = (∂y/∂xᵢ)·ẋᵢ, the tangent that xᵢ sends forward to y.
    pull
        pull(i, ȳ, y, x₁, …, xₖ) = (∂y/∂xᵢ)ᵀ·ȳ, the gradient that y sends back to xᵢ.
    """

    name: str
    value: Callable[..., Number]
    push: Callable[..., Number]
    pull: Callable[..., Number]


def through(slope: Number, flow: Number) -> Number:
    """Return slope·flow, and 0 wherever either is 0, even beside ∞ or NaN.

    So a branch through which nothing flows, such as √max(z, 0) at z < 0, adds nothing.
    """
    product = slope * flow
    if np.isfinite(product).all():
        return product
    return np.where((np.asarray(slope) == 0) | (np.asarray(flow) == 0), 0.0, product)


def unbroadcast(gradient: Number, shape: tuple[int, ...]) -> Number:
    """Sum a gradient over the axes along which an argument of this shape was repeated."""
    gradient = np.asarray(gradient)
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))
    repeated = tuple(
        axis for axis, size in enumerate(shape) if size == 1 and gradient.shape[axis] > 1
    )
    return gradient.sum(axis=repeated, keepdims=True)


def elementwise(name: str, value: Callable[..., Number], *slopes: Slope) -> Operation:
    """Return the operation whose derivative for each argument is a slope for each element."""

    def push(i: int, tangent: Number, y: Number, *xs: Number) -> Number:
        return through(slopes[i](y, *xs), tangent)

    def pull(i: int, gradient: Number, y: Number, *xs: Number) -> Number:
        gradient = np.broadcast_to(gradient, np.shape(y))
        return unbroadcast(through(slopes[i](y, *xs), gradient), np.shape(xs[i]))

    return Operation(name, value, push, pull)


def indicator(mask: Number, like: Number) -> Number:
    """Return 1 where a mask holds and 0 elsewhere, in the dtype of ``like``."""
    return np.asarray(mask).astype(np.asarray(like).dtype)


def sigmoid(x: Number) -> Number:
    """Return σ(x) = 1/(1 + e⁻ˣ), from e^{−|x|}, which never overflows."""
    small = np.exp(-np.abs(x))
    return np.where(np.asarray(x) < 0, small, 1.0) / (1.0 + small)


def softplus(x: Number) -> Number:
    """Return log(1 + eˣ) = max(x, 0) + log(1 + e^{−|x|}), which never overflows."""
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def erf(x: Number) -> Number:
    """Return the error function 2/√π ∫₀ˣ e^{−t²} dt."""
    from scipy import special  # only where it is asked for: the engine starts without SciPy

    return special.erf(x)


def power_slope(_: Number, x: Number, exponent: Number) -> Number:
    """Return ∂xᵖ/∂x = p·xᵖ⁻¹, which is 0 for p = 0 also where x = 0."""
    return through(exponent, np.power(x, exponent - 1.0))


def base_slope(y: Number, x: Number, _: Number) -> Number:
    """Return ∂xᵖ/∂p = xᵖ·log x, in the dtype of the result."""
    return through(y, np.log(x, dtype=y.dtype))


def push_product(i: int, tangent: Number, _: Number, a: Number, b: Number) -> Number:
    """Return what Ȧ or Ḃ adds to Ċ = ȦB + AḂ."""
    return tangent @ b if i == 0 else a @ tangent


def pull_product(i: int, gradient: Number, _: Number, a: Number, b: Number) -> Number:
    """Return Ā = C̄Bᵀ or B̄ = AᵀC̄; a vector is one row on the left and one column on the right."""
    rows = a if a.ndim == 2 else a[None, :]
    columns = b if b.ndim == 2 else b[:, None]
    gradient = gradient.reshape(rows.shape[0], columns.shape[1])
    if i == 0:
        return (gradient @ columns.T).reshape(a.shape)
    return (rows.T @ gradient).reshape(b.shape)


def summation(axis: int | None = None) -> Operation:
    """Return the sum over an axis, or over everything: each term's derivative is 1."""

    def push(_: int, tangent: Number, __: Number, x: Number) -> Number:
        return np.broadcast_to(tangent, x.shape).sum(axis=axis)

    def pull(_: int, gradient: Number, __: Number, x: Number) -> Number:
        if axis is not None:
            gradient = np.expand_dims(gradient, axis)
        return np.broadcast_to(gradient, x.shape)

    return Operation("sum", lambda x: x.sum(axis=axis), push, pull)


MATMUL = Operation("matmul", np.matmul, push_product, pull_product)
"""C = AB. A and B are what the notes' class ``Matmul`` keeps: gW = xᵀg and gx = gWᵀ."""
TRANSPOSE = Operation("transpose", np.transpose, lambda _, t, *__: t.T, lambda _, g, *__: g.T)

ELEMENTWISE: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        # name, value, slope for each argument
        elementwise("add", np.add, lambda y, a, b: 1.0, lambda y, a, b: 1.0),
        elementwise("subtract", np.subtract, lambda y, a, b: 1.0, lambda y, a, b: -1.0),
        elementwise("multiply", np.multiply, lambda y, a, b: b, lambda y, a, b: a),
        elementwise("divide", np.divide, lambda y, a, b: 1.0 / b, lambda y, a, b: -y / b),
        elementwise("power", np.power, power_slope, base_slope),
        elementwise("negative", np.negative, lambda y, x: -1.0),
        elementwise("exp", np.exp, lambda y, x: y),
        elementwise("expm1", np.expm1, lambda y, x: y + 1.0),
        elementwise("log", np.log, lambda y, x: 1.0 / x),
        elementwise("log1p", np.log1p, lambda y, x: 1.0 / (1.0 + x)),
        elementwise("sqrt", np.sqrt, lambda y, x: 0.5 / y),
        elementwise("sin", np.sin, lambda y, x: np.cos(x)),
        elementwise("cos", np.cos, lambda y, x: -np.sin(x)),
        elementwise("arctan", np.arctan, lambda y, x: 1.0 / (1.0 + x * x)),
        elementwise("tanh", np.tanh, lambda y, x: 1.0 - y * y),
        elementwise("sigmoid", sigmoid, lambda y, x: y * (1.0 - y)),
        elementwise("softplus", softplus, lambda y, x: sigmoid(x)),
        elementwise("erf", erf, lambda y, x: (2 / math.sqrt(math.pi)) * np.exp(-x * x)),
        elementwise("relu", lambda x: np.maximum(x, 0.0), lambda y, x: indicator(x > 0, y)),
        elementwise("absolute", np.abs, lambda y, x: np.sign(x)),
        elementwise("sign", np.sign, lambda y, x: 0.0),
        elementwise("step", lambda x: indicator(x > 0, x), lambda y, x: 0.0),
        elementwise(
            "maximum",
            np.maximum,
            lambda y, a, b: indicator(a > b, y),
            lambda y, a, b: indicator(a <= b, y),
        ),
        elementwise(
            "minimum",
            np.minimum,
            lambda y, a, b: indicator(a <= b, y),
            lambda y, a, b: indicator(a > b, y),
        ),
        elementwise(
            "where",
            np.where,
            lambda y, c, a, b: 0.0,
            lambda y, c, a, b: indicator(c, y),
            lambda y, c, a, b: indicator(np.logical_not(c), y),
        ),
    )
}
