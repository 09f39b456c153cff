"""Weights at the end: those that look at the inputs, and how sparse each layer's are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, number
from .measure_function import MeasureFunction
from .view import View


@dataclass(frozen=True)
class FirstWeights(MeasureFunction):
    """First weights: w of the first layer, for its first ``units`` units.

    A row is one weight; ``unit`` and ``input`` count from 1, the inputs of an image row by row.
    Source: common practice.
    """

    kind: ClassVar[str] = "first-weights"
    table: ClassVar[str] = "first_weights"
    columns: ClassVar[Mapping[str, type]] = {"unit": int, "input": int, "weight": float}
    units: int = number(12, at_least=1)

    def measure(self, view: View) -> dict[str, Array]:
        """Return the weights unit by unit."""
        weights = view.architecture.views(view.parameters).weights[0][:, : self.units]
        trials, units, inputs = weights.shape
        shape = trials, units * inputs
        unit, which = np.indices((units, inputs)) + 1
        return {
            "unit": np.broadcast_to(unit.ravel(), shape),
            "input": np.broadcast_to(which.ravel(), shape),
            "weight": weights.reshape(shape).astype(np.float64),
        }


@dataclass(frozen=True)
class WeightSizes(MeasureFunction):
    """Weight sizes: how many weights w each layer has, the share with |w| < threshold, Σ|w|, √Σw².

    The output layer is the last, and biases do not count. Source: Tibshirani 1996 for L1's
    sparsity; the notes on regularisation.
    """

    kind: ClassVar[str] = "weights"
    table: ClassVar[str] = "weights"
    columns: ClassVar[Mapping[str, type]] = {
        "layer": int,
        "weights": int,
        "small_share": float,
        "l1_norm": float,
        "l2_norm": float,
    }
    averaged: ClassVar[tuple[str, ...]] = ("small_share", "l1_norm", "l2_norm")
    threshold: float = number(1e-3, above=0.0)

    def measure(self, view: View) -> dict[str, Array]:
        """Return a row for each layer."""
        trials = len(view.recipes)
        layers = [
            w.reshape(trials, -1).astype(np.float64)
            for w in view.architecture.views(view.parameters).weights
        ]
        shape = trials, len(layers)
        columns: dict[str, list[Array]] = {"small_share": [], "l1_norm": [], "l2_norm": []}
        for layer in layers:
            sizes = np.abs(layer)
            small = np.count_nonzero(sizes < self.threshold, axis=1)
            columns["small_share"].append(small / sizes.shape[1])
            columns["l1_norm"].append(np.vecdot(sizes, np.ones(sizes.shape[1])))
            columns["l2_norm"].append(np.sqrt(np.vecdot(layer, layer)))
        return {
            "layer": np.broadcast_to(np.arange(1, len(layers) + 1), shape),
            "weights": np.broadcast_to([layer.shape[1] for layer in layers], shape),
            **{name: np.stack(parts, axis=1) for name, parts in columns.items()},
        }
