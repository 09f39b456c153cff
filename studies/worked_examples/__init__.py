"""Exact examples of the notes, computed here and shown in reports.

A study names one in ``worked_example``, and its report shows the numbers and, where there is a
computation graph, its picture. Without any study,
``paribus.reports.page.worked.write_examples_page`` writes a page with all of them.
"""

from __future__ import annotations

from collections.abc import Callable

from .chains import exploding_chain, vanishing_chain
from .networks import matrix_product, nine_nodes, two_two_two, weight_decay
from .scalars import (
    exponential_of_maximum,
    logistic_graph,
    regression_graph,
    three_points,
    two_linear_stages,
    two_paths,
)
from .worked_example import WorkedExample

__all__ = ["WORKED_EXAMPLES", "WorkedExample"]

WORKED_EXAMPLES: dict[str, Callable[[], WorkedExample]] = {
    "vanishing-chain": vanishing_chain,
    "exploding-chain": exploding_chain,
    "logistic-graph": logistic_graph,
    "two-paths": two_paths,
    "exponential-of-maximum": exponential_of_maximum,
    "regression-graph": regression_graph,
    "three-points": three_points,
    "two-linear-stages": two_linear_stages,
    "matrix-product": matrix_product,
    "weight-decay": weight_decay,
    "nine-nodes": nine_nodes,
    "two-two-two": two_two_two,
}
