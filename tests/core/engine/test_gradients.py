"""The gradient oracle: every derivative against a central difference along a random direction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.core.components import cast, members, stack_fields
from paribus.core.engine.architecture import Architecture
from paribus.core.engine.draws import Draws
from paribus.core.engine.network import Network, NetworkFields
from paribus.core.engine.stack import Stack
from paribus.core.families.activations import (
    ELU,
    GELU,
    Activation,
    LeakyReLU,
    PReLU,
    Swish,
    Tanh,
    UserFunction,
)
from paribus.core.families.links import Link
from paribus.core.families.losses import AbsoluteError, Huber, Loss, SquaredError
from paribus.core.families.normalisers import Normaliser
from paribus.core.families.optimisers import SGD
from paribus.core.families.regularisers import L1, L2
from paribus.core.families.residual import Residual
from paribus.core.families.schedules import TrainingTime
from paribus.core.recipe import Recipe
from paribus.core.trial import Trial
from small import examples, recipe

STEP = 1e-6
ACTIVATIONS = [
    *(cls() for cls in members(Activation).values() if cls is not UserFunction),
    GELU("tanh"),
    GELU("sigmoid"),
    Swish(2.0, learned=True),
    ELU(0.4),
    LeakyReLU(0.3),
]
LOSSES = [
    *(cls() for cls in members(Loss).values()),
    SquaredError("sigmoid", "one"),
    *(SquaredError(kind) for kind in members(Link) if kind != "identity"),
    AbsoluteError("softmax"),
    Huber("sigmoid", 0.3),
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

    fields = cast(stack_fields([activation]), np.dtype("float64"), 2)

    def value(points, **changed):
        out, spare = np.empty_like(points), np.empty_like(points)
        activation.apply({**fields, **changed}, points, out, spare)
        return out

    slope = np.empty_like(z)
    a = value(z)
    activation.derivative(fields, z, a, slope, np.empty_like(z))
    if activation.learned_field:
        by, name = np.empty_like(z), activation.learned_field
        activation.parameter_derivative(fields, z, a, by)
        ahead, behind = (value(z, **{name: fields[name] + h}) for h in (STEP, -STEP))
        np.testing.assert_allclose(by, (ahead - behind) / (2 * STEP), rtol=1e-6, atol=1e-8)
    difference = (value(z + STEP) - value(z - STEP)) / (2 * STEP)
    np.testing.assert_allclose(slope, difference, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activations_keep_dtype_and_stay_finite_far_out(activation, dtype):
    z = np.array([-1e4, -100.0, -1.0, 0.0, 1.0, 100.0, 1e4], dtype).reshape(1, 1, -1)
    out, slope, spare = np.empty_like(z), np.empty_like(z), np.empty_like(z)
    fields = cast(stack_fields([activation]), z.dtype, 2)
    with np.errstate(over="ignore", under="ignore"):
        activation.apply(fields, z, out, spare)
        activation.derivative(fields, z, out, slope, spare)
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

    fields = {name: values[:, None] for name, values in stack_fields([loss]).items()}
    spare = np.empty((2, *z.shape))

    def total(point):
        values = np.empty((2, 5))
        loss.value_and_gradient(fields, point.copy(), y, values, spare)
        return values.sum()

    gradient = z.copy()
    loss.value_and_gradient(fields, gradient, y, np.empty((2, 5)), spare)
    measured, claimed = oracle(total, z, gradient)
    assert measured == pytest.approx(claimed, rel=1e-7)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_losses_keep_dtype_and_stay_finite_far_out(loss, dtype):
    z = np.array([[1e4], [-1e4], [0.0]], dtype).reshape(3, 1, 1)
    y = np.array([[0.0], [1.0], [0.0]], dtype).reshape(3, 1, 1)
    value = np.empty((1, 1), dtype)
    with np.errstate(over="ignore"):
        fields = {n: v.astype(dtype)[:, None] for n, v in stack_fields([loss]).items()}
        loss.value_and_gradient(fields, z, y, value, np.empty((2, *z.shape), dtype))
    assert z.dtype == value.dtype == np.dtype(dtype)
    assert np.isfinite(value).all()
    assert np.isfinite(z).all()


def whole_network(settings: Recipe, masks: bool = False) -> tuple[float, float]:
    """Judge the gradient of a whole network's mean loss, dropout masks held fixed."""
    data = examples([0])
    architecture = Architecture.of(settings, data.x.shape[1], data.y.shape[1])
    rng = np.random.default_rng(1)
    arena = rng.standard_normal((1, architecture.parameters)) * 0.7
    gradient = np.zeros_like(arena)
    network = Network(
        architecture,
        NetworkFields.of([settings]),
        architecture.views(arena),
        12,
        gradient=architecture.views(gradient),
        masked=masks,
        keep=True,
    )
    rows = data.train[:, :12]
    x, y = data.x[rows], data.y[rows].transpose(2, 0, 1)
    drawn = [2.0 * (rng.random((1, width, 12)) > 0.5) for width in settings.hidden]
    chosen = drawn if masks else None
    fields = {name: values[:, None] for name, values in stack_fields([settings.loss]).items()}

    def mean_loss(point):
        start = arena.copy()
        arena[:] = point
        network.forward(x.transpose(0, 2, 1), chosen)
        settings.loss.value_and_gradient(
            fields, network.output, y, network.loss, network.output_spare
        )
        arena[:] = start
        return network.loss.mean()

    mean_loss(arena)
    seen = np.concatenate([np.full(1, 0.5), *(layer.entering.ravel() for layer in network.layers)])
    network.backward(x, chosen)
    return oracle(mean_loss, arena, gradient, settings.activation.kinks, seen)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("hidden", [(4,), (5, 3, 4)], ids=len)
