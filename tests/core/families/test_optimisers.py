from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.core.components import members, stack_fields
from paribus.core.families.optimisers import (
    SGD,
    AdaDelta,
    AdaGrad,
    Adam,
    AMSGrad,
    Momentum,
    Nadam,
    Nesterov,
    Optimiser,
    RMSProp,
)


def steps(optimiser, theta, gradient, count):
    """Run an optimiser on a function of its own parameters, shape (1, n), and return the path."""
    theta = np.array([theta], dtype=np.float64)
    slots = [np.zeros_like(theta) for _ in optimiser.slots]
    fields = stack_fields([optimiser])
    path = [theta[0].copy()]
    for step in range(count):
        exact = optimiser.coefficients(fields, fields["learning_rate"], step)
        g = np.array([gradient(theta[0])], dtype=np.float64)
        g *= optimiser.learning_rate if optimiser.linear else 1.0
        c = tuple(values[:, None] for values in exact)
        optimiser.update(theta, g, slots, c, np.empty_like(theta))
        path.append(theta[0].copy())
    return np.array(path)


def test_sgd_by_hand():
    path = steps(SGD(0.1), [1.0], lambda t: 2 * t, 3)
    np.testing.assert_allclose(path[:, 0], [1, 0.8, 0.64, 0.512], rtol=1e-15)


def test_momentum_by_hand():
    """v: −.2, −.18−.16, …; θ: 1, .8, .8−.34, …, the learning rate inside the buffer."""
    path = steps(Momentum(0.1, 0.9), [1.0], lambda t: 2 * t, 3)
    v1 = -0.2
    v2 = 0.9 * v1 - 0.2 * 0.8
    v3 = 0.9 * v2 - 0.2 * (0.8 + v2)
    np.testing.assert_allclose(path[:, 0], [1, 0.8, 0.8 + v2, 0.8 + v2 + v3], rtol=1e-14)


def test_adam_by_hand():
    """Three steps of algorithm 1 written out, with ε outside the root."""
    optimiser, theta, s, r = Adam(0.1, 0.9, 0.99, 1e-3), 1.0, 0.0, 0.0
    expected = [theta]
    for t in (1, 2, 3):
        g = 2 * theta
        s, r = 0.9 * s + 0.1 * g, 0.99 * r + 0.01 * g * g
        theta -= 0.1 * (s / (1 - 0.9**t)) / (np.sqrt(r / (1 - 0.99**t)) + 1e-3)
        expected.append(theta)
    np.testing.assert_allclose(
        steps(optimiser, [1.0], lambda t: 2 * t, 3)[:, 0], expected, rtol=1e-12
    )


def by_hand(optimiser, theta=1.0, count=3):
    """Write three steps on C = θ² out as the source has them, with plain numbers."""
    kind, path = optimiser.kind, [theta]
    rate = optimiser.learning_rate
    a = b = c = 0.0
    for t in range(1, count + 1):
        ahead = theta + optimiser.momentum * a if kind == "nesterov" else theta
        g = 2 * ahead
        if kind == "sgd":
            theta -= rate * g
        elif kind == "momentum" and optimiser.form == "outside":
            a = optimiser.momentum * a + g
            theta -= rate * a
        elif kind in ("momentum", "nesterov"):
            a = optimiser.momentum * a - rate * g
            theta += a
        elif kind == "adagrad":
            a += g * g
            theta -= rate * g / (np.sqrt(a) + optimiser.epsilon)
        elif kind == "rmsprop":
            a = optimiser.rho * a + (1 - optimiser.rho) * g * g
            inside = optimiser.form == "inside"
            root = np.sqrt(a + optimiser.epsilon) if inside else np.sqrt(a) + optimiser.epsilon
            theta -= rate * g / root
        elif kind == "adadelta":
            a = optimiser.rho * a + (1 - optimiser.rho) * g * g
            change = g * np.sqrt(b + optimiser.epsilon) / np.sqrt(a + optimiser.epsilon)
            b = optimiser.rho * b + (1 - optimiser.rho) * change**2
            theta -= rate * change
        elif kind == "lion":
            theta -= rate * np.sign(optimiser.beta1 * a + (1 - optimiser.beta1) * g)
            a = optimiser.beta2 * a + (1 - optimiser.beta2) * g
        else:
            one, two = optimiser.beta1, optimiser.beta2
            a, b = one * a + (1 - one) * g, two * b + (1 - two) * g * g
            c = max(c, b)
            mean, square = a / (1 - one**t), (c if kind == "amsgrad" else b) / (1 - two**t)
            if kind == "nadam":
                mean = one * a / (1 - one ** (t + 1)) + (1 - one) * g / (1 - one**t)
            theta -= rate * mean / (np.sqrt(square) + optimiser.epsilon)
        path.append(theta + optimiser.momentum * a if kind == "nesterov" else theta)
    return path


