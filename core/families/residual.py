"""Residual connections past every so many hidden layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..components import Component, number


@dataclass(frozen=True)
class Residual(Component):
    """Residual connections: h⁽ˡ⁾ = h⁽ˡ⁻ᵏ⁾ + scale·a⁽ˡ⁾ after every k-th hidden layer from 1 + k.

    k is ``every``; a⁽ˡ⁾ is what the layer would give without them, and the layers joined must be
    of one width. The gradient then has a path that no weight or slope can shrink, ∂h⁽ˡ⁾/∂h⁽ˡ⁻ᵏ⁾ =
    I + …. Source: He et al. 2016; the notes.
    """

    kind: ClassVar[str] = "residual"
    words: ClassVar[str] = "residual connections"
    every: int = number(1, at_least=1)
    scale: float = number(1.0, at_least=0.0)

    def joins(self, layer: int) -> bool:
        """Tell whether the hidden layer at this position, from 0, adds the one ``every`` before."""
        return layer >= self.every and layer % self.every == 0
