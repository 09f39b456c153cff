"""Neuron gradients: in which direction, and how fast, each hidden unit starts to learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, choice, number
from ..engine.examples import Examples
from ..errors import InputError
from ..recipe import Recipe
from .measure_function import MeasureFunction
from .probe import Probe
from .view import View


@dataclass(frozen=True)
class NeuronGradients(MeasureFunction):
    """Neuron gradients: ∂C/∂b = mean of δ over the first training examples, for each hidden unit.

    A row is one unit; ``layer`` and ``unit`` count from 1. ``bias_gradient`` has its sign, and is
    that of the normaliser's shift where normalisation comes before the activation; ``weight_norm``
    is ‖w‖ of the unit's incoming weights. ``steps``: ``"initial"`` measures before the first step,
    ``"end"`` at the end. ``examples`` is how many to measure on, at most the training set.
    Source: Nielsen 2015, ch. 5.
    """

    kind: ClassVar[str] = "neurons"
    table: ClassVar[str] = "neurons"
    columns: ClassVar[Mapping[str, type]] = {
        "step": int,
        "layer": int,
        "unit": int,
        "bias_gradient": float,
        "weight_norm": float,
    }
    steps: str = choice("initial", "end")
    examples: int = number(1000, at_least=1)

    @property
    def at_end(self) -> bool:
        """Whether it is taken when a trial has ended."""
        return self.steps == "end"

    def check(self, examples: Examples, recipe: Recipe) -> None:
        """Refuse a network without hidden layers."""
        if not recipe.hidden:
            raise InputError("measure 'neurons' needs a hidden layer; hidden = [] has none")

    def wanted(self, steps_per_epoch: int, epochs: int) -> set[int]:
        """Return the numbers of finished steps at which to measure."""
        return set() if self.at_end else {0}

    def measure(self, view: View) -> dict[str, Array]:
        """Return a row for each hidden unit, layer by layer."""
        probe, hidden = Probe.of(view, self.examples), view.architecture.hidden
        probe.run(view.trained)
        layers = range(len(hidden))
        ones = np.ones(probe.count)
        means = [np.matvec(probe.delta[i].astype(np.float64), ones) / probe.count for i in layers]
        weights = [probe.parameters.weights[i].astype(np.float64) for i in layers]
        columns = {
            "layer": np.repeat(np.arange(1, len(hidden) + 1), hidden),
            "unit": np.concatenate([np.arange(1, width + 1) for width in hidden]),
        }
        shape = len(view.recipes), sum(hidden)
        return {
            "step": np.full(shape, view.step),
            **{name: np.broadcast_to(values, shape) for name, values in columns.items()},
            "bias_gradient": np.concatenate(means, axis=1),
            "weight_norm": np.concatenate([np.sqrt(np.vecdot(w, w)) for w in weights], axis=1),
        }
