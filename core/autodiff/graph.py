"""Automatic differentiation on a computation graph, in forward and in reverse mode.

Calculating with a :func:`variable` records every operation as a :class:`Node` that keeps its value
and its inputs. The graph is dynamic: it is whatever was calculated. :func:`tangents` walks it from
the variables to the output (forward mode, one pass per direction); :func:`gradients` walks it back
(reverse mode, one pass for all variables, which is backpropagation). Where several paths lead from
a variable to the output, their derivatives add. Everything is float64.

The engine's derivatives are written by hand; this module shares no code with them and is what they
are tested against.

>>> x, y = variable(2.0, "x"), variable(1.0, "y")
>>> f = x * (x + y)
>>> float(f.value), float(gradients(f)[x]), float(tangents(f, {x: 1.0})[f])
(6.0, 5.0, 5.0)

Source: Griewank & Walther 2008; Baydin, Pearlmutter, Radul & Siskind 2018 (JMLR 18:153).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from .operations import ELEMENTWISE, MATMUL, Operation

Array = NDArray[np.float64]
Given = Any  # a Node, or what NumPy turns into an array


@dataclass(frozen=True, eq=False)
class Node:
    """A value in a computation graph: a variable, a constant, or an operation on other nodes.

    Parameters
    ----------
    value
        The value, a read-only float64 array; so nothing that the way back needs can be changed.
    operation, inputs
        How the value came about; ``None`` and empty for variables and constants.
    varies
        Whether a variable stands behind it; what does not vary has no derivative.
    name
        What the notes call it; empty for an intermediate result without a name.
    """

    value: Array
    operation: Operation | None = None
    inputs: tuple[Node, ...] = ()
    varies: bool = True
    name: str = ""
    __array_ufunc__: ClassVar[None] = None  # so that array * node asks the node

    def called(self, name: str) -> Node:
        """Return this node under a name; give it before others read the node."""
        return replace(self, name=name)

    @property
    def arguments(self) -> tuple[Array, ...]:
        """The values of the inputs."""
        return tuple(node.value for node in self.inputs)

    def __add__(self, other: Given) -> Node:
        return apply(ELEMENTWISE["add"], self, other)

    def __radd__(self, other: Given) -> Node:
        return apply(ELEMENTWISE["add"], other, self)

    def __sub__(self, other: Given) -> Node:
        return apply(ELEMENTWISE["subtract"], self, other)

    def __rsub__(self, other: Given) -> Node:
        return apply(ELEMENTWISE["subtract"], other, self)

    def __mul__(self, other: Given) -> Node:
        return apply(ELEMENTWISE["multiply"], self, other)

    def __rmul__(self, other: Given) -> Node:
        return apply(ELEMENTWISE["multiply"], other, self)

    def __truediv__(self, other: Given) -> Node:
        return apply(ELEMENTWISE["divide"], self, other)

    def __rtruediv__(self, other: Given) -> Node:
        return apply(ELEMENTWISE["divide"], other, self)

    def __pow__(self, other: Given) -> Node:
        return apply(ELEMENTWISE["power"], self, other)

    def __rpow__(self, other: Given) -> Node:
        return apply(ELEMENTWISE["power"], other, self)

    def __matmul__(self, other: Given) -> Node:
        return apply(MATMUL, self, other)

    def __rmatmul__(self, other: Given) -> Node:
        return apply(MATMUL, other, self)

    def __neg__(self) -> Node:
        return apply(ELEMENTWISE["negative"], self)


def read_only(value: ArrayLike, *, copy: bool = False) -> Array:
    """Return a value as a float64 array that refuses to be written."""
    array = np.array(value, dtype=np.float64) if copy else np.asarray(value, dtype=np.float64)
    array.flags.writeable = False
    return array


def variable(value: ArrayLike, name: str = "") -> Node:
    """Return a node that derivatives are taken with respect to; the value is copied."""
    return Node(read_only(value, copy=True), name=name)


def constant(value: ArrayLike, name: str = "") -> Node:
    """Return a node that stays as it is: no derivative; the value is copied."""
    return Node(read_only(value, copy=True), varies=False, name=name)


def detach(node: Node, name: str = "") -> Node:
    """Return the node's value as a constant: the way back ends here.

    The value is the same memory, as the notes say of ``tensor.detach()``. Their warning, that
    writing to it spoils a later backward pass, cannot come true: the memory is read-only.
    """
    return Node(node.value, varies=False, name=name)


def apply(operation: Operation, *given: Given) -> Node:
    """Return the node of an operation on nodes, arrays and numbers."""
    inputs = tuple(g if isinstance(g, Node) else constant(g) for g in given)
    with np.errstate(all="ignore"):
        value = operation.value(*(node.value for node in inputs))
    return Node(read_only(value), operation, inputs, any(node.varies for node in inputs))


def topological(output: Node, stop: Collection[Node] = ()) -> list[Node]:
    """Return every node behind the output, inputs before what reads them.

    Nodes in ``stop`` are listed but not looked behind. No recursion, so depth has no limit.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    waiting: list[tuple[Node, bool]] = [(output, False)]
    while waiting:
        node, inputs_done = waiting.pop()
        if inputs_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            waiting.append((node, True))
            if node not in stop:
                waiting.extend((source, False) for source in reversed(node.inputs))
    return order


