"""A worked example: exact numbers of the notes, and the computation graph that they come from."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import normalize

import numpy as np

from ...core.autodiff import Node, forward_gradient, gradients, topological
from ...core.autodiff.graph import Array
from .diagram import formula

GRAPH_COLUMNS = ("quantity", "formula", "value", "gradient, reverse mode", "forward mode")


@dataclass(frozen=True)
class WorkedExample:
    """A table of exact numbers: a title, what it shows, and rows of name and value.

    ``correction`` says where the notes print something else. ``output`` is the scalar at the end
    of the computation graph, for those who draw it; its named nodes are what is drawn.
    """

    title: str
    text: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    correction: str = ""
    output: Node | None = None


def both_modes(output: Node) -> tuple[tuple[str, ...], ...]:
    """Return a row of :data:`GRAPH_COLUMNS` for each named node of a graph.

    The reverse gradient is there for all that vary, from one pass; forward mode takes a pass for
    each number of each variable.
    """
    backward = gradients(output)
    named = [node for node in topological(output) if node.name]
    leaves = sorted(
        (n for n in named if n.operation is None), key=lambda n: normalize("NFKC", n.name)
    )
    return tuple(
        (
            node.name,
            formula(node) if node.operation is not None else "",
            exact(node.value),
            exact(backward[node]) if node.varies else "",
            exact(forward_gradient(output, node)) if node in leaves and node.varies else "",
        )
        for node in [*leaves, *(n for n in named if n.operation is not None)]
    )


def exact(value: Array | float) -> str:
    """Write a number to ten digits, a matrix to four with its rows separated by semicolons.

    >>> exact(-0.25), exact(np.array([[1.0, 2.0], [3.0, 4.5]]))
    ('−0.25', '[1 2; 3 4.5]')
    """
    array = np.asarray(value)
    if array.size == 1:
        text = f"{array.item() + 0.0:.10g}"  # −0 is written 0
    else:
        lines = (" ".join(f"{x + 0.0:.4g}" for x in line) for line in np.atleast_2d(array))
        text = f"[{'; '.join(lines)}]"
    return text.replace("-", "−")
