"""The notes' graphs and numbers, in forward and in reverse mode."""

from __future__ import annotations

import math

import numpy as np
import pytest
from paribus.core.autodiff import (
    Node,
    detach,
    forward_gradient,
    gradients,
    paths,
    topological,
    variable,
)
from paribus.core.errors import InputError
from paribus.studies.worked_examples import WORKED_EXAMPLES
from paribus.studies.worked_examples.chains import chain_gradients, chain_graph
from paribus.studies.worked_examples.diagram import diagram, formula
from paribus.studies.worked_examples.networks import (
    NINE_HIDDEN,
    NINE_OUTPUT,
    RATE,
    nine_node_graph,
    two_two_two_graph,
)
from paribus.studies.worked_examples.worked_example import GRAPH_COLUMNS, exact
from small import small_study

every = pytest.mark.parametrize("name", WORKED_EXAMPLES)
E12 = math.exp(12)


def graph(name: str) -> tuple[Node, dict[str, Node], dict[str, float]]:
    """Return an example's output, its nodes by name, and their gradients."""
    output = WORKED_EXAMPLES[name]().output
    assert output is not None
    nodes = {node.name: node for node in topological(output) if node.name}
    backward = gradients(output)
    return output, nodes, {n: backward[node] for n, node in nodes.items() if node in backward}


def sigma(z):
    return 1 / (1 + np.exp(-z))


@every
def test_forward_and_reverse_mode_agree(name):
    output, nodes, backward = graph(name)
    leaves = [n for n, node in nodes.items() if node.operation is None and node.varies]
    assert leaves
    for leaf in leaves:
        forward = forward_gradient(output, nodes[leaf])
        np.testing.assert_allclose(forward, backward[leaf], rtol=1e-12, atol=1e-300)


@every
def test_the_table_has_its_columns_and_the_graph_its_numbers(name):
    example = WORKED_EXAMPLES[name]()
    assert all(len(row) == len(example.columns) for row in example.rows)
    output, nodes, _ = graph(name)
    assert output.value.size == 1
    if example.columns[:5] == GRAPH_COLUMNS and name != "nine-nodes":
        assert {row[0] for row in example.rows} >= nodes.keys()
        for row in example.rows:
            if row[0] in nodes:
                assert row[2] == exact(nodes[row[0]].value)
                assert row[4] in ("", row[3])


@every
def test_corrections_say_what_is_printed_and_what_is_right(name):
    correction = WORKED_EXAMPLES[name]().correction
    if correction:
        assert "notes print" in correction
        assert "correct is" in correction


def test_the_logistic_graph():
    output, nodes, g = graph("logistic-graph")
    assert output.value == 0.5
    values = [nodes[f"h{i}"].value.item() for i in "₁₂₃₄₅₆"]
    assert values == [0, 0, 0, 1, 2, 0.5]
    [path] = paths(output, nodes["w"])
    assert path.slopes == (1, 1, -1, 1, 1, -0.25)  # ∂h₁/∂w … ∂h₆/∂h₅, with ∂h₃/∂h₂ = −1
    assert path.product == 0.25
    assert g["w"] == g["b"] == 0.25
    assert g["x"] == 0.0
    assert path.slopes[4] == 1  # ∂h₅/∂h₄, which the notes print as ∂h₅/∂t
    assert path.slopes[5] == -1 / nodes["h₅"].value ** 2  # ∂h₆/∂h₅, printed as ∂h₄/∂h₅


def test_two_paths_add():
    output, nodes, g = graph("two-paths")
    assert output.value == 6
    assert g["z"] == 2
    assert g["x"] == 5
    assert g["y"] == 2
    assert sorted(path.product for path in paths(output, nodes["x"])) == [2, 3]
    x, y = variable(2.0), variable(1.0)
    assert gradients(x * detach(x + y))[x] == 3  # what the notes print


def test_the_exponential_of_a_maximum():
    output, nodes, g = graph("exponential-of-maximum")
    assert output.value == pytest.approx(2 * E12, rel=1e-14)
    assert output.value == pytest.approx(325509.583, abs=5e-4)
    assert g["x"] == pytest.approx(25 * E12, rel=1e-14)
    assert g["x"] == pytest.approx(4068869.785, abs=5e-4)
    assert g["y"] == 0
    products = [path.product for path in paths(output, nodes["x"])]
    assert sorted(products) == pytest.approx([E12, 12 * E12, 12 * E12])


