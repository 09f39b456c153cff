"""Computation graphs of small networks and of their matrices."""

from __future__ import annotations

import numpy as np

from ...core.autodiff import (
    Node,
    constant,
    forward_gradient,
    gradients,
    sigmoid,
    tanh,
    topological,
    total,
    variable,
)
from .worked_example import GRAPH_COLUMNS, WorkedExample, both_modes, exact


def matrix_product() -> WorkedExample:
    """Show h = xW with the loss ½Σh², so that the gradient g that enters is h itself.

    The notes' class ``Matmul`` keeps x and W from the forward pass: gW = xᵀg and gx = gWᵀ.
    """
    x = variable([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]], "x")
    weights = variable([[0.2, -0.4], [0.1, 0.3], [-0.5, 0.6]], "W")
    h = (x @ weights).called("h")
    output = (0.5 * total(h**2)).called("L")
    g = h.value
    return WorkedExample(
        "What a matrix product keeps for the way back",
        "The forward pass keeps x and W. When the gradient g comes back, W receives xᵀg and x "
        "receives gWᵀ: each shape fits only one way.",
        GRAPH_COLUMNS,
        (
            *both_modes(output),
            ("by the rule", "xᵀ g", "", exact(x.value.T @ g), ""),
            ("by the rule", "g Wᵀ", "", exact(g @ weights.value.T), ""),
        ),
        output=output,
    )


def weight_decay() -> WorkedExample:
    """Show backpropagation through one hidden layer with an L2 penalty: J = L + s.

    z = W⁽¹⁾x, h = φ(z), o = W⁽²⁾h, L = ½‖o − y‖², s = (λ/2)(‖W⁽¹⁾‖² + ‖W⁽²⁾‖²). The notes
    print both norms without superscripts, ∂J/∂W⁽²⁾ = λW⁽²⁾, ∂J/∂z ∈ Rⁿ and
    ∂Z/∂L = prod(∂Z/∂Y, ∂Y/∂X); correct is ∂J/∂W⁽²⁾ = (∂J/∂o)hᵀ + λW⁽²⁾, ∂J/∂z ∈ Rʰ and
    ∂Z/∂X = prod(∂Z/∂Y, ∂Y/∂X).
    Source: Zhang, Lipton, Li & Smola, Dive into Deep Learning, section 5.3.
    """
    x, y, decay = constant([1.0, -0.5, 2.0], "x"), constant([1.0, 0.0], "y"), constant(0.1, "λ")
    w1 = variable([[0.3, -0.2, 0.1], [0.4, 0.1, -0.3]], "W⁽¹⁾")
    w2 = variable([[0.5, -0.6], [0.2, 0.7]], "W⁽²⁾")
    z = (w1 @ x).called("z")
    h = tanh(z).called("h")
    o = (w2 @ h).called("o")
    loss = (0.5 * total((o - y) ** 2)).called("L")
    penalty = (decay / 2.0 * (total(w1**2) + total(w2**2))).called("s")
    output = (loss + penalty).called("J")
    go = o.value - y.value
    gz = (w2.value.T @ go) * (1 - h.value**2)
    by_hand = (
        ("by hand", "(∂J/∂o) hᵀ + λW⁽²⁾", "", exact(np.outer(go, h.value) + 0.1 * w2.value), ""),
        ("by hand", "(∂J/∂z) xᵀ + λW⁽¹⁾", "", exact(np.outer(gz, x.value) + 0.1 * w1.value), ""),
    )
    return WorkedExample(
        "Backpropagation with weight decay",
        "Each weight matrix reaches the objective J twice: through the prediction and through the "
        "penalty. Its gradient is the sum of the two.",
        GRAPH_COLUMNS,
        both_modes(output) + by_hand,
        "The notes print ∂J/∂W⁽²⁾ = λW⁽²⁾ and ∂J/∂z ∈ Rⁿ; correct is ∂J/∂W⁽²⁾ = "
        "(∂J/∂o)hᵀ + λW⁽²⁾ and ∂J/∂z ∈ Rʰ, one entry for each hidden unit.",
        output,
    )


RATE = 0.5
NINE_HIDDEN = np.array([[0.2, -0.3, 0.4], [0.1, 0.5, -0.2], [-0.4, 0.3, 0.1]])
NINE_OUTPUT = np.array([[0.3, -0.1, 0.2], [-0.2, 0.4, 0.1], [0.5, 0.2, -0.3]])


def nine_node_graph(hidden: np.ndarray = NINE_HIDDEN, last: np.ndarray = NINE_OUTPUT) -> Node:
    """Return L = ½Σ(y − ŷ)² of inputs 1-3, hidden units 4-6 and outputs 7-9, all sigmoid."""
    x, y = constant([1.0, 0.5, -1.0], "x"), constant([1.0, 0.0, 1.0], "y")
    alpha = sigmoid((variable(hidden, "W⁽¹⁾") @ x).called("δ")).called("α")
    prediction = sigmoid((variable(last, "W⁽²⁾") @ alpha).called("ε")).called("ŷ")
    return (0.5 * total((y - prediction) ** 2)).called("L")


