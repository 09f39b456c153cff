"""The four kinds of network that the engine is judged on, and where every trainer starts."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from paribus.core.families.activations import Activation, ReLU, Sigmoid, Tanh
from paribus.core.families.optimisers import SGD, Adam, Optimiser
from paribus.core.streams import visiting_order


@dataclass(frozen=True)
class Workload:
    """Layer sizes, activation, batch size examples (a multiple of the batch), length of a call."""

    name: str
    layers: tuple[int, ...]
    activation: Activation
    batch: int
    examples: int
    epochs_per_call: int

    @property
    def steps_per_epoch(self) -> int:
        return self.examples // self.batch


WORKLOADS = (
    Workload("digits-30x3", (64, 30, 30, 30, 10), Tanh(), 32, 44 * 32, 2),
    Workload("digits-deep20", (64, *(32,) * 20, 10), Sigmoid(), 64, 22 * 64, 2),
    Workload("mnist-30x2", (784, 30, 30, 10), Sigmoid(), 10, 100 * 10, 2),
    Workload("fmnist-256x2", (784, 256, 256, 10), ReLU(), 256, 2 * 256, 2),
)
OPTIMISERS: tuple[Optimiser, ...] = (SGD(0.1), Adam(0.001))


class Parameters(NamedTuple):
    """Per layer the weights (T, out, in) and the biases (T, out) of T networks."""

    weights: list[np.ndarray]
    biases: list[np.ndarray]


class Trainer(Protocol):
    """T networks in training, each on the mini-batches of its own visiting order."""

    def train(self, epochs: int) -> int:
        """Train so many epochs and return how many trial-steps they were."""
        ...

    def parameters(self) -> Parameters:
        """Return the parameters as they are now."""
        ...


def data(workload: Workload) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs like pixels and one-hot classes, float32."""
    rng = np.random.default_rng(0)
    x = rng.random((workload.examples, workload.layers[0])).astype(np.float32)
    y = np.eye(10, dtype=np.float32)[rng.integers(0, 10, workload.examples)]
    return x, y


def orders(workload: Workload, trials: int) -> np.ndarray:
    """Return each trial's visiting order, cut into mini-batches: (T, steps, batch)."""
    visited = [visiting_order(0, k, 0, workload.examples) for k in range(trials)]
    return np.stack(visited).reshape(trials, workload.steps_per_epoch, workload.batch)


def initial(workload: Workload, trials: int) -> Parameters:
    """Return Xavier-normal weights and zero biases of so many networks, float32."""
    start = Parameters([], [])
    for inputs, out in itertools.pairwise(workload.layers):
        rng = np.random.default_rng([inputs, out, len(start.weights)])
        draws = rng.standard_normal((trials, out, inputs)) * np.sqrt(2 / (inputs + out))
        start.weights.append(draws.astype(np.float32))
        start.biases.append(np.zeros((trials, out), np.float32))
    return start
