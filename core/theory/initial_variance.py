"""The variance of the weights that an initialiser gives a layer."""

from __future__ import annotations

import math

import numpy as np

from ..families.initialisers import InitialiserFunction


def weight_variance(initialiser: InitialiserFunction, fan_in: int, fan_out: int) -> float:
    """Return σ_w² = fan_in·E w² of a layer, NaN where the initialiser fits the data.

    The initialiser is given one normal draw from each of fan_in·fan_out equal shares of the law,
    shuffled and of mean square 1, in place of random draws: the answer has no sampling error.

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
    draws = ndtri((np.arange(n) + 0.5) / n)
    draws /= math.sqrt(np.mean(draws**2))
    np.random.default_rng(0).shuffle(draws)
    return float(fan_in * np.mean(initialiser.weights(draws.reshape(fan_out, fan_in)) ** 2))
