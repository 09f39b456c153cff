"""Random ReLU features with least-norm least squares: the double descent that needs no training.

Source: Belkin et al. 2019.
"""

from __future__ import annotations

import numpy as np

from ..components import Array


def relu_features(x: Array, count: int, rng: np.random.Generator) -> Array:
    """Return max(0, xV) with ``count`` random directions V ~ N(0, 1/fan_in), a column for each."""
    directions = rng.standard_normal((x.shape[1], count)) / np.sqrt(x.shape[1])
    return np.asarray(np.maximum(x @ directions, 0.0))


def least_norm_errors(
    train: tuple[Array, Array], test: tuple[Array, Array], counts: list[int], seed: int
) -> list[tuple[float, float]]:
    """Return the mean squared error on training and test data for each number of features.

    ``train`` and ``test`` are (features, targets), targets of shape (n, classes). The weights are
    H⁺y, the smallest that minimise ‖Hw − y‖²; fewer features are the first of the most.
    """
    rng = np.random.default_rng(seed)
    both = relu_features(np.concatenate([train[0], test[0]]), max(counts), rng)
    inside, outside = both[: len(train[0])], both[len(train[0]) :]
    errors = []
    for count in counts:
        weights = np.linalg.pinv(inside[:, :count]) @ train[1]
        errors.append(
            (
                float(np.mean((inside[:, :count] @ weights - train[1]) ** 2)),
                float(np.mean((outside[:, :count] @ weights - test[1]) ** 2)),
            )
        )
    return errors
