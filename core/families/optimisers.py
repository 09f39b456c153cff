"""Optimisers: in-place updates of a block of parameters of several trials, as chains of parts.

``slots`` names the state arrays a member keeps, each shaped like the parameters and zero at the
start. ``coefficients(fields, rate, step)`` computes what a step needs per trial in float64 (rate
is the learning rate after its schedule, step counts from 0); the engine casts it once to the
recipe's dtype. ``update(theta, g, slots, c, scratch)`` then changes θ and the slots in place; it
may overwrite the gradient g and the scratch block. ε stands where each source puts it.
"""

from __future__ import annotations

from .adaptive_moments import Adam, AdamW, AMSGrad, Nadam
from .adaptive_rates import AdaDelta, AdaGrad, Lion, RMSProp
from .descents import SGD, LeastSquares, Momentum, Nesterov

__all__ = [
    "SGD",
    "AMSGrad",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "AdamW",
    "LeastSquares",
    "Lion",
    "Momentum",
    "Nadam",
    "Nesterov",
    "Optimiser",
    "RMSProp",
]

Optimiser = (
    SGD
    | Momentum
    | Nesterov
    | AdaGrad
    | RMSProp
    | AdaDelta
    | Adam
    | AdamW
    | AMSGrad
    | Nadam
    | Lion
    | LeastSquares
)
