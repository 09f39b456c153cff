"""Ablations: what each component adds to the bare recipe and to the full one, as contrasts."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .factorial import FloatArray, IntArray

Change = Literal["bare", "full", "others"]


def changes_of(levels: IntArray) -> tuple[list[tuple[int, Change]], FloatArray]:
    """Return the changes by components that these arms show, and weights of shape (arms, changes).

    ``levels``, shape (arms, components), is 1 with a component and 0 without it. ``"bare"`` is what
    a component adds to the bare recipe, the arm with it alone minus that with none; ``"full"`` what
    it adds to the full one, the arm with all minus that without it; ``"others"`` the second minus
    the first: what the others change about it, zero where effects add up.

    >>> changes, weights = changes_of(np.array([[1, 1], [0, 1], [1, 0]]))
    >>> changes, weights.T.tolist()
    ([(0, 'full'), (1, 'full')], [[1.0, -1.0, 0.0], [1.0, 0.0, -1.0]])
    """
    arms, components = levels.shape
    arm_at = {tuple(row): arm for arm, row in enumerate(levels.tolist())}
    changes: list[tuple[int, Change]] = []
    columns = []

    def step(low: tuple[int, ...], high: tuple[int, ...]) -> FloatArray | None:
        if low not in arm_at or high not in arm_at:
            return None
        column = np.zeros(arms)
        column[arm_at[high]], column[arm_at[low]] = 1.0, -1.0
        return column

    bare, full = (0,) * components, (1,) * components
    for component in range(components):
        alone = tuple(int(i == component) for i in range(components))
        without = tuple(1 - x for x in alone)
        added, kept = step(bare, alone), step(without, full)
        others = None if added is None or kept is None else kept - added
        shown: dict[Change, FloatArray | None] = {"bare": added, "full": kept, "others": others}
        for change, column in shown.items():
            if column is not None:
                changes.append((component, change))
                columns.append(column)
    return changes, np.stack(columns, axis=1) if columns else np.zeros((arms, 0))
