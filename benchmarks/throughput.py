"""Trial-steps per second of one core, beside other implementations, in one run.

One trial-step is one mini-batch step (forward, backward, update) of one network. Machines are
noisy, so all implementations take turns in every round, and ratios of the best and of the median
rounds are what counts. Run with ``make bench``; results go to ``benchmarks/latest.json``.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from paribus.cluster.costs import stack_size
from paribus.cluster.numerics import numerics_fingerprint, one_blas_thread
from paribus.core.activations import Activation, ReLU, Sigmoid, Tanh
from paribus.core.components import Component
from paribus.core.examples import Examples
from paribus.core.optimisers import SGD, Adam, Optimiser
from paribus.core.recipe import Recipe
from paribus.core.schedules import Progress
from paribus.core.stack import Stack, initial_arena
from paribus.core.streams import visiting_order
from paribus.core.trial import Trial
from sklearn.neural_network import MLPClassifier

ROUNDS, SECONDS = 7, 0.4


@dataclass(frozen=True)
class Synthetic(Component):
    """Stands for data that only have a size."""

    kind: ClassVar[str] = "synthetic"


@dataclass(frozen=True)
class Workload:
    """One of the four kinds of network that the engine is judged on."""

    name: str
    layers: tuple[int, ...]
    activation: Activation
    batch: int
    examples: int


WORKLOADS = (
    Workload("digits-30x3", (64, 30, 30, 30, 10), Tanh(), 32, 1437),
    Workload("digits-deep20", (64, *(32,) * 20, 10), Sigmoid(), 64, 1437),
    Workload("mnist-30x2", (784, 30, 30, 10), Sigmoid(), 10, 5000),
    Workload("fmnist-256x2", (784, 256, 256, 10), ReLU(), 256, 5120),
)
OPTIMISERS: tuple[Optimiser, ...] = (SGD(0.1), Adam(0.001))
Steps = Callable[[], int]
"""Does a few steps and returns how many trial-steps that was."""


def data(workload: Workload) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs like pixels and one-hot classes."""
    rng = np.random.default_rng(0)
    x = rng.random((workload.examples, workload.layers[0])).astype(np.float32)
    y = np.eye(10, dtype=np.float32)[rng.integers(0, 10, workload.examples)]
    return x, y


def ours(workload: Workload, optimiser: Optimiser, size: int | None = None) -> Steps:
    """The engine: a stack of the planner's size, each trial in a visiting order of its own."""
    recipe = Recipe(
        Synthetic(), Synthetic(), hidden=workload.layers[1:-1], activation=workload.activation,
        optimiser=optimiser, batch_size=workload.batch,
    )  # fmt: skip
    x, y = data(workload)
    rows = np.arange(len(x))
    few = rows[None, :1]
    sizes = Examples(x, y, rows[None], few, few).sizes
    count = size or stack_size(recipe, sizes)
    trials = [Trial(recipe, "benchmark", 0, k) for k in range(count)]
    order = np.stack([visiting_order(0, k, 0, len(x)) for k in range(count)])
    initial = initial_arena(trials, workload.layers)
    slots = [np.zeros_like(initial) for _ in optimiser.slots]
    one = np.repeat(few, count, axis=0)
    stack = Stack(trials, Examples(x, y, order, one, one), initial, initial.copy(), slots)
    steps_per_epoch = len(x) // workload.batch
    done = 0

    def steps() -> int:
        nonlocal done
        for _ in range(10):
            start = (done % steps_per_epoch) * workload.batch
            losses = stack.forward(order[:, start : start + workload.batch], None)
            assert np.isfinite(losses).all()
            stack.backward()
            stack.update(Progress(done, 0, steps_per_epoch, 1))
            done += 1
        return 10 * count

    return steps


