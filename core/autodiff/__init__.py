"""Automatic differentiation: computation graphs, forward and reverse, independent of the engine.

What an activation of one's own is written with is here: ``from paribus.core.autodiff import tanh``.
"""

from .functions import (
    absolute,
    exp,
    log,
    maximum,
    minimum,
    relu,
    sigmoid,
    softplus,
    sqrt,
    tanh,
    total,
    transpose,
    where,
)
from .graph import (
    Node,
    apply,
    constant,
    detach,
    forward_gradient,
    gradients,
    numbers_kept,
    paths,
    tangents,
    topological,
    variable,
)

__all__ = [
    "Node",
    "absolute",
    "apply",
    "constant",
    "detach",
    "exp",
    "forward_gradient",
    "gradients",
    "log",
    "maximum",
    "minimum",
    "numbers_kept",
    "paths",
    "relu",
    "sigmoid",
    "softplus",
    "sqrt",
    "tangents",
    "tanh",
    "topological",
    "total",
    "transpose",
    "variable",
    "where",
]
