"""What networks can and cannot represent: the notes' claims on layers, XOR and approximation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from paribus.core.engine.architecture import Architecture
from paribus.core.families.activations import HardLimit, Identity, Sigmoid, Tanh
from paribus.core.families.losses import SigmoidCrossEntropy, SquaredError
from small import last, on_task, recipe, set_up

CORNERS = np.array([(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)])
XOR = [0, 1, 1, 0]


def sigma(z):
    return 1 / (1 + np.exp(-z))


def output(settings, weights, biases, x):
    """Return the outputs (T, C, n) of networks on the rows of x."""
    network, _, _ = set_up(settings, weights, biases, len(x))
    network.forward(x.T[None])
    return network.output.transpose(1, 0, 2).copy()


def random_network(sizes, seed):
    rng = np.random.default_rng(seed)
    weights = [rng.standard_normal((out, n)) / np.sqrt(n) for n, out in itertools.pairwise(sizes)]
    return weights, [rng.standard_normal(out) for out in sizes[1:]]


def test_the_row_form_is_the_column_form():
    """H = σ(XW¹ + b¹), O = HW² + b² with examples as rows; the engine has them as columns."""
    weights, biases = random_network((4, 5, 3), 0)
    x = np.random.default_rng(1).standard_normal((7, 4))
    h = sigma(x @ weights[0].T + biases[0])
    rows = h @ weights[1].T + biases[1]
    found = output(recipe(activation=Sigmoid(), hidden=(5,)), weights, biases, x)[0]
    np.testing.assert_allclose(found.T, rows, rtol=1e-13)


def test_a_deep_identity_network_is_one_affine_map():
    weights, biases = random_network((6, 9, 8, 7, 9, 8, 7, 9, 8, 7, 3), 2)
    x = np.random.default_rng(3).standard_normal((50, 6))
    w, b = np.eye(6), np.zeros(6)
    for layer, shift in zip(weights, biases, strict=True):
        w, b = layer @ w, layer @ b + shift
    affine = (x @ w.T + b).T
    hidden = tuple(len(each) for each in weights[:-1])
    for activation, same in ((Identity(), True), (Tanh(), False)):
        deep = output(recipe(activation=activation, hidden=hidden), weights, biases, x)[0]
        assert (np.abs(deep - affine).max() < 1e-12) == same


def test_xor_is_solved_by_two_hidden_units_with_the_known_weights():
    """h₁ (20, 20, −10), h₂ (−20, −20, 30), output (20, 20, −30)."""
    settings = recipe(hidden=(2,), activation=Sigmoid(), loss=SigmoidCrossEntropy())
    weights, biases = [[[20, 20], [-20, -20]], [[20, 20]]], [[-10, 30], [-30]]
    found = sigma(output(settings, weights, biases, CORNERS)[0, 0])
    np.testing.assert_allclose(found, [4.5e-5, 0.99995, 0.99995, 4.5e-5], rtol=0.02)
    assert found.round().tolist() == XOR


def test_single_layers_compute_all_but_xor_and_xnor():
    """Of the 16 functions of two bits 14; on xor the best has three of four corners."""
    rng = np.random.default_rng(0)
    weights, biases = rng.standard_normal((20_000, 1, 2)), rng.standard_normal((20_000, 1))
    settings = recipe(hidden=(), loss=SigmoidCrossEntropy())
    said = output(settings, [weights], [biases], CORNERS)[:, 0] > 0
    assert (said == XOR).sum(axis=1).max() == 3
    functions = {tuple(row) for row in said.astype(int).tolist()}
    assert set(itertools.product((0, 1), repeat=4)) - functions == {(0, 1, 1, 0), (1, 0, 0, 1)}


def xor_scores(replicates=60, **settings):
    """Return training loss and accuracy on the four corners, one number per replicate each."""
    table = {
        "task": {"kind": "gate", "gate": "xor", "copies": 1},
        "split": {"kind": "random", "validation": 0.0, "test": 0.0},
        "initialiser": {"kind": "lecun", "gain": 2.0},
        "bias_std": 1.0,
        "optimiser": {"kind": "adam", "learning_rate": 0.05},
        "batch_size": 0,
        "epochs": 400,
    }
    done = on_task([table | settings], replicates)
    return tuple(last(done, f"train_{score}")[:, 0] for score in ("loss", "accuracy"))


def test_trained_networks_solve_xor_with_a_hidden_layer_and_never_without():
    """The best affine map says ½ everywhere, a loss of log 2, and rounding decides the class."""
    for activation, share in (("tanh", 1.0), ("sigmoid", 0.9)):
        loss, accuracy = xor_scores(hidden=[8], activation=activation)
        assert ((accuracy == 1.0) & (loss < 0.1)).mean() >= share  # of 60
    loss, accuracy = xor_scores(hidden=[])
    assert (accuracy <= 0.75).all()
    assert (loss > np.log(2) - 1e-6).all()
    loss, _ = xor_scores(hidden=[8, 8], activation="identity")
    assert (loss > np.log(2) - 1e-6).all()
    np.testing.assert_allclose(np.median(loss), np.log(2), atol=1e-4)


@pytest.mark.parametrize("bits", [2, 3, 5, 8])
def test_parity_needs_one_hidden_layer_of_as_many_units_as_bits(bits):
    """Unit k says whether at least k + 1 bits are set; with signs in turn their sum is parity."""
    x = np.array(list(itertools.product((0.0, 1.0), repeat=bits)))
    odd = x.sum(axis=1) % 2
    weights = [np.ones((bits, bits)), np.array([(-1.0) ** np.arange(bits)])]
    biases = [-(np.arange(bits) + 0.5), np.zeros(1)]
    settings = recipe(hidden=(bits,), activation=HardLimit())
    assert np.array_equal(output(settings, weights, biases, x)[0, 0], odd)
    affine = np.column_stack([x, np.ones(len(x))])
    best = np.linalg.lstsq(affine, odd, rcond=None)[0]
    np.testing.assert_allclose(best, [0.0] * bits + [0.5], atol=1e-12)  # no single layer sees it


def approximation_error(width, activation, replicates=30):
    """Return the largest error on [0, 1] of random features solved for a sine, by replicate."""
    table = {
        "task": {"kind": "curve", "function": "sine", "examples": 300},
        "split": {"kind": "random", "validation": 0.0, "test": 0.0},
        "hidden": [width],
        "activation": activation,
        "initialiser": {"kind": "gaussian", "std": 10.0},
        "bias_std": 10.0,
        "loss": "squared-error",
        "optimiser": "least-squares",
        "batch_size": 0,
        "epochs": 1,
        "dtype": "float64",
    }
    done = on_task([table], replicates)
    settings, x = done.recipe, np.linspace(0, 1, 501)[:, None]
    arena = np.array([done.parameters(k) for k in range(replicates)])
    views = Architecture.of(settings, 1, 1).views(arena)
    found = output(settings, views.weights, [b[:, :, 0] for b in views.biases], x)
    return np.abs(found[:, 0] - np.sin(2 * np.pi * x[:, 0])).max(axis=1)


def test_sums_of_sigmoids_approximate_a_curve_ever_better_and_lines_do_not():
    """Universal approximation, F(x) = Σ vᵢφ(wᵢx + bᵢ): the largest error falls with the width."""
    widths = (2, 5, 10, 20, 40, 80)
    for activation in ("sigmoid", "tanh"):
        errors = np.array([np.median(approximation_error(m, activation)) for m in widths])
        assert (errors[1:] < 0.7 * errors[:-1]).all()
        assert errors[-1] < 1e-3
    flat = np.array([np.median(approximation_error(m, "identity")) for m in (1, 10, 80)])
    np.testing.assert_allclose(flat, flat[0], rtol=1e-6)
    assert flat[0] > 0.8


def surface(w1, w2, loss, target=1.0):
    """Return the loss of ŷ = σ(w₂σ(w₁x)) at x = 1 for arrays of weights."""
    count = len(w1)
    settings = recipe(hidden=(1,), activation=Sigmoid(), loss=loss)
    weights = [w1.reshape(count, 1, 1), w2.reshape(count, 1, 1)]
    network, _, _ = set_up(settings, weights, [np.zeros((count, 1))] * 2, 1)
    network.forward(np.ones((1, 1, 1)))
    if loss == SigmoidCrossEntropy():
        np.testing.assert_allclose(network.output[0, :, 0], w2 * sigma(w1), rtol=1e-12)
    y = np.full((1, count, 1), target)
    loss.value_and_gradient({}, network.output, y, network.loss, network.output_spare)
    return network.loss[:, 0].copy()


@pytest.mark.parametrize("loss", [SquaredError("sigmoid"), SigmoidCrossEntropy()], ids=str)
def test_the_loss_surface_of_two_weights_has_a_chord_below_it(loss):
    """y = σ(w₂σ(w₁x)) is not convex: on w₂ = −5 from w₁ = 0 to 8 the middle lies too high."""
    w1, w2 = np.array([0.0, 4.0, 8.0]), np.full(3, -5.0)
    left, middle, right = surface(w1, w2, loss)
    assert middle > 0.5 * (left + right) + 0.01
    if loss == SquaredError("sigmoid"):
        expected = 0.5 * (1 - sigma(w2 * sigma(w1))) ** 2
    else:
        expected = -np.log(sigma(w2 * sigma(w1)))
    np.testing.assert_allclose([left, middle, right], expected, rtol=1e-12)


def test_the_loss_surface_of_a_single_layer_has_none_with_cross_entropy():
    """Random chords: none below log(1 + e⁻ᵗᶻ) in w and b, many below the squares of a sigmoid."""
    rng = np.random.default_rng(0)
    ends = 4 * rng.standard_normal((2, 3000, 3))
    points = np.concatenate([ends, ends.mean(axis=0)[None]]).reshape(-1, 3)
    x, y = rng.standard_normal((6, 2)), rng.integers(0, 2, 6).astype(float)
    violated = {}
    for loss in (SigmoidCrossEntropy(), SquaredError("sigmoid")):
        settings = recipe(hidden=(), loss=loss)
        network, _, _ = set_up(settings, [points[:, None, :2]], [points[:, 2:]], 6)
        network.forward(x.T[None])
        target = np.broadcast_to(y, (1, len(points), 6))
        loss.value_and_gradient({}, network.output, target, network.loss, network.output_spare)
        left, right, middle = network.loss.mean(axis=1).reshape(3, -1)
        violated[loss.kind] = (middle > 0.5 * (left + right) + 1e-9).mean()
    assert violated["sigmoid-cross-entropy"] == 0.0
    assert violated["squared-error"] > 0.2
