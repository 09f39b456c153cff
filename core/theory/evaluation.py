"""Activations as plain functions of numbers, in float64."""

from __future__ import annotations

import numpy as np

from ..components import Array, cast, stack_fields
from ..families.activation_function import ActivationFunction


def value_and_slope(activation: ActivationFunction, z: Array) -> tuple[Array, Array]:
    """Return f(z) and f′(z), shaped like z.

    >>> from paribus.core.families.activations import Sigmoid
    >>> value_and_slope(Sigmoid(), np.zeros(1))
    (array([0.5]), array([0.25]))
    """
    stacked = np.array(z, dtype=np.float64).reshape(1, 1, -1)
    fields = cast(stack_fields([activation]), np.dtype(np.float64), 2)
    value, slope, scratch = (np.empty_like(stacked) for _ in range(3))
    with np.errstate(over="ignore"):  # e⁻ᶻ of a sigmoid, whose reciprocal is the right 0
        activation.apply(fields, stacked, value, scratch)
        activation.derivative(fields, stacked, value, slope, scratch)
    return value.reshape(np.shape(z)), slope.reshape(np.shape(z))
