"""Importance: the variance of a full grid, taken apart by factors, pairs of factors and luck."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .means import half_width

FloatArray = NDArray[np.float64]
LEVEL = 0.95


@dataclass(frozen=True)
class Share:
    """The share of a variance that ``factors`` explain together; an estimate may lie below 0.

    ``low`` and ``high`` are its 95 % interval, NaN for fewer than three replicates.
    """

    factors: tuple[int, ...]
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Decomposition:
    """The shares of main effects and of pairs, of ``higher`` interactions and of ``luck``.

    They sum to 1. Luck is all that differs between replicates, whatever it goes together with.
    """

    effects: tuple[Share, ...]
    higher: Share
    luck: Share
    replicates: int


def decompose(values: ArrayLike, level: float = LEVEL) -> Decomposition:
    """Take the variance of ``values`` apart into the Sobol shares of uniform levels.

    Each effect is estimated in each replicate, and its variance as the mean product of different
    replicates' estimates, (|Σᵣeᵣ|² − Σᵣ|eᵣ|²)/(R(R − 1)): replicates are independent, so noise adds
    nothing on average, however it differs from arm to arm. Intervals are the jackknife's over
    replicates. Source: Sobol 1993; Hoeffding 1948; Efron & Stein 1981.

    Parameters
    ----------
    values
        All arms of all replicates, shape (levels of a, levels of b, …, replicates).

    Raises
    ------
    ValueError
        If there is no factor, fewer than two replicates, or a value that is not finite.

    Examples
    --------
    >>> result = decompose([[[1.0, 1.1], [3.0, 2.9]], [[2.0, 2.1], [4.0, 3.9]]])
    >>> [(effect.factors, round(effect.share, 2)) for effect in result.effects]
    [((0,), 0.22), ((1,), 0.78), ((0, 1), 0.0)]
    """
    y = np.asarray(values, dtype=np.float64)
    if y.ndim < 2 or y.shape[-1] < 2:
        raise ValueError(f"values have shape {y.shape}, not (levels, …, at least 2 replicates)")
    if not np.isfinite(y).all():
        raise ValueError("values must be finite; rank what has no value")
    factors, replicates = range(y.ndim - 1), y.shape[-1]
    rounding = (1e-12 * float(np.max(np.abs(y)))) ** 2
    y = y - y.mean()  # squares of what lies around 0 keep their digits
    subsets = [s for size in (1, 2) for s in itertools.combinations(factors, size)]
    effects = _effects(y, subsets)
    grand = y.mean(axis=tuple(factors))
    every = y - grand
    parts = [_products(effects[subset]) for subset in subsets]
    all_factors, squares = _products(every), _left_out(np.mean(y**2, axis=tuple(factors)))
    variance = squares - _products(grand)
    higher = all_factors - sum(parts) if len(factors) > 2 else np.zeros(replicates + 1)
    variances = np.array([*parts, higher, variance - all_factors])
    shares = np.divide(variances, variance, out=np.zeros_like(variances), where=variance > rounding)
    made = [
        _share(subset, row, level) for subset, row in zip([*subsets, (), ()], shares, strict=True)
    ]
    return Decomposition(tuple(made[:-2]), made[-2], made[-1], replicates)


def _effects(y: FloatArray, subsets: list[tuple[int, ...]]) -> dict[tuple[int, ...], FloatArray]:
    """Return the effect of each subset in each replicate, by inclusion and exclusion of means."""
    factors = range(y.ndim - 1)

    def mean(subset: tuple[int, ...]) -> FloatArray:
        others = tuple(f for f in factors if f not in subset)
        return np.asarray(y.mean(axis=others, keepdims=True)) if others else y

    made: dict[tuple[int, ...], FloatArray] = {(): mean(())}
    for subset in subsets:
        inner = [s for size in range(len(subset)) for s in itertools.combinations(subset, size)]
        made[subset] = mean(subset) - sum(made[s] for s in inner)
    return made


def _products(effect: FloatArray) -> FloatArray:
    """Return the mean product of different replicates: of all, then with each one left out."""
    e = effect.reshape(-1, effect.shape[-1])
    r = e.shape[1]
    total, squares = e.sum(axis=1), (e**2).sum(axis=1)
    whole = float(np.mean(total**2 - squares)) / (r * (r - 1))
    if r < 3:
        return np.array([whole, *[math.nan] * r])
    less = (total[:, None] - e) ** 2 - (squares[:, None] - e**2)
    return np.array([whole, *less.mean(axis=0) / ((r - 1) * (r - 2))])


def _left_out(x: FloatArray) -> FloatArray:
    """Return the mean over replicates: of all, then with each one left out."""
    return np.array([x.mean(), *(x.sum() - x) / (len(x) - 1)])


def _share(factors: tuple[int, ...], shares: FloatArray, level: float) -> Share:
    whole, less = float(shares[0]), shares[1:]
    n = len(less)
    if n < 3:
        return Share(factors, whole, math.nan, math.nan)
    error = math.sqrt((n - 1) / n * float(((less - less.mean()) ** 2).sum()))
    half = half_width(error, n - 1, level)
    return Share(factors, whole, max(0.0, whole - half), min(1.0, whole + half))
