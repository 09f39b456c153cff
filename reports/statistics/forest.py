"""Importance where a design is no full grid: a random forest, judged by arms that it never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
TREES, SHUFFLES = 200, 20


@dataclass(frozen=True)
class ForestImportance:
    """Importances by axis, and R² of the predictions of arms by the trees that did not see them.

    An importance is the growth of that squared error where an axis is shuffled, over twice the
    variance: for a perfect fit Sobol's total share.
    """

    importances: tuple[float, ...]
    r2: float


def columns_of(levels: Sequence[Any]) -> FloatArray:
    """Return one axis's levels as columns: numbers as they are, others one column for each label.

    >>> columns_of([0.1, 2, 0.5]).ravel().tolist(), columns_of(["a", "b", "a"]).tolist()
    ([0.1, 2.0, 0.5], [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    """
    if all(isinstance(x, int | float) and not isinstance(x, bool) for x in levels):
        return np.asarray(levels, dtype=np.float64)[:, None]
    names = list(dict.fromkeys(map(repr, levels)))
    return np.array([[float(repr(x) == name) for name in names] for x in levels])


def forest_importance(
    axes: Sequence[FloatArray], y: FloatArray, *, trees: int = TREES, seed: int = 0
) -> ForestImportance:
    """Return the permutation importance of each axis on out-of-bag arms.

    Parameters
    ----------
    axes
        For each axis its columns, shape (arms, columns), as :func:`columns_of` makes them.
    y
        The arms' values, shape (arms,).

    Notes
    -----
    Source: Breiman 2001, Machine Learning 45; Gregorutti, Michel & Saint-Pierre 2017, §2.
    """
    from sklearn.ensemble import RandomForestRegressor

    x, n = np.hstack(axes), len(y)
    ends = np.cumsum([columns.shape[1] for columns in axes])
    rng = np.random.default_rng(seed)
    shuffled = [x]
    for columns, end in zip(axes, ends, strict=True):
        for _ in range(SHUFFLES):
            changed = x.copy()
            changed[:, end - columns.shape[1] : end] = columns[rng.permutation(n)]
            shuffled.append(changed)
    asked = np.stack(shuffled)
    forest = RandomForestRegressor(trees, random_state=seed).fit(x, y)
    total, count = np.zeros(asked.shape[:2]), np.zeros(n)
    for tree, seen in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        unseen = np.setdiff1d(np.arange(n), seen)
        if len(unseen):
            points = asked[:, unseen].reshape(-1, x.shape[1])
            total[:, unseen] += tree.predict(points).reshape(len(asked), -1)
            count[unseen] += 1
    known = count > 0
    errors = np.mean((total[:, known] / count[known] - y[known]) ** 2, axis=1)
    variance = float(y.var()) or 1.0
    grown = (errors[1:].reshape(len(axes), SHUFFLES).mean(axis=1) - errors[0]) / (2 * variance)
    return ForestImportance(tuple(map(float, grown)), float(1 - errors[0] / variance))
