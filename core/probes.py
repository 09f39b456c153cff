"""Probes: what is measured in every layer at chosen steps, apart from training.

A probe is a separate pass over a fixed set, the first examples of each trial's training set with
dropout off. It reads the parameters and never touches a bit of the training.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .components import Array, cast, check_fields, choice, number, stack_fields
from .evaluation import chunks
from .examples import Examples, Gather, shared
from .network import Network, layers_of, parameter_count
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

    def __init__(self, recipes: list[Recipe], examples: Examples, count: int) -> None:
        recipe = recipes[0]
        self._sizes = (examples.x.shape[1], *recipe.hidden, examples.y.shape[1])
        self._loss, self._trials = recipe.loss, len(recipes)
        self._dtype: np.dtype[Any] = np.dtype(recipe.dtype)
        self._activation = recipe.activation
        self._fields = cast(stack_fields([r.activation for r in recipes]), self._dtype, 2)
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
        layers, count = layers_of(arena, self._sizes), self._rows.shape[1]
        depth = len(self._sizes) - 1
        deltas: list[list[Array]] = [[] for _ in range(depth)]
        zs: list[list[Array]] = [[] for _ in range(depth)]
        activations: list[list[Array]] = [[] for _ in range(depth)]
        gradient_sum = np.zeros((self._trials, parameter_count(self._sizes)[0]))
        part = np.zeros_like(arena)
        for columns in chunks(count):
            rows = self._rows[:, columns]
            network = Network(
                self._sizes,
                self._trials,
                rows.shape[1],
                self._dtype,
                self._activation,
                self._fields,
                keep_preactivations=True,
            )
            x, y = self._x(rows).transpose(0, 2, 1), self._y(rows).transpose(2, 0, 1)
            network.forward(layers, x)
            zs[-1].append(network.output.transpose(1, 0, 2).copy())
            y = np.ascontiguousarray(np.broadcast_to(y, network.output.shape))
            self._loss.value_and_gradient(network.output, y, network.loss)
            network.backward(layers, x, layers_of(part, self._sizes))
            examples = rows.shape[1]  # the pass gives gradients of the chunk's mean
            gradient_sum += part[:, : gradient_sum.shape[1]] * float(examples)
            deltas[-1].append(network.top * float(examples))
            for index in range(depth - 1):
                deltas[index].append(network.deltas[index] * float(examples))
                zs[index].append(network.preactivations[index])
                activations[index].append(network.activations[index])
        found = {name: np.full((self._trials, depth), np.nan) for name in METRICS}
        start = layers_of(initial, self._sizes)
        gradient = layers_of_weights(gradient_sum / count, self._sizes)
        for index in range(depth):
            column = {name: values[:, index] for name, values in found.items()}
            column["weight_gradient_norm"][:] = norm(gradient[index])
            column["weight_norm"][:] = norm(layers.weights[index])
            change = norm(layers.weights[index] - start.weights[index])
            column["weight_change"][:] = change / norm(start.weights[index])
            self._describe_delta(joined(deltas[index]), column)
            z = joined(zs[index])
            column["preactivation_mean"][:] = z.mean(axis=(1, 2))
            column["preactivation_sd"][:] = z.std(axis=(1, 2))
            if activations[index]:
                self._describe_activation(joined(activations[index]), column)
        return found

    @staticmethod
    def _describe_delta(delta: Array, column: dict[str, Array]) -> None:
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
        quantiles = np.quantile(sizes, (0.05, 0.5, 0.95), axis=1)
        for name, values in zip(("delta_q05", "delta_q50", "delta_q95"), quantiles, strict=True):
            column[name][:] = values

    def _describe_activation(self, a: Array, column: dict[str, Array]) -> None:
        column["activation_mean"][:] = a.mean(axis=(1, 2))
        column["activation_sd"][:] = a.std(axis=(1, 2))
        limits = self._activation.limits
        if limits is not None:
            margin = SATURATION * (limits[1] - limits[0])
            near = (a < limits[0] + margin) | (a > limits[1] - margin)
            column["saturated_share"][:] = near.mean(axis=(1, 2))
        column["dead_share"][:] = (a == 0).all(axis=2).mean(axis=1)


def joined(parts: list[Array]) -> Array:
    """Join a layer's chunks of examples and widen them to float64."""
    return np.concatenate(parts, axis=2).astype(np.float64)


def layers_of_weights(weights: Array, sizes: tuple[int, ...]) -> list[Array]:
    """Return the layers' views of the weight columns of an arena."""
    arena = np.concatenate([weights, np.zeros((len(weights), sum(sizes[1:])))], axis=1)
    return layers_of(arena, sizes).weights
