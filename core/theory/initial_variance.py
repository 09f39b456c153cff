"""The variance of the weights that an initialiser gives a layer."""

from __future__ import annotations

import math

import numpy as np

from ..families.initialisers import InitialiserFunction

DRAWS = 200_000
"""About so many draws in all."""


def weight_variance(initialiser: InitialiserFunction, fan_in: int, fan_out: int) -> float:
    """Return σ_w² = fan_in·E w² of a layer, NaN where the initialiser fits the data.

    The initialiser is given one normal draw from each of fan_in·fan_out equal shares of the law, of
    mean square 1, from a fixed stream: only a member that chooses among its draws leaves a sampling
    error, of about 1 %.

    >>> from paribus.core.families.initialisers import He, LeCun
    >>> round(weight_variance(He(), 100, 50), 6)
    2.0
    >>> round(weight_variance(LeCun(distribution="uniform"), 100, 50), 2)
    1.0
    """
    from scipy.special import ndtri

    if initialiser.fits_data:
        return math.nan
    n = fan_in * fan_out
    rng = np.random.default_rng(0)
    squares = []
    for _ in range(max(1, DRAWS // n)):
        draws = ndtri((rng.permutation(n) + rng.uniform(size=n)) / n)
        draws /= math.sqrt(np.mean(draws**2))
        squares.append(np.mean(initialiser.weights(draws.reshape(fan_out, fan_in)) ** 2))
    return float(fan_in * np.mean(squares))
