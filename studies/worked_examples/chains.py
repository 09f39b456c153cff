"""Exact examples of the notes, computed by the engine and shown in reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..core.activations import Sigmoid
from ..core.losses import SquaredError
from ..core.network import Network, layers_of, parameter_count


@dataclass(frozen=True)
class WorkedExample:
    """A table of exact numbers: a title, what it shows, and rows of name and value."""

    title: str
    text: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def chain_gradients(weight: float, layers: int, x: float = 1.0) -> np.ndarray:
    """Return |∂C/∂b| of each layer of a chain of single sigmoid neurons with every z = 0.

    b₁ = −w·x and b = −w/2 afterwards hold every pre-activation at 0, where σ′ = ¼, so each step
    towards the input multiplies the gradient by w·σ′(0) = w/4. Source: Nielsen, ch. 5, eq. 122.
    """
    sizes = (1,) * (layers + 1)
    arena = np.zeros((1, sum(parameter_count(sizes))))
    chain = layers_of(arena, sizes)
    for index in range(layers):
        chain.weights[index][:] = weight
        chain.biases[index][:] = -weight * (x if index == 0 else 0.5)
    network = Network(sizes, 1, 1, np.dtype("float64"), Sigmoid(), {})
    gradient = np.zeros_like(arena)
    network.forward(chain, np.full((1, 1, 1), x))
    loss = SquaredError(link="sigmoid")
    loss.value_and_gradient(network.output, np.ones((1, 1, 1)), network.loss)
    network.backward(chain, np.full((1, 1, 1), x), layers_of(gradient, sizes))
    return np.abs(gradient[0, layers:])


def exploding_chain() -> WorkedExample:
    """Show Nielsen's chain with w = 100: a factor of 25 for each layer."""
    gradients = chain_gradients(100.0, 4)
    rows = tuple(
        (f"b{layer}", f"{value:.6g}", f"{value / gradients[-1]:.6g}")
        for layer, value in enumerate(gradients, start=1)
    )
    return WorkedExample(
        "An exact explosion: four sigmoid neurons in a chain",
        "With every weight 100 and biases that hold every pre-activation at 0, where σ′ = ¼, each "
        "layer multiplies the gradient by 100 × ¼ = 25 on its way to the input. From b₄ to b₁ that "
        "is 25³ = 15,625. The engine computed these numbers by backpropagation in float64.",
        ("bias", "|∂C/∂b|", "relative to b4"),
        rows,
    )


WORKED_EXAMPLES: dict[str, Callable[[], WorkedExample]] = {"exploding-chain": exploding_chain}
