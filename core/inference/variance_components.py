"""Variance components: how much of a variance each crossed source of luck makes."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
LEVEL = 0.95
DRAWS = 10_000


@dataclass(frozen=True)
class Component:
    """The variance that the draws of ``factors`` make together, beyond what fewer of them make.

    ``estimate`` may lie below zero, which says that it is small; ``variance`` is cut off there,
    and ``share`` is its part of all components'. ``low`` and ``high`` are the 95 % interval of the
    variance, ``share_low`` and ``share_high`` that of the share.
    """

    factors: tuple[int, ...]
    estimate: float
    variance: float
    low: float
    high: float
    share: float
    share_low: float
    share_high: float

    @property
    def truncated(self) -> bool:
        """Whether the estimate was below zero."""
        return self.estimate < 0


def variance_components(
    values: ArrayLike, level: float = LEVEL, *, draws: int = DRAWS, seed: int = 0
) -> tuple[Component, ...]:
    """Return the components of all random factors and of what they do together.

    With mean squares MS of the subsets of factors, E[MS_S] = Σ_{T ⊇ S} σ²_T·Π_{f ∉ T} n_f, which
    is solved for σ². The last component, of all factors, holds what else varies too. Intervals
    draw every MS anew as MS·ν/χ²_ν (generalised inference), supposing normal effects. Source:
    Searle, Casella & McCulloch 1992, §4; Weerahandi 1993; Hannig, Iyer & Patterson 2006.

    Parameters
    ----------
    values
        One value for each combination of levels, shape (levels of a, levels of b, …).

    Raises
    ------
    ValueError
        If a factor has fewer than two levels, or a value is not finite.

    Examples
    --------
    >>> a, b, rest = variance_components([[1.0, 1.2, 1.1], [3.0, 3.1, 3.2], [5.0, 5.2, 5.2]])
    >>> round(a.variance, 2), round(b.variance, 3), round(rest.variance, 3)
    (4.07, 0.008, 0.003)
    """
    y = np.asarray(values, dtype=np.float64)
    if y.ndim < 1 or min(y.shape) < 2 or not np.isfinite(y).all():
        raise ValueError(
            f"values of shape {y.shape} must be finite, two levels or more of a factor"
        )
    y = y - y.mean()
    subsets = _subsets(y.ndim)
    squares, freedom = zip(*(_mean_square(y, subset) for subset in subsets), strict=True)
    solve = _solution(subsets, y.shape)
    estimates = solve @ np.array(squares)
    rng = np.random.default_rng(seed)
    drawn = np.array(
        [ms * v / rng.chisquare(v, draws) for ms, v in zip(squares, freedom, strict=True)]
    )
    possible = np.maximum(solve @ drawn, 0.0)
    variances = np.maximum(estimates, 0.0)
    shares, possible_shares = _shares(variances), _shares(possible)
    ends = [(1 - level) / 2, (1 + level) / 2]
    bounds = np.quantile(possible, ends, axis=1)
    share_bounds = np.quantile(possible_shares, ends, axis=1)
    return tuple(
        Component(
            subset,
            float(estimates[i]),
            float(variances[i]),
            float(bounds[0, i]),
            float(bounds[1, i]),
            float(shares[i]),
            float(share_bounds[0, i]),
            float(share_bounds[1, i]),
        )
        for i, subset in enumerate(subsets)
    )


def variance_of_mean(values: ArrayLike) -> tuple[float, float]:
    """Return the variance of the mean over all random factors, and its degrees of freedom.

    It is Σ σ²_S / Π_{f ∈ S} n_f over subsets S of factors whose estimate is not below zero, a sum
    Σ c·MS of mean squares; the degrees are (Σ c·MS)² / Σ (c·MS)²/ν. Source: Satterthwaite 1946,
    Biometrics Bulletin 2; Searle, Casella & McCulloch 1992, §4.

    Parameters
    ----------
    values
        As for :func:`variance_components`.

    Examples
    --------
    >>> variance, freedom = variance_of_mean([[1.0, 1.2, 1.1], [3.0, 3.1, 3.2], [5.0, 5.2, 5.2]])
    >>> round(variance, 2), round(freedom, 1)  # of the three rows, which differ most
    (1.36, 2.0)
    """
    y = np.asarray(values, dtype=np.float64)
    subsets = _subsets(y.ndim)
    squares, freedom = map(np.array, zip(*(_mean_square(y, s) for s in subsets), strict=True))
    solve = _solution(subsets, y.shape)
    averaged = 1.0 / np.array([math.prod(y.shape[f] for f in subset) for subset in subsets])
    parts = (averaged * (solve @ squares > 0)) @ solve * squares
    variance = float(parts.sum())
    spread = float((parts**2 / freedom).sum())
    return variance, variance**2 / spread if spread > 0 else float(freedom[-1])


def _subsets(factors: int) -> list[tuple[int, ...]]:
    """Return all subsets of so many factors but the empty one, the smaller first."""
    sizes = range(1, factors + 1)
    return [s for size in sizes for s in itertools.combinations(range(factors), size)]


def _mean_square(y: FloatArray, subset: tuple[int, ...]) -> tuple[float, int]:
    """Return the mean square of a subset of factors, and its degrees of freedom."""
    effect = y
    for factor in range(y.ndim):
        mean = effect.mean(axis=factor, keepdims=True)
        effect = effect - mean if factor in subset else mean
    freedom = math.prod(y.shape[f] - 1 for f in subset)
    repeats = math.prod(n for f, n in enumerate(y.shape) if f not in subset)
    return repeats * float((effect**2).sum()) / freedom, freedom


def _solution(subsets: list[tuple[int, ...]], shape: tuple[int, ...]) -> FloatArray:
    """Return the matrix that turns mean squares into components."""
    expected = np.zeros((len(subsets), len(subsets)))
    for i, s in enumerate(subsets):
        for j, t in enumerate(subsets):
            if set(s) <= set(t):
                expected[i, j] = math.prod(n for f, n in enumerate(shape) if f not in t)
    return np.asarray(np.linalg.inv(expected))


def _shares(variances: FloatArray) -> FloatArray:
    """Return the parts of a sum, 0 where all is 0."""
    total = variances.sum(axis=0)
    return np.asarray(np.divide(variances, total, out=np.zeros_like(variances), where=total > 0))
