"""What one layer can separate: linear separability, decided by a linear programme."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ..components import Array


def separable(points: Array, labels: Array) -> bool:
    """Tell whether some w, b have wᵀx + b ≥ 1 for labels 1 and ≤ −1 for labels 0.

    Points of shape (n, d); by scale, any strict separation can be brought to this form.

    >>> corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> separable(corners, np.array([0, 1, 1, 1])), separable(corners, np.array([0, 1, 1, 0]))
    (True, False)
    """
    from scipy.optimize import linprog

    signs = np.where(np.asarray(labels) > 0, 1.0, -1.0)[:, None]
    rows = -signs * np.column_stack([points, np.ones(len(points))])
    found = linprog(
        np.zeros(rows.shape[1]), A_ub=rows, b_ub=-np.ones(len(rows)), bounds=(None, None)
    )
    return bool(found.status == 0)


def most_separable(points: Array, labels: Array) -> int:
    """Return how many of the points one linear threshold unit can get right at most.

    >>> corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> most_separable(corners, np.array([0, 1, 1, 0]))
    3
    """
    for size in range(len(points), 0, -1):
        for kept in combinations(range(len(points)), size):
            if separable(points[list(kept)], labels[list(kept)]):
                return size
    return 0
