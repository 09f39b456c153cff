from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paribus.core import autodiff
from paribus.core.autodiff import (
    apply,
    constant,
    detach,
    exp,
    forward_gradient,
    gradients,
    log,
    maximum,
    minimum,
    numbers_kept,
    paths,
    relu,
    sigmoid,
    softplus,
    sqrt,
    tangents,
    tanh,
    topological,
    total,
    transpose,
    variable,
    where,
)
from paribus.core.autodiff.operations import ELEMENTWISE
from paribus.core.errors import InputError

UNARY = sorted(
    set(ELEMENTWISE)
    - {"add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "where"}
)
POSITIVE = {"log", "sqrt", "log1p", "power"}
STEP = 1e-6


def points(name: str) -> np.ndarray:
    z = np.array([[-2.3, -0.71, -0.13], [0.21, 0.97, 2.9]])
    return np.abs(z) if name in POSITIVE else z


@pytest.mark.parametrize("name", UNARY)
def test_every_unary_slope_is_the_central_difference(name):
    z = points(name)
    operation = ELEMENTWISE[name]
    x = variable(z)
    y = apply(operation, x)
    difference = (operation.value(z + STEP) - operation.value(z - STEP)) / (2 * STEP)
    np.testing.assert_allclose(gradients(y, np.ones_like(z))[x], difference, rtol=1e-7, atol=1e-9)
    forward = tangents(y, {x: np.ones_like(z)})[y]
    np.testing.assert_array_equal(forward, gradients(y, np.ones_like(z))[x])


@pytest.mark.parametrize(
    "name", ["add", "subtract", "multiply", "divide", "power", "maximum", "minimum"]
)
@pytest.mark.parametrize("shape", [(2, 3), (3,), (2, 1), (1, 3), ()])
def test_every_binary_slope_is_the_central_difference_also_when_broadcast(name, shape):
    a = np.abs(points(name))
    b = np.random.default_rng(3).uniform(0.3, 1.7, shape)
    weights = np.random.default_rng(4).standard_normal(a.shape)
    operation = ELEMENTWISE[name]
    for left, right in ((a, b), (b, a)):
        nodes = variable(left), variable(right)
        output = total(apply(operation, *nodes) * weights)
        for i, node in enumerate(nodes):
            wanted = np.empty_like(node.value)
            for k in range(node.value.size):
                moved = []
                for step in (STEP, -STEP):
                    values = [left.copy(), right.copy()]
                    values[i].flat[k] += step
                    moved.append((operation.value(*values) * weights).sum())
                wanted.flat[k] = (moved[0] - moved[1]) / (2 * STEP)
            np.testing.assert_allclose(gradients(output)[node], wanted, rtol=1e-6, atol=1e-8)
            np.testing.assert_allclose(forward_gradient(output, node), wanted, rtol=1e-6, atol=1e-8)


def test_where_sends_the_gradient_to_the_branch_taken():
    a, b = variable([1.0, 2.0, 3.0]), variable([4.0, 5.0, 6.0])
    y = total(where([1.0, 0.0, 1.0], a, b) * [1.0, 10.0, 100.0])
    assert y.value == 1 + 50 + 300
    np.testing.assert_array_equal(gradients(y)[a], [1, 0, 100])
    np.testing.assert_array_equal(gradients(y)[b], [0, 10, 0])


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_reverse_mode_is_the_transpose_of_forward_mode(seed):
    """u·(Jv) = (Jᵀu)·v for random u and v."""
    rng = np.random.default_rng(seed)
    leaves = [variable(rng.standard_normal(s)) for s in [(3, 4), (4, 5), (5,), (5, 2)]]
    output = build(*leaves)
    directions = {leaf: rng.standard_normal(leaf.value.shape) for leaf in leaves}
    u = rng.standard_normal(output.value.shape)
    forward = float((u * tangents(output, directions)[output]).sum())
    backward = gradients(output, u)
    reverse = sum(float((backward[leaf] * v).sum()) for leaf, v in directions.items())
    assert forward == pytest.approx(reverse, rel=1e-9, abs=1e-9)


def build(x, w1, b1, w2):
    """Return a matrix-valued function of matrices that uses most operations."""
    h = tanh(x @ w1 + b1)
    o = maximum(h @ w2, 0.1) * sigmoid(h @ w2) - minimum(relu(h @ w2), 0.5) / softplus(h @ w2)
    norm = sqrt(1.0 + total(o**2, axis=1)) + log(1.0 + exp(-total(w2)))
    return transpose(transpose(o) / norm)


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.integers(0, 1000))
def test_several_paths_add(choices, seed):
    """In a random scalar graph the gradient is the sum over paths of products of local slopes."""
    rng = np.random.default_rng(seed)
    x = variable(rng.uniform(0.5, 1.5))
    pool = [x]
    for choice in choices:
        a, b = (pool[i] for i in rng.integers(len(pool), size=2))
        pool.append([a + b, a * b, sigmoid(a) - b, a / (1.0 + b * b)][choice])
        if len(paths(pool[-1], x)) > 200:
            break
    output = pool[-1]
    added = sum(path.product for path in paths(output, x))
    assert gradients(output)[x] == pytest.approx(added, rel=1e-9, abs=1e-9)
    assert forward_gradient(output, x) == pytest.approx(added, rel=1e-9, abs=1e-9)


