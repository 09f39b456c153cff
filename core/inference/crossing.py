"""What replicates tell that share the levels of crossed sources of luck."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from .scores import ALIKE, FloatArray
from .sign_flips import PairedScores
from .variance_components import variance_of_mean


def crossed_factor(
    values: Any, levels: NDArray[np.int64], *, arms: int = 1, level: float = 0.95
) -> float:
    """Return (v / (s²/n)) · (t_ν / t_{n−1})²: by how much squared intervals of a mean are wider.

    v is the variance of the mean over new levels of every source, ν its degrees of freedom, as
    :func:`variance_of_mean` has them from the means of the cells; t are Student's quantiles, at
    the level that each of so many ``arms`` gets. Where cells are empty, v is the variance of the
    means at the levels of the source with the fewest, over their number L, and ν is L − 1.

    Parameters
    ----------
    values
        Shape (n,), NaN where one is not there; infinite ones are compared by signed ranks.
    levels
        Shape (n, sources).

    Returns
    -------
    float
        At least 1, and ∞ where a source shows one level only.

    Examples
    --------
    >>> levels = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]])
    >>> round(crossed_factor([1.0, 1.1, 3.0, 3.3, 5.2, 5.0], levels), 1)
    7.2
    """
    y = np.asarray(values, np.float64)
    scores = PairedScores(y).scores(0.0)
    known = levels[~np.isnan(y)]
    n = len(scores)
    if n < 2 or np.ptp(scores) <= ALIKE * np.abs(scores).max():
        return 1.0
    columns = [np.unique(column, return_inverse=True) for column in known.T]
    shape = tuple(len(seen) for seen, _ in columns)
    if min(shape) < 2:
        return math.inf
    places = [place for _, place in columns]
    cells = cell_means(scores, places, shape)
    if np.isnan(cells).any():
        coarsest = int(np.argmin(shape))
        cells = cell_means(scores, [places[coarsest]], (shape[coarsest],))
    variance, freedom = variance_of_mean(cells)
    tail = 1.0 - (1.0 - level) / (2.0 * arms)
    wider = special.stdtrit(freedom, tail) / special.stdtrit(n - 1, tail)
    return max(1.0, float(variance * n / scores.var(ddof=1) * wider**2))


def cell_means(values: FloatArray, places: list[Any], shape: tuple[int, ...]) -> FloatArray:
    """Return the mean of the values at each place of a grid, NaN where there is none."""
    flat = np.ravel_multi_index(places, shape)
    counts = np.bincount(flat, minlength=math.prod(shape))
    sums = np.bincount(flat, weights=values, minlength=math.prod(shape))
    means = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
    return np.asarray(means.reshape(shape), np.float64)
