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


def least_norm_outputs(
    train: Array, others: Array, targets: Array, counts: list[int], rng: np.random.Generator
) -> list[tuple[Array, Array]]:
    """Return what each number of features gives on the training data and on others.

    ``train`` and ``others`` hold examples in rows, ``targets`` what is wanted of the training
    ones, shape (n, outputs). The inputs are centred by the mean of ``train``. The weights are H⁺y,
    the smallest that minimise ‖Hw − y‖²; fewer features are the first of the most.
    """
    from scipy.linalg import lstsq

    centre = train.mean(axis=0)
    features = relu_features(np.concatenate([train, others]) - centre, max(counts), rng)
    inside, outside = features[: len(train)], features[len(train) :]
    outputs = []
    for count in counts:
        weights = lstsq(inside[:, :count], targets, cond=1e-12, lapack_driver="gelsy")[0]
        outputs.append((inside[:, :count] @ weights, outside[:, :count] @ weights))
    return outputs
