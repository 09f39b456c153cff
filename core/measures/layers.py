"""Layer statistics: what is measured in every layer at chosen steps, apart from training.

A measurement is a separate pass over a fixed set, the first examples of each trial's training set
with dropout off, in evaluation chunks; batch normalisation is by the set's own statistics, so that
there the set is one chunk. It reads the parameters and never touches a bit of the training.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, choice, number
from ..engine.evaluation import COLUMNS
from .measure_function import MeasureFunction
from .probe import Probe
from .schedules import scheduled
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
    parameters in training, also where scores are those of averaged ones. A study asks for them
    as ``[probe]``, and has them unless it says no.
    Source: Glorot & Bengio 2010; Nielsen 2015, ch. 5.
    """

    kind: ClassVar[str] = "layers"
    table: ClassVar[str] = "layers"
    columns: ClassVar[Mapping[str, type]] = {
        "step": int,
        "layer": int,
        **dict.fromkeys(METRICS, float),
    }
    steps: str = choice("log", "epochs", "initial", "none")
    examples: int = number(1000, at_least=1)

    @property
    def at_end(self) -> bool:
        """Whether it is taken when a trial has ended: it is not, but at steps."""
        return False

    def wanted(self, steps_per_epoch: int, epochs: int) -> set[int]:
        """Return the numbers of finished steps at which to measure."""
        return scheduled(self.steps, steps_per_epoch, epochs)

    def measure(self, view: View) -> dict[str, Array]:
        """Return a row for each layer, the output layer last."""
        if self not in view.buffers:
            view.buffers[self] = LayerProbe(Probe.of(view, self.examples))
        metrics = view.buffers[self].measure(view.trained, view.initial)
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


def norm(values: Array) -> Array:
    """Return the Euclidean norm over all axes but the first, in float64."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    return np.asarray(np.sqrt(np.square(flat).sum(axis=1)))


def matrix_norm(values: Array) -> Array:
    """Return the Frobenius norm of each trial's matrix (T, out, in), in float64."""
    return np.asarray(np.linalg.norm(values.astype(np.float64), axis=(1, 2)))


class LayerProbe:
    """Describes every layer of a stack by what a probe has kept; buffers are kept between calls."""

    def __init__(self, probe: Probe) -> None:
        self._probe, self._count = probe, probe.count
        values = max(probe.architecture.sizes[1:]) * probe.count  # of the widest layer
        self._wide, self._square = (np.empty(probe.trials * values) for _ in range(2))
        self._ones = np.ones(values)

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
        probe = self._probe
        probe.run(arena)
        depth, start = probe.architecture.layers, probe.architecture.views(initial)
        measured = {name: np.full((len(arena), depth), np.nan) for name in METRICS}
        for index in range(depth):
            column = {name: values[:, index] for name, values in measured.items()}
            weights = probe.parameters.weights[index]
            column["weight_gradient_norm"][:] = norm(probe.gradient.weights[index])
            column["weight_norm"][:] = norm(weights)
            change = norm(weights - start.weights[index])
            column["weight_change"][:] = change / norm(start.weights[index])
            self._describe_delta(probe.delta[index], column)
            mean, spread = self._mean_and_sd(probe.z[index])
            column["preactivation_mean"][:], column["preactivation_sd"][:] = mean, spread
            if index + 1 < depth:
                self._describe_activation(probe.a[index], column)
        return measured

    def _widened(self, values: Array) -> tuple[Array, Array]:
        """Return values in float64 and a buffer shaped alike."""
        wide, square = (
            buffer[: values.size].reshape(values.shape) for buffer in (self._wide, self._square)
        )
        np.copyto(wide, values)
        return wide, square

    def _mean_and_sd(self, values: Array) -> tuple[Array, Array]:
        """Return each trial's mean and standard deviation over units and examples."""
        wide = self._widened(values)[0].reshape(len(values), -1)
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
        flat = delta.reshape(len(delta), -1)
        zeros = np.count_nonzero(flat == 0, axis=1)
        below = np.count_nonzero(np.abs(flat) < np.finfo(delta.dtype).tiny, axis=1)
        finite = np.count_nonzero(np.isfinite(flat), axis=1)
        column["zero_share"][:] = zeros / flat.shape[1]
        column["subnormal_share"][:] = (below - zeros) / flat.shape[1]
        column["nonfinite_share"][:] = 1.0 - finite / flat.shape[1]
        if n > 1:
            overlap = (np.square(mean_norm) * n - mean_square) / (n - 1)
            column["delta_correlation"][:] = overlap / mean_square
        sizes = np.abs(delta[:, :, :COLUMNS]).reshape(len(delta), -1)
        quantiles = np.quantile(sizes, (0.05, 0.5, 0.95), axis=1)
        for name, values in zip(("delta_q05", "delta_q50", "delta_q95"), quantiles, strict=True):
            column[name][:] = values

    def _describe_activation(self, a: Array, column: dict[str, Array]) -> None:
        limits = self._probe.architecture.activation.limits
        if limits is not None:
            margin = SATURATION * (limits[1] - limits[0])
            near = (a < limits[0] + margin) | (a > limits[1] - margin)
            column["saturated_share"][:] = near.mean(axis=(1, 2))
        column["dead_share"][:] = (a == 0).all(axis=2).mean(axis=1)
        column["activation_mean"][:], column["activation_sd"][:] = self._mean_and_sd(a)
