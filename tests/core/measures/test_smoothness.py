"""Smoothness by hand: correlations of units, and the loss's slope by central differences."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from paribus.core.engine.examples import Examples
from paribus.core.errors import InputError
from paribus.core.families.activations import ReLU, Tanh
from paribus.core.families.losses import SquaredError
from paribus.core.measures.smoothness import Smoothness, mean_correlation
from small import examples, finished, recipe, trained


@pytest.mark.parametrize("hidden", [(), (5, 4)], ids=str)
def test_smoothness_against_a_plain_computation(hidden):
    settings = recipe(hidden=hidden, activation=Tanh(), dtype="float64")
    data = examples([0])
    done = trained([settings], [0], Smoothness())
    columns = done.records["smoothness"].columns()
    sizes, theta, start, w = (6, *hidden, 3), done.parameters(0), 0, []
    for inputs, out in itertools.pairwise(sizes):
        w.append(theta[start : start + inputs * out].reshape(out, inputs))
        start += inputs * out
    b = np.split(theta[start:], np.cumsum(sizes[1:])[:-1])
    x, y = data.x[data.validation[0]], data.y[data.validation[0]]

    def passes(x):
        h = [x]
        for weights, bias in zip(w, b, strict=True):
            h.append(np.tanh(h[-1] @ weights.T + bias))
        z = h[-2] @ w[-1].T + b[-1]
        return h[1:-1], np.log(np.exp(z).sum(axis=1)) - (z * y).sum(axis=1)

    step = 1e-6 * np.eye(6)
    slopes = np.stack([(passes(x + s)[1] - passes(x - s)[1]) / 2e-6 for s in step])
    gradient = np.sqrt((slopes**2).sum(axis=0)).mean()
    assert columns["layer"].tolist() == list(range(len(hidden) + 1))
    assert columns["input_gradient"][0] == pytest.approx(gradient, rel=1e-6)
    assert np.isnan(columns["input_gradient"][1:]).all()
    assert np.isnan(columns["unit_correlation"][0])
    for layer, h in enumerate(passes(x)[0], start=1):
        every = np.abs(np.corrcoef(h.T))
        mean = every[~np.eye(len(every), dtype=bool)].mean()
        assert columns["unit_correlation"][layer] == pytest.approx(mean, rel=1e-9)


def test_constant_units_are_left_out():
    a = np.array([[1.0, 2.0, 4.0], [-1.0, -2.0, -4.0], [0.1, 0.1, 0.1]])
    assert mean_correlation(a) == pytest.approx(1.0)
    assert np.isnan(mean_correlation(a[1:]))


def test_without_a_validation_set_it_is_measured_on_the_training_set():
    x = np.random.default_rng(0).standard_normal((20, 2))
    rows = np.arange(20)[None]
    data = Examples(x, x.sum(axis=1, keepdims=True), rows, rows[:, :0], rows, labelled=False)
    settings = recipe(hidden=(), loss=SquaredError(), dtype="float64", epochs=0)
    done = finished([settings], data, 1, Smoothness())
    w, b = done.parameters(0)[:2], done.parameters(0)[2]
    residual = x @ w + b - x.sum(axis=1)  # ∂loss/∂x = residual·w
    expected = np.abs(residual).mean() * np.linalg.norm(w)
    measured = done.records["smoothness"].columns()["input_gradient"]
    np.testing.assert_allclose(measured, [expected], rtol=1e-12)


def test_dead_layers_have_no_correlation_and_one_example_is_too_few():
    done = trained([recipe(activation=ReLU(), bias=-50.0)], [0], Smoothness())
    columns = done.records["smoothness"].columns()
    assert np.isnan(columns["unit_correlation"]).all()
    assert columns["input_gradient"][0] == 0.0
    with pytest.raises(InputError, match=r"smoothness\.examples = 1 is not allowed"):
        Smoothness(1)
