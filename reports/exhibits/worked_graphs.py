"""All worked examples on one page, and whether two ways to differentiate agree on them."""

from __future__ import annotations

import numpy as np

from ...core.autodiff import Node, forward_gradient, gradients, topological
from ...studies.worked_examples import WORKED_EXAMPLES
from ..answers.answer import Answer
from ..language.messages import sentences, text
from ..language.numbers import number
from .exhibit import Exhibit


def disagreement(output: Node) -> float:
    """Return the largest relative difference of forward and reverse mode over what varies."""
    backward = gradients(output)
    leaves = [n for n in topological(output) if n.operation is None and n.varies]
    return max(
        float(np.max(np.abs(forward - backward[leaf]) / np.maximum(np.abs(backward[leaf]), 1e-300)))
        if np.any(forward != backward[leaf])
        else 0.0
        for leaf in leaves
        for forward in [forward_gradient(output, leaf)]
    )


def exhibit() -> Exhibit:
    """Show every worked example."""
    examples = [make() for make in WORKED_EXAMPLES.values()]
    graphs = [example.output for example in examples if example.output is not None]
    apart = max(disagreement(output) for output in graphs)
    nodes = sum(len(list(topological(output))) for output in graphs)
    corrected = sum(bool(example.correction) for example in examples)
    answer = Answer(
        text(
            "{n} examples by hand: forward and reverse differentiation agree on all {graphs} "
            "graphs to within {apart}.",
            n=len(examples),
            graphs=len(graphs),
            apart=number(apart, 2),
        ),
        sentences(
            text(
                "The graphs have {nodes} nodes in all; the difference is relative to the gradient.",
                nodes=nodes,
            ),
            text("In {n} examples the notes print something else, which is named.", n=corrected),
        ),
        (
            (text("examples"), str(len(examples))),
            (text("graphs"), str(len(graphs))),
            (text("corrections to the notes"), str(corrected)),
        ),
    )
    return Exhibit(answer, worked=tuple(WORKED_EXAMPLES))
