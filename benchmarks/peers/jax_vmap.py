"""JAX: `jit` of `vmap` and `scan` over the mini-batches of T networks, buffers donated.

Whole epochs run inside one compiled call; compiling is left out of the rates here and counted in
the reference study.
"""

from __future__ import annotations

import os

os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)
os.environ.setdefault("JAX_PLATFORMS", "cpu")

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from paribus.core.families.optimisers import SGD, Optimiser
from workloads import Parameters, Workload, data, initial, orders

from peers import Peer

ACTIVATIONS = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu}


class JaxVmap:
    """T networks; ``order`` is which of `vmap` and `scan` is outside."""

    def __init__(
        self,
        workload: Workload,
        optimiser: Optimiser,
        order: str = "vmap(scan)",
        layout: str = "feature-major",
        trials: int = 16,
    ) -> None:
        self.workload, self.optimiser, self.trials = workload, optimiser, trials
        self.outer_vmap, self.batch_major = order == "vmap(scan)", layout == "batch-major"
        self.x, self.y = map(jnp.asarray, data(workload))
        batches = orders(workload, trials)
        self.batches = jnp.asarray(batches if self.outer_vmap else batches.swapaxes(0, 1))
        start = initial(workload, trials)
        turned = [w.swapaxes(1, 2) if self.batch_major else w for w in start.weights]
        theta = [(jnp.array(w), jnp.array(b)) for w, b in zip(turned, start.biases, strict=True)]
        count = 0 if isinstance(optimiser, SGD) else 2
        slots = [jax.tree.map(jnp.zeros_like, theta) for _ in range(count)]
        self.state = (theta, slots, jnp.zeros(trials))
        self.run = jax.jit(self.epochs, static_argnums=2, donate_argnums=0)

    def loss(self, theta: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        """Return the mean loss of one network on a batch (B, features)."""
        h = x if self.batch_major else x.T
        for index, (w, b) in enumerate(theta):
            h = ACTIVATIONS[self.workload.activation.kind](h) if index else h
            h = h @ w + b if self.batch_major else w @ h + b[:, None]
        z = h if self.batch_major else h.T
        return jnp.mean(jax.nn.logsumexp(z, axis=1) - jnp.sum(z * y, axis=1))

    def step(self, state: Any, batch: jax.Array) -> tuple[Any, jax.Array]:
        """Take one step of one network; return the new state and the loss."""
        theta, slots, t = state
        loss, g = jax.value_and_grad(self.loss)(theta, self.x[batch], self.y[batch])
        rate = self.optimiser.learning_rate
        if not slots:
            return (jax.tree.map(lambda p, g: p - rate * g, theta, g), slots, t), loss
        t = t + 1
        s = jax.tree.map(lambda s, g: 0.9 * s + 0.1 * g, slots[0], g)
        r = jax.tree.map(lambda r, g: 0.999 * r + 0.001 * g * g, slots[1], g)
        scale, root = rate / (1 - 0.9**t), 1 / (1 - 0.999**t)
        theta = jax.tree.map(
            lambda p, s, r: p - scale * s / (jnp.sqrt(r * root) + 1e-8), theta, s, r
        )
        return (theta, [s, r], t), loss

    def epochs(self, state: Any, batches: jax.Array, count: int) -> tuple[Any, jax.Array]:
        """Train all networks ``count`` epochs; return the new state and every loss."""
        if self.outer_vmap:
            epoch = jax.vmap(partial(lax.scan, self.step))
        else:
            epoch = partial(lax.scan, jax.vmap(self.step))
        return lax.scan(lambda state, _: epoch(state, batches), state, length=count)

    def train(self, epochs: int) -> int:
        self.state, losses = self.run(self.state, self.batches, epochs)
        losses.block_until_ready()
        return epochs * self.workload.steps_per_epoch * self.trials

    def parameters(self) -> Parameters:
        weights = [np.array(w) for w, _ in self.state[0]]
        biases = [np.array(b) for _, b in self.state[0]]
        return Parameters([w.swapaxes(1, 2) if self.batch_major else w for w in weights], biases)


PEER = Peer(
    "JAX, jit of vmap and scan",
    JaxVmap,
    (
        tuple(
            {"order": order, "layout": layout}
            for order in ("vmap(scan)", "scan(vmap)")
            for layout in ("feature-major", "batch-major")
        ),
        tuple({"trials": trials} for trials in (16, 8, 32, 64)),
    ),
)