def nine_nodes() -> WorkedExample:
    """Show ∂L/∂w₄₇ = −(y₇ − ŷ₇)ŷ₇(1 − ŷ₇)α₄, and that the step against it is w′ = w + η(…).

    The notes print w′ = w − η(y − ŷ)ŷ(1 − ŷ)α₄, and once without "w − η"; with L = ½Σ(y − ŷ)²
    correct is w′ = w + η(y − ŷ)ŷ(1 − ŷ)α₄. The notes give no numbers; these are ours.
    """
    output = nine_node_graph()
    nodes = {node.name: node for node in topological(output)}
    backward = gradients(output)
    forward = {name: forward_gradient(output, nodes[name]) for name in ("W⁽¹⁾", "W⁽²⁾")}
    values = {name: node.value for name, node in nodes.items()}
    rows: list[tuple[str, ...]] = [("L", "½ Σ (y − ŷ)²", exact(output.value), "", "")]
    places = [("W⁽²⁾", 0, 0, "w₄₇"), ("W⁽²⁾", 1, 0, "w₄₈"), ("W⁽²⁾", 2, 0, "w₄₉")]
    places += [("W⁽¹⁾", 0, 0, "w₁₄"), ("W⁽¹⁾", 1, 0, "w₁₅"), ("W⁽¹⁾", 2, 0, "w₁₆")]
    for matrix, row, column, name in places:
        j = "₇₈₉"[row]
        text = f"−(y{j} − ŷ{j}) ŷ{j} (1 − ŷ{j}) α₄" if matrix == "W⁽²⁾" else "through all outputs"
        found = backward[nodes[matrix]][row, column], forward[matrix][row, column]
        rows.append((name, text, exact(values[matrix][row, column]), *map(exact, found)))
    step = RATE * backward[nodes["W⁽²⁾"]]
    for sign, text in ((-1, "W⁽²⁾ + η (y − ŷ) ŷ (1 − ŷ) α"), (1, "W⁽²⁾ − η (y − ŷ) ŷ (1 − ŷ) α")):
        after = nine_node_graph(last=NINE_OUTPUT + sign * step).value
        rows.append(("L after a step" if sign < 0 else "L as printed", text, exact(after), "", ""))
    return WorkedExample(
        "Nine nodes: three inputs, three hidden units, three outputs",
        "An output's weight reaches the loss through one output, a hidden unit's through all "
        "three. The step against the gradient lowers the loss; the printed sign raises it.",
        GRAPH_COLUMNS,
        tuple(rows),
        "The notes print w′ = w − η(y − ŷ)ŷ(1 − ŷ)α₄; correct is w′ = w + η(y − ŷ)ŷ(1 − ŷ)α₄, "
        "because ∂L/∂w₄₇ = −(y₇ − ŷ₇)ŷ₇(1 − ŷ₇)α₄ for L = ½Σ(y − ŷ)².",
        output,
    )


def two_two_two_graph() -> Node:
    """Return E of the network with two inputs, two hidden units and two outputs, all sigmoid."""
    i1, i2 = constant(0.05, "i₁"), constant(0.10, "i₂")
    w1, w2, w3, w4, w5, w6, w7, w8 = (
        variable(value, f"w{'₁₂₃₄₅₆₇₈'[index]}")
        for index, value in enumerate((0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55))
    )
    b1, b2 = variable(0.35, "b₁"), variable(0.60, "b₂")
    h1 = sigmoid(w1 * i1 + w2 * i2 + b1).called("h₁")
    h2 = sigmoid(w3 * i1 + w4 * i2 + b1).called("h₂")
    o1 = sigmoid(w5 * h1 + w6 * h2 + b2).called("o₁")
    o2 = sigmoid(w7 * h1 + w8 * h2 + b2).called("o₂")
    e1 = (0.5 * (constant(0.01, "t₁") - o1) ** 2).called("E₁")
    e2 = (0.5 * (constant(0.99, "t₂") - o2) ** 2).called("E₂")
    return (e1 + e2).called("E")


def two_two_two() -> WorkedExample:
    """Show one step of gradient descent, η = 0.5: w₅ → 0.35891648, w₁ → 0.14978072.

    The notes draw this network without numbers and point out that w₁ acts through both outputs.
    Source: M. Mazur 2015, A Step by Step Backpropagation Example (the numbers).
    """
    output = two_two_two_graph()
    backward = gradients(output)
    nodes = {node.name: node for node in topological(output)}
    rows = tuple(
        (*row, exact(node.value - RATE * backward[node]) if row[0][0] in "wb" else "")
        for row in both_modes(output)
        for node in [nodes[row[0]]]
    )
    return WorkedExample(
        "Two inputs, two hidden units, two outputs",
        "The error at both outputs comes back to h₁ and adds there before it reaches w₁: that is "
        "the point of the drawing in the notes. The last column is one step with η = 0.5.",
        (*GRAPH_COLUMNS, "after one step"),
        rows,
        output=output,
    )
