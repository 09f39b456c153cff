"""Loss and accuracy of a stack on a set of examples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..components import Array, stack_fields
from ..recipe import Recipe
from .architecture import Architecture
from .examples import Examples, Gather, shared
from .network import Masks, Network, Networks, Running

COLUMNS = 256
"""Examples per evaluation chunk: a constant of the engine, since the number of columns of a
matrix product is part of its bits."""


def chunks(count: int, columns: int = COLUMNS) -> Iterator[slice]:
    """Yield the slices that cut ``count`` examples into chunks, of evaluation if not told."""
    for start in range(0, count, columns):
        yield slice(start, min(start + columns, count))


class Evaluation:
    """Evaluates a stack of T networks on the parameters in ``arena``, whenever it is called."""

    def __init__(
        self,
        recipes: list[Recipe],
        examples: Examples,
        architecture: Architecture,
        arena: Array,
        running: Running,
        *,
        masked: bool = False,
    ) -> None:
        self._loss, self._trials = recipes[0].loss, len(recipes)
        self._labelled = examples.labelled
        dtype = np.dtype(recipes[0].dtype)
        self._loss_fields = {
            name: values.astype(dtype)[:, None]
            for name, values in stack_fields([r.loss for r in recipes]).items()
        }
        self._networks = Networks(architecture, recipes, architecture.views(arena), masked=masked)
        self._running = running
        self._x, self._y = Gather(examples.x), Gather(examples.y)

    def __call__(self, rows: Array, masks: Masks | None = None) -> tuple[Array, Array]:
        """Return the mean loss and the accuracy, float64 of shape (T,).

        ``rows`` has shape (T, n); the accuracy is NaN where the targets are not classes, both are
        NaN for an empty set. ``masks``, a factor (1 or T, units, 1) for each hidden layer's
        activations, are for an evaluation that is ``masked``.
        """
        count = rows.shape[1]
        loss, right = np.zeros(self._trials), np.zeros(self._trials)
        if count == 0:
            return np.full(self._trials, np.nan), np.full(self._trials, np.nan)
        for _, network, y in self.passes(rows, masks):
            if self._labelled:
                right += self._hits(network, y)
            loss += self.losses(network, y).astype(np.float64).sum(axis=1)
        accuracy = right / count if self._labelled else np.full(self._trials, np.nan)
        return loss / count, accuracy

    def passes(
        self, rows: Array, masks: Masks | None = None
    ) -> Iterator[tuple[slice, Network, Array]]:
        """Yield each chunk of the rows (T, n): its columns, the network after it, and its targets.

        The outputs z stand in the network's ``output``, class-major as the targets; the next chunk
        overwrites them.
        """
        rows = shared(rows)
        for columns in chunks(rows.shape[1]):
            part = rows[:, columns]
            network = self._networks(part.shape[1])
            network.forward(self._x(part).transpose(0, 2, 1), masks, running=self._running)
            yield columns, network, self._y(part).transpose(2, 0, 1)

    def losses(self, network: Network, y: Array) -> Array:
        """Return the loss of each example of a pass, (T, B); the network's outputs are spent."""
        self._loss.value_and_gradient(
            self._loss_fields, network.output, y, network.loss, network.output_spare
        )
        return network.loss

    @staticmethod
    def _hits(network: Network, y: Array) -> Array:
        """Return for how many examples the right class has the largest output, (T,).

        Of several largest the first counts; they are rare, and looked for only where they are.
        """
        z, largest, winners = network.output, network.loss, network.output_spare[0]
        np.maximum.reduce(z, axis=0, out=largest)
        np.equal(z, largest, winners)
        if np.add.reduce(winners, axis=0).max() > 1.0:
            return np.asarray((z.argmax(axis=0) == y.argmax(axis=0)).sum(axis=1))
        np.multiply(winners, y, winners)
        return np.asarray(np.add.reduce(winners, axis=(0, 2)))
