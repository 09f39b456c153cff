"""The theory of wide random networks, against known numbers, closed forms and simulated ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from paribus.core.components import members
from paribus.core.families.activations import (
    ELU,
    GELU,
    SELU,
    Activation,
    Expression,
    HardLimit,
    Identity,
    LeakyReLU,
    ReLU,
    Sigmoid,
    Tanh,
    UserFunction,
)
from paribus.core.families.initialisers import LSUV, Initialiser
from paribus.core.theory.evaluation import value_and_slope
from paribus.core.theory.gaussian_integrals import normal_nodes
from paribus.core.theory.initial_variance import weight_variance
from paribus.core.theory.mean_field import (
    critical_weight_variance,
    delta_factors,
    depth_scale,
    lengths,
    mean_field,
    second_moments,
    squared_hermite_coefficients,
)

FAMILY = [cls() for cls in members(Activation).values() if cls is not UserFunction]


def test_nielsens_sigmoid_network():
    """The project's known numbers for σ_w² = σ_b² = 1."""
    sigmoid = mean_field(Sigmoid(), 1.0, 1.0)
    assert sigmoid.q == pytest.approx(1.302, abs=5e-4)
    assert sigmoid.chi == pytest.approx(0.0420, abs=5e-5)
    assert sigmoid.chi**-0.5 == pytest.approx(4.88, abs=5e-3)
    assert sigmoid.correlation == 1.0
    assert mean_field(Sigmoid(), 1.0, 0.0).chi ** -0.5 < 4.5  # biases of 0 are another recipe


def test_a_kink_costs_nothing_where_plain_gauss_hermite_is_off():
    x, w = np.polynomial.hermite_e.hermegauss(101)
    slope = value_and_slope(ReLU(), x)[1]
    plain = 2.0 * np.sum(w * slope**2) / math.sqrt(2.0 * math.pi)
    assert abs(math.sqrt(plain) - 1.0) > 0.03
    assert mean_field(ReLU(), 2.0, 0.0).chi == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("activation", FAMILY, ids=lambda a: a.kind)
@pytest.mark.parametrize("q", [0.3, 4.0, 900.0])
def test_moments_are_those_of_many_draws(activation, q):
    z = math.sqrt(q) * np.random.default_rng(0).standard_normal(1_000_000)
    for sampled, exact in zip(
        value_and_slope(activation, z), second_moments(activation, q), strict=True
    ):
        squares = sampled**2
        error = squares.std() / math.sqrt(len(z))
        assert abs(squares.mean() - exact) <= 5.0 * error + 1e-12


def test_nodes_integrate_polynomials_at_every_scale():
    for std in (1e-5, 0.1, 1.0, 30.0, 1e5):
        z, w = normal_nodes(std, [0.0, 1.0])
        moments = [float(np.sum(w * z**k)) for k in range(7)]
        assert moments == pytest.approx([1, 0, 1, 0, 3, 0, 15], abs=1e-10)


def network(activation, sw2, sb2, width, depth, inputs, rng):
    """Return z of every layer for inputs of shape (width, n)."""
    a, layers, weights = inputs, [], []
    for _ in range(depth):
        w = rng.standard_normal((width, len(a))) * math.sqrt(sw2 / len(a))
        z = w @ a + rng.standard_normal((width, 1)) * math.sqrt(sb2)
        a = value_and_slope(activation, z)[0]
        layers.append(z)
        weights.append(w)
    return layers, weights


@pytest.mark.parametrize(
    ("activation", "sw2"), [(Tanh(), 1.5), (Tanh(), 3.0), (ReLU(), 1.6), (ELU(), 1.2), (GELU(), 2)]
)
def test_lengths_and_factors_are_those_of_wide_networks(activation, sw2):
    rng, width, depth, networks = np.random.default_rng(1), 250, 6, 40
    x = rng.standard_normal((width, 1))
    q0 = float(np.mean(x**2))
    measured, ratios = [], []
    for _ in range(networks):
        layers, weights = network(activation, sw2, 0.05, width, depth, x, rng)
        measured.append([np.mean(z**2) for z in layers])
        delta = rng.standard_normal((width, 60))  # many cotangents, to average over
        sizes = [np.sum(delta**2)]
        for layer in reversed(range(depth - 1)):
            slope = value_and_slope(activation, layers[layer])[1]
            delta = weights[layer + 1].T @ delta * slope
            sizes.insert(0, np.sum(delta**2))
        ratios.append(np.array(sizes[:-1]) / sizes[1:])
    for sampled, theory in (
        (np.array(measured), lengths(activation, sw2, 0.05, q0, depth)),
        (np.array(ratios), delta_factors(activation, sw2, 0.05, q0, depth)[:-1]),
    ):
        error = sampled.std(axis=0, ddof=1) / math.sqrt(networks)
        assert np.all(np.abs(sampled.mean(axis=0) - theory) <= 4.0 * error + 0.01 * theory)


