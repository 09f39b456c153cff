"""The scales of a trained network's two ends: raw inputs on one side, predictions on the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..components import Array
from ..engine.examples import checked
from ..errors import InputError


@dataclass(frozen=True, eq=False)
class Inputs:
    """How raw inputs become what the network reads: x = (raw/divisor − mean)/scale.

    Of ``columns`` raw inputs the network reads the first ones, as many as ``mean`` and ``scale``
    have, float64 of shape (features,). ``names`` are theirs, where they have any.
    """

    columns: int
    mean: Array
    scale: Array
    divisor: float = 1.0
    names: tuple[str, ...] = ()

    def checked(self, x: Any) -> Array:
        """Return the raw inputs that the network reads, finite numbers of shape (rows, features).

        Of a data frame the columns are taken by name, where the names are known; all else must
        have shape (rows, ``columns``).

        Raises
        ------
        InputError
            If columns are missing, or a value is no finite number; the first one is named.
        """
        features, width = len(self.mean), self.columns
        if self.names and hasattr(x, "columns"):
            absent = [repr(name) for name in self.names if name not in x.columns]
            if absent:
                raise InputError(f"x lacks {len(absent)} columns of the model: {', '.join(absent)}")
            x, width = x[list(self.names)], features
        try:
            raw = np.asarray(x)
            raw = raw if raw.dtype.kind in "biuf" else np.asarray(raw, np.float64)
        except (ValueError, TypeError):
            raise InputError("x must hold numbers only, in rows of one length") from None
        if raw.ndim != 2 or raw.shape[1] != width:
            raise InputError(f"x has shape {raw.shape}; the model reads (rows, {width})")
        raw = raw[:, :features]
        if raw.dtype.kind == "f" and not np.isfinite(raw).all():
            checked(raw, self.names or [f"input {i + 1}" for i in range(features)], "x")
        return raw

    def scaled(self, raw: Array, dtype: np.dtype[Any]) -> Array:
        """Return what the network reads, computed in float64 and rounded once to ``dtype``."""
        x: Array = (raw.astype(np.float64) / self.divisor - self.mean) / self.scale
        return np.ascontiguousarray(x, dtype)


@dataclass(frozen=True, eq=False)
class Targets:
    """How outputs ŷ become predictions: the likeliest of ``classes``, or ŷ·scale + mean.

    ``mean`` and ``scale``, float64 of shape (outputs,), are those that targets which are numbers
    were standardised with.
    """

    classes: tuple[str, ...]
    mean: Array
    scale: Array
