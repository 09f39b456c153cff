"""What a measure may read of a stack, and the outputs of its networks on any inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..components import Array
from ..engine.architecture import Architecture
from ..engine.evaluation import Evaluation, chunks
from ..engine.examples import Examples, Gather, shared
from ..engine.network import Networks
from ..recipe import Recipe


@dataclass(frozen=True)
class View:
    """T trials at one moment, for a measure to read and not to change.

    Parameters
    ----------
    recipes, examples, architecture
        What is trained on what, a recipe and a row of row numbers for each trial.
    step
        The number of steps finished.
    parameters, statistics
        The parameters (T, P) that scores are measured with, and the running statistics with them.
    trained
        The parameters (T, P) that training goes on from: others only where weights are averaged.
    initial
        The parameters (T, P) at the start.
    stepped
        ``trained`` after the step that follows, NaN for a trial that did not take it; None where
        no step follows.
    buffers
        What a measure keeps between two views of the same trials, under itself as key.
    """

    recipes: list[Recipe]
    examples: Examples
    architecture: Architecture
    step: int
    parameters: Array
    statistics: Array
    trained: Array
    initial: Array
    stepped: Array | None = None
    buffers: dict[Any, Any] = field(default_factory=dict)

    def evaluation(self, *, masked: bool = False) -> Evaluation:
        """Return what scores are measured by, ``masked`` if hidden units are to be left out."""
        return Evaluation(
            self.recipes,
            self.examples,
            self.architecture,
            self.parameters,
            self.architecture.running(self.statistics),
            masked=masked,
        )

    def read(self, rows: Array) -> Iterator[tuple[list[Array], Array]]:
        """Yield what each layer reads, from the inputs on, chunk by chunk of the rows (T, n).

        Each is (T, units, B), and the targets beside them (T, B, outputs), or 1 in place of T where
        all trials share them; the next chunk overwrites them.
        """
        networks = Networks(
            self.architecture, self.recipes, self.architecture.views(self.parameters), keep=True
        )
        running = self.architecture.running(self.statistics)
        inputs, targets, rows = Gather(self.examples.x), Gather(self.examples.y), shared(rows)
        for columns in chunks(rows.shape[1]):
            part = rows[:, columns]
            network, x = networks(part.shape[1]), inputs(part).transpose(0, 2, 1)
            network.forward(x, running=running)
            yield [x, *(layer.output for layer in network.layers)], targets(part)

    def outputs(self, x: Array) -> Array:
        """Return the outputs z (outputs, T, n) for inputs (T, n, features), chunk by chunk."""
        architecture, dtype = self.architecture, self.parameters.dtype
        networks = Networks(architecture, self.recipes, architecture.views(self.parameters))
        running = architecture.running(self.statistics)
        z = np.empty((architecture.sizes[-1], *x.shape[:2]), dtype)
        for columns in chunks(x.shape[1]):
            part = np.ascontiguousarray(x[:, columns], dtype)
            network = networks(part.shape[1])
            network.forward(part.transpose(0, 2, 1), running=running)
            z[:, :, columns] = network.output
        return z