def test_the_correlation_is_that_of_two_inputs_after_many_layers():
    rng, width = np.random.default_rng(2), 1200
    inputs = rng.standard_normal((width, 2))
    (*_, last), _ = network(Tanh(), 3.0, 0.05, width, 25, inputs, rng)
    measured = float(np.sum(last[:, 0] * last[:, 1]) / math.sqrt(np.prod(np.sum(last**2, axis=0))))
    assert measured == pytest.approx(mean_field(Tanh(), 3.0, 0.05).correlation, abs=0.06)
    assert mean_field(Tanh(), 1.2, 0.05).correlation == 1.0  # the ordered phase


def test_the_correlation_is_a_fixed_point_of_its_map():
    tanh = mean_field(Tanh(), 2.5, 0.1)
    z = np.random.default_rng(3).standard_normal((2, 1_000_000))
    u = math.sqrt(tanh.q) * z[0]
    v = math.sqrt(tanh.q) * (tanh.correlation * z[0] + math.sqrt(1 - tanh.correlation**2) * z[1])
    again = (2.5 * np.mean(np.tanh(u) * np.tanh(v)) + 0.1) / tanh.q
    assert 0.3 < tanh.correlation < 0.9
    assert again == pytest.approx(tanh.correlation, abs=3e-3)


def test_the_correlation_of_relu_follows_its_arc_cosine_map():
    """E φ(u₁)φ(u₂) = (√(1 − c²) + c(π − arccos c))/2π for ReLU and q = 1 (Cho & Saul 2009)."""
    z, w = normal_nodes(1.0, [0.0])
    squares = squared_hermite_coefficients(z, w, np.maximum(z, 0.0))
    for c in (-0.5, 0.0, 0.4, 0.8):
        exact = (math.sqrt(1 - c * c) + c * (math.pi - math.acos(c))) / (2 * math.pi)
        assert np.polynomial.polynomial.polyval(c, squares) == pytest.approx(exact, abs=1e-9)


def test_criticality():
    assert critical_weight_variance(Tanh(), 0.0) == pytest.approx(1.0, abs=1e-5)
    assert critical_weight_variance(Tanh(), 0.05) == pytest.approx(1.76, abs=5e-3)
    assert critical_weight_variance(ReLU(), 0.0) == pytest.approx(2.0, abs=1e-9)
    assert critical_weight_variance(LeakyReLU(slope=0.5), 0.1) == pytest.approx(2 / 1.25, abs=1e-6)
    assert critical_weight_variance(Identity(), 0.0) == pytest.approx(1.0, abs=1e-9)
    assert math.isnan(critical_weight_variance(HardLimit(), 0.05))
    assert math.isnan(critical_weight_variance(GELU(), 0.05))  # χ jumps past 1


def test_what_shrinks_or_grows_for_ever():
    assert mean_field(ReLU(), 1.0, 0.0).q == 0.0
    assert mean_field(ReLU(), 3.0, 0.1).q == math.inf
    assert mean_field(ReLU(), 3.0, 0.1).chi == pytest.approx(1.5)
    assert mean_field(ReLU(), 2.0, 0.1).q == math.inf
    assert mean_field(Tanh(), 0.9, 0.0).q == 0.0
    assert depth_scale(0.0) == 0.0
    assert depth_scale(1.0) == math.inf
    assert depth_scale(math.exp(-0.25)) == pytest.approx(4.0)


def test_selus_fixed_point():
    """Unit variance is kept; the mean is 0 there, so that inputs lose all correlation."""
    selu = mean_field(SELU(), 1.0, 0.0)
    assert selu.q == pytest.approx(1.0, abs=1e-9)
    assert selu.chi == pytest.approx(1.0716, abs=1e-4)
    assert selu.correlation == pytest.approx(0.0, abs=1e-9)


def test_a_users_formula_has_a_mean_field_too():
    ours, formula = mean_field(Tanh(), 1.7, 0.1), mean_field(Expression("tanh(z)"), 1.7, 0.1)
    assert formula.q == pytest.approx(ours.q, rel=1e-9)
    assert formula.chi == pytest.approx(ours.chi, rel=1e-9)


@pytest.mark.parametrize("cls", members(Initialiser).values(), ids=lambda c: c.kind)
def test_initial_variances_are_those_of_drawn_weights(cls):
    initialiser, fan_in, fan_out = cls(), 60, 40
    if cls is LSUV:
        assert math.isnan(weight_variance(initialiser, fan_in, fan_out))
        return
    draws = np.random.default_rng(4).standard_normal((200, fan_out, fan_in))
    sampled = fan_in * np.mean([np.mean(initialiser.weights(each) ** 2) for each in draws])
    assert weight_variance(initialiser, fan_in, fan_out) == pytest.approx(sampled, rel=0.01)
