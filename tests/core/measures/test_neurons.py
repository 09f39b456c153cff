"""Neuron gradients against the layers' speeds and a computation by hand."""

from __future__ import annotations

import numpy as np
import pytest
from paribus.core.engine.training import Training
from paribus.core.errors import InputError
from paribus.core.families.activations import Sigmoid
from paribus.core.families.losses import SigmoidCrossEntropy
from paribus.core.families.optimisers import SGD
from paribus.core.measures.layers import LayerStatistics
from paribus.core.measures.neurons import NeuronGradients
from paribus.core.trial import Trial
from small import examples, finished, recipe, trained


def test_the_norm_of_a_layers_bars_is_its_speed():
    settings = recipe(activation=Sigmoid(), dtype="float64")
    done = trained([settings] * 2, [0, 1], NeuronGradients(), LayerStatistics("log", 25))
    bars, layers = (done.records[name].columns() for name in ("neurons", "layers"))
    for trial, layer in ((0, 1), (0, 2), (1, 1), (1, 2)):
        mine = bars["bias_gradient"][(bars["trial"] == trial) & (bars["layer"] == layer)]
        start = (layers["step"] == 0) & (layers["trial"] == trial) & (layers["layer"] == layer)
        assert len(mine) == settings.hidden[layer - 1]
        speed = layers["mean_delta_norm"][start]
        assert np.sqrt((mine**2).sum()) == pytest.approx(speed[0], rel=1e-12)
    assert set(bars["step"]) == {0}
    assert bars["unit"][bars["trial"] == 0].tolist() == [1, 2, 3, 4, 5, 1, 2, 3, 4]


def test_bars_have_the_sign_of_the_gradient():
    """One full-batch step of gradient descent moves each bias by −rate·∂C/∂b."""
    settings = recipe(batch_size=0, epochs=1, dtype="float64", optimiser=SGD(0.3))
    done = trained([settings], [0], NeuronGradients("initial", 25))
    bars = done.records["neurons"].columns()
    biases = done.parameters(0)[-12:-3]  # they start at 0; the last three are the outputs'
    np.testing.assert_allclose(biases, -0.3 * bars["bias_gradient"], rtol=1e-9)


def test_bars_at_the_end_are_those_of_the_weights_that_are_scored():
    """By central differences of the training loss, in one bias after another."""
    settings = recipe(
        activation=Sigmoid(), loss=SigmoidCrossEntropy(), dtype="float64", hidden=(3,)
    )
    data = examples([0])
    done = finished([settings], data, 1, NeuronGradients("end", 25))
    bars = done.records["neurons"].columns()
    theta = done.parameters(0)
    w1, w2 = theta[:18].reshape(3, 6), theta[18:27].reshape(3, 3)
    b1, b2 = theta[27:30], theta[30:]
    x, y = data.x[data.train[0]], data.y[data.train[0]]

    def loss(biases):
        z = 1 / (1 + np.exp(-(x @ w1.T + biases))) @ w2.T + b2
        return (np.logaddexp(0, z) - y * z).sum(axis=1).mean()

    step = 1e-6 * np.eye(3)
    slopes = [(loss(b1 + s) - loss(b1 - s)) / 2e-6 for s in step]
    np.testing.assert_allclose(bars["bias_gradient"], slopes, rtol=1e-6)
    np.testing.assert_allclose(bars["weight_norm"], np.linalg.norm(w1, axis=1), rtol=1e-12)
    assert set(bars["step"]) == {8}


def test_a_network_without_hidden_units_is_refused():
    with pytest.raises(InputError, match="measure 'neurons' needs a hidden layer"):
        Training([Trial(recipe(hidden=()), "d", 0, 0)], examples([0]), NeuronGradients())
