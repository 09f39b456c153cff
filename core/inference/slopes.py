"""Slopes: the linear trend of one replicate over the levels of a factor, as a contrast of arms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def slope_weights(x: Any) -> NDArray[np.float64]:
    """Return w with Σ wᵢ yᵢ the least-squares slope of y over x: wᵢ = (xᵢ − x̄) / Σ (xⱼ − x̄)².

    The weights sum to 0, so that what all arms of a replicate share drops out.

    Parameters
    ----------
    x
        Shape (arms,), at least two different places.

    Examples
    --------
    >>> float(slope_weights([0.0, 1.0, 3.0]) @ [1.0, 3.0, 7.0])
    2.0
    """
    centred = np.asarray(x, np.float64) - np.mean(x)
    return np.asarray(centred / np.square(centred).sum())