def plain_numpy(workload: Workload, optimiser: Optimiser) -> Steps:
    """One network at a time, written the way a careful course would."""
    x, y = data(workload)
    rng = np.random.default_rng(1)
    pairs = list(zip(workload.layers[:-1], workload.layers[1:], strict=True))
    params = [rng.normal(0, (2 / sum(p)) ** 0.5, p).astype(np.float32) for p in pairs]
    params += [np.zeros(p[1], np.float32) for p in pairs]
    depth = len(pairs)
    s, r = ([np.zeros_like(p) for p in params] for _ in range(2))
    order, done = rng.permutation(len(x)), 0
    kind = workload.activation.kind

    def one_step() -> None:
        nonlocal done
        start = (done % (len(x) // workload.batch)) * workload.batch
        batch = order[start : start + workload.batch]
        done += 1
        a = [x[batch]]
        for index in range(depth):
            z = a[-1] @ params[index] + params[depth + index]
            if index == depth - 1:
                break
            if kind == "sigmoid":
                a.append(1 / (1 + np.exp(-z)))
            else:
                a.append(np.tanh(z) if kind == "tanh" else np.maximum(z, 0))
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        delta = (p - y[batch]) / len(batch)
        gradients: list[np.ndarray] = [np.empty(0)] * (2 * depth)
        for index in range(depth - 1, -1, -1):
            gradients[index] = a[index].T @ delta
            gradients[depth + index] = delta.sum(axis=0)
            if index:
                delta = delta @ params[index].T
                h = a[index]
                delta *= {"sigmoid": h * (1 - h), "tanh": 1 - h * h, "relu": h > 0}[kind]
        for i, g in enumerate(gradients):
            if isinstance(optimiser, SGD):
                params[i] -= np.float32(optimiser.learning_rate) * g
            else:
                s[i] = 0.9 * s[i] + 0.1 * g
                r[i] = 0.999 * r[i] + 0.001 * g * g
                root = np.sqrt(r[i] / (1 - 0.999**done)) + 1e-8
                params[i] -= 0.001 * (s[i] / (1 - 0.9**done)) / root

    def steps() -> int:
        for _ in range(10):
            one_step()
        return 10

    return steps


def scikit_learn(workload: Workload, optimiser: Optimiser) -> Steps:
    """scikit-learn's MLPClassifier, an epoch at a time."""
    x, y = data(workload)
    labels = y.argmax(axis=1)
    kind = {"sigmoid": "logistic"}.get(workload.activation.kind, workload.activation.kind)
    model = MLPClassifier(
        workload.layers[1:-1], activation=kind, solver=optimiser.kind, alpha=0.0,
        batch_size=workload.batch, learning_rate_init=optimiser.learning_rate, momentum=0.0,
        nesterovs_momentum=False, max_iter=1, random_state=0, shuffle=True,
    )  # fmt: skip
    model.partial_fit(x, labels, classes=np.arange(10))

    def steps() -> int:
        model.partial_fit(x, labels)
        return -(-len(x) // workload.batch)

    return steps


PEERS: dict[str, Callable[[Workload, Optimiser], Steps]] = {
    "plain NumPy, one network": plain_numpy,
    "scikit-learn MLPClassifier": scikit_learn,
}


def rate(steps: Steps) -> float:
    """Return trial-steps per second over about SECONDS."""
    done, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < SECONDS:
        done += steps()
    return done / elapsed


def main() -> None:
    """Measure everything and print a table."""
    warnings.filterwarnings("ignore", category=UserWarning, module="sklearn")
    print(f"{numerics_fingerprint()}; Python {sys.version.split()[0]}; one core, {ROUNDS} rounds\n")
    heads = ("workload", "", "paribus/s", "peer", "peer/s", "best", "median")
    print("{:14} {:5} {:>10}  {:27} {:>8} {:>6} {:>6}".format(*heads))
    results = []
    with one_blas_thread(), np.errstate(all="ignore"):
        for workload in WORKLOADS:
            for optimiser in OPTIMISERS:
                runners = {"paribus": ours(workload, optimiser)}
                runners |= {peer: make(workload, optimiser) for peer, make in PEERS.items()}
                rates: dict[str, list[float]] = {name: [] for name in runners}
                for steps in runners.values():
                    steps()
                for _ in range(ROUNDS):
                    for name, steps in runners.items():
                        rates[name].append(rate(steps))
                mine = rates.pop("paribus")
                for peer, theirs in rates.items():
                    best = max(mine) / max(theirs)
                    median = float(np.median(mine) / np.median(theirs))
                    results.append({
                        "workload": workload.name, "optimiser": optimiser.kind, "peer": peer,
                        "ratio_best": best, "ratio_median": median,
                        "trial_steps_per_second": max(mine), "peer_per_second": max(theirs),
                    })  # fmt: skip
                    print(
                        f"{workload.name:14} {optimiser.kind:5} {max(mine):10,.0f}  {peer:27} "
                        f"{max(theirs):8,.0f} {best:6.1f} {median:6.1f}",
                        flush=True,
                    )
    Path(__file__).with_name("latest.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
