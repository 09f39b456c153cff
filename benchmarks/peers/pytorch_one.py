"""PyTorch, one network at a time: `nn.Sequential`, autograd and an optimiser of its own."""

from __future__ import annotations

import itertools

import torch
from paribus.core.families.optimisers import Optimiser
from torch import nn
from torch.nn.functional import cross_entropy
from workloads import Parameters, Workload, data, initial, orders

from peers import Peer

ACTIVATIONS = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}
OPTIMISERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}


class PyTorchOne:
    """Eager mode; ``form`` is how the optimiser walks over the parameters."""

    def __init__(self, workload: Workload, optimiser: Optimiser, form: str = "fused") -> None:
        torch.set_num_threads(1)
        x, y = data(workload)
        self.x, self.labels = torch.from_numpy(x), torch.from_numpy(y.argmax(axis=1))
        self.batches = torch.from_numpy(orders(workload, 1)[0])
        self.linear = [nn.Linear(a, b) for a, b in itertools.pairwise(workload.layers)]
        start = initial(workload, 1)
        with torch.no_grad():
            for layer, weights, biases in zip(self.linear, *start, strict=True):
                layer.weight.copy_(torch.from_numpy(weights[0]))
                layer.bias.copy_(torch.from_numpy(biases[0]))
        activation = ACTIVATIONS[workload.activation.kind]
        layers = [part for layer in self.linear for part in (layer, activation())][:-1]
        self.model = nn.Sequential(*layers)
        self.optimiser = OPTIMISERS[optimiser.kind](
            self.model.parameters(), lr=optimiser.learning_rate, **{form: True}
        )

    def train(self, epochs: int) -> int:
        for _ in range(epochs):
            for batch in self.batches:
                self.optimiser.zero_grad()
                cross_entropy(self.model(self.x[batch]), self.labels[batch]).backward()
                self.optimiser.step()
        return epochs * len(self.batches)

    def parameters(self) -> Parameters:
        return Parameters(
            [layer.weight.detach().numpy()[None].copy() for layer in self.linear],
            [layer.bias.detach().numpy()[None].copy() for layer in self.linear],
        )


PEER = Peer("PyTorch, one network", PyTorchOne, (({"form": "fused"}, {"form": "foreach"}),))
