"""Probes: what is measured in every layer at chosen steps, apart from training.

A probe is a separate pass over a fixed set, the first examples of each trial's training set with
dropout off and batch normalisation by the set's own statistics, in parts of at most
:data:`~paribus.core.evaluation.COLUMNS`. It reads the parameters and never touches a bit of the
training.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .architecture import Architecture
from .components import Array, check_fields, choice, number, stack_fields
from .evaluation import chunks
from .examples import Examples, Gather, shared
from .network import Network, NetworkFields
from .recipe import Recipe

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
class Probe:
    """When and on how many examples to measure.

    ``steps``: ``"log"`` measures at 0, 1, 2, 5, 10, 20, 50 … and the last step, ``"epochs"`` before
    the first step and after every epoch, ``"initial"`` only before the first step, ``"none"`` not
    at all. ``examples`` is the size of the probe set, at most the training set.
    """

    steps: str = choice("log", "epochs", "initial", "none")
    examples: int = number(1000, at_least=1)

    def __post_init__(self) -> None:
        check_fields(self, "probe")

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


def one_two_five(last: int) -> Iterator[int]:
    """Yield 1, 2, 5, 10, 20, 50 … up to ``last``.

    >>> list(one_two_five(60))
    [1, 2, 5, 10, 20, 50]
    """
    decade = 1
    while decade <= last:
        yield from (m * decade for m in (1, 2, 5) if m * decade <= last)
        decade *= 10


def norm(values: Array) -> Array:
    """Return the Euclidean norm over all axes but the first, in float64."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    return np.asarray(np.sqrt(np.square(flat).sum(axis=1)))


class LayerProbe:
    """Measures every layer of a stack on its probe set."""

    def __init__(
        self, recipes: list[Recipe], examples: Examples, architecture: Architecture, count: int
    ) -> None:
        self._architecture, self._fields = architecture, NetworkFields.of(recipes)
        self._loss, self._trials = recipes[0].loss, len(recipes)
        self._dtype: np.dtype[Any] = np.dtype(recipes[0].dtype)
        self._loss_fields = {
            name: values.astype(self._dtype)[:, None]
            for name, values in stack_fields([r.loss for r in recipes]).items()
        }
        self._rows = shared(examples.train[:, :count])
        self._x, self._y = Gather(examples.x), Gather(examples.y)

    @np.errstate(all="ignore")  # overflow and 0/0 are findings here, kept as ∞ and NaN
    def measure(self, arena: Array, initial: Array) -> dict[str, Array]:
        """Return every metric as float64 of shape (T, layers), the last layer the output.

        ``mean_delta_norm`` is ‖mean over examples of δ‖ (Nielsen's speed of learning),
        ``rms_delta`` the root mean square over examples of ‖δ‖, ``delta_correlation`` the mean
        cosine-like overlap of two examples' δ, ``weight_gradient_norm`` ‖∂C/∂W‖ of the unpenalised
        loss. ``update_ratio`` is left to the training step, NaN here.
        """
        architecture, count = self._architecture, self._rows.shape[1]
        parameters, depth = architecture.views(arena), architecture.layers
        deltas: list[list[Array]] = [[] for _ in range(depth)]
        zs: list[list[Array]] = [[] for _ in range(depth)]
        activations: list[list[Array]] = [[] for _ in range(depth)]
        gradient_sum = np.zeros(arena.shape)
        part = np.zeros_like(arena)
        for columns in chunks(count):
            rows = self._rows[:, columns]
            examples = rows.shape[1]
            network = Network(
                architecture,
                self._fields,
                parameters,
                examples,
                gradient=architecture.views(part),
                keep=True,
            )
            x, y = self._x(rows), self._y(rows).transpose(2, 0, 1)
            network.forward(x.transpose(0, 2, 1))
            zs[-1].append(network.output.transpose(1, 0, 2).copy())
            self._loss.value_and_gradient(
                self._loss_fields, network.output, y, network.loss, network.output_spare
            )
            network.backward(x)
            gradient_sum += part * float(examples)  # the pass gives gradients of the chunk's mean
            deltas[-1].append(network.top * float(examples))
            for layer in network.layers:
                assert layer.delta is not None
                deltas[layer.index].append(layer.delta * float(examples))
                zs[layer.index].append(layer.z)
                activations[layer.index].append(layer.activation)
        found = {name: np.full((self._trials, depth), np.nan) for name in METRICS}
        start = architecture.views(initial)
        gradient = architecture.views(gradient_sum / count)
        for index in range(depth):
            column = {name: values[:, index] for name, values in found.items()}
            column["weight_gradient_norm"][:] = norm(gradient.weights[index])
            column["weight_norm"][:] = norm(parameters.weights[index])
            change = norm(parameters.weights[index] - start.weights[index])
            column["weight_change"][:] = change / norm(start.weights[index])
            self._describe_delta(joined(deltas[index]), column)
            z = joined(zs[index])
            column["preactivation_mean"][:] = z.mean(axis=(1, 2))
            column["preactivation_sd"][:] = z.std(axis=(1, 2))
            if activations[index]:
                self._describe_activation(joined(activations[index]), column)
        return found

    def _describe_delta(self, delta: Array, column: dict[str, Array]) -> None:
        trials, _, n = delta.shape
        per_example = np.square(delta).sum(axis=1)
        mean_square = per_example.mean(axis=1)
        mean_norm = norm(delta.mean(axis=2))
        column["mean_delta_norm"][:] = mean_norm
        column["rms_delta"][:] = np.sqrt(mean_square)
        column["zero_share"][:] = (delta == 0).mean(axis=(1, 2))
        column["nonfinite_share"][:] = (~np.isfinite(delta)).mean(axis=(1, 2))
        if n > 1:
            overlap = (np.square(mean_norm) * n - mean_square) / (n - 1)
            column["delta_correlation"][:] = overlap / mean_square
        sizes = np.abs(delta.reshape(trials, -1))
        tiny = (sizes > 0) & (sizes < np.finfo(self._dtype).tiny)
        column["subnormal_share"][:] = tiny.mean(axis=1)
        quantiles = np.quantile(sizes, (0.05, 0.5, 0.95), axis=1)
        for name, values in zip(("delta_q05", "delta_q50", "delta_q95"), quantiles, strict=True):
            column[name][:] = values

    def _describe_activation(self, a: Array, column: dict[str, Array]) -> None:
        column["activation_mean"][:] = a.mean(axis=(1, 2))
        column["activation_sd"][:] = a.std(axis=(1, 2))
        limits = self._architecture.activation.limits
        if limits is not None:
            margin = SATURATION * (limits[1] - limits[0])
            near = (a < limits[0] + margin) | (a > limits[1] - margin)
            column["saturated_share"][:] = near.mean(axis=(1, 2))
        column["dead_share"][:] = (a == 0).all(axis=2).mean(axis=1)


def joined(parts: list[Array]) -> Array:
    """Join a layer's chunks of examples and widen them to float64."""
    return np.concatenate(parts, axis=2).astype(np.float64)
