"""The loss surface of ŷ = σ(w₂σ(w₁x)) for one example, x = y = 1: two weights, not convex.

Source: the notes, fig. 4.9.
"""

from __future__ import annotations

import numpy as np

from ..components import Array
from ..families.losses import LossFunction
from .evaluation import loss_and_slope
from .single_neuron import sigmoid


def surface(loss: LossFunction, w1: Array, w2: Array) -> tuple[Array, Array, Array]:
    """Return the loss, ∂loss/∂w₁ and ∂loss/∂w₂, each shaped like ``w1``.

    ``loss`` is one of the family, of a sigmoid output: its own gradient is used.
    """
    h = sigmoid(np.asarray(w1, dtype=np.float64))
    value, delta = loss_and_slope(loss, w2 * h, 1.0)
    return value, delta * w2 * h * (1.0 - h), delta * h


def level_line(output: float, w1: Array) -> Array:
    """Return w₂ at which the output is ``output`` for each w₁: log(ŷ/(1 − ŷ))/σ(w₁)."""
    return np.asarray(np.log(output / (1.0 - output)) / sigmoid(w1))


def convexity_violation(loss: LossFunction, reach: float, points: int = 21) -> tuple[Array, float]:
    """Return the segment whose middle lies highest above its ends' mean, and by how much.

    All pairs of a grid of points² places in [−reach, reach]² are tried. A convex function has none
    above 0.

    Returns
    -------
    array of shape (2, 2), rows (w₁, w₂), and the excess
    """
    axis = np.linspace(-reach, reach, points)
    places = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    values = surface(loss, places[:, 0], places[:, 1])[0]
    middle = (places[:, None] + places[None, :]) / 2.0
    height = surface(loss, middle[..., 0], middle[..., 1])[0]
    excess = height - (values[:, None] + values[None, :]) / 2.0
    a, b = np.unravel_index(int(np.argmax(excess)), excess.shape)
    return places[[a, b]], float(excess[a, b])
