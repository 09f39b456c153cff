"""Multiple comparisons with the best: which arms may be the best of many."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .scores import ALIKE, FEWEST_PAIRS, FloatArray
from .sign_flips import PairedScores, sign_flips

MOST_ARMS = 100
"""Every arm is compared with every other one, up to so many."""


def may_be_best(values: Any, *, alpha: float = 0.05) -> NDArray[np.bool_] | None:
    """Return for each arm whether it may be the best; the best one is ruled out in ≤ α of cases.

    Arm i is ruled out where the largest t of the others minus i, over paired sign-flips, has a
    one-sided p ≤ α: Hsu's comparison with the best (1984) without his normal law.

    Parameters
    ----------
    values
        Shape (arms, replicates), higher is better; ±∞ and NaN as in
        :func:`~.sign_flips.paired_effects`.

    Returns
    -------
    array or None
        Shape (arms,); None with more than :data:`MOST_ARMS` arms or too few replicates.

    Examples
    --------
    >>> may_be_best([[5, 6, 5, 7, 6, 5], [1, 2, 1, 1, 2, 1], [5, 5, 6, 7, 5, 6]]).tolist()
    [True, False, True]
    """
    x = np.atleast_2d(np.asarray(values, np.float64))
    arms, replicates = x.shape
    if arms > MOST_ARMS or replicates < FEWEST_PAIRS:
        return None
    signs = sign_flips(replicates, arms)
    if np.isfinite(x).all():
        flipped = signs @ x.T
        return np.array([not _ruled_out(_t_of(flipped, x, arm), alpha) for arm in range(arms)])
    return np.array([not _ruled_out(_t_with_gaps(signs, x, arm), alpha) for arm in range(arms)])


def _t_of(flipped: FloatArray, x: FloatArray, arm: int) -> FloatArray:
    """Return the t of every other arm minus this one, (flips, others); Σ ±(a − b) = Σ ±a − Σ ±b."""
    sums = np.delete(flipped - flipped[:, [arm]], arm, axis=1)
    n, squares = x.shape[1], ((np.delete(x, arm, axis=0) - x[arm]) ** 2).sum(axis=1)
    r = np.minimum(sums**2 / np.where(squares > 0, n * squares, 1.0), 1.0)
    rest = np.maximum(1.0 - r, ALIKE**2)
    return np.asarray(np.sign(sums) * np.sqrt((n - 1) * r / rest))


def _t_with_gaps(signs: FloatArray, x: FloatArray, arm: int) -> FloatArray:
    """Return the same where values are infinite or missing."""
    others = np.delete(x, arm, axis=0)
    with np.errstate(invalid="ignore"):
        differences = np.where(np.isinf(others) & (others == x[arm]), 0.0, others - x[arm])
    columns = []
    for row in differences:
        scores = PairedScores(row)
        if scores.n >= FEWEST_PAIRS:
            sums, squares = scores.flipped_sums(signs)
            columns.append(np.sign(sums) * np.sqrt(squares))
    return np.stack(columns, axis=1) if columns else np.zeros((len(signs), 1))


def _ruled_out(t: FloatArray, alpha: float) -> bool:
    """Whether the largest observed t, in the first row, is rarely reached by chance."""
    observed = float(t[0].max())
    if observed <= 0.0:
        return False
    largest = np.concatenate([t.max(axis=1), (-t).max(axis=1)])  # each flip and its mirror image
    at_least = largest >= observed * (1.0 - ALIKE)
    at_least[0] = True
    return bool(at_least.mean() <= alpha)