VARIANTS = [
    *(cls() for cls in members(Optimiser).values() if not cls.solves),
    Momentum(0.1, 0.7, "outside"),
    RMSProp(0.1, 0.8, 1e-2, "outside"),
    RMSProp(0.1, 0.8, 1e-2),
    AMSGrad(0.3, 0.5, 0.6, 1e-3),
    Nadam(0.3, 0.5, 0.6, 1e-3),
    Nesterov(0.2, 0.8),
    AdaDelta(2.0, 0.5, 1e-3),
]


@pytest.mark.parametrize("optimiser", VARIANTS, ids=str)
def test_three_steps_by_hand(optimiser):
    path = steps(optimiser, [1.0], lambda t: 2 * t, 3)
    np.testing.assert_allclose(path[:, 0], by_hand(optimiser), rtol=1e-12)


def test_momentum_inside_and_outside_differ_only_when_the_rate_changes():
    """The same for a constant rate, another once a schedule cuts it."""

    def run(form, second):
        optimiser = Momentum(0.1, 0.9, form)
        fields, theta = stack_fields([optimiser]), np.ones((1, 1))
        slots = [np.zeros((1, 1))]
        for rate in (0.1, second):
            c = optimiser.coefficients(fields, np.array([rate]), 0)
            g = 2 * theta
            optimiser.update(theta, g, slots, tuple(v[:, None] for v in c), np.empty((1, 1)))
        return float(theta[0, 0])

    assert run("inside", 0.1) == pytest.approx(run("outside", 0.1), rel=1e-14)
    assert run("inside", 0.01) != pytest.approx(run("outside", 0.01), rel=1e-2)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_adams_first_step_has_the_length_of_its_rate(scale):
    path = steps(Adam(0.01, epsilon=1e-12), [1.0, -1.0], lambda _: np.array([scale, -scale]), 1)
    np.testing.assert_allclose(path[1] - path[0], [-0.01, 0.01], rtol=1e-5)


def test_a_tiny_gradient_tells_where_epsilon_stands():
    """g = 1e-8, ε = 1e-8 outside the root halves the step; inside it would give about 1e-4."""
    path = steps(Adam(1.0), [0.0], lambda _: np.array([1e-8]), 1)
    assert path[1][0] == pytest.approx(-0.5, rel=1e-6)
    moved = {
        form: steps(RMSProp(1.0, 0.0, 1e-8, form), [0.0], lambda _: np.array([1e-8]), 1)[1][0]
        for form in ("inside", "outside")
    }
    assert moved["outside"] == pytest.approx(-0.5, rel=1e-6)
    assert moved["inside"] == pytest.approx(-1e-4, rel=1e-3)


MEMBERS = [cls() for cls in members(Optimiser).values() if not cls.solves]


@pytest.mark.parametrize("optimiser", MEMBERS, ids=str)
def test_it_stays_put_at_zero_gradient(optimiser):
    path = steps(optimiser, [1.0, -2.0, 0.5], np.zeros_like, 5)
    assert (path == path[0]).all()


