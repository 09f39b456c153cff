"""Residual connections: what they add, and the gradient that they let through."""

from __future__ import annotations

import numpy as np
import pytest
from paribus.core.families.activations import ReLU, Sigmoid, Tanh
from paribus.core.families.initialisers import LeCun
from paribus.core.families.residual import Residual
from paribus.core.measures.layers import LayerStatistics
from small import examples, finished, recipe, set_up

DEPTH = 12


def deltas(activation, residual, replicates=5):
    """Return the RMS of δ at the start in every layer, shape (replicates, layers)."""
    settings = recipe(
        hidden=(20,) * DEPTH,
        activation=activation,
        residual=residual,
        initialiser=LeCun(),
        epochs=0,
        dtype="float64",
    )
    data = examples([0])
    done = finished([settings], data, replicates, LayerStatistics("initial", 25))
    return done.layers.columns()["rms_delta"].reshape(replicates, DEPTH + 1)


def test_a_residual_network_adds_its_layers_to_the_input():
    rng = np.random.default_rng(0)
    w = [rng.standard_normal((4, 6)), *(rng.standard_normal((4, 4)) for _ in range(3))]
    w.append(rng.standard_normal((3, 4)))
    b = [rng.standard_normal(len(each)) for each in w]
    x = rng.standard_normal((1, 6, 7))
    settings = recipe(hidden=(4,) * 4, residual=Residual(1, 0.5), dtype="float64")
    network, _, _ = set_up(settings, w, b, 7)
    network.forward(x)
    h = np.tanh(w[0] @ x[0] + b[0][:, None])
    for index in range(1, 4):
        h = h + 0.5 * np.tanh(w[index] @ h + b[index][:, None])
    np.testing.assert_allclose(network.layers[-1].output[0], h, rtol=1e-12)


def test_with_scale_zero_the_gradient_passes_untouched():
    """∂h⁽ᴸ⁾/∂h⁽¹⁾ = I: whatever the slopes, δ behind the first activation is that of the last."""
    settings = recipe(
        hidden=(4,) * 6, activation=Sigmoid(), residual=Residual(1, 0.0), dtype="float64"
    )
    rng = np.random.default_rng(1)
    w = [rng.standard_normal((4, n)) for n in (6, 4, 4, 4, 4, 4)] + [rng.standard_normal((3, 4))]
    network, _, _ = set_up(settings, w, [np.zeros(len(each)) for each in w], 5)
    x, y = rng.standard_normal((1, 6, 5)), np.zeros((3, 1, 5))
    network.forward(x)
    settings.loss.value_and_gradient({}, network.output, y, network.loss, network.output_spare)
    network.backward(x.transpose(0, 2, 1))
    above = w[-1].T @ network.top[0]
    a = network.layers[0].activation[0]
    np.testing.assert_allclose(network.layers[0].delta[0], above * a * (1 - a), rtol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_the_gradient_has_a_floor_where_a_plain_sigmoid_network_loses_it(scale):
    """Eleven sigmoid layers take a factor of thousands; with +x the first layer keeps its share."""
    plain = deltas(Sigmoid(), None)
    assert (plain[:, 0] / plain[:, -2] < 1e-6).all()
    kept = deltas(Sigmoid(), Residual(1, scale))
    assert (kept[:, 0] / kept[:, -2] > 0.3).all()
    assert (kept[:, 0] / kept[:, -2] < 10).all()
    # the floor: δ⁽¹⁾ is at least what comes through the identity alone, up to the first slope
    assert (kept[:, 0] > 1e4 * plain[:, 0]).all()


def test_it_is_the_smallness_of_slopes_that_is_cured():
    """Where a plain network's gradient does not vanish, the connections only let it grow."""
    for activation in (Tanh(), ReLU()):
        plain, joined = deltas(activation, None), deltas(activation, Residual())
        assert (joined[:, 0] / joined[:, -2] > plain[:, 0] / plain[:, -2]).all()
