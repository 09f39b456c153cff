"""scikit-learn's MLPClassifier, an epoch of `partial_fit` at a time."""

from __future__ import annotations

import warnings

import numpy as np
from paribus.core.families.optimisers import Optimiser
from sklearn.neural_network import MLPClassifier
from workloads import Parameters, Workload, data, initial, orders

from peers import Peer


class ScikitLearn:
    """One network; the examples are put into the visiting order once, beforehand."""

    def __init__(self, workload: Workload, optimiser: Optimiser) -> None:
        self.workload = workload
        x, y = data(workload)
        order = orders(workload, 1).reshape(-1)
        self.x, self.labels = x[order], y.argmax(axis=1)[order]
        kind = {"sigmoid": "logistic"}.get(workload.activation.kind, workload.activation.kind)

        def model(rate: float) -> MLPClassifier:
            return MLPClassifier(
                workload.layers[1:-1], activation=kind, solver=optimiser.kind, alpha=0.0,
                batch_size=workload.batch, learning_rate_init=rate, momentum=0.0,
                nesterovs_momentum=False, max_iter=1, random_state=0, shuffle=False,
            )  # fmt: skip

        self.model = model(optimiser.learning_rate)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.model.partial_fit(self.x[:1], self.labels[:1], classes=np.arange(10))
        start = initial(workload, 1)
        self.model.coefs_ = [w[0].T.copy() for w in start.weights]
        self.model.intercepts_ = [b[0].copy() for b in start.biases]
        del self.model._optimizer  # the next call builds one for these arrays
        self.model.t_ = 0

    def train(self, epochs: int) -> int:
        for _ in range(epochs):
            self.model.partial_fit(self.x, self.labels)
        return epochs * self.workload.steps_per_epoch

    def parameters(self) -> Parameters:
        return Parameters(
            [w.T[None] for w in self.model.coefs_], [b[None] for b in self.model.intercepts_]
        )


PEER = Peer("scikit-learn MLPClassifier", ScikitLearn)
