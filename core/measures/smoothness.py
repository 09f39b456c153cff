"""Smoothness: how much hidden units repeat each other, and how steep the loss is in the inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, number
from .measure_function import MeasureFunction
from .probe import Probe
from .view import View


@dataclass(frozen=True)
class Smoothness(MeasureFunction):
    """Smoothness: mean |correlation| of two units of a layer, and mean ‖∂loss/∂x‖ of an example.

    Both at the end, over the first ``examples`` of the validation set, or of the training set where
    there is none. Row 0 has ``input_gradient``, the rows of hidden layers ``unit_correlation``,
    which leaves out units that are constant and is null with fewer than two others. Batch
    normalisation is by these examples' own statistics. Source: Srivastava et al. 2014, §7, on
    co-adaptation; Drucker & Le Cun 1992 on the gradient by the inputs.
    """

    kind: ClassVar[str] = "smoothness"
    table: ClassVar[str] = "smoothness"
    columns: ClassVar[Mapping[str, type]] = {
        "layer": int,
        "unit_correlation": float,
        "input_gradient": float,
    }
    averaged: ClassVar[tuple[str, ...]] = ("unit_correlation", "input_gradient")
    examples: int = number(1000, at_least=2)

    def measure(self, view: View) -> dict[str, Array]:
        """Return a row for the inputs, then one for each hidden layer."""
        examples = view.examples
        rows = examples.validation if examples.sizes.validation else examples.train
        rows = rows[:, : self.examples]
        probe = Probe(view.recipes, examples, view.architecture, rows, with_inputs=True)
        probe.run(view.parameters)
        trials, layers = len(view.recipes), len(view.architecture.hidden)
        correlation, gradient = (np.full((trials, layers + 1), np.nan) for _ in range(2))
        for trial in range(trials):
            steep = probe.input_delta[trial].astype(np.float64)
            gradient[trial, 0] = np.sqrt(np.square(steep).sum(axis=0)).mean()
            for layer, a in enumerate(probe.a, start=1):
                correlation[trial, layer] = mean_correlation(a[trial])
        return {
            "layer": np.broadcast_to(np.arange(layers + 1), correlation.shape),
            "unit_correlation": correlation,
            "input_gradient": gradient,
        }


def mean_correlation(a: Array) -> float:
    """Return the mean |correlation| of two units' activations a (units, n) that are not constant.

    It is NaN with fewer than two of them.

    >>> round(mean_correlation(np.array([[1.0, 2, 3], [3, 2, 1], [1, 0, 1], [5, 5, 5]])), 3)
    0.333
    """
    varying = a[np.ptp(a, axis=1) > 0].astype(np.float64)
    varying -= varying.mean(axis=1, keepdims=True)
    varying /= np.sqrt(np.square(varying).sum(axis=1, keepdims=True))
    units = len(varying)
    if units < 2:
        return float("nan")
    every = np.abs(varying @ varying.T)
    return float((every.sum() - np.trace(every)) / (units * (units - 1)))
