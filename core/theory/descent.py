"""An optimiser's path over a surface of a few parameters, by the engine's own update rules."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..components import Array, stack_fields
from ..families.optimiser_function import OptimiserFunction


def descent_path(
    optimiser: OptimiserFunction,
    gradient: Callable[[Array], Array],
    start: Array,
    rate: float,
    steps: int,
) -> Array:
    """Return the parameters before each of so many steps and after the last, (steps + 1, n).

    ``rate`` stands in place of the optimiser's own, which a schedule would change.

    >>> from paribus.core.families.optimisers import SGD
    >>> descent_path(SGD(), lambda w: w, np.array([1.0]), 0.5, 2).ravel()
    array([1.  , 0.5 , 0.25])
    """
    theta = np.array(start, dtype=np.float64)[None, :]
    slots = [np.zeros_like(theta) for _ in optimiser.slots]
    fields, rates = stack_fields([optimiser]), np.array([rate])
    path = [theta[0].copy()]
    for step in range(steps):
        g = gradient(theta[0])[None, :]
        if optimiser.linear:
            g = g * rate
        constants = optimiser.coefficients(fields, rates, np.array([step]))
        columns = tuple(c.reshape(-1, 1) for c in constants)
        optimiser.update(theta, g, slots, columns, np.empty_like(theta))
        path.append(theta[0].copy())
    return np.array(path)
