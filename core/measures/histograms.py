"""Histograms: how what flows through each layer is distributed, at the start and at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, number
from .measure_function import MeasureFunction
from .probe import Probe
from .schedules import before_the_end
from .view import View

BINS = 40
QUANTITIES = ("activation", "preactivation", "delta", "weight_gradient")
SYMMETRIC = ("delta", "weight_gradient")
"""Quantities whose bins grow with the distance from 0, alike on both sides."""


@dataclass(frozen=True)
class Histograms(MeasureFunction):
    """Histograms: counts in 40 bins of activations, pre-activations, δ and weight gradients.

    They are taken in every layer before the first step and at the end, on the first ``examples``
    of the training set, and the layers of a trial share their bins at a step: for activations and
    pre-activations 40 equal ones from the least to the largest value; for δ and weight gradients 20
    of each sign, half a decade each down from the largest |value|, the innermost from 0. Values
    that are 0, as a ReLU's, are in no bin but in ``zeros``, those not finite in ``nonfinite``,
    which each row of a histogram repeats. Source: Glorot & Bengio 2010, figs 6 to 8.
    """

    kind: ClassVar[str] = "histograms"
    table: ClassVar[str] = "histograms"
    columns: ClassVar[Mapping[str, type]] = {
        "step": int,
        "quantity": str,
        "layer": int,
        "low": float,
        "high": float,
        "count": int,
        "zeros": int,
        "nonfinite": int,
    }
    examples: int = number(1000, at_least=1)

    def wanted(self, steps_per_epoch: int, epochs: int) -> set[int]:
        """Return the numbers of finished steps at which to measure, beside the end."""
        return before_the_end(steps_per_epoch, epochs)

    def measure(self, view: View) -> dict[str, Array]:
        """Return a row for each bin, by quantity and layer."""
        probe = Probe.of(view, self.examples)
        probe.run(view.trained)
        layers = {
            "activation": probe.a,
            "preactivation": probe.z,
            "delta": probe.delta,
            "weight_gradient": probe.gradient.weights,
        }
        trials = len(view.recipes)
        names = [name for name in QUANTITIES for _ in layers[name]]
        numbers = [1 + index for name in QUANTITIES for index in range(len(layers[name]))]
        columns: dict[str, list[Array]] = {name: [] for name in ("low", "high", "count")}
        columns |= {name: [] for name in ("zeros", "nonfinite")}
        for trial in range(trials):
            for name in QUANTITIES:
                values = [layer[trial] for layer in layers[name]]
                edges = edges_of(values, symmetric=name in SYMMETRIC)
                for layer in values:
                    columns["low"].append(edges[:-1])
                    columns["high"].append(edges[1:])
                    for column, counts in zip(
                        ("count", "zeros", "nonfinite"), counted(layer, edges), strict=True
                    ):
                        columns[column].append(counts)
        shape = trials, len(names) * BINS
        return {
            "step": np.full(shape, view.step),
            "quantity": np.broadcast_to(np.repeat(names, BINS), shape),
            "layer": np.broadcast_to(np.repeat(numbers, BINS), shape),
            **{name: np.concatenate(parts).reshape(shape) for name, parts in columns.items()},
        }


def edges_of(values: Iterable[Array], *, symmetric: bool) -> Array:
    """Return the edges of bins for all finite values of some arrays, 0 to 0 where there are none.

    >>> edges_of([np.array([1.0, 5.0])], symmetric=False)[[0, 1, -1]]
    array([1. , 1.1, 5. ])
    >>> edges_of([np.array([-100.0, 5.0])], symmetric=True)[[0, 2, 20, -3, -1]]
    array([-100.,  -10.,    0.,   10.,  100.])
    """
    finite = [part[np.isfinite(part)] for part in values]
    low = min((float(part.min()) for part in finite if part.size), default=0.0)
    high = max((float(part.max()) for part in finite if part.size), default=0.0)
    if not symmetric:
        return np.linspace(low, high, BINS + 1)
    half = BINS // 2
    outwards = max(-low, high) * 10.0 ** (-0.5 * np.arange(half)[::-1])
    return np.concatenate([-outwards[::-1], [0.0], outwards])


def counted(values: Array, edges: Array) -> tuple[Array, Array, Array]:
    """Return how many values lie in each bin, above its low edge or at the first, up to its high.

    Beside them, once for each bin, the numbers of those that are 0 and of those that are not
    finite, which are in no bin.
    """
    flat = values.ravel()
    finite = flat[np.isfinite(flat)]
    others = finite[finite != 0].astype(np.float64)
    bins = np.clip(np.searchsorted(edges, others) - 1, 0, BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    zeros, nonfinite = finite.size - others.size, flat.size - finite.size
    return counts, np.full(BINS, zeros), np.full(BINS, nonfinite)
