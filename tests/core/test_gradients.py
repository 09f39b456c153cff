"""The gradient oracle: every derivative against a central difference along a random direction."""

from __future__ import annotations

import numpy as np
import pytest
from paribus.core.activations import Activation
from paribus.core.components import members
from paribus.core.losses import Loss, SquaredError
from paribus.core.network import Network, layers_of, parameter_count
from paribus.core.recipe import Recipe
from paribus.core.regularisers import L2
from paribus.core.stack import Stack
from paribus.core.trial import Trial
from small import examples, recipe

STEP = 1e-6
ACTIVATIONS = [cls() for cls in members(Activation).values()]
LOSSES = [
    *(cls() for cls in members(Loss).values()),
    SquaredError(factor="one"),
    SquaredError(link="sigmoid"),
    SquaredError(factor="one", link="tanh"),
]


def oracle(function, x, gradient, kinks=(), seen=None) -> tuple[float, float]:
    """Return the slope along a random direction by central difference and by the gradient.

    ``seen`` are values that must stay on one side of every kink for the difference to mean
    anything; the oracle refuses to judge otherwise.
    """
    if seen is not None:
        for kink in kinks:
            assert np.abs(seen - kink).min() > 1e-4, "too near a kink to judge"
    direction = np.random.default_rng(7).standard_normal(x.shape)
    direction /= np.linalg.norm(direction)
    ahead, behind = function(x + STEP * direction), function(x - STEP * direction)
    return (ahead - behind) / (2 * STEP), float((gradient * direction).sum())


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_activation_derivatives(activation):
    z = np.linspace(-6, 6, 241).reshape(1, 1, -1) + 0.0137
    for kink in activation.kinks:
        z = z[np.abs(z - kink) > 1e-3].reshape(1, 1, -1)

    def value(points):
        out = np.empty_like(points)
        activation.apply({}, points, out)
        return out

    slope = np.empty_like(z)
    a = value(z)
    activation.derivative({}, z, a, slope)
    difference = (value(z + STEP) - value(z - STEP)) / (2 * STEP)
    np.testing.assert_allclose(slope, difference, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activations_keep_dtype_and_stay_finite_far_out(activation, dtype):
    z = np.array([-1e4, -100.0, -1.0, 0.0, 1.0, 100.0, 1e4], dtype).reshape(1, 1, -1)
    out, slope = np.empty_like(z), np.empty_like(z)
    with np.errstate(over="ignore"):
        activation.apply({}, z, out)
    activation.derivative({}, z, out, slope)
    assert out.dtype == slope.dtype == np.dtype(dtype)
    assert np.isfinite(out).all()
    assert np.isfinite(slope).all()
    if activation.limits is not None:
        low, high = activation.limits
        assert out.min() >= low
        assert out.max() <= high


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_loss_gradients(loss):
    rng = np.random.default_rng(0)
    z, y = rng.standard_normal((4, 2, 5)), np.zeros((4, 2, 5))
    y[rng.integers(0, 4, (2, 5)), np.arange(2)[:, None], np.arange(5)] = 1.0

    def total(point):
        values = np.empty((2, 5))
        loss.value_and_gradient(point.copy(), y, values)
        return values.sum()

    gradient = z.copy()
    loss.value_and_gradient(gradient, y, np.empty((2, 5)))
    measured, claimed = oracle(total, z, gradient)
    assert measured == pytest.approx(claimed, rel=1e-7)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_losses_keep_dtype_and_stay_finite_far_out(loss, dtype):
    z = np.array([[1e4], [-1e4], [0.0]], dtype).reshape(3, 1, 1)
    y = np.array([[0.0], [1.0], [0.0]], dtype).reshape(3, 1, 1)
    value = np.empty((1, 1), dtype)
    with np.errstate(over="ignore"):
        loss.value_and_gradient(z, y, value)
    assert z.dtype == value.dtype == np.dtype(dtype)
    assert np.isfinite(value).all()
    assert np.isfinite(z).all()


def whole_network(settings: Recipe, masks: bool = False) -> tuple[float, float]:
    """Judge the gradient of a whole network's mean loss, dropout masks held fixed."""
    data = examples([0])
    sizes = (data.x.shape[1], *settings.hidden, data.y.shape[1])
    rng = np.random.default_rng(1)
    arena = rng.standard_normal((1, sum(parameter_count(sizes)))) * 0.7
    network = Network(
        sizes,
        1,
        12,
        np.dtype("float64"),
        settings.activation,
        {},
        masked=masks,
        keep_preactivations=True,
    )
    rows = data.train[:, :12]
    x, y = data.x[rows].transpose(0, 2, 1), data.y[rows].transpose(2, 0, 1)
    drawn = [2.0 * (rng.random((1, width, 12)) > 0.5) for width in settings.hidden]
    chosen = drawn if masks else None

    def mean_loss(point):
        network.forward(layers_of(point, sizes), x, chosen)
        settings.loss.value_and_gradient(network.output, y, network.loss)
        return network.loss.mean()

    gradient = np.zeros_like(arena)
    mean_loss(arena)
    seen = np.concatenate([np.ones(1), *(z.ravel() for z in network.preactivations)])
    network.backward(layers_of(arena, sizes), x, layers_of(gradient, sizes), chosen)
    return oracle(mean_loss, arena, gradient, settings.activation.kinks, seen)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("hidden", [(), (4,), (5, 3, 4)], ids=len)
def test_backpropagation(activation, loss, hidden):
    measured, claimed = whole_network(recipe(activation=activation, loss=loss, hidden=hidden))
    assert measured == pytest.approx(claimed, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_backpropagation_through_dropout(activation):
    measured, claimed = whole_network(recipe(activation=activation, hidden=(6, 5)), masks=True)
    assert measured == pytest.approx(claimed, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("penalty", [L2(0.3), L2(7.0, "per-example")], ids=str)
def test_penalty_gradients_leave_biases_alone(penalty):
    settings = recipe(regularisers=(penalty,), dtype="float64")
    data = examples([0])
    sizes = (data.x.shape[1], *settings.hidden, data.y.shape[1])
    weights, biases = parameter_count(sizes)
    arena = np.random.default_rng(0).standard_normal((1, weights + biases))
    n = data.sizes.train
    factor = penalty.strength if penalty.normalisation == "half" else penalty.strength / n

    def value(point):
        return 0.5 * factor * np.square(point[:, :weights]).sum()

    gradient = np.zeros_like(arena)
    decay = penalty.decay({"strength": np.array([penalty.strength])}, n)[:, None]
    penalty.add_gradient(
        arena[:, :weights], gradient[:, :weights], decay, np.empty_like(arena[:, :weights])
    )
    measured, claimed = oracle(value, arena, gradient)
    assert measured == pytest.approx(claimed, rel=1e-7)
    assert not gradient[:, weights:].any()


def test_the_engine_descends_along_this_gradient():
    """One SGD step of the stack moves the parameters by −rate·gradient of the mean loss."""
    settings = recipe(dtype="float64", batch_size=12)
    data = examples([0]).cast(np.dtype("float64"))
    sizes = (data.x.shape[1], *settings.hidden, data.y.shape[1])
    arena = np.random.default_rng(3).standard_normal((1, sum(parameter_count(sizes))))
    stack = Stack([Trial(settings, "d", 0, 0)], data, arena, arena.copy(), [])
    rows = data.train[:, :12]

    def mean_loss(point):
        stack.arena[:] = point
        return float(stack.forward(rows, None)[0]) / 12

    mean_loss(arena)
    stack.backward()
    from paribus.core.schedules import Progress

    stack.update(Progress(0, 0, 1, 1))
    gradient = (arena - stack.arena) / settings.optimiser.learning_rate
    measured, claimed = oracle(mean_loss, arena, gradient)
    assert measured == pytest.approx(claimed, rel=1e-6)
