"""Multiple comparisons with the best: which arms may be the best of many."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .scores import ALIKE, FEWEST_PAIRS
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
    return np.array([not _ruled_out(x, arm, signs, alpha) for arm in range(arms)])


def _ruled_out(x: NDArray[np.float64], arm: int, signs: NDArray[np.float64], alpha: float) -> bool:
    with np.errstate(invalid="ignore"):
        differences = np.delete(x, arm, axis=0) - x[arm]
    both = np.isinf(np.delete(x, arm, axis=0)) & np.isinf(x[arm]) & np.isnan(differences)
    differences[both] = 0.0
    largest = np.full(2 * len(signs), -np.inf)
    observed = -np.inf
    for row in differences:
        scores = PairedScores(row)
        if scores.n < FEWEST_PAIRS:
            continue
        sums, squares = scores.flipped_sums(signs)
        t = np.sign(sums) * np.sqrt(squares)
        largest = np.maximum(largest, np.concatenate([t, -t]))
        observed = max(observed, float(t[0]))
    if observed <= 0.0:
        return False
    at_least = largest >= observed * (1.0 - ALIKE)
    at_least[0] = True
    return bool(at_least.mean() <= alpha)