def test_the_regression_graph():
    output, nodes, g = graph("regression-graph")
    assert nodes["ŷ"].value == pytest.approx(1.4, rel=1e-15)
    assert output.value == pytest.approx(0.18, rel=1e-14)  # the scan reads "118"
    assert g["w"] == pytest.approx(0.9, rel=1e-14)
    assert g["b"] == pytest.approx(0.6, rel=1e-14)


def test_three_points_have_their_minimum_at_the_mean():
    output, nodes, g = graph("three-points")
    x, y, w, b = (nodes[n].value for n in ("x", "y", "ŵ", "b"))
    terms = b**2 + 2 * (w * x - y) * b + (y - w * x) ** 2
    assert output.value == 0.5 * terms.sum()
    as_printed = 0.5 * (3 * b**2) + (2 * (w * x - y) * b + (y - w * x) ** 2).sum()
    assert output.value != pytest.approx(as_printed)
    assert g["b"] == pytest.approx((b - (y - w * x)).sum())
    rows = {row[0]: row for row in WORKED_EXAMPLES["three-points"]().rows}
    assert rows["b*"][2:4] == (exact(np.mean(y - w * x)), "0")
    assert rows["L, expanded"][2] == rows["L"][2]


def test_two_linear_stages_have_the_four_derivatives_of_the_chain_rule():
    _, nodes, g = graph("two-linear-stages")
    delta = nodes["y₂"].value - nodes["y"].value
    assert g["b₂"] == pytest.approx(delta)
    assert g["w₂"] == pytest.approx(delta * nodes["y₁"].value)
    assert g["b₁"] == pytest.approx(delta * nodes["w₂"].value)
    assert g["w₁"] == pytest.approx(delta * nodes["w₂"].value * nodes["x"].value)


def test_the_matrix_product_keeps_what_it_needs():
    _, nodes, g = graph("matrix-product")
    np.testing.assert_allclose(g["W"], nodes["x"].value.T @ g["h"], rtol=1e-15)
    np.testing.assert_allclose(g["x"], g["h"] @ nodes["W"].value.T, rtol=1e-15)


def test_weight_decay_adds_to_the_gradient_and_does_not_replace_it():
    _, nodes, g = graph("weight-decay")
    v = {name: node.value for name, node in nodes.items()}
    d_o = v["o"] - v["y"]
    d_z = (v["W⁽²⁾"].T @ d_o) * (1 - v["h"] ** 2)
    np.testing.assert_allclose(g["W⁽²⁾"], np.outer(d_o, v["h"]) + 0.1 * v["W⁽²⁾"], rtol=1e-12)
    np.testing.assert_allclose(g["W⁽¹⁾"], np.outer(d_z, v["x"]) + 0.1 * v["W⁽¹⁾"], rtol=1e-12)
    assert not np.allclose(g["W⁽²⁾"], 0.1 * v["W⁽²⁾"])  # what the notes print
    assert g["z"].shape == v["h"].shape == (2,) != v["x"].shape
    assert nodes["s"].value == pytest.approx(
        0.05 * ((v["W⁽¹⁾"] ** 2).sum() + (v["W⁽²⁾"] ** 2).sum())
    )


def test_nine_nodes_step_with_a_plus():
    output, nodes, g = graph("nine-nodes")
    v = {name: node.value for name, node in nodes.items()}
    by_hand = np.outer(-(v["y"] - v["ŷ"]) * v["ŷ"] * (1 - v["ŷ"]), v["α"])
    np.testing.assert_allclose(g["W⁽²⁾"], by_hand, rtol=1e-13)
    assert g["W⁽²⁾"][0, 0] == pytest.approx(by_hand[0, 0])  # ∂L/∂w₄₇
    through_all = ((v["W⁽²⁾"].T @ (by_hand[:, 0] / v["α"][0])) * v["α"] * (1 - v["α"]))[0]
    assert g["W⁽¹⁾"][0, 0] == pytest.approx(through_all * v["x"][0])  # ∂L/∂w₁₄
    right = nine_node_graph(NINE_HIDDEN, NINE_OUTPUT - RATE * by_hand).value
    printed = nine_node_graph(NINE_HIDDEN, NINE_OUTPUT + RATE * by_hand).value
    assert right < output.value < printed


