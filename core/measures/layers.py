"""Layer statistics: what is measured in every layer at chosen steps, apart from training.

A measurement is a separate pass over a fixed set, the first examples of each trial's training set
with dropout off, in evaluation chunks; batch normalisation is by the set's own statistics, so that
there the set is one chunk. It reads the parameters and never touches a bit of the training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..components import Array, choice, number, stack_fields
from ..engine.architecture import Architecture
from ..engine.evaluation import COLUMNS, chunks
from ..engine.examples import Examples, Gather, shared
from ..engine.network import Networks
from ..recipe import Recipe
from .measure_function import MeasureFunction
from .view import View

METRICS = (
    "mean_delta_norm",
    "rms_delta",
    "weight_gradient_norm",
    "weight_norm",
    "weight_change",
    "update_ratio",
    "preactivation_mean",
    "preactivation_sd",
    "activation_mean",
    "activation_sd",
    "saturated_share",
    "dead_share",
    "zero_share",
    "nonfinite_share",
    "subnormal_share",
    "delta_q05",
    "delta_q50",
    "delta_q95",
    "delta_correlation",
)
SATURATION = 0.015
"""A unit is saturated within this share of its activation's range from a limit: |tanh| > .97."""


@dataclass(frozen=True)
class LayerStatistics(MeasureFunction):
    """Layer statistics: norms, means and shares of every layer on the first training examples.

    ``steps``: ``"log"`` measures at 0, 1, 2, 5, 10, 20, 50 … and the last step, ``"epochs"`` before
    the first step and after every epoch, ``"initial"`` only before the first step, ``"none"`` not
    at all. ``examples`` is how many to measure on, at most the training set. They are those of the
    parameters in training, also where scores are those of averaged ones.
    Source: Glorot & Bengio 2010; Nielsen 2015, ch. 5.
    """

    kind: ClassVar[str] = "layers"
    table: ClassVar[str] = "layers"
    columns: ClassVar[Mapping[str, type]] = {
        "step": int,
        "layer": int,
        **dict.fromkeys(METRICS, float),
    }
    at_end: ClassVar[bool] = False
    steps: str = choice("log", "epochs", "initial", "none")
    examples: int = number(1000, at_least=1)

    def wanted(self, steps_per_epoch: int, epochs: int) -> set[int]:
        """Return the numbers of finished steps at which to measure."""
        last = steps_per_epoch * epochs
        if self.steps == "none":
            return set()
        if self.steps == "initial":
            return {0}
        if self.steps == "epochs":
            return set(range(0, last + 1, steps_per_epoch))
        return {0, last, *(step for step in one_two_five(last))}

    def measure(self, view: View) -> dict[str, Array]:
        """Return a row for each layer, the output layer last."""
        probe = view.buffers.get(self)
        if probe is None:
            count = min(self.examples, view.examples.sizes.train)
            probe = LayerProbe(view.recipes, view.examples, view.architecture, count)
            view.buffers[self] = probe
        metrics = probe.measure(view.trained, view.initial)
        if view.stepped is not None:
            old, new = (view.architecture.views(a) for a in (view.trained, view.stepped))
            for index, (w, updated) in enumerate(zip(old.weights, new.weights, strict=True)):
                change, size = matrix_norm(updated - w), matrix_norm(w)
                metrics["update_ratio"][:, index] = change / size
        shape = metrics["update_ratio"].shape
        return {
            "step": np.full(shape, view.step),
            "layer": np.broadcast_to(np.arange(1, shape[1] + 1), shape),
            **metrics,
        }


def one_two_five(last: int) -> Iterator[int]:
    """Yield 1, 2, 5, 10, 20, 50 … up to ``last``.

    >>> list(one_two_five(60))
    [1, 2, 5, 10, 20, 50]
    """
    decade = 1
    while decade <= last:
        yield from (m * decade for m in (1, 2, 5) if m * decade <= last)
        decade *= 10


