"""What there is to draw of a computation graph: its named nodes, and how they depend on another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...core.autodiff import Node, gradients, topological
from ...core.autodiff.graph import Array
from ...core.components import plain

SUPERSCRIPTS = {"2": "²", "3": "³"}
SYMBOLS = {"add": (" + ", 1), "subtract": (" − ", 1), "multiply": (" · ", 2), "divide": (" / ", 2)}
NAMES = {"sigmoid": "σ", "sum": "Σ", "maximum": "max", "minimum": "min", "absolute": "abs"}
ATOM = 4
"""How firmly a formula's parts hold together: sums 1, products 2, signs 3, atoms 4."""


@dataclass(frozen=True)
class Box:
    """A named node: its formula in terms of other named nodes, its value, and its gradient.

    The formula is empty for variables and constants, the gradient None for what does not vary.
    """

    name: str
    formula: str
    value: Array
    gradient: Array | None


@dataclass(frozen=True)
class Link:
    """One box read by another, and the local slope ∂target/∂source if both are scalars that vary.

    The slope counts what reaches the target directly, not through other boxes.
    """

    source: int
    target: int
    slope: float | None


@dataclass(frozen=True)
class Diagram:
    """The boxes of a graph, inputs before what reads them, and the links between them."""

    boxes: tuple[Box, ...]
    links: tuple[Link, ...]


def diagram(output: Node) -> Diagram:
    """Return the diagram of a scalar output; results without a name melt into those that read them.

    >>> from paribus.core.autodiff import variable
    >>> x, y = variable(2.0, "x"), variable(1.0, "y")
    >>> [(b.name, b.formula) for b in diagram((x * (x + y)).called("f")).boxes]
    [('x', ''), ('y', ''), ('f', 'x · (x + y)')]
    """
    named = [node for node in topological(output) if node.name or node is output]
    place = {node: index for index, node in enumerate(named)}
    whole = gradients(output)
    boxes, links = [], []
    for node in named:
        text = formula(node) if node.operation is not None else ""
        boxes.append(Box(node.name, text, node.value, whole.get(node)))
        read = [n for n in topological(node, stop=set(named) - {node}) if n.name and n is not node]
        scalar = node.varies and node.value.size == 1
        local = gradients(node, stop=set(read)) if scalar else {}
        links += [
            Link(
                place[source],
                place[node],
                local[source].item() if source in local and source.value.size == 1 else None,
            )
            for source in read
        ]
    return Diagram(tuple(boxes), tuple(links))


def formula(node: Node) -> str:
    """Write what a node computes, in terms of the nearest named nodes behind it."""
    return written(node, top=True)[0]


def written(node: Node, *, top: bool = False) -> tuple[str, int]:
    """Return a node as text and how firmly the text holds together."""
    if node.name and not top:
        return node.name, ATOM
    if node.operation is None:
        text = plain(float(node.value)) if node.value.size == 1 else "[…]"
        text = "½" if text == "0.5" else text.replace("-", "−")
        return text, 3 if text.startswith("−") else ATOM
    name = node.operation.name
    parts = [written(source) for source in node.inputs]
    if name in SYMBOLS:
        sign, firm = SYMBOLS[name]
        if parts[0][0] == "−1" and name == "multiply":
            return f"−{bracketed(parts[1], firm)}", 3
        right = firm + (name in ("subtract", "divide"))
        return f"{bracketed(parts[0], firm)}{sign}{bracketed(parts[1], right)}", firm
    return SPECIAL.get(name, called(NAMES.get(name, name)))(parts)


def bracketed(part: tuple[str, int], firmness: int) -> str:
    """Put brackets around a text that is looser than what surrounds it."""
    text, firm = part
    return text if firm >= firmness else f"({text})"


def called(name: str) -> Callable[[list[tuple[str, int]]], tuple[str, int]]:
    """Return the writer of a function's call."""
    return lambda parts: (f"{name}({', '.join(text for text, _ in parts)})", ATOM)


def power(parts: list[tuple[str, int]]) -> tuple[str, int]:
    """Write a power, small whole exponents raised."""
    exponent = parts[1][0]
    raised = SUPERSCRIPTS.get(exponent, f"^{bracketed(parts[1], ATOM)}")
    return f"{bracketed(parts[0], ATOM)}{raised}", 3


SPECIAL = {
    "negative": lambda parts: (f"−{bracketed(parts[0], 2)}", 3),
    "matmul": lambda parts: (f"{bracketed(parts[0], 3)} {bracketed(parts[1], 3)}", 2),
    "transpose": lambda parts: (f"{bracketed(parts[0], ATOM)}ᵀ", ATOM),
    "power": power,
}