def test_two_two_two_has_the_known_numbers():
    output, nodes, g = graph("two-two-two")
    assert output.value == pytest.approx(0.298371109, abs=5e-10)
    after = {n: (nodes[n].value - RATE * g[n]).item() for n in ("w₁", "w₅")}
    assert after["w₅"] == pytest.approx(0.35891648, abs=5e-9)
    assert after["w₁"] == pytest.approx(0.14978072, abs=5e-9)
    through = {"o₁": 0.0, "o₂": 0.0}
    for path in paths(output, nodes["w₁"]):
        [at] = {node.name for node in path.nodes} & through.keys()
        through[at] += path.product
    assert all(through.values())  # w₁ reaches the loss through both outputs
    assert sum(through.values()) == pytest.approx(g["w₁"])
    assert two_two_two_graph().value == output.value


def test_the_chain_of_neurons_is_the_product_of_the_notes():
    """∂C/∂b₁ = σ′(z₁)·w₂·σ′(z₂)·w₃·σ′(z₃)·w₄·σ′(z₄)·∂C/∂a₄."""
    rng = np.random.default_rng(5)
    weights, biases = rng.standard_normal(4), rng.standard_normal(4)
    output = chain_graph(list(weights), list(biases), 0.7, 0.2)
    nodes = {node.name: node for node in topological(output)}
    a, product = 0.7, 1.0
    for j, (w, b) in enumerate(zip(weights, biases, strict=True)):
        z = w * a + b
        a = sigma(z)
        product *= (w if j else 1.0) * sigma(z) * (1 - sigma(z))
    product *= a - 0.2
    assert gradients(output)[nodes["b₁"]] == pytest.approx(product, rel=1e-12)


def test_the_vanishing_chain_loses_more_than_sixteen_from_b3_to_b1():
    _, _, g = graph("vanishing-chain")
    assert abs(g["b₁"]) < abs(g["b₃"]) / 16


def test_the_exploding_chain_is_the_same_in_engine_and_graph():
    _, _, g = graph("exploding-chain")
    engine = chain_gradients(100.0, 4)
    np.testing.assert_allclose([abs(g[f"b{i}"]) for i in "₁₂₃₄"], engine, rtol=1e-12)
    np.testing.assert_allclose(engine[:-1] / engine[1:], 25, rtol=1e-12)


@every
def test_a_diagram_has_a_box_for_every_name_and_no_way_back(name):
    output, nodes, _ = graph(name)
    drawn = diagram(output)
    assert [box.name for box in drawn.boxes].count("") == 0
    assert {box.name for box in drawn.boxes} == nodes.keys()
    assert all(link.source < link.target for link in drawn.links)


@pytest.mark.parametrize(
    "name",
    [n for n in WORKED_EXAMPLES if n not in ("matrix-product", "weight-decay", "nine-nodes")],
)
def test_local_slopes_in_a_diagram_multiply_and_add_to_the_gradient(name):
    """ȳ of each box is Σ over the links that leave it of slope · ȳ of the target."""
    drawn = diagram(graph(name)[0])
    for i, box in enumerate(drawn.boxes[:-1]):
        if box.gradient is not None and box.value.size == 1:
            leaving = [link for link in drawn.links if link.source == i]
            added = sum(link.slope * drawn.boxes[link.target].gradient for link in leaving)
            assert added == pytest.approx(box.gradient, rel=1e-12)


def test_formulas_have_the_brackets_they_need_and_no_others():
    x, y = variable(2.0, "x"), variable(3.0, "y")
    written = {
        "x · (x + y)": x * (x + y),
        "x · y + y": x * y + y,
        "x − (y − x)": x - (y - x),
        "x − y − x": x - y - x,
        "x / (x · y)": x / (x * y),
        "x / y / x": x / y / x,
        "(x + y)²": (x + y) ** 2,
        "−(x + y)": -(x + y),
        "−x · y": -1.0 * (x * y),
        "½ · x": 0.5 * x,
        "x^y": x**y,
        "1 / (1 + x)": 1.0 / (1.0 + x),
    }
    for text, node in written.items():
        assert formula(node) == text


def test_exact_numbers_are_written_plainly():
    assert exact(0.1 + 0.2) == "0.3"
    assert exact(-0.0) == "0"
    assert exact(2.5e-20) == "2.5e−20"
    assert exact(np.array([1.0, -2.0])) == "[1 −2]"


def test_a_study_names_an_example_that_exists():
    assert small_study(worked_example="two-paths").worked_example == "two-paths"
    with pytest.raises(InputError, match="did you mean 'two-paths'"):
        small_study(worked_example="two-path")