def columns_at_once(architecture: Architecture, count: int) -> int:
    """Return how many of so many examples go through a network together."""
    return count if architecture.statistics else COLUMNS


def norm(values: Array) -> Array:
    """Return the Euclidean norm over all axes but the first, in float64."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    return np.asarray(np.sqrt(np.square(flat).sum(axis=1)))


def matrix_norm(values: Array) -> Array:
    """Return the Frobenius norm of each trial's matrix (T, out, in), in float64."""
    return np.asarray(np.linalg.norm(values.astype(np.float64), axis=(1, 2)))


class LayerProbe:
    """Measures every layer of a stack on its probe set; buffers are kept between calls."""

    def __init__(
        self, recipes: list[Recipe], examples: Examples, architecture: Architecture, count: int
    ) -> None:
        self._architecture, self._recipes = architecture, recipes
        self._loss, self._trials = recipes[0].loss, len(recipes)
        self._dtype: np.dtype[Any] = np.dtype(recipes[0].dtype)
        self._loss_fields = {
            name: values.astype(self._dtype)[:, None]
            for name, values in stack_fields([r.loss for r in recipes]).items()
        }
        self._rows = shared(examples.train[:, :count])
        self._count = self._rows.shape[1]
        self._x, self._y = Gather(examples.x), Gather(examples.y)
        self._arena: Array | None = None

    def _prepare(self, arena: Array) -> None:
        """Allocate a copy of the arena, the gradients and room for every layer's values."""
        architecture, trials, count = self._architecture, self._trials, self._count
        self._arena, self._part = np.empty_like(arena), np.zeros_like(arena)
        self._gradient_sum = np.zeros(arena.shape)
        self._networks = Networks(
            architecture,
            self._recipes,
            architecture.views(self._arena),
            gradient=architecture.views(self._part),
            keep=True,
        )
        widths = architecture.sizes[1:]
        self._z, self._a, self._delta = (
            [np.empty((trials, width, count), self._dtype) for width in widths] for _ in range(3)
        )
        self._wide, self._square = (np.empty(trials * max(widths) * count) for _ in range(2))
        self._ones = np.ones(max(widths) * count)

    @np.errstate(all="ignore")  # overflow and 0/0 are findings here, kept as ∞ and NaN
    def measure(self, arena: Array, initial: Array) -> dict[str, Array]:
        """Return every metric as float64 of shape (T, layers), the last layer the output.

        δ and the pre-activations are those of what the activation reads: after normalisation, where
        that comes before it. ``mean_delta_norm`` is ‖mean over examples of δ‖ (Nielsen's speed of
        learning), ``rms_delta`` the root mean square over examples of ‖δ‖, ``delta_correlation``
        the mean cosine-like overlap of two examples' δ, ``weight_gradient_norm`` ‖∂C/∂W‖ of the
        unpenalised loss. The quantiles of |δ| are those of the set's first part. ``update_ratio``,
        ‖ΔW‖/‖W‖ of the step that follows, is NaN here.
        """
        if self._arena is None:
            self._prepare(arena)
        assert self._arena is not None
        np.copyto(self._arena, arena)
        self._gradient_sum.fill(0.0)
        for columns in chunks(self._count, columns_at_once(self._architecture, self._count)):
            self._pass(columns)
        architecture, depth = self._architecture, self._architecture.layers
        parameters, start = architecture.views(self._arena), architecture.views(initial)
        np.divide(self._gradient_sum, self._count, self._gradient_sum)
        gradient = architecture.views(self._gradient_sum)
        measured = {name: np.full((self._trials, depth), np.nan) for name in METRICS}
        for index in range(depth):
            column = {name: values[:, index] for name, values in measured.items()}
            column["weight_gradient_norm"][:] = norm(gradient.weights[index])
            column["weight_norm"][:] = norm(parameters.weights[index])
            change = norm(parameters.weights[index] - start.weights[index])
            column["weight_change"][:] = change / norm(start.weights[index])
            self._describe_delta(self._delta[index], column)
            mean, spread = self._mean_and_sd(self._z[index])
            column["preactivation_mean"][:], column["preactivation_sd"][:] = mean, spread
            if index + 1 < depth:
                self._describe_activation(self._a[index], column)
        return measured

    def _pass(self, columns: slice) -> None:
        """Run both passes on a part of the set and keep every layer's values."""
        rows = self._rows[:, columns]
        examples = rows.shape[1]
        network = self._networks(examples)
        x, y = self._x(rows), self._y(rows).transpose(2, 0, 1)
        network.forward(x.transpose(0, 2, 1))
        self._z[-1][:, :, columns] = network.output.transpose(1, 0, 2)
        self._loss.value_and_gradient(
            self._loss_fields, network.output, y, network.loss, network.output_spare
        )
        network.backward(x)
        self._gradient_sum += self._part * float(examples)  # it is that of the part's mean
        factor = self._dtype.type(examples)
        np.multiply(network.top, factor, self._delta[-1][:, :, columns])
        for layer in network.layers:
            assert layer.entering_delta is not None
            np.multiply(layer.entering_delta, factor, self._delta[layer.index][:, :, columns])
            self._z[layer.index][:, :, columns] = layer.entering
            self._a[layer.index][:, :, columns] = layer.activation

    def _widened(self, values: Array) -> tuple[Array, Array]:
        """Return values in float64 and a buffer shaped alike."""
        wide, square = (
            buffer[: values.size].reshape(values.shape) for buffer in (self._wide, self._square)
        )
        np.copyto(wide, values)
        return wide, square

    def _mean_and_sd(self, values: Array) -> tuple[Array, Array]:
        """Return each trial's mean and standard deviation over units and examples."""
        wide = self._widened(values)[0].reshape(self._trials, -1)
        number = wide.shape[1]
        mean = np.vecdot(wide, self._ones[:number]) / number
        np.subtract(wide, mean[:, None], wide)
        return mean, np.sqrt(np.vecdot(wide, wide) / number)

    def _describe_delta(self, delta: Array, column: dict[str, Array]) -> None:
        n = self._count
        wide, square = self._widened(delta)
        np.square(wide, square)
        per_example = np.vecmat(self._ones[: wide.shape[1]], square)
        mean_square = np.vecdot(per_example, self._ones[:n]) / n
        mean_norm = norm(np.matvec(wide, self._ones[:n]) / n)
        column["mean_delta_norm"][:] = mean_norm
        column["rms_delta"][:] = np.sqrt(mean_square)
        flat = delta.reshape(self._trials, -1)
        zeros = np.count_nonzero(flat == 0, axis=1)
        below = np.count_nonzero(np.abs(flat) < np.finfo(self._dtype).tiny, axis=1)
        finite = np.count_nonzero(np.isfinite(flat), axis=1)
        column["zero_share"][:] = zeros / flat.shape[1]
        column["subnormal_share"][:] = (below - zeros) / flat.shape[1]
        column["nonfinite_share"][:] = 1.0 - finite / flat.shape[1]
        if n > 1:
            overlap = (np.square(mean_norm) * n - mean_square) / (n - 1)
            column["delta_correlation"][:] = overlap / mean_square
        sizes = np.abs(delta[:, :, :COLUMNS]).reshape(self._trials, -1)
        quantiles = np.quantile(sizes, (0.05, 0.5, 0.95), axis=1)
        for name, values in zip(("delta_q05", "delta_q50", "delta_q95"), quantiles, strict=True):
            column[name][:] = values

    def _describe_activation(self, a: Array, column: dict[str, Array]) -> None:
        limits = self._architecture.activation.limits
        if limits is not None:
            margin = SATURATION * (limits[1] - limits[0])
            near = (a < limits[0] + margin) | (a > limits[1] - margin)
            column["saturated_share"][:] = near.mean(axis=(1, 2))
        column["dead_share"][:] = (a == 0).all(axis=2).mean(axis=1)
        column["activation_mean"][:], column["activation_sd"][:] = self._mean_and_sd(a)
