"""Activations and losses as plain functions of numbers, in float64."""

from __future__ import annotations

import numpy as np

from ..components import Array, cast, stack_fields
from ..families.activation_function import ActivationFunction
from ..families.losses import LossFunction


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


def loss_and_slope(loss: LossFunction, z: Array, target: float) -> tuple[Array, Array]:
    """Return the loss of one output with pre-activation z, and its derivative by z.

    >>> from paribus.core.families.losses import SigmoidCrossEntropy
    >>> value, slope = loss_and_slope(SigmoidCrossEntropy(), np.zeros(1), 1.0)
    >>> round(float(value[0]), 4), float(slope[0])
    (0.6931, -0.5)
    """
    slope = np.array(z, dtype=np.float64).reshape(1, 1, -1)
    fields = cast(stack_fields([loss]), np.dtype(np.float64), 2)
    value, spare = np.empty(slope.shape[1:]), np.empty((2, *slope.shape))
    with np.errstate(over="ignore"):
        loss.value_and_gradient(fields, slope, np.full_like(slope, target), value, spare)
    return value.reshape(np.shape(z)), slope.reshape(np.shape(z))
