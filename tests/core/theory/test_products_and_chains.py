"""Matrix products, single neurons, gates, random features: exact, and by brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from paribus.core.families.losses import Huber, SigmoidCrossEntropy, SquaredError
from paribus.core.families.optimisers import SGD, AdaGrad, Adam, Momentum, RMSProp
from paribus.core.theory.descent import descent_path
from paribus.core.theory.evaluation import loss_and_slope
from paribus.core.theory.gates import CORNERS, OR, XOR, or_gate, xor_gate
from paribus.core.theory.length_variance import exact_moments, predicted_variance, simulated_logs
from paribus.core.theory.matrix_products import (
    DIGITS,
    critical_std,
    largest_entries,
    top_exponent,
)
from paribus.core.theory.random_features import least_norm_outputs, relu_features
from paribus.core.theory.separability import most_separable, separable
from paribus.core.theory.single_neuron import (
    scanned_width,
    sigmoid,
    widest_window,
    window_width,
    with_offset,
    without_offset,
)
from paribus.core.theory.two_weights import convexity_violation, level_line, surface


def test_products_grow_as_their_exponent_says():
    logs = largest_entries(4, 101, 300, 1.0)
    slope = (logs[:, -1] - logs[:, 0]) / 100 / DIGITS
    error = slope.std(ddof=1) / math.sqrt(len(slope))
    assert abs(slope.mean() - top_exponent(4)) < 4 * error < 0.05
    assert abs(slope.mean() - 0.5 * math.log(4)) > 10 * error  # log of the rms growth is another
    assert top_exponent(1) == pytest.approx(-0.5 * (np.euler_gamma + math.log(2)))  # E log|N(0,1)|
    assert top_exponent(4, critical_std(4)) == pytest.approx(0.0, abs=1e-15)


def test_scaled_products_are_the_products():
    rng = np.random.default_rng(7)
    factors = [rng.normal(0.0, 0.7, (5, 3, 3)) for _ in range(6)]
    product = factors[0]
    for factor in factors[1:]:
        product = factor @ product
    logs = largest_entries(3, 6, 5, 0.7, seed=7)[:, -1]
    np.testing.assert_allclose(10**logs, np.abs(product).max(axis=(1, 2)), rtol=1e-12)


def test_equation_123():
    weight, width = widest_window()
    assert weight == pytest.approx(6.894, abs=5e-4)
    assert width == pytest.approx(0.44774, abs=5e-6)
    for w in (4.2, 6.894, 25.0):
        for sign, b in ((1, 0.0), (-1, 2.0)):
            assert scanned_width(sign * w, b) == pytest.approx(window_width(w), abs=5e-5)
    assert np.all(window_width(np.array([0.0, 1.0, -4.0])) == 0.0)


def test_the_identity_neuron():
    best = without_offset()
    assert best.error == pytest.approx(0.0561, abs=1e-4)
    rng = np.random.default_rng(0)
    x = np.linspace(0, 1, 101)
    for w1, b, w2 in rng.uniform([0, -6, 0], [12, 2, 4], (5000, 3)):
        assert np.abs(w2 * sigmoid(w1 * x + b) - x).max() > best.error - 1e-3
    for w1 in (0.4, 0.05):
        assert with_offset(w1).error == pytest.approx(w1**2 / 96, rel=0.01)


def test_gates_give_the_notes_numbers():
    outputs = sigmoid(or_gate(CORNERS))
    np.testing.assert_allclose(outputs, [4.54e-5, 0.99995, 0.99995, 1.0], rtol=1e-4)
    assert 1.0 - outputs[3] == pytest.approx(9.36e-14, rel=0.01)
    np.testing.assert_allclose(
        sigmoid(xor_gate(CORNERS)), [4.54e-5, 0.99995, 0.99995, 4.54e-5], rtol=1e-3
    )


def test_separability_is_that_of_an_exhaustive_search():
    """The weights −2 … 2 and biases −2.5 … 2.5 realise all threshold functions of two bits."""
    weights = itertools.product(range(-2, 3), repeat=2)
    biases = np.arange(-2.5, 3.0)
    rows = [CORNERS @ np.array(w) + b > 0 for w in weights for b in biases]
    reachable = {tuple(map(int, row)) for row in rows}
    for labels in itertools.product((0, 1), repeat=4):
        assert separable(CORNERS, np.array(labels)) == (labels in reachable), labels
        best = max(sum(a == b for a, b in zip(labels, row, strict=True)) for row in reachable)
        assert most_separable(CORNERS, np.array(labels)) == best
    assert (most_separable(CORNERS, OR), most_separable(CORNERS, XOR)) == (4, 3)


@pytest.mark.parametrize("loss", [SquaredError(link="sigmoid"), SigmoidCrossEntropy()])
def test_the_surface_of_two_weights(loss):
    w1, w2 = np.random.default_rng(1).uniform(-4, 4, (2, 50))
    _, by_w1, by_w2 = surface(loss, w1, w2)
    e = 1e-6
    for gradient, step in ((by_w1, (e, 0)), (by_w2, (0, e))):
        up = surface(loss, w1 + step[0], w2 + step[1])[0]
        down = surface(loss, w1 - step[0], w2 - step[1])[0]
        np.testing.assert_allclose(gradient, (up - down) / (2 * e), atol=1e-8)
    line = level_line(0.9, w1)
    np.testing.assert_allclose(sigmoid(line * sigmoid(w1)), 0.9)
    (a, b), excess = convexity_violation(loss, 10.0)
    ends = [float(surface(loss, each[:1], each[1:])[0][0]) for each in (a, b)]
    half = (a + b) / 2
    assert float(surface(loss, half[:1], half[1:])[0][0]) - sum(ends) / 2 == pytest.approx(excess)
    assert excess > 0.1


def test_paths_take_the_steps_that_the_rules_give():
    def gradient(w):
        return 2.0 * w

    start = np.array([1.0, -2.0])
    np.testing.assert_allclose(
        descent_path(SGD(), gradient, start, 0.1, 2), [start, 0.8 * start, 0.64 * start]
    )
    heavy = descent_path(Momentum(momentum=0.5), gradient, start, 0.1, 2)
    np.testing.assert_allclose(heavy[2], 0.8 * start + 0.5 * (-0.2 * start) - 0.16 * start)
    for optimiser in (AdaGrad(), Adam()):  # both first steps are rate·sign(g)
        first = descent_path(optimiser, gradient, start, 0.1, 1)[1]
        np.testing.assert_allclose(first, start - 0.1 * np.sign(start), atol=1e-6)
    first = descent_path(RMSProp(), gradient, start, 0.1, 1)[1]
    np.testing.assert_allclose(first, start - 0.1 * np.sign(start) / math.sqrt(0.1), atol=1e-5)


def test_losses_as_functions_of_one_number():
    value, slope = loss_and_slope(Huber(delta=2.0), np.array([1.0, -5.0]), 0.0)
    np.testing.assert_allclose(value, [0.5, 8.0])
    np.testing.assert_allclose(slope, [1.0, -2.0])


def test_least_norm_weights_are_the_pseudoinverses():
    rng = np.random.default_rng(3)
    train, others, targets = rng.random((20, 6)), rng.random((9, 6)), rng.random((20, 2))
    counts = [5, 20, 60]
    outputs = least_norm_outputs(train, others, targets, counts, np.random.default_rng(5))
    both = np.concatenate([train, others]) - train.mean(axis=0)
    features = relu_features(both, 60, np.random.default_rng(5))
    for count, (inside, outside) in zip(counts, outputs, strict=True):
        weights = np.linalg.pinv(features[:20, :count]) @ targets
        np.testing.assert_allclose(inside, features[:20, :count] @ weights, atol=1e-8)
        np.testing.assert_allclose(outside, features[20:, :count] @ weights, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("width", "depth"), [(20, 1), (20, 10), (60, 5)])
def test_the_log_length_has_its_exact_moments(width, depth):
    logs = simulated_logs(width, depth, 1500)
    mean, variance = exact_moments(width, depth)
    assert abs(logs.mean() - mean) < 4 * logs.std() / math.sqrt(len(logs))
    fourth = np.mean((logs - logs.mean()) ** 4)
    assert abs(logs.var() - variance) < 4 * math.sqrt((fourth - logs.var() ** 2) / len(logs))


def test_hanins_variance_is_the_first_term_of_the_exact_one():
    ratios = [exact_moments(n, 1)[1] / predicted_variance(n, 1) for n in (50, 200, 800)]
    assert ratios[0] > ratios[1] > ratios[2] > 1.0
    assert ratios[2] == pytest.approx(1.0, abs=0.01)
    assert exact_moments(800, 1)[0] == pytest.approx(-predicted_variance(800, 1) / 2, rel=0.01)
