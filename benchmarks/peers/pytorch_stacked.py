"""PyTorch with a trial axis of its own: `baddbmm` over T networks, autograd, one optimiser."""

from __future__ import annotations

import torch
from paribus.core.families.optimisers import Optimiser
from torch.nn.functional import cross_entropy
from workloads import Parameters, Workload, data, initial, orders

from peers import Peer
from peers.pytorch_one import OPTIMISERS

ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}


class PyTorchStacked:
    """T networks; ``layout`` says whether a batch is (T, B, features) or (T, features, B)."""

    def __init__(
        self,
        workload: Workload,
        optimiser: Optimiser,
        layout: str = "feature-major",
        trials: int = 16,
    ) -> None:
        torch.set_num_threads(1)
        self.workload, self.trials, self.batch_major = workload, trials, layout == "batch-major"
        self.activation = ACTIVATIONS[workload.activation.kind]
        x, y = data(workload)
        self.x, self.labels = torch.from_numpy(x), torch.from_numpy(y.argmax(axis=1))
        self.batches = torch.from_numpy(orders(workload, trials)).transpose(0, 1).contiguous()
        start = initial(workload, trials)
        self.weights = [self.turned(torch.from_numpy(w)).clone() for w in start.weights]
        axis = 1 if self.batch_major else 2
        self.biases = [torch.from_numpy(b).unsqueeze(axis).clone() for b in start.biases]
        for parameter in (*self.weights, *self.biases):
            parameter.requires_grad_()
        self.optimiser = OPTIMISERS[optimiser.kind](
            [*self.weights, *self.biases], lr=optimiser.learning_rate, fused=True
        )

    def turned(self, weights: torch.Tensor) -> torch.Tensor:
        """Give weights (T, out, in) the layout's order, contiguous."""
        return (weights.transpose(1, 2) if self.batch_major else weights).contiguous()

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        """Return the output layer's z for a batch (T, B, features)."""
        h = h if self.batch_major else h.transpose(1, 2)
        for index, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            h = self.activation(h) if index else h
            h = torch.baddbmm(b, h, w) if self.batch_major else torch.baddbmm(b, w, h)
        return h

    def train(self, epochs: int) -> int:
        for _ in range(epochs):
            for batch in self.batches:
                self.optimiser.zero_grad()
                z, labels = self.forward(self.x[batch]), self.labels[batch]
                if self.batch_major:
                    z, labels = z.flatten(0, 1), labels.flatten()
                # the sum over trials of their mean losses: each gets its own gradient
                (cross_entropy(z, labels, reduction="sum") / self.workload.batch).backward()
                self.optimiser.step()
        return epochs * len(self.batches) * self.trials

    def parameters(self) -> Parameters:
        axis = 1 if self.batch_major else 2
        return Parameters(
            [self.turned(w.detach()).clone().numpy() for w in self.weights],
            [b.detach().squeeze(axis).clone().numpy() for b in self.biases],
        )


PEER = Peer(
    "PyTorch, stacked",
    PyTorchStacked,
    (
        ({"layout": "feature-major"}, {"layout": "batch-major"}),
        tuple({"trials": trials} for trials in (16, 8, 32, 64)),
    ),
)
