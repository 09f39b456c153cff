"""The reference study by other means: `python reference_peers.py NAME` trains it and prints JSON.

480 trainings: depth × activation × learning rate × replicate, width 32, batches of 32, 20 epochs of
SGD, accuracy on the training and the validation set after every epoch. The loops over single
networks train one replicate of ten and say so: their seconds of training are to be multiplied.
"""

from __future__ import annotations

import importlib
import itertools
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

DEPTHS, ACTIVATIONS, RATES = (1, 2, 4, 8), ("sigmoid", "tanh", "relu"), (0.01, 0.03, 0.1, 0.3)
REPLICATES, WIDTH, BATCH, EPOCHS, VALIDATION = 10, 32, 32, 20, 360

JAX = "peers.jax_vmap"
"""It holds JAX to one core, which must be told before JAX is imported."""


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels, divided by 16, and the labels."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return (bunch.data / 16).astype(np.float32), bunch.target


def split(rows: int, replicate: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a replicate's training and validation rows."""
    order = np.random.default_rng(replicate).permutation(rows)
    return order[VALIDATION:], order[:VALIDATION]


def arms() -> Iterator[tuple[int, str, float]]:
    """Yield depth, activation and learning rate of every arm."""
    return itertools.product(DEPTHS, ACTIVATIONS, RATES)


def with_scikit_learn() -> list[float]:
    """Train one replicate in a loop; return the arms' validation accuracies."""
    from sklearn.neural_network import MLPClassifier

    warnings.filterwarnings("ignore", module="sklearn")
    x, labels = digits()
    train, held = split(len(x), 0)
    found = []
    for depth, activation, rate in arms():
        kind = {"sigmoid": "logistic"}.get(activation, activation)
        model = MLPClassifier(
            (WIDTH,) * depth, activation=kind, solver="sgd", alpha=0.0, batch_size=BATCH,
            learning_rate_init=rate, momentum=0.0, nesterovs_momentum=False, random_state=0,
        )  # fmt: skip
        for _ in range(EPOCHS):
            model.partial_fit(x[train], labels[train], classes=np.arange(10))
            model.score(x[train], labels[train])
            score = model.score(x[held], labels[held])
        found.append(score)
    return found


def with_pytorch() -> list[float]:
    """Train one replicate in a loop; return the arms' validation accuracies."""
    import torch
    from torch import nn
    from torch.nn.functional import cross_entropy

    torch.set_num_threads(1)
    functions = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}
    x, labels = map(torch.from_numpy, digits())
    train, held = map(torch.from_numpy, split(len(x), 0))
    found = []
    for depth, activation, rate in arms():
        torch.manual_seed(0)
        sizes = (x.shape[1], *(WIDTH,) * depth, 10)
        linear = [nn.Linear(a, b) for a, b in itertools.pairwise(sizes)]
        for layer in linear:
            nn.init.xavier_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
        parts = [part for layer in linear for part in (layer, functions[activation]())][:-1]
        model = nn.Sequential(*parts)
        optimiser = torch.optim.SGD(model.parameters(), lr=rate)
        for _ in range(EPOCHS):
            for batch in train[torch.randperm(len(train))].split(BATCH):
                optimiser.zero_grad()
                cross_entropy(model(x[batch]), labels[batch]).backward()
                optimiser.step()
            with torch.no_grad():
                scores = [(model(x[rows]).argmax(1) == labels[rows]).float().mean().item()
                          for rows in (train, held)]  # fmt: skip
        found.append(scores[1])
    return found


def with_jax() -> list[float]:
    """Train every replicate, one compiled call per shape; return all validation accuracies."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    functions = importlib.import_module(JAX).ACTIVATIONS
    pixels, labels = digits()
    x, y = jnp.asarray(pixels), jnp.asarray(np.eye(10, dtype=np.float32)[labels])
    sets = [split(len(pixels), k) for k in range(REPLICATES)]
    steps = -(-len(sets[0][0]) // BATCH)

    def order(k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return every epoch's mini-batches, the last filled up, and their examples' weights."""
        rng, (train, _) = np.random.default_rng([k, 1]), sets[k]
        visited = np.stack([rng.permutation(train) for _ in range(EPOCHS)])
        spare = steps * BATCH - len(train)
        rows = np.pad(visited, ((0, 0), (0, spare))).reshape(EPOCHS, steps, BATCH)
        weights = np.pad(np.ones(len(train), np.float32), (0, spare)).reshape(steps, BATCH)
        return rows, weights / weights.sum(axis=1, keepdims=True)

    orders = [order(k) for k in range(REPLICATES)]
    ten = range(REPLICATES)
    which = [k for _ in RATES for k in ten]
    rows = jnp.asarray(np.stack([orders[k][0] for k in which]))
    shares = jnp.asarray(orders[0][1])
    train, held = (jnp.asarray(np.stack([sets[k][part] for k in which])) for part in (0, 1))
    rates = jnp.asarray(np.repeat(np.float32(RATES), REPLICATES))
    found: list[float] = []
    for depth, activation in itertools.product(DEPTHS, ACTIVATIONS):
        function = functions[activation]

        def outputs(theta: Any, x: Any, function: Callable[..., Any] = function) -> Any:
            h = x
            for index, (w, b) in enumerate(theta):
                h = (function(h) if index else h) @ w + b
            return h

        def loss(theta: Any, x: Any, y: Any, share: Any, outputs: Any = outputs) -> Any:
            z = outputs(theta, x)
            return jnp.sum(share * (jax.nn.logsumexp(z, axis=1) - jnp.sum(z * y, axis=1)))

        def study(theta: Any, rate: Any, rows: Any, train: Any, held: Any,
                  loss: Any = loss, outputs: Any = outputs) -> Any:  # fmt: skip
            def step(theta: Any, batch: Any) -> Any:
                chosen, share = batch
                g = jax.grad(loss)(theta, x[chosen], y[chosen], share)
                return jax.tree.map(lambda p, g: p - rate * g, theta, g), None

            def epoch(theta: Any, rows: Any) -> Any:
                theta, _ = lax.scan(step, theta, (rows, shares))
                right = [jnp.mean(outputs(theta, x[part]).argmax(1) == y[part].argmax(1))
                         for part in (train, held)]  # fmt: skip
                return theta, jnp.stack(right)

            return lax.scan(epoch, theta, rows)[1]

        sizes = (pixels.shape[1], *(WIDTH,) * depth, 10)
        rng = np.random.default_rng(2)
        start = [
            (
                jnp.asarray(np.tile(
                    rng.normal(0, (2 / (a + b)) ** 0.5, (REPLICATES, a, b)).astype(np.float32),
                    (len(RATES), 1, 1),
                )),
                jnp.zeros((len(which), b)),
            )
            for a, b in itertools.pairwise(sizes)
        ]  # fmt: skip
        scores = jax.jit(jax.vmap(study))(start, rates, rows, train, held)
        found += np.asarray(scores)[:, -1, 1].tolist()
    return found


WAYS = {"scikit-learn": with_scikit_learn, "pytorch": with_pytorch, "jax": with_jax}

if __name__ == "__main__":
    name = sys.argv[1]
    if name == "jax":
        importlib.import_module(JAX)
    started, wall = time.process_time(), time.perf_counter()
    accuracies = WAYS[name]()
    print(json.dumps({
        "trainings": len(accuracies), "accuracy": float(np.mean(accuracies)),
        "cpu_seconds": time.process_time() - started, "seconds": time.perf_counter() - wall,
    }))  # fmt: skip
