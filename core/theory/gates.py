"""Logic by sigmoid units with known weights: OR by one, XOR by two and one behind them.

Source: the notes for OR; Minsky & Papert 1969 for what one unit cannot do.
"""

from __future__ import annotations

import numpy as np

from ..components import Array
from .single_neuron import sigmoid

CORNERS = np.array([(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)])
"""The four inputs of a gate."""
OR, XOR = np.array([0, 1, 1, 1]), np.array([0, 1, 1, 0])


def unit(x: Array, weights: tuple[float, float], bias: float) -> Array:
    """Return the pre-activation wᵀx + b of rows x."""
    return np.asarray(x @ np.array(weights) + bias)


def or_gate(x: Array) -> Array:
    """Return z of one unit with w = (20, 20) and b = −10.

    >>> sigmoid(or_gate(CORNERS)).round(5)
    array([5.0000e-05, 9.9995e-01, 9.9995e-01, 1.0000e+00])
    """
    return unit(x, (20.0, 20.0), -10.0)


def xor_gate(x: Array) -> Array:
    """Return z of the output behind h₁ (20, 20, −10) and h₂ (−20, −20, 30): (20, 20, −30)."""
    h1 = sigmoid(unit(x, (20.0, 20.0), -10.0))
    h2 = sigmoid(unit(x, (-20.0, -20.0), 30.0))
    return unit(np.stack([h1, h2], axis=-1), (20.0, 20.0), -30.0)
