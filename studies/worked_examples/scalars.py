"""Computation graphs of single numbers, forward and backward."""

from __future__ import annotations

import numpy as np

from ...core.autodiff import (
    Node,
    constant,
    detach,
    exp,
    gradients,
    maximum,
    paths,
    total,
    variable,
)
from .worked_example import GRAPH_COLUMNS, WorkedExample, both_modes, exact


def path_rows(output: Node, source: Node) -> tuple[tuple[str, ...], ...]:
    """Return a row for each path: the named nodes on it, its local slopes and their product."""
    return tuple(
        (
            "along " + " → ".join(node.name for node in path.nodes if node.name),
            " · ".join(exact(slope) for slope in path.slopes),
            "",
            exact(path.product),
            "",
        )
        for path in paths(output, source)
    )


def logistic_graph() -> WorkedExample:
    """Show f = 1/(1 + e^{−(wx+b)}) in six steps at x = 1, w = 0, b = 0: f = ½, ∂f/∂w = ¼.

    The notes print ∂h₅/∂t for ∂h₅/∂h₄ = 1 and ∂h₄/∂h₅ for ∂h₆/∂h₅ = −1/h₅², and leave the factor
    ∂h₃/∂h₂ = −1 out of the chain; correct is the product of all of them.
    """
    x, w, b = variable(1.0, "x"), variable(0.0, "w"), variable(0.0, "b")
    h1 = (x * w).called("h₁")
    h2 = (h1 + b).called("h₂")
    h3 = (h2 * -1.0).called("h₃")
    h4 = exp(h3).called("h₄")
    h5 = (h4 + 1.0).called("h₅")
    output = (1.0 / h5).called("h₆")
    return WorkedExample(
        "The logistic function as a computation graph",
        "Each box is one operation. Going back, a node needs to know only its own local slope: "
        "their product along the path from w is the derivative, 0.25.",
        GRAPH_COLUMNS,
        both_modes(output) + path_rows(output, w),
        "The notes print ∂h₅/∂t and ∂h₄/∂h₅; correct is ∂h₅/∂h₄ = 1 and ∂h₆/∂h₅ = −1/h₅². In the "
        "written chain they leave out ∂h₃/∂h₂ = −1, which their numbers contain.",
        output,
    )


def two_paths() -> WorkedExample:
    """Show f = x·(x + y) at (2, 1): f = 6, ∂f/∂x = 3 + 2 = 5, ∂f/∂y = 2.

    The notes print ∂f/∂x = z = 3; correct is 5, as x also reaches f through z = x + y. The direct
    path alone is what remains when z is detached.
    """
    x, y = variable(2.0, "x"), variable(1.0, "y")
    z = (x + y).called("z")
    output = (x * z).called("f")
    without_z = gradients(x * detach(z))[x]
    cut = ("∂f/∂x with z detached", "x · detach(z)", "", exact(without_z), "")
    return WorkedExample(
        "Several paths add: f = x · (x + y)",
        "x reaches f directly, with slope z = 3, and through z = x + y, with slope x = 2. The "
        "derivative is the sum, 5.",
        GRAPH_COLUMNS,
        (*both_modes(output), *path_rows(output, x), cut),
        "The notes print ∂f/∂x = z = 3; that is the direct path alone, and correct is 3 + 2 = 5.",
        output,
    )


def exponential_of_maximum() -> WorkedExample:
    """Show f = x·e^{3x·max(x, y)} at (2, 1): f = 2e¹², ∂f/∂x = 25e¹², ∂f/∂y = 0."""
    x, y = variable(2.0, "x"), variable(1.0, "y")
    largest = maximum(x, y).called("m")
    inside = (x * 3.0 * largest).called("u")
    output = (x * exp(inside)).called("f")
    return WorkedExample(
        "Another graph: f = x · exp(3x · max(x, y))",
        "Three paths lead from x to f. The maximum hands the gradient to the larger of its inputs "
        "only, so y = 1 receives none. Exactly: f = 2e¹² and ∂f/∂x = 25e¹².",
        GRAPH_COLUMNS,
        both_modes(output) + path_rows(output, x),
        output=output,
    )


