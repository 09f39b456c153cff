"""Loss and accuracy of a stack on a set of examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .components import Array, cast, stack_fields
from .examples import Examples, Gather, shared
from .network import Network, layers_of
from .recipe import Recipe

COLUMNS = 256
"""Examples per evaluation chunk: a constant of the engine, since the number of columns of a
matrix product is part of its bits."""


def chunks(count: int) -> Iterator[slice]:
    """Yield the slices that cut ``count`` examples into evaluation chunks."""
    for start in range(0, count, COLUMNS):
        yield slice(start, min(start + COLUMNS, count))


class Evaluation:
    """Evaluates a stack of T networks; buffers are kept between calls."""

    def __init__(self, recipes: list[Recipe], examples: Examples) -> None:
        recipe = recipes[0]
        self._loss, self._trials = recipe.loss, len(recipes)
        self._dtype: np.dtype[Any] = np.dtype(recipe.dtype)
        self._sizes = (examples.x.shape[1], *recipe.hidden, examples.y.shape[1])
        self._activation = recipe.activation
        self._fields = cast(stack_fields([r.activation for r in recipes]), self._dtype, 2)
        self._x, self._y = Gather(examples.x), Gather(examples.y)
        self._networks: dict[int, Network] = {}

    def _network(self, columns: int) -> Network:
        if columns not in self._networks:
            self._networks[columns] = Network(
                self._sizes, self._trials, columns, self._dtype, self._activation, self._fields
            )
        return self._networks[columns]

    def __call__(self, arena: Array, rows: Array) -> tuple[Array, Array]:
        """Return the mean loss and the accuracy, float64 of shape (T,).

        ``rows`` has shape (T, n); the accuracy is NaN where the loss is not one of classes, both
        are NaN for an empty set.
        """
        count = rows.shape[1]
        loss, right = np.zeros(self._trials), np.zeros(self._trials)
        if count == 0:
            return np.full(self._trials, np.nan), np.full(self._trials, np.nan)
        layers, rows = layers_of(arena, self._sizes), shared(rows)
        for columns in chunks(count):
            part = rows[:, columns]
            network = self._network(part.shape[1])
            network.forward(layers, self._x(part).transpose(0, 2, 1))
            y = self._y(part).transpose(2, 0, 1)
            if self._loss.classifies:
                hits = network.output.argmax(axis=0) == y.argmax(axis=0)
                right += hits.sum(axis=1)
            self._loss.value_and_gradient(network.output, y, network.loss)
            loss += network.loss.astype(np.float64).sum(axis=1)
        accuracy = right / count if self._loss.classifies else np.full(self._trials, np.nan)
        return loss / count, accuracy
