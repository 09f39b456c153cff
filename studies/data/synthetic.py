"""Synthetic tasks: inputs and noise drawn anew for every replicate.

Every column of draws has a stream of its own, so that fewer examples are a prefix, fewer features
are the first ones, and more noise scales the same draws.
"""

from __future__ import annotations

from .synthetic_classes import Blobs, Moons, Spirals
from .synthetic_regressions import Curve, LinearRegression, NoisyPolynomial, TeacherStudent

SyntheticTask = (
    NoisyPolynomial | LinearRegression | Curve | TeacherStudent | Blobs | Moons | Spirals
)