def regression_graph() -> WorkedExample:
    """Show one linear neuron: x = 1.5, w = 0.8, b = 0.2, target 0.8: ŷ = 1.4, L = 0.18.

    The scanned notes print "L 118"; correct is L = ½(1.4 − 0.8)² = 0.18. ∂L/∂w = 0.9, ∂L/∂b = 0.6.
    """
    x, target = constant(1.5, "x"), constant(0.8, "y")
    w, b = variable(0.8, "w"), variable(0.2, "b")
    prediction = (w * x + b).called("ŷ")
    output = (0.5 * (prediction - target) ** 2).called("L")
    return WorkedExample(
        "One linear neuron and its loss",
        "The prediction is 1.4 where 0.8 was wanted, so L = ½ · 0.6² = 0.18; the error 0.6 flows "
        "back unchanged to b, and times x = 1.5 to w.",
        GRAPH_COLUMNS,
        both_modes(output),
        "The scanned notes print “L 118”; correct is 0.18.",
        output,
    )


def three_points() -> WorkedExample:
    """Show L(b) = ½Σᵢ[b² + 2(ŵxᵢ − yᵢ)b + (yᵢ − ŵxᵢ)²] of three points; b* = mean(y − ŵx).

    The notes print the sum sign before b² alone; correct is a sum over all three terms. The notes
    give no points; these are chosen so that b* = 0.5.
    """
    x, y = np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.25, 2.25])
    slope, start = 0.5, 0.25

    def loss(b: Node) -> Node:
        error = constant(slope, "ŵ") * constant(x, "x") + b - constant(y, "y")
        return (0.5 * total(error**2)).called("L")

    output = loss(variable(start, "b"))
    best = variable(float(np.mean(y - slope * x)), "b*")
    at_best = loss(best)
    expanded = 0.5 * np.sum(start**2 + 2 * (slope * x - y) * start + (y - slope * x) ** 2)
    return WorkedExample(
        "Three points, one bias",
        "With the slope ŵ fixed, the loss is a parabola in b with its minimum at the mean of "
        "y − ŵx, where the gradient is 0.",
        GRAPH_COLUMNS,
        (
            *both_modes(output),
            ("L, expanded", "½ Σ [b² + 2(ŵx − y)b + (y − ŵx)²]", exact(expanded), "", ""),
            ("b*", "mean(y − ŵx)", exact(best.value), exact(gradients(at_best)[best]), ""),
            ("L at b*", "", exact(at_best.value), "", ""),
        ),
        "The notes print the sum before the first term only; correct is L = ½ Σᵢ [b² + 2(ŵxᵢ − yᵢ)b"
        " + (yᵢ − ŵxᵢ)²], a sum over all three.",
        output,
    )


def two_linear_stages() -> WorkedExample:
    """Show y₁ = w₁x + b₁, y₂ = w₂y₁ + b₂, L = ½(y₂ − y)² and its four derivatives.

    ∂L/∂w₂ = δ·y₁, ∂L/∂b₂ = δ, ∂L/∂w₁ = δ·w₂·x, ∂L/∂b₁ = δ·w₂ with δ = y₂ − y. The notes give no
    numbers; the first stage is their regression example.
    """
    x, target = constant(1.5, "x"), constant(0.2, "y")
    w1, b1 = variable(0.8, "w₁"), variable(0.2, "b₁")
    w2, b2 = variable(0.5, "w₂"), variable(0.1, "b₂")
    y1 = (w1 * x + b1).called("y₁")
    y2 = (w2 * y1 + b2).called("y₂")
    output = (0.5 * (y2 - target) ** 2).called("L")
    return WorkedExample(
        "Two linear stages",
        "The error δ = y₂ − y reaches the second stage's w₂ and b₂ first; on its way to the first "
        "stage it is multiplied by w₂.",
        GRAPH_COLUMNS,
        both_modes(output),
        output=output,
    )