def test_backpropagation_through_activations(activation, hidden):
    settings = recipe(activation=activation, hidden=hidden, dtype="float64")
    for masks in (False, True):
        measured, claimed = whole_network(settings, masks)
        assert measured == pytest.approx(claimed, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("hidden", [(), (4,)], ids=len)
def test_backpropagation_from_losses(loss, hidden):
    measured, claimed = whole_network(recipe(loss=loss, hidden=hidden, dtype="float64"))
    assert measured == pytest.approx(claimed, rel=1e-6, abs=1e-9)


NORMALISERS = [cls(place) for cls in members(Normaliser).values() for place in ("before", "after")]


@pytest.mark.parametrize("normaliser", [None, *NORMALISERS], ids=str)
@pytest.mark.parametrize("residual", [None, Residual(1), Residual(2, 0.3)], ids=str)
@pytest.mark.parametrize("activation", [Tanh(), PReLU(), Swish(0.8, learned=True)], ids=str)
@pytest.mark.parametrize("masks", [False, True], ids=["", "masked"])
def test_backpropagation_through_what_lies_between(normaliser, residual, activation, masks):
    settings = recipe(
        activation=activation,
        normaliser=normaliser,
        residual=residual,
        hidden=(4, 4, 4, 4),
        dtype="float64",
    )
    measured, claimed = whole_network(settings, masks)
    assert measured == pytest.approx(claimed, rel=2e-6, abs=1e-8)


PENALTIES = [
    (L2(0.3), lambda w, n: 0.15 * np.square(w).sum()),
    (L2(7.0, "per-example"), lambda w, n: 3.5 / n * np.square(w).sum()),
    (L1(0.3), lambda w, n: 0.3 * np.abs(w).sum()),
]


def step_of(settings: Recipe, point) -> tuple[Stack, np.ndarray]:
    """Return a stack of one trial at a point, ready for a step, and its rows."""
    data = examples([0]).cast(np.dtype("float64"))
    stack = Stack.fresh([Trial(settings, "d", 0, 0)], data)
    stack.arena[:] = point
    rows = data.train[:, :12]
    stack.forward(rows, Draws({}))
    return stack, rows


@pytest.mark.parametrize(("penalty", "value"), PENALTIES, ids=lambda x: str(x)[:14])
def test_penalties_add_their_gradient_and_leave_biases_alone(penalty, value):
    plain = recipe(dtype="float64", batch_size=12, optimiser=SGD(1.0))
    penalised = replace(plain, regularisers=(penalty,))
    size = Architecture.of(plain, 6, 3).parameters
    weights = Architecture.of(plain, 6, 3).weights
    point = np.random.default_rng(0).standard_normal((1, size))
    ends = []
    for settings in (plain, penalised):
        stack, _ = step_of(settings, point)
        stack.step(TrainingTime(0, 0, 1, 1))
        ends.append(stack.arena.copy())
    gradient = ends[0] - ends[1]
    measured, claimed = oracle(lambda at: value(at[:, :weights], 25), point, gradient)
    assert measured == pytest.approx(claimed, rel=1e-7)
    assert not gradient[:, weights:].any()


def test_the_engine_descends_along_this_gradient():
    """One SGD step of the stack moves the parameters by −rate·gradient of the mean loss."""
    settings = recipe(dtype="float64", batch_size=12)
    size = Architecture.of(settings, 6, 3).parameters
    point = np.random.default_rng(3).standard_normal((1, size))
    stack, rows = step_of(settings, point)
    stack.step(TrainingTime(0, 0, 1, 1))
    gradient = (point - stack.arena) / settings.optimiser.learning_rate

    def mean_loss(at):
        stack.arena[:] = at
        return float(stack.forward(rows, Draws({}))[0]) / 12

    measured, claimed = oracle(mean_loss, point, gradient)
    assert measured == pytest.approx(claimed, rel=1e-6)