def test_one_node_read_twice_gets_both_gradients():
    x = variable(3.0)
    assert gradients(x * x)[x] == 6.0
    assert gradients(x + x)[x] == 2.0
    square = x * x
    assert tangents(square, {x: 1.0})[square] == 6.0


def test_products_with_vectors_and_matrices():
    rng = np.random.default_rng(1)
    m, v, w = (variable(rng.standard_normal(s)) for s in [(3, 4), (4,), (3,)])
    output = w @ (m @ v)
    np.testing.assert_allclose(gradients(output)[m], np.outer(w.value, v.value))
    np.testing.assert_allclose(gradients(output)[v], m.value.T @ w.value)
    np.testing.assert_allclose(gradients(output)[w], m.value @ v.value)
    row = w @ m
    np.testing.assert_allclose(gradients(row, v.value)[m], np.outer(w.value, v.value))
    for leaf in (m, v, w):
        np.testing.assert_allclose(forward_gradient(output, leaf), gradients(output)[leaf])


def test_a_matrix_product_sends_back_what_the_notes_say():
    """The class Matmul of the notes: gW = xᵀg and gx = gWᵀ."""
    rng = np.random.default_rng(2)
    x, w = variable(rng.standard_normal((5, 3))), variable(rng.standard_normal((3, 2)))
    g = rng.standard_normal((5, 2))
    found = gradients(x @ w, g)
    np.testing.assert_array_equal(found[w], x.value.T @ g)
    np.testing.assert_array_equal(found[x], g @ w.value.T)


def test_arrays_and_numbers_on_either_side():
    x = variable([1.0, 2.0])
    sides = [np.array([3.0, 4.0]) * x, x * np.array([3.0, 4.0])]
    for y in sides:
        assert isinstance(y, autodiff.Node)
        np.testing.assert_array_equal(gradients(total(y))[x], [3, 4])
    np.testing.assert_array_equal(gradients(total(2.0 - x))[x], [-1, -1])
    np.testing.assert_array_equal(gradients(total(2.0 / x))[x], [-2, -0.5])
    np.testing.assert_allclose(gradients(total(2.0**x))[x], np.log(2) * np.array([2, 4]))
    np.testing.assert_array_equal(gradients(np.eye(2)[0] @ x)[x], [1, 0])


def test_detach_ends_the_way_back_and_shares_its_memory():
    x = variable(2.0)
    z = x * x
    fixed = detach(z)
    assert fixed.value is z.value
    assert gradients(x * fixed)[x] == 4.0
    assert gradients(x * z)[x] == 12.0
    assert tangents(x * fixed, {x: 1.0})[fixed] == 0.0
    with pytest.raises(InputError, match="depends on no variable"):
        gradients(exp(fixed))
    with pytest.raises(ValueError, match="read-only"):
        fixed.value[...] = 0.0


def test_a_variable_copies_what_it_is_given():
    given = np.array([1.0, 2.0])
    x = variable(given)
    y = total(x * x)
    given[:] = 100.0
    np.testing.assert_array_equal(gradients(y)[x], [2, 4])


def test_kinks_and_ties_follow_the_conventions():
    zero = variable(0.0)
    slopes = {
        "relu": (relu(zero), 0.0),
        "absolute": (autodiff.absolute(zero), 0.0),
        "max(z, 0)": (maximum(zero, 0.0), 0.0),
        "min(z, 0)": (minimum(zero, 0.0), 1.0),
    }
    for name, (output, slope) in slopes.items():
        assert gradients(output)[zero] == slope, name
        assert forward_gradient(output, zero) == slope, name
    one = variable(1.0)
    assert gradients(maximum(one, one * 3.0 - 2.0))[one] == 3.0
    assert gradients(minimum(one, one * 3.0 - 2.0))[one] == 1.0


def test_a_branch_that_nothing_flows_through_adds_nothing():
    """√max(x, 0) at x < 0 has derivative 0, although √ has an infinite slope at 0."""
    x = variable(-1.0)
    output = x + sqrt(relu(x)) + where(0.0, log(x), 1.0)
    assert gradients(output)[x] == 1.0
    assert forward_gradient(output, x) == 1.0
    nought = variable(0.0)
    assert gradients(nought ** variable(0.0))[nought] == 0.0


