"""Read-outs: how far a linear classifier gets on what each layer makes of the inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, number
from ..engine.examples import Examples
from ..errors import InputError
from ..recipe import Recipe
from .measure_function import MeasureFunction
from .schedules import before_the_end
from .view import View


@dataclass(frozen=True)
class Readouts(MeasureFunction):
    """Read-outs: validation accuracy of ŷ = ȳ + Vᵀ(h − h̄), V = (S + λI)⁻¹·cov(h, y), by layer.

    Before the first step and at the end, h are the inputs (layer 0) and what each hidden layer
    gives to the next, y one-hot classes; means, S = cov(h, h) and cov(h, y) are those of the
    training set's first ``examples``. λ is ``ridge`` times the mean variance of a unit, so that a
    layer's scale does not count. Batch normalisation is by its running statistics, as in scores.
    Source: Alain & Bengio 2016.
    """

    kind: ClassVar[str] = "readouts"
    table: ClassVar[str] = "readouts"
    columns: ClassVar[Mapping[str, type]] = {"step": int, "layer": int, "accuracy": float}
    averaged: ClassVar[tuple[str, ...]] = ("accuracy",)
    ridge: float = number(1e-3, above=0.0, at_most=1e6)
    examples: int = number(10_000, at_least=2)

    def check(self, examples: Examples, recipe: Recipe) -> None:
        """Refuse numbers as targets, and a split without a validation set."""
        if not examples.labelled:
            raise InputError("measure 'readouts' needs a task with classes, not one with numbers")
        if not examples.sizes.validation:
            raise InputError("measure 'readouts' needs a validation set; the split leaves none")

    def wanted(self, steps_per_epoch: int, epochs: int) -> set[int]:
        """Return the numbers of finished steps at which to measure, beside the end."""
        return before_the_end(steps_per_epoch, epochs)

    def measure(self, view: View) -> dict[str, Array]:
        """Return a row for each layer, the inputs first."""
        if self not in view.buffers:  # training does not change the inputs
            view.buffers[self] = self._accuracy(view, slice(0, 1))
        hidden = self._accuracy(view, slice(1, view.architecture.layers))
        accuracy = np.concatenate([view.buffers[self], hidden], axis=1)
        layers = accuracy.shape[1]
        return {
            "step": np.full(accuracy.shape, view.step),
            "layer": np.broadcast_to(np.arange(layers), accuracy.shape),
            "accuracy": accuracy,
        }

    def _accuracy(self, view: View, layers: slice) -> Array:
        """Return the validation accuracy (T, layers) of read-outs of what these layers read."""
        trials = len(view.recipes)
        sums = [Moments() for _ in range(view.architecture.layers)[layers]]
        for read, y in view.read(view.examples.train[:, : self.examples]):
            for moments, h in zip(sums, read[layers], strict=True):
                moments.add(h, y)
        fits = [moments.fit(self.ridge, trials) for moments in sums]
        rows = view.examples.validation
        right = np.zeros((trials, len(fits)))
        for read, y in view.read(rows):
            labels = y.argmax(axis=2)
            for i, ((centre, weights, mean), h) in enumerate(zip(fits, read[layers], strict=True)):
                values = np.ascontiguousarray(h, np.float64) - centre
                z = np.matmul(weights.transpose(0, 2, 1), values) + mean
                right[:, i] += (z.argmax(axis=1) == labels).sum(axis=1)
        for i, (_, weights, _) in enumerate(fits):
            right[~np.isfinite(weights).all(axis=(1, 2)), i] = np.nan
        return np.asarray(right / rows.shape[1])


class Moments:
    """Sums over examples of h, hhᵀ, y and hyᵀ, h less the mean of its first chunk, in float64.

    Without that, the variance of units that hardly differ from a constant would be lost.
    """

    def __init__(self) -> None:
        self._count = 0
        self._sums: list[Array] = []

    def add(self, h: Array, y: Array) -> None:
        """Add a chunk, h (T or 1, units, B) and y (T or 1, B, outputs)."""
        values, y = np.ascontiguousarray(h, np.float64), np.ascontiguousarray(y, np.float64)
        count = values.shape[2]
        ones = np.ones(count)
        if not self._count:
            self._shift = np.matvec(values, ones)[:, :, None] / count
        values = values - self._shift
        sums = [
            np.matvec(values, ones),
            np.matmul(values, values.transpose(0, 2, 1)),
            np.vecmat(ones, y),
            np.matmul(values, y),
        ]
        former = self._sums or [np.zeros_like(part) for part in sums]
        self._sums = [a + b for a, b in zip(former, sums, strict=True)]
        self._count += count

    def fit(self, ridge: float, trials: int) -> tuple[Array, Array, Array]:
        """Return h̄ (T, units, 1), V (T, units, outputs) and ȳ (T, outputs, 1).

        V is NaN for a trial whose activations are not finite, and 0 where they are constant.
        """
        h, square, y, product = (
            np.broadcast_to(part / self._count, (trials, *part.shape[1:])) for part in self._sums
        )
        weights = np.full(product.shape, np.nan)
        for trial in range(trials):
            spread = square[trial] - np.outer(h[trial], h[trial])
            together = product[trial] - np.outer(h[trial], y[trial])
            penalty = ridge * np.trace(spread) / len(spread)
            if not np.isfinite(penalty + together.sum()):
                continue
            weights[trial] = 0.0
            if penalty > 0.0:
                penalised = spread + penalty * np.eye(len(spread))
                weights[trial] = np.linalg.solve(penalised, together)
        centre = h + self._shift[:, :, 0]
        return centre[:, :, None], weights, y[:, :, None]
