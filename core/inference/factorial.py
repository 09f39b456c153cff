"""Factorial designs: main effects and two-factor interactions, as contrasts within replicates."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Term = tuple[tuple[int, int], ...]
"""Factors, each with the level that is compared with its first: one for a main effect, two for an
interaction."""
ROUNDING = 1e-9
"""Below it a sum of weights is none."""


def orthogonal(levels: IntArray) -> bool:
    """Whether any two factors have all their pairs of levels equally often.

    This is an orthogonal array of strength two: no main effect leans on another.
    ``levels`` has shape (arms, factors) and counts each factor's levels from 0.

    >>> full = np.array(list(itertools.product([0, 1], repeat=3)))
    >>> orthogonal(full), orthogonal(full[:6])
    (True, False)
    """
    sizes = levels.max(axis=0, initial=0) + 1
    for i, j in itertools.combinations(range(levels.shape[1]), 2):
        cells = sizes[i] * sizes[j]
        counts = np.bincount(levels[:, i] * sizes[j] + levels[:, j], minlength=cells)
        if np.ptp(counts):
            return False
    return True


def terms_of(levels: IntArray) -> tuple[list[Term], IntArray]:
    """Return main effects and two-factor interactions, and their signs, shape (arms, terms).

    A main effect has +1 where the factor is at a level, −1 where it is at its first, 0 elsewhere;
    an interaction has the product of two of these. ``levels`` is as for :func:`orthogonal`.

    >>> terms, signs = terms_of(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]))
    >>> terms, signs[:, 2].tolist()
    ([((0, 1),), ((1, 1),), ((0, 1), (1, 1))], [1, -1, -1, 1])
    """
    main: list[Term] = []
    columns: list[IntArray] = []
    for factor, column in enumerate(levels.T):
        for level in range(1, int(column.max(initial=0)) + 1):
            main.append(((factor, level),))
            columns.append((column == level).astype(np.int64) - (column == 0))
    both = [
        (i, j)
        for i, j in itertools.combinations(range(len(main)), 2)
        if main[i][0][0] != main[j][0][0]
    ]
    terms = main + [main[i] + main[j] for i, j in both]
    columns += [columns[i] * columns[j] for i, j in both]
    return terms, np.stack(columns, axis=1) if columns else np.zeros((len(levels), 0), np.int64)


def halves(signs: IntArray) -> FloatArray:
    """Return the weights that make each term the mean over +1 minus the mean over −1.

    For a two-level factor this is its main effect, and for two of them half of what one's effect
    changes by as the other goes from its first to its second level.
    Source: Box, Hunter & Hunter 2005, Statistics for Experimenters, ch. 5.
    """
    high, low = (signs > 0).astype(np.float64), (signs < 0).astype(np.float64)
    return np.asarray(high / np.maximum(high.sum(axis=0), 1) - low / np.maximum(low.sum(axis=0), 1))


def contrasts(values: Any, weights: FloatArray) -> FloatArray:
    """Return each replicate's weighted sum over arms, for every term.

    ``values`` has shape (replicates, arms), ``weights`` (arms, terms), the result (replicates,
    terms); it is NaN where a value that it is made of is NaN. Weights that sum to 0 drop what all
    arms of a replicate share, so contrasts are paired. ±∞ stands for one amount beyond all others:
    it cancels where it weighs alike on either side, as two arms without a value are alike.

    >>> _, signs = terms_of(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]))
    >>> contrasts([[1.0, 3.0, 2.0, 8.0], [1.0, np.inf, 2.0, np.inf]], halves(signs))
    array([[ 3. ,  4. ,  2. ],
           [ 0.5,  inf,  -0.5]])
    """
    y = np.asarray(values, np.float64)
    made: FloatArray = np.where(np.isfinite(y), y, 0.0) @ weights
    beyond = np.where(np.isinf(y), np.sign(y), 0.0) @ weights
    infinite = np.abs(beyond) > ROUNDING
    made = np.where(infinite, np.copysign(np.inf, beyond), made)
    lacking = np.isnan(y).astype(np.float64) @ (weights != 0).astype(np.float64) > 0
    return np.where(lacking, np.nan, made)


def aliases_of(signs: IntArray) -> list[list[int]]:
    """Return for each term the others that it cannot be told from: equal signs, or all opposite.

    >>> half = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0], [1, 1, 1]])  # C = AB
    >>> aliases_of(terms_of(half)[1])
    [[5], [4], [3], [2], [1], [0]]
    """
    groups: dict[bytes, list[int]] = {}
    for index, column in enumerate(signs.T):
        nonzero = np.flatnonzero(column)
        direction = column[nonzero[0]] if len(nonzero) else 1
        groups.setdefault((column * direction).tobytes(), []).append(index)
    members = {index: group for group in groups.values() for index in group}
    return [[i for i in members[index] if i != index] for index in range(signs.shape[1])]
