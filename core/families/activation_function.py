"""What an activation function is: values and derivative on whole stacked arrays.

A member works on whole stacked arrays and writes in place: ``apply(fields, z, out, scratch)``
computes out = f(z), where ``out`` may be z itself, and ``derivative(fields, z, a, out, scratch)``
computes f′ from the pre-activation z or from a = f(z), whichever is cheaper. The arrays are
distinct otherwise, and ``scratch`` is free to use. A member that needs z for its derivative says
so with ``needs_preactivation``; for the others z is not kept.

A member with a learned parameter names it in ``learned_field``: ``fields`` then holds that
parameter per trial and unit, (T, units, 1), and it is learned by ``parameter_derivative``,
∂f/∂parameter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, Component, Fields

ONE = {np.dtype(t): np.ones(1, t) for t in (np.float32, np.float64)}
ZERO = {np.dtype(t): np.zeros(1, t) for t in (np.float32, np.float64)}
# one-element arrays: NumPy's ufuncs take them faster than scalars


@dataclass(frozen=True)
class ActivationFunction(Component, ABC):
    """What every activation says of itself; the defaults suit a smooth unbounded function."""

    needs_preactivation: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float] | None] = None
    kinks: ClassVar[tuple[float, ...]] = ()

    @property
    def learned_field(self) -> str:
        """The field that is learned, one value per unit; empty where there is none."""
        return ""

    @property
    def missing(self) -> str:
        """What a recipe must still be given, in a sentence; empty where nothing is missing."""
        return ""

    @abstractmethod
    def apply(self, fields: Fields, z: Array, out: Array, scratch: Array) -> None:
        """Write f(z) to ``out``."""

    @abstractmethod
    def derivative(self, fields: Fields, z: Array, a: Array, out: Array, scratch: Array) -> None:
        """Write f′ to ``out``."""

    def parameter_derivative(self, fields: Fields, z: Array, a: Array, out: Array) -> None:
        """Write the derivative by the learned parameter to ``out``: 0 where none is learned."""
        out.fill(0.0)
