"""One network at a time in NumPy, written the way a careful course would."""

from __future__ import annotations

import numpy as np
from paribus.core.families.optimisers import SGD, Optimiser
from workloads import Parameters, Workload, data, initial, orders

from peers import Peer


class PlainNumPy:
    """Batch-major, weights (in, out), a list of arrays for everything."""

    def __init__(self, workload: Workload, optimiser: Optimiser) -> None:
        self.workload, self.optimiser = workload, optimiser
        self.x, self.y = data(workload)
        self.batches = orders(workload, 1)[0]
        start = initial(workload, 1)
        self.depth = len(start.weights)
        self.params = [w[0].T.copy() for w in start.weights] + [b[0] for b in start.biases]
        self.s, self.r = ([np.zeros_like(p) for p in self.params] for _ in range(2))
        self.done = 0

    def train(self, epochs: int) -> int:
        for _ in range(epochs):
            for batch in self.batches:
                self.step(self.x[batch], self.y[batch])
        return epochs * len(self.batches)

    def parameters(self) -> Parameters:
        weights, biases = self.params[: self.depth], self.params[self.depth :]
        return Parameters([w.T[None] for w in weights], [b[None] for b in biases])

    def step(self, x: np.ndarray, y: np.ndarray) -> None:
        kind, depth, params = self.workload.activation.kind, self.depth, self.params
        a = [x]
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
        delta = (p - y) / np.float32(len(x))
        gradients: list[np.ndarray] = [np.empty(0)] * (2 * depth)
        for index in range(depth - 1, -1, -1):
            gradients[index] = a[index].T @ delta
            gradients[depth + index] = delta.sum(axis=0)
            if index:
                delta = delta @ params[index].T
                h = a[index]
                delta *= {"sigmoid": h * (1 - h), "tanh": 1 - h * h, "relu": h > 0}[kind]
        self.update(gradients)

    def update(self, gradients: list[np.ndarray]) -> None:
        self.done += 1
        for i, g in enumerate(gradients):
            if isinstance(self.optimiser, SGD):
                self.params[i] -= self.optimiser.learning_rate * g
            else:
                self.s[i] = 0.9 * self.s[i] + 0.1 * g
                self.r[i] = 0.999 * self.r[i] + 0.001 * g * g
                root = np.sqrt(self.r[i] / (1 - 0.999**self.done)) + 1e-8
                rate = self.optimiser.learning_rate / (1 - 0.9**self.done)
                self.params[i] -= rate * self.s[i] / root


PEER = Peer("plain NumPy, one network", PlainNumPy)
