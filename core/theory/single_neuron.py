"""One sigmoid neuron: where its gradient factor reaches 1, and how well two of them pass x on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..components import Array


def sigmoid(z: Array) -> Array:
    """Return 1/(1 + e⁻ᶻ)."""
    from scipy.special import expit

    return np.asarray(expit(z))


def window_width(weights: Array) -> Array:
    """Return the width of {a: |w σ′(wa + b)| ≥ 1}: (2/|w|) ln(|w|(1 + √(1 − 4/|w|))/2 − 1).

    It does not depend on b and is 0 for |w| ≤ 4, since σ′ ≤ ¼. Source: Nielsen 2015, ch. 5,
    eq. 123.
    """
    w = np.maximum(np.abs(np.asarray(weights, dtype=np.float64)), 4.0)
    return 2.0 / w * np.log(0.5 * w * (1.0 + np.sqrt(1.0 - 4.0 / w)) - 1.0)


def scanned_width(weight: float, bias: float, points: int = 200_001) -> float:
    """Return the same width by counting: the share of inputs a at which |w σ′(wa + b)| ≥ 1."""
    a = np.linspace(-2.0, 2.0, points) - bias / weight
    s = sigmoid(weight * a + bias)
    inside = np.abs(weight) * s * (1.0 - s) >= 1.0
    return float(inside.mean()) * 4.0


def widest_window() -> tuple[float, float]:
    """Return |w| at which the window is widest, and its width.

    >>> weight, width = widest_window()
    >>> round(weight, 3), round(width, 5)
    (6.894, 0.44774)
    """
    from scipy.optimize import minimize_scalar

    best = minimize_scalar(
        lambda w: -float(window_width(np.array(w))),
        bounds=(4.0, 50.0),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(best.x), -float(best.fun)


@dataclass(frozen=True)
class IdentityFit:
    """w₂σ(w₁x + b) − c as a stand-in for x on [0, 1]: its numbers, and the largest |error|."""

    w1: float
    b: float
    w2: float
    offset: float
    error: float

    def __call__(self, x: Array) -> Array:
        """Return what comes out for x."""
        return self.w2 * sigmoid(self.w1 * x + self.b) - self.offset


def without_offset(points: int = 401) -> IdentityFit:
    """Return the best w₂σ(w₁x + b) ≈ x for x in [0, 1], by the largest error.

    Found by a simplex search from several starts (Nelder & Mead 1965), as the largest error has
    kinks.
    """
    from scipy.optimize import minimize

    x = np.linspace(0.0, 1.0, points)

    def largest(p: Array) -> float:
        return float(np.abs(p[2] * sigmoid(p[0] * x + p[1]) - x).max())

    best = min(
        (
            minimize(
                largest,
                start,
                method="Nelder-Mead",
                options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000, "adaptive": True},
            )
            for start in ([3.0, -2.0, 1.2], [4.0, -2.5, 1.3], [5.0, -3.0, 1.0])
        ),
        key=lambda found: float(found.fun),
    )
    w1, b, w2 = map(float, best.x)
    return IdentityFit(w1, b, w2, 0.0, float(best.fun))


def with_offset(w1: float, points: int = 2001) -> IdentityFit:
    """Return w₂σ(w₁(x − ½)) − c with w₂ = 4/w₁ and c = w₂/2 − ½ as a stand-in for x.

    x = ½ then lies where σ is straight, and w₂ = 4/w₁ makes the slope 1 there. With z = w₁(x − ½),
    σ(z) = ½ + z/4 − z³/48 + …, so the largest error on [0, 1] is about w₁²/96, at both ends.
    """
    x = np.linspace(0.0, 1.0, points)
    w2 = 4.0 / w1
    offset = w2 / 2.0 - 0.5
    fit = IdentityFit(w1, -w1 / 2.0, w2, offset, math.nan)
    return IdentityFit(w1, -w1 / 2.0, w2, offset, float(np.abs(fit(x) - x).max()))
