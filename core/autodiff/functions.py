"""Functions of nodes: what a formula, or an activation of one's own, is written with."""

from __future__ import annotations

from .graph import Given, Node, apply
from .operations import ELEMENTWISE, TRANSPOSE, summation


def exp(x: Given) -> Node:
    """Return eˣ."""
    return apply(ELEMENTWISE["exp"], x)


def log(x: Given) -> Node:
    """Return the natural logarithm."""
    return apply(ELEMENTWISE["log"], x)


def sqrt(x: Given) -> Node:
    """Return √x."""
    return apply(ELEMENTWISE["sqrt"], x)


def tanh(x: Given) -> Node:
    """Return the hyperbolic tangent."""
    return apply(ELEMENTWISE["tanh"], x)


def sigmoid(x: Given) -> Node:
    """Return σ(x) = 1/(1 + e⁻ˣ)."""
    return apply(ELEMENTWISE["sigmoid"], x)


def softplus(x: Given) -> Node:
    """Return log(1 + eˣ)."""
    return apply(ELEMENTWISE["softplus"], x)


def relu(x: Given) -> Node:
    """Return max(x, 0); its slope at 0 is 0."""
    return apply(ELEMENTWISE["relu"], x)


def absolute(x: Given) -> Node:
    """Return |x|; its slope at 0 is 0."""
    return apply(ELEMENTWISE["absolute"], x)


def maximum(a: Given, b: Given) -> Node:
    """Return the larger of two; at a tie the derivative is that of ``b``."""
    return apply(ELEMENTWISE["maximum"], a, b)


def minimum(a: Given, b: Given) -> Node:
    """Return the smaller of two; at a tie the derivative is that of ``a``."""
    return apply(ELEMENTWISE["minimum"], a, b)


def where(condition: Given, a: Given, b: Given) -> Node:
    """Return a where the condition is not 0, else b; the condition itself has no derivative."""
    return apply(ELEMENTWISE["where"], condition, a, b)


def total(x: Given, axis: int | None = None) -> Node:
    """Return the sum over an axis, or over everything."""
    return apply(summation(axis), x)


def transpose(x: Given) -> Node:
    """Return the transpose of a matrix."""
    return apply(TRANSPOSE, x)