@pytest.mark.parametrize("optimiser", MEMBERS, ids=str)
def test_it_descends_a_bowl_and_a_ravine(optimiser):
    settings = {
        "adagrad": {"learning_rate": 0.3},
        "adadelta": {"rho": 0.99, "epsilon": 1e-4},
        "lion": {"learning_rate": 0.0031, "beta2": 0.9},
    }
    tuned = replace(optimiser, **settings.get(optimiser.kind, {"learning_rate": 0.02}))
    for curvature in (np.array([1.0, 1.0]), np.array([20.0, 0.5])):
        path = steps(tuned, [1.0, -1.0], lambda t, c=curvature: c * t, 400)
        height = 0.5 * (curvature * path**2).sum(axis=1)
        assert height[-1] < 1e-3 * height[0]


@pytest.mark.parametrize("optimiser", MEMBERS, ids=str)
def test_numeric_fields_belong_to_each_trial(optimiser):
    other = replace(optimiser, learning_rate=3 * optimiser.learning_rate)
    fields = stack_fields([optimiser, other])
    theta, g = np.ones((2, 3)), np.ones((2, 3))
    if optimiser.linear:
        g *= fields["learning_rate"][:, None]
    c = optimiser.coefficients(fields, fields["learning_rate"], 0)
    optimiser.update(
        theta,
        g,
        [np.zeros((2, 3)) for _ in optimiser.slots],
        tuple(v[:, None] for v in c),
        np.empty((2, 3)),
    )
    moved = 1.0 - theta
    np.testing.assert_allclose(moved[1], 3 * moved[0], rtol=1e-12)


G = 1e-8


@pytest.mark.parametrize(
    ("optimiser", "right", "misplaced"),
    [
        # g/(√(g²) + ε) against g/√(g² + ε)
        (AdaGrad(1.0, 1e-7), G / (G + 1e-7), G / np.sqrt(G * G + 1e-7)),
        (RMSProp(1.0, 0.9, 1e-6), G / np.sqrt(0.1 * G * G + 1e-6), G / (np.sqrt(0.1) * G + 1e-6)),
        # the notes' δ = 1e-6, after the correction and outside the root
        (Adam(1.0, epsilon=1e-6), G / (G + 1e-6), G / np.sqrt(G * G + 1e-6)),
        (Adam(1.0, epsilon=1e-6), G / (G + 1e-6), G / (G + 1e-6 / np.sqrt(1e-3))),
    ],
    ids=["adagrad", "rmsprop", "adam", "adam, before the correction"],
)
def test_where_epsilon_stands_is_that_of_the_notes(optimiser, right, misplaced):
    """AdaGrad √r + δ, RMSProp √(r + δ), Adam √r̂ + δ: a factor of 10 and more at g = 1e-8."""
    moved = -steps(optimiser, [0.0], lambda _: np.array([G]), 1)[1][0]
    assert moved == pytest.approx(right, rel=1e-9)
    assert not 0.5 < moved / misplaced < 2


def test_adam_does_not_multiply_by_the_gradient_once_more():
    """One note prints εŝ/√s·g, whose step would depend on the gradient's size."""
    for scale in (1e-3, 1.0, 1e3):
        moved = steps(Adam(0.1, epsilon=1e-12), [0.0], lambda _, g=scale: np.array([g]), 3)
        np.testing.assert_allclose(np.diff(moved[:, 0]), -0.1, rtol=1e-6)


def test_momentum_adds_up_a_constant_gradient_to_a_geometric_series():
    """v → −rate·g/(1 − momentum): ten times the step at .9."""
    path = steps(Momentum(0.01, 0.9), [0.0], lambda _: np.array([1.0]), 200)[:, 0]
    assert np.diff(path)[0] == pytest.approx(-0.01)
    assert np.diff(path)[-1] == pytest.approx(-0.1, rel=1e-6)


def test_adagrad_slows_down_and_rmsprop_does_not():
    """r only grows in AdaGrad: steps fall as 1/√t under a constant gradient."""
    moved = {
        type(o): -np.diff(steps(o, [0.0], lambda _: np.array([1.0]), 100)[:, 0])
        for o in (AdaGrad(0.1, 1e-12), RMSProp(0.1, 0.9, 1e-12))
    }
    np.testing.assert_allclose(moved[AdaGrad], 0.1 / np.sqrt(np.arange(1, 101)), rtol=1e-9)
    np.testing.assert_allclose(moved[RMSProp][60:], 0.1, rtol=2e-3)