def gradients(
    output: Node, seed: ArrayLike | None = None, stop: Collection[Node] = ()
) -> dict[Node, Array]:
    """Return ∂(seed·output)/∂node for every varying node behind the output (reverse mode).

    Each node's gradient is (∂y/∂x)ᵀ·ȳ added over all the nodes y that read it, and is complete
    before it is passed on, because the walk is in reverse topological order.

    Parameters
    ----------
    output
        Where the way back starts.
    seed
        The gradient that flows into the output, of its shape; 1 for a scalar output.
    stop
        Nodes that receive a gradient but do not pass it on.

    Raises
    ------
    InputError
        If no variable stands behind the output, or the seed is missing or has another shape.
    """
    if not output.varies:
        raise InputError("there is nothing to differentiate: the output depends on no variable")
    if seed is None and output.value.size != 1:
        raise InputError(
            f"the output has shape {output.value.shape}; give the gradient that flows into it"
        )
    start = np.asarray(1.0 if seed is None else seed, dtype=np.float64)
    if start.shape not in {(), output.value.shape}:
        raise InputError(f"the seed has shape {start.shape}; it must be {output.value.shape}")
    found = {output: np.broadcast_to(start, output.value.shape)}
    with np.errstate(all="ignore"):
        for node in reversed(topological(output, stop)):
            if node.operation is None or node not in found or node in stop:
                continue
            for i, source in enumerate(node.inputs):
                if source.varies:
                    part = node.operation.pull(i, found[node], node.value, *node.arguments)
                    found[source] = found[source] + part if source in found else np.asarray(part)
    return found


def tangents(output: Node, directions: Mapping[Node, ArrayLike]) -> dict[Node, Array]:
    """Return how every node moves when variables move in these directions (forward mode).

    ẏ = Σᵢ (∂y/∂xᵢ)·ẋᵢ along the topological order; variables that are not named stay put.

    Raises
    ------
    InputError
        If a direction is not one of a variable behind the output.
    """
    order = topological(output)
    for node in directions:
        if node.operation is not None or not node.varies or node not in order:
            raise InputError("directions belong to variables that the output depends on")
    found: dict[Node, Array] = {}
    with np.errstate(all="ignore"):
        for node in order:
            moved = np.asarray(directions.get(node, 0.0), dtype=np.float64)
            if node.operation is not None:
                for i, source in enumerate(node.inputs):
                    if source.varies:
                        moved = moved + node.operation.push(
                            i, found[source], node.value, *node.arguments
                        )
            found[node] = np.broadcast_to(moved, node.value.shape)
    return found


def forward_gradient(output: Node, variable: Node) -> Array:
    """Return a scalar's gradient by forward mode: one pass for every element of the variable."""
    gradient = np.empty(variable.value.size)
    for index in range(gradient.size):
        direction = np.zeros_like(variable.value)
        direction.flat[index] = 1.0
        gradient[index] = tangents(output, {variable: direction})[output].item()
    return gradient.reshape(variable.value.shape)


class Path(NamedTuple):
    """One way through a scalar graph, from a variable to the output, with its local slopes."""

    nodes: tuple[Node, ...]
    slopes: tuple[float, ...]

    @property
    def product(self) -> float:
        """The product of the local slopes: what this path adds to the derivative."""
        return float(np.prod(self.slopes))


def paths(output: Node, variable: Node) -> list[Path]:
    """Return every path from a variable to the output of a scalar graph.

    The derivative is the sum of the paths' products: the chain rule written out. There may be
    exponentially many paths, and that is why reverse mode does not go along them one by one.
    """
    complete: list[Path] = []
    waiting = [Path((output,), ())]
    while waiting:
        path = waiting.pop()
        node = path.nodes[0]
        if node is variable:
            complete.append(path)
        for i, source in enumerate(node.inputs):
            if node.operation is not None and source.varies:
                slope = node.operation.pull(i, np.ones(()), node.value, *node.arguments).item()
                waiting.append(Path((source, *path.nodes), (slope, *path.slopes)))
    return complete


def numbers_kept(output: Node) -> int:
    """Return how many numbers the forward pass keeps for the way back: all results of operations.

    For a multilayer perceptron that is proportional to its layers and to the batch.
    """
    return sum(n.value.size for n in topological(output) if n.operation is not None and n.varies)
