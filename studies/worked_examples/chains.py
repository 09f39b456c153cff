"""Chains of single neurons: why gradients vanish and explode, in exact numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.autodiff import Node, constant, gradients, paths, sigmoid, topological, variable
from ...core.engine.architecture import Architecture
from ...core.engine.network import Network, NetworkFields
from ...core.families.activations import Sigmoid
from ...core.families.losses import SquaredError
from .worked_example import GRAPH_COLUMNS, WorkedExample, both_modes, exact

INDICES = "₀₁₂₃₄₅₆₇₈₉"


def chain_gradients(weight: float, layers: int, x: float = 1.0) -> np.ndarray:
    """Return |∂C/∂b| of each layer of a chain of single sigmoid neurons with every z = 0.

    b₁ = −w·x and b = −w/2 afterwards hold every pre-activation at 0, where σ′ = ¼, so each step
    towards the input multiplies the gradient by w·σ′(0) = w/4. Source: Nielsen, ch. 5, eq. 122.
    """
    architecture = Architecture((1,) * (layers + 1), Sigmoid(), None, None, None)
    arena = np.zeros((1, architecture.parameters))
    chain = architecture.views(arena)
    for index in range(layers):
        chain.weights[index][:] = weight
        chain.biases[index][:] = -weight * (x if index == 0 else 0.5)
    gradient = np.zeros_like(arena)
    views = architecture.views(gradient)
    network = Network(architecture, NetworkFields({}, {}, {}), chain, 1, gradient=views)
    network.forward(np.full((1, 1, 1), x))
    loss, target = SquaredError(link="sigmoid"), np.ones((1, 1, 1))
    loss.value_and_gradient({}, network.output, target, network.loss, network.output_spare)
    network.backward(np.full((1, 1, 1), x))
    return np.abs(gradient[0, layers:])


def chain_graph(weights: Sequence[float], biases: Sequence[float], x: float, y: float) -> Node:
    """Return C = ½(a_L − y)² of the chain aⱼ = σ(wⱼaⱼ₋₁ + bⱼ), a₀ = x."""
    a = constant(x, "a₀")
    for index, (w, b) in enumerate(zip(weights, biases, strict=True), start=1):
        j = INDICES[index]
        a = sigmoid(variable(w, f"w{j}") * a + variable(b, f"b{j}")).called(f"a{j}")
    return (0.5 * (a - constant(y, "y")) ** 2).called("C")


def exploding_chain() -> WorkedExample:
    """Show Nielsen's chain with w = 100: a factor of 25 for each layer."""
    engine = chain_gradients(100.0, 4)
    output = chain_graph([100.0] * 4, [-100.0, -50.0, -50.0, -50.0], 1.0, 1.0)
    backward = gradients(output)
    graph = {node.name: abs(backward[node].item()) for node in backward}
    rows = tuple(
        (f"b{layer}", f"{value:.6g}", f"{value / engine[-1]:.6g}", f"{in_graph:.6g}")
        for layer, value in enumerate(engine, start=1)
        for in_graph in [graph[f"b{INDICES[layer]}"]]
    )
    return WorkedExample(
        "An exact explosion: four sigmoid neurons in a chain",
        "With every weight 100 and biases that hold every pre-activation at 0, where σ′ = ¼, each "
        "layer multiplies the gradient by 100 × ¼ = 25 on its way to the input. From b₄ to b₁ that "
        "is 25³ = 15,625. The engine computed these numbers by backpropagation in float64; the "
        "last column is automatic differentiation, which shares no code with it.",
        ("bias", "|∂C/∂b|", "relative to b4", "from the graph"),
        rows,
        output=output,
    )


def vanishing_chain() -> WorkedExample:
    """Show ∂C/∂b₁ = σ′(z₁)·w₂·σ′(z₂)·w₃·σ′(z₃)·w₄·σ′(z₄)·∂C/∂a₄ with every weight 1.

    The notes print Δz₂ ≈ σ(z₁)w₂Δb₁ (eq. 119); correct is σ′(z₁)w₂Δb₁.
    Source: Nielsen, ch. 5, eq. 114-121.
    """
    output = chain_graph([1.0] * 4, [0.0] * 4, 1.0, 1.0)
    nodes = {node.name: node for node in topological(output)}
    backward = gradients(output)
    [path] = paths(output, nodes["b₁"])
    ratio = backward[nodes["b₁"]] / backward[nodes["b₃"]]
    product = "σ′(z₁) · w₂ · σ′(z₂) · … · ∂C/∂a₄"
    more = (
        (product, "the product along the graph", "", exact(path.product), ""),
        ("∂C/∂b₁ ÷ ∂C/∂b₃", "at most 1/16 while |w| ≤ 1", "", exact(ratio), ""),
    )
    return WorkedExample(
        "Why it vanishes: four sigmoid neurons in a chain",
        "Between b₁ and the cost stand four slopes σ′(z) of at most ¼ and three weights. With "
        "every weight 1 the gradient shrinks by more than 4 in every layer; from b₃ to b₁, by more "
        "than 16.",
        GRAPH_COLUMNS,
        both_modes(output) + more,
        "The notes print Δz₂ ≈ σ(z₁) w₂ Δb₁; correct is σ′(z₁) w₂ Δb₁, with the slope of σ.",
        output,
    )
