"""Parametrisations: how initial weights and learning rates of each layer go with its width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..components import Component, number


@dataclass(frozen=True)
class MaximalUpdate(Component):
    """Maximal update (μP): output weights ∝ 1/fan_in and rates by layer: optima keep with width.

    Relative to the standard parametrisation at ``base_width``, with n a width over it: initial
    output weights are multiplied by 1/√n, n the fan_in. SGD's rates are multiplied by n, the
    fan_out, for input weights and every other parameter of hidden layers (biases, gains, shifts,
    slopes), and by 1/n, the fan_in, for output weights; adaptive optimisers' rates by 1/n, the
    fan_in, for hidden and output weights. All other rates stay.
    Source: Yang & Hu 2021; Yang et al. 2022, Tensor Programs V, table 3.
    """

    kind: ClassVar[str] = "mup"
    words: ClassVar[str] = "μP"
    base_width: int = number(32, at_least=1)

    def output_scale(self, width: int) -> float:
        """Return what initial output weights are multiplied by."""
        return float((self.base_width / width) ** 0.5)

    def rate(self, part: str, index: int, sizes: tuple[int, ...], adaptive: bool) -> float:
        """Return what the rate of a layer's weights or other parameters is multiplied by.

        ``part`` is ``"weights"`` or another segment of the parameters, ``index`` counts layers
        from 0, and ``sizes`` are the numbers of units from the features to the outputs.
        """
        first, last = index == 0, index == len(sizes) - 2
        if part == "weights" and not first:
            n = sizes[index] / self.base_width
            return 1.0 / n if adaptive or last else 1.0
        if last:  # biases of the output, and the only layer of a linear model
            return 1.0
        return 1.0 if adaptive else sizes[index + 1] / self.base_width


Parametrisation = MaximalUpdate
