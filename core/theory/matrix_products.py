"""Products of random matrices: how fast their entries grow, exactly and by simulation."""

from __future__ import annotations

import math

import numpy as np

from ..components import Array

DIGITS = math.log10(math.e)


def top_exponent(size: int, std: float = 1.0) -> float:
    """Return lim (1/L) E log ‖A_L … A₁v‖ for size × size matrices of N(0, std²): natural log.

    ‖Av‖²/(std²‖v‖²) is χ² with ``size`` degrees of freedom whatever v is, so the exponent is
    log std + ½(log 2 + ψ(size/2)). Source: Cohen & Newman 1984.

    >>> round(top_exponent(4), 3), abs(top_exponent(4, critical_std(4))) < 1e-12
    (0.558, True)
    """
    from scipy.special import digamma

    return math.log(std) + 0.5 * (math.log(2.0) + float(digamma(size / 2.0)))


def critical_std(size: int) -> float:
    """Return the standard deviation at which products neither grow nor shrink."""
    return math.exp(-top_exponent(size))


def largest_entries(size: int, factors: int, products: int, std: float, seed: int = 0) -> Array:
    """Return log₁₀ of the largest |entry| of A_k … A₁, shape (products, factors), k = 1 … factors.

    Each product is scaled to a largest entry of 1 after every factor and the scale is kept apart,
    so that nothing overflows.
    """
    rng = np.random.default_rng(seed)
    product = np.broadcast_to(np.eye(size), (products, size, size))
    scale = np.zeros(products)
    logs = np.empty((products, factors))
    for k in range(factors):
        product = rng.normal(0.0, std, (products, size, size)) @ product
        largest = np.abs(product).max(axis=(1, 2))
        scale += np.log10(largest)
        logs[:, k] = scale
        product = product / largest[:, None, None]
    return logs