def test_long_chains_need_no_recursion():
    x = variable(1.0)
    y = x
    for _ in range(5000):
        y = y * 0.999
    assert gradients(y)[x] == pytest.approx(0.999**5000)
    assert len(topological(y)) == 10_001


def test_what_is_kept_grows_with_layers_and_batch():
    def kept(layers: int, batch: int) -> int:
        h = variable(np.ones((batch, 4)))
        for _ in range(layers):
            h = tanh(h @ variable(np.eye(4)))
        return numbers_kept(h)

    assert kept(1, 1) == 8
    assert kept(5, 1) == 5 * kept(1, 1)
    assert kept(5, 64) == 64 * kept(5, 1)


def test_one_reverse_pass_or_as_many_forward_passes_as_numbers():
    w = variable(np.random.default_rng(0).standard_normal((3, 4)))
    output = total(sigmoid(constant(np.ones((2, 3))) @ w) ** 2)
    np.testing.assert_allclose(forward_gradient(output, w), gradients(output)[w], rtol=1e-13)


def test_mistakes_are_told():
    x = variable([1.0, 2.0])
    with pytest.raises(InputError, match=r"shape \(2,\); give the gradient"):
        gradients(x * x)
    with pytest.raises(InputError, match=r"seed has shape \(3,\)"):
        gradients(x * x, np.ones(3))
    with pytest.raises(InputError, match="variables that the output depends on"):
        tangents(total(x), {variable(1.0): 1.0})
    y = x * x
    with pytest.raises(InputError, match="variables that the output depends on"):
        tangents(total(y), {y: 1.0})


def deep_network(rng, sizes):
    """Return a sigmoid network's squared error, its layers' z, and its weights and biases."""
    a = constant(rng.standard_normal(sizes[0]))
    zs, weights, biases = [], [], []
    for fan_in, fan_out in itertools.pairwise(sizes):
        weights.append(variable(rng.standard_normal((fan_out, fan_in))))
        biases.append(variable(rng.standard_normal(fan_out)))
        zs.append(weights[-1] @ a + biases[-1])
        a = sigmoid(zs[-1])
    return 0.5 * total((a - rng.standard_normal(sizes[-1])) ** 2), a, zs, weights, biases


def test_backpropagation_is_a_product_of_matrices():
    """δˡ = Σ′(zˡ)(Wˡ⁺¹)ᵀ … Σ′(zᴸ)∇ₐC, ∂C/∂b = δ, ∂C/∂W = δ(aˡ⁻¹)ᵀ (Nielsen, eq. 124)."""
    cost, a, zs, weights, biases = deep_network(np.random.default_rng(6), (3, 5, 4, 2))
    found = gradients(cost)
    for layer in range(3):
        product = found[a]
        for later in (2, 1, 0)[: 3 - layer]:
            s = ELEMENTWISE["sigmoid"].value(zs[later].value)
            product = np.diag(s * (1 - s)) @ product
            if later > layer:
                product = weights[later].value.T @ product
        np.testing.assert_allclose(found[zs[layer]], product, rtol=1e-12)
        np.testing.assert_array_equal(found[biases[layer]], found[zs[layer]])
        before = zs[layer].inputs[0].arguments[1]
        np.testing.assert_allclose(found[weights[layer]], np.outer(product, before), rtol=1e-12)


def test_a_batch_has_the_mean_of_its_examples_gradients():
    rng = np.random.default_rng(7)
    x, w = rng.standard_normal((6, 3)), variable(rng.standard_normal((3, 2)))
    batch = gradients(total(tanh(x @ w) ** 2) / 6)[w]
    alone = [gradients(total(tanh(row[None] @ w) ** 2))[w] for row in x]
    np.testing.assert_allclose(batch, np.mean(alone, axis=0), rtol=1e-12)


def test_the_chain_rule_in_denominator_layout():
    """∂z/∂x = (∂y/∂x)(∂z/∂y) with ∂y/∂x ∈ R^{p×s}, one row for each entry of x."""
    rng = np.random.default_rng(8)
    first, second = rng.standard_normal((4, 3)), rng.standard_normal((2, 4))
    x = variable(rng.standard_normal(3))
    y = tanh(first @ x)
    z = sigmoid(second @ y)

    def by_forward_mode(output, leaf):  # a row for each direction
        return np.stack([tangents(output, {leaf: d})[output] for d in np.eye(leaf.value.size)])

    def by_reverse_mode(output, node):  # a column for each output
        rows = [gradients(output, d)[node] for d in np.eye(output.value.size)]
        return np.stack(rows, axis=1)

    assert by_forward_mode(z, x).shape == (3, 2)
    np.testing.assert_allclose(by_forward_mode(z, x), by_reverse_mode(z, x), rtol=1e-12)
    chained = by_reverse_mode(y, x) @ by_reverse_mode(z, y)
    np.testing.assert_allclose(chained, by_forward_mode(z, x), rtol=1e-12)
