"""Probes: one forward and backward pass over a fixed set of examples, every layer's values kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..components import Array, stack_fields
from ..engine.architecture import Architecture, Parameters
from ..engine.evaluation import COLUMNS, chunks
from ..engine.examples import Examples, Gather, shared
from ..engine.network import Networks
from ..recipe import Recipe
from .view import View


def columns_at_once(architecture: Architecture, count: int) -> int:
    """Return how many of so many examples go through a network together."""
    return count if architecture.statistics else COLUMNS


class Probe:
    """Passes T networks forward and backward over ``rows`` (T, n), and keeps its arrays for more.

    Dropout is off; batch normalisation is by the set's own statistics, so that there the set is one
    chunk. After :meth:`run`, a list by layer each, the output layer last: ``z`` is what the
    activation reads (after normalisation, where that comes before it), ``a`` its value, of hidden
    layers alone, and ``delta`` each example's ∂loss/∂z, (T, units, n); ``gradient`` is that of the
    mean loss without penalties, in float64, and ``parameters`` what it was computed at.
    ``input_delta`` (T, features, n) is each example's ∂loss/∂x, kept ``with_inputs`` alone.
    """

    def __init__(
        self,
        recipes: list[Recipe],
        examples: Examples,
        architecture: Architecture,
        rows: Array,
        *,
        with_inputs: bool = False,
    ) -> None:
        self.architecture, self._recipes = architecture, recipes
        self._loss, self.trials = recipes[0].loss, len(recipes)
        self.dtype: np.dtype[Any] = np.dtype(recipes[0].dtype)
        self._loss_fields = {
            name: values.astype(self.dtype)[:, None]
            for name, values in stack_fields([r.loss for r in recipes]).items()
        }
        self._rows, self._with_inputs = shared(rows), with_inputs
        self.count = self._rows.shape[1]
        self._x, self._y = Gather(examples.x), Gather(examples.y)
        self._arena: Array | None = None

    @classmethod
    def of(cls, view: View, count: int) -> Probe:
        """Return the probe of a stack's first ``count`` training examples, at most all of them."""
        count = min(count, view.examples.sizes.train)
        if (cls, count) not in view.buffers:
            rows = view.examples.train[:, :count]
            view.buffers[cls, count] = cls(view.recipes, view.examples, view.architecture, rows)
        probe: Probe = view.buffers[cls, count]
        return probe

    def _prepare(self, arena: Array) -> None:
        """Allocate a copy of the arena, the gradients and room for every layer's values."""
        architecture, trials, count = self.architecture, self.trials, self.count
        self._arena, self._part = np.empty_like(arena), np.zeros_like(arena)
        self._gradient_sum = np.zeros(arena.shape)
        self.parameters: Parameters = architecture.views(self._arena)
        self.gradient: Parameters = architecture.views(self._gradient_sum)
        self._networks = Networks(
            architecture,
            self._recipes,
            self.parameters,
            gradient=architecture.views(self._part),
            keep=True,
        )

        def room(width: int) -> Array:
            return np.empty((trials, width, count), self.dtype)

        self.z, self.delta = ([room(width) for width in architecture.sizes[1:]] for _ in range(2))
        self.a = [room(width) for width in architecture.hidden]
        if self._with_inputs:
            self.input_delta = room(architecture.sizes[0])

    def run(self, arena: Array) -> None:
        """Pass over the whole set with the parameters in ``arena``, part by part."""
        if self._arena is None:
            self._prepare(arena)
        assert self._arena is not None
        np.copyto(self._arena, arena)
        self._gradient_sum.fill(0.0)
        for columns in chunks(self.count, columns_at_once(self.architecture, self.count)):
            self._pass(columns)
        np.divide(self._gradient_sum, self.count, self._gradient_sum)

    def _pass(self, columns: slice) -> None:
        """Run both passes on a part of the set and keep every layer's values."""
        rows = self._rows[:, columns]
        examples = rows.shape[1]
        network = self._networks(examples)
        x, y = self._x(rows), self._y(rows).transpose(2, 0, 1)
        network.forward(x.transpose(0, 2, 1))
        self.z[-1][:, :, columns] = network.output.transpose(1, 0, 2)
        self._loss.value_and_gradient(
            self._loss_fields, network.output, y, network.loss, network.output_spare
        )
        network.backward(x)
        self._gradient_sum += self._part * float(examples)  # it is that of the part's mean
        factor = self.dtype.type(examples)
        np.multiply(network.top, factor, self.delta[-1][:, :, columns])
        for layer in network.layers:
            assert layer.entering_delta is not None
            np.multiply(layer.entering_delta, factor, self.delta[layer.index][:, :, columns])
            self.z[layer.index][:, :, columns] = layer.entering
            self.a[layer.index][:, :, columns] = layer.activation
        if self._with_inputs:
            lowest = network.layers[0].delta if network.layers else network.top
            assert lowest is not None
            back = np.matmul(self.parameters.weights[0].transpose(0, 2, 1), lowest)
            np.multiply(back, factor, self.input_delta[:, :, columns])
