"""The architecture of a network: its layers, and where each of its parameters lies in an arena.

An arena holds a trial per row: all weights first, then all biases, then the gains and shifts of
the normaliser, then the learned parameters of the activation.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ..components import Array
from ..families.activations import Activation
from ..families.normalisers import Normaliser
from ..families.optimisers import Optimiser
from ..families.parametrisations import Parametrisation
from ..families.residual import Residual
from ..recipe import Recipe

SEGMENTS = ("weights", "biases", "gains", "shifts", "learned")


class Parameters(NamedTuple):
    """Views of an arena, a list by layer each; writing to them writes to the arena.

    ``weights`` (T, out, in) and ``biases`` (T, out, 1) are those of all layers, ``gains``,
    ``shifts`` and ``learned`` (T, units, 1) those of hidden layers, empty where there are none.
    """

    weights: list[Array]
    biases: list[Array]
    gains: list[Array]
    shifts: list[Array]
    learned: list[Array]


@dataclass(frozen=True)
class Architecture:
    """The shape of one network and the layout of its parameters.

    ``sizes`` are the numbers of units from the features to the outputs. Of the components only
    what is common to a stack counts here; float fields belong to the trials.
    """

    sizes: tuple[int, ...]
    activation: Activation
    normaliser: Normaliser | None
    residual: Residual | None
    parametrisation: Parametrisation | None

    @classmethod
    def of(cls, recipe: Recipe, features: int, outputs: int) -> Architecture:
        """Return the architecture that a recipe asks for on data of this size."""
        return cls(
            (features, *recipe.hidden, outputs),
            recipe.activation,
            recipe.normaliser,
            recipe.residual,
            recipe.parametrisation,
        )

    @property
    def hidden(self) -> tuple[int, ...]:
        """The widths of the hidden layers."""
        return self.sizes[1:-1]

    @property
    def layers(self) -> int:
        """The number of layers with weights, the output layer included."""
        return len(self.sizes) - 1

    @cached_property
    def shapes(self) -> dict[str, list[tuple[int, int]]]:
        """The shape of every layer's parameters by segment, in the order of the arena."""
        normalised = [(width, 1) for width in self.hidden] if self.normaliser else []
        learned = [(width, 1) for width in self.hidden] if self.activation.learned_field else []
        return {
            "weights": [(out, inputs) for inputs, out in itertools.pairwise(self.sizes)],
            "biases": [(out, 1) for out in self.sizes[1:]],
            "gains": normalised,
            "shifts": normalised,
            "learned": learned,
        }

    @cached_property
    def weights(self) -> int:
        """The number of weights, which come first and are what regularisers act on."""
        return sum(out * inputs for out, inputs in self.shapes["weights"])

    @cached_property
    def parameters(self) -> int:
        """The number of learned parameters."""
        return sum(rows * columns for part in self.shapes.values() for rows, columns in part)

    @property
    def statistics(self) -> int:
        """The number of running statistics: a mean and a variance per normalised unit."""
        return 2 * sum(self.hidden) if self.normaliser and self.normaliser.running else 0

    def step_flops(self, examples: int) -> int:
        """Return the floating-point operations of one forward and backward pass, analytically.

        2 per weight forward, 2 for its gradient, and 2 for the δ below except in the first layer.
        """
        return examples * (6 * self.weights - 2 * self.sizes[0] * self.sizes[1])

    def views(self, arena: Array) -> Parameters:
        """Return the views of an arena, shape (T, parameters)."""
        views: dict[str, list[Array]] = {name: [] for name in SEGMENTS}
        for name, _, columns, shape in self._places():
            views[name].append(arena[:, columns].reshape(len(arena), *shape))
        return Parameters(**views)

    def running(self, statistics: Array) -> list[tuple[Array, Array]]:
        """Return the running mean and variance of every hidden layer, (T, units) views each.

        There are none without batch normalisation.
        """
        views, start = [], 0
        for width in self.hidden if self.statistics else ():
            middle, end = start + width, start + 2 * width
            views.append((statistics[:, start:middle], statistics[:, middle:end]))
            start = end
        return views

    def rates(self, optimiser: Optimiser) -> list[tuple[slice, float]]:
        """Return runs of the arena's columns and what the learning rate is multiplied by there."""
        if self.parametrisation is None:
            return [(slice(0, self.parameters), 1.0)]
        runs: list[tuple[slice, float]] = []
        for name, index, columns, _ in self._places():
            rate = self.parametrisation.rate(name, index, self.sizes, optimiser.adaptive)
            start = columns.start
            if runs and runs[-1][1] == rate:
                start = runs.pop()[0].start
            runs.append((slice(start, columns.stop), rate))
        return runs

    def _places(self) -> Iterator[tuple[str, int, slice, tuple[int, int]]]:
        start = 0
        for name, shapes in self.shapes.items():
            for index, shape in enumerate(shapes):
                end = start + shape[0] * shape[1]
                yield name, index, slice(start, end), shape
                start = end
