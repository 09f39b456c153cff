"""Mean-field theory of wide random networks: how lengths, correlations and gradients pass a layer.

A layer is z = Wa + b with W ~ N(0, σ_w²/fan_in) and b ~ N(0, σ_b²); ``weight_variance`` is σ_w²
and ``bias_variance`` σ_b². In the limit of wide layers the z of one example are normal with
variance q, and

    q ← σ_w² E φ(√q z)² + σ_b²                       the length map, with fixed point q*
    c ← (σ_w² E φ(u₁)φ(u₂) + σ_b²)/q*                the correlation map, with fixed point c*
    E‖δˡ‖² = χ E‖δˡ⁺¹‖²,  χ = σ_w² E φ′(√q z)²       the gradient's factor

Source: Poole et al. 2016; Schoenholz et al. 2017.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..components import Array
from ..families.activation_function import ActivationFunction
from .evaluation import value_and_slope
from .gaussian_integrals import normal_nodes

SMALLEST, LARGEST = 1e-10, 1e10
"""Where the length of a network that shrinks or grows for ever is taken to be."""
HERMITE_TERMS = 200


@dataclass(frozen=True)
class MeanField:
    """The fixed point of a wide random network.

    ``q`` is the variance of the pre-activations, 0 or ∞ where it shrinks or grows for ever,
    ``chi`` the factor of the squared gradient per layer, ``depth_scale`` ξ = 1/|ln χ| in layers,
    ``correlation`` the c* to which two different inputs are driven.
    """

    q: float
    chi: float
    depth_scale: float
    correlation: float


def second_moments(activation: ActivationFunction, q: float) -> tuple[float, float]:
    """Return E φ(√q z)² and E φ′(√q z)².

    >>> from paribus.core.families.activations import ReLU
    >>> value, slope = second_moments(ReLU(), 3.0)
    >>> round(value, 10), round(slope, 10)
    (1.5, 0.5)
    """
    std = math.sqrt(min(max(q, SMALLEST), LARGEST))
    z, w = normal_nodes(std, activation.kinks)
    value, slope = value_and_slope(activation, std * z)
    return float(np.sum(w * value * value)), float(np.sum(w * slope * slope))


def next_length(
    activation: ActivationFunction, weight_variance: float, bias_variance: float, q: float
) -> float:
    """Return the length after one more layer: σ_w² E φ(√q z)² + σ_b²."""
    return weight_variance * second_moments(activation, q)[0] + bias_variance


def lengths(
    activation: ActivationFunction,
    weight_variance: float,
    bias_variance: float,
    q0: float,
    depth: int,
) -> Array:
    """Return the variance of the pre-activations of layers 1 … depth.

    ``q0`` is the mean square of the inputs, ‖x‖²/fan_in, so that q¹ = σ_w² q0 + σ_b².

    >>> from paribus.core.families.activations import ReLU
    >>> lengths(ReLU(), 2.0, 0.0, 1.0, 3).round(10)
    array([2., 2., 2.])
    """
    q = [weight_variance * q0 + bias_variance]
    while len(q) < depth:
        q.append(next_length(activation, weight_variance, bias_variance, q[-1]))
    return np.array(q[:depth])


def delta_factors(
    activation: ActivationFunction,
    weight_variance: float,
    bias_variance: float,
    q0: float,
    depth: int,
) -> Array:
    """Return χ at the length of each of layers 1 … depth: E‖δˡ‖² = χˡ E‖δˡ⁺¹‖².

    δ is the gradient by the pre-activations of a layer; its norm, not its mean square, so that
    widths do not enter.
    """
    q = lengths(activation, weight_variance, bias_variance, q0, depth)
    return np.array([weight_variance * second_moments(activation, each)[1] for each in q])


def fixed_length(
    activation: ActivationFunction, weight_variance: float, bias_variance: float
) -> float:
    """Return q*, the first fixed point that the length map moves to from q = 1; 0 or ∞ if none."""

    def moves(q: float) -> float:
        return next_length(activation, weight_variance, bias_variance, q) / q - 1.0

    first = moves(1.0)
    if abs(first) < 1e-12:
        return 1.0
    near, step = 1.0, 2.0 if first > 0 else 0.5
    while SMALLEST <= (far := near * step) <= LARGEST:
        if moves(far) * first <= 0.0:
            return root(moves, *sorted((near, far)))
        near = far
    return math.inf if first > 0 else 0.0


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function changes its sign between two places."""
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=1e-15, rtol=1e-13))


