"""How much the signal's length varies from one random ReLU network to the next.

Source: Hanin 2018; Hanin & Rolnick 2018.
"""

from __future__ import annotations

import numpy as np

from ..components import Array
from ..families.initialisers import He


def predicted_variance(width: int, depth: int) -> float:
    """Return β = 5 Σ 1/n over the layers, to first order Var log ‖h‖²; its mean is about −β/2.

    >>> predicted_variance(50, 10)
    1.0
    """
    return 5.0 * depth / width


def exact_moments(width: int, depth: int) -> tuple[float, float]:
    """Return the mean and variance of log(‖h_depth‖²/‖h_0‖²) in He-initialised ReLU networks.

    Given h, the next ‖h‖² is (2/n)‖h‖² χ²_K with K ~ Binomial(n, ½) units on, so that the logs of
    the layers' ratios are independent and alike. Networks whose units are all off are left out.
    """
    from scipy.special import digamma, polygamma
    from scipy.stats import binom

    units = np.arange(1, width + 1)
    share = binom.pmf(units, width, 0.5)
    share /= share.sum()
    mean_given = np.log(4.0 / width) + digamma(units / 2.0)
    mean = float(np.sum(share * mean_given))
    variance = float(np.sum(share * (polygamma(1, units / 2.0) + (mean_given - mean) ** 2)))
    return depth * mean, depth * variance


def simulated_logs(width: int, depth: int, networks: int, seed: int = 0) -> Array:
    """Return log(‖h_depth‖²/‖h_0‖²) of so many He-initialised ReLU networks without biases.

    Every layer has ``width`` units, the input is a fixed unit vector. Networks in which all units
    of a layer are off are left out.
    """
    rng = np.random.default_rng((seed, width, depth))
    h = np.zeros((networks, width))
    h[:, 0] = 1.0
    initialiser = He()
    logs = np.zeros(networks)
    for _ in range(depth):
        draws = rng.standard_normal((networks * width, width))
        weights = initialiser.weights(draws).reshape(networks, width, width)
        h = np.maximum(np.matmul(weights, h[:, :, None])[:, :, 0], 0.0)
        size = np.sum(h * h, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs += np.log(size)
            h = h / np.sqrt(size)[:, None]
    kept: Array = logs[np.isfinite(logs)]
    return kept