def fixed_correlation(
    activation: ActivationFunction, weight_variance: float, bias_variance: float, q: float
) -> float:
    """Return c*, the correlation of two different inputs after many layers of length q.

    E φ(u₁)φ(u₂) = Σₖ aₖ² cᵏ with the Hermite coefficients aₖ of φ(√q z) (Mehler), so the map is
    convex and increasing for c in [0, 1]: its least fixed point is below 1 when χ > 1.
    """
    length = min(max(q, SMALLEST), LARGEST)
    std = math.sqrt(length)
    z, w = normal_nodes(std, activation.kinks)
    value = value_and_slope(activation, std * z)[0]
    powers = weight_variance * squared_hermite_coefficients(z, w, value) / length
    beyond = max(0.0, weight_variance * float(np.sum(w * value**2)) / length - powers.sum())
    powers = np.append(powers, beyond)  # what is left counts as the first term that is left out
    bias = 0.0 if math.isinf(q) else bias_variance / length

    def moves(c: float) -> float:
        return float(np.polynomial.polynomial.polyval(c, powers)) + bias - c

    if moves(0.0) <= 1e-12:
        return 0.0
    below = 1.0 - 1e-6
    return root(moves, 0.0, below) if moves(below) < 0.0 else 1.0


def squared_hermite_coefficients(z: Array, w: Array, value: Array) -> Array:
    """Return (E g(z)hₖ(z))² for the orthonormal Hermite polynomials hₖ, k from 0."""
    before, now = np.zeros_like(z), np.ones_like(z)
    squares = []
    for k in range(HERMITE_TERMS):
        squares.append(float(np.sum(w * value * now)) ** 2)
        before, now = now, (z * now - math.sqrt(k) * before) / math.sqrt(k + 1)
    return np.array(squares)


def mean_field(
    activation: ActivationFunction, weight_variance: float, bias_variance: float
) -> MeanField:
    """Return the fixed point of a network of this activation and these variances.

    >>> from paribus.core.families.activations import Sigmoid
    >>> sigmoid = mean_field(Sigmoid(), 1.0, 1.0)
    >>> round(sigmoid.q, 3), round(sigmoid.chi, 4), round(sigmoid.chi ** -0.5, 2)
    (1.302, 0.042, 4.88)
    """
    q = fixed_length(activation, weight_variance, bias_variance)
    chi = weight_variance * second_moments(activation, q)[1]
    correlation = 1.0
    if chi > 1.0 + 1e-9:
        correlation = fixed_correlation(activation, weight_variance, bias_variance, q)
    return MeanField(q, chi, depth_scale(chi), correlation)


def depth_scale(chi: float) -> float:
    """Return ξ = 1/|ln χ|, in layers: over so many a squared gradient changes by a factor of e."""
    if chi <= 0.0:
        return 0.0
    exponent = abs(math.log(chi))
    return 1.0 / exponent if exponent > 1e-9 else math.inf


def critical_weight_variance(
    activation: ActivationFunction, bias_variance: float, most: float = 1000.0
) -> float:
    """Return the least σ_w² at which χ = 1 for this σ_b², NaN if there is none up to ``most``.

    There is none where χ jumps past 1, as with GELU, whose length leaves a fixed point for ever.

    >>> from paribus.core.families.activations import ReLU, Tanh
    >>> round(critical_weight_variance(ReLU(), 0.0), 6)
    2.0
    >>> round(critical_weight_variance(Tanh(), 0.05), 2)
    1.76
    """

    def excess(log_variance: float) -> float:
        variance = math.exp(log_variance)
        q = fixed_length(activation, variance, bias_variance)
        return variance * second_moments(activation, q)[1] - 1.0

    grid = np.linspace(math.log(0.05), math.log(most), 80)
    before = grid[0]
    for log_variance in grid[1:]:
        if excess(log_variance) >= 0.0:
            place = root(excess, before, log_variance)
            return math.exp(place) if abs(excess(place)) < 1e-4 else math.nan
        before = log_variance
    return math.nan
