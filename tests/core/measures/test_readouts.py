"""Read-outs against scikit-learn's ridge, and on a task that only the hidden layer solves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.core.engine.architecture import Architecture
from paribus.core.engine.examples import Examples
from paribus.core.engine.initial import initial_arena
from paribus.core.engine.training import Training
from paribus.core.errors import InputError
from paribus.core.families.activations import ReLU, Sigmoid, Tanh
from paribus.core.families.losses import SquaredError
from paribus.core.families.optimisers import Adam
from paribus.core.measures.readouts import Moments, Readouts
from paribus.core.trial import Trial
from sklearn.linear_model import Ridge
from small import examples, finished, recipe, trained


def xor(count: int) -> Examples:
    """Return a noisy exclusive or: no linear read-out of its inputs beats chance by much."""
    rng = np.random.default_rng(1)
    bits = np.tile([[0, 0], [0, 1], [1, 0], [1, 1]], (count // 4, 1))
    x = 2.0 * bits - 1.0 + 0.2 * rng.standard_normal(bits.shape)
    rows = rng.permutation(len(bits))[None]
    third = count // 3
    parts = rows[:, : 2 * third], rows[:, 2 * third :], rows[:, :0]
    return Examples(x, np.eye(2)[bits.sum(axis=1) % 2], *parts)


def test_training_makes_an_exclusive_or_linearly_readable():
    settings = recipe(
        hidden=(8,), activation=Tanh(), optimiser=Adam(0.03), epochs=40, batch_size=20
    )
    done = finished([settings], xor(240), 2, Readouts())
    columns = done.records["readouts"].columns()
    for trial in (0, 1):
        mine = {n: v[columns["trial"] == trial] for n, v in columns.items()}
        accuracy = dict(
            zip(zip(mine["step"], mine["layer"], strict=True), mine["accuracy"], strict=True)
        )
        assert set(accuracy) == {(0, 0), (0, 1), (320, 0), (320, 1)}
        assert accuracy[0, 0] == accuracy[320, 0] < 0.75
        assert accuracy[320, 1] == 1.0


@pytest.mark.parametrize("activation", [Tanh(), Sigmoid(), ReLU()], ids=str)
def test_a_readout_is_ridge_regression_on_one_hot_classes(activation):
    settings = recipe(activation=activation, dtype="float64")
    data = examples([0])
    columns = trained([settings], [0], Readouts(1e-2)).records["readouts"].columns()
    architecture = Architecture.of(settings, 6, 3)
    start = architecture.views(initial_arena([Trial(settings, "data", 3, 0)], architecture))
    h, y = data.x, data.y
    apply = {"tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z))}
    f = apply.get(activation.kind, lambda z: np.maximum(z, 0))
    for layer in range(3):
        if layer:
            h = f(h @ start.weights[layer - 1][0].T)
        train, judged = data.train[0], data.validation[0]
        alpha = 1e-2 * h[train].var(axis=0).mean() * len(train)
        ridge = Ridge(alpha=alpha).fit(h[train], y[train])
        right = ridge.predict(h[judged]).argmax(axis=1) == y[judged].argmax(axis=1)
        here = (columns["step"] == 0) & (columns["layer"] == layer)
        assert columns["accuracy"][here] == [right.mean()]


def test_units_that_hardly_vary_are_read_all_the_same():
    """The scale of a layer and its distance from 0 are none of its information."""
    rng = np.random.default_rng(0)
    h, y = rng.standard_normal((1, 3, 500)), rng.standard_normal((1, 500, 2))
    fits = []
    for centre, scale in ((0.0, 1.0), (0.5, 1e-9)):
        moments = Moments()
        for columns in (slice(0, 256), slice(256, 500)):
            moments.add(centre + scale * h[:, :, columns], y[:, columns])
        fits.append(moments.fit(1e-3, 1)[1] * scale)
    np.testing.assert_allclose(fits[1], fits[0], rtol=1e-5)


def test_constant_units_say_the_largest_class_and_what_is_not_finite_nothing():
    constant, y = np.full((1, 2, 6), 0.3), np.eye(2)[None, [0, 1, 1, 1, 0, 1]]
    moments = Moments()
    moments.add(constant, y)
    _, weights, mean = moments.fit(1e-3, 1)
    assert not weights.any()
    np.testing.assert_allclose(mean[0, :, 0], [1 / 3, 2 / 3])
    wild = Moments()
    with np.errstate(all="ignore"):
        wild.add(np.full((1, 2, 6), np.inf), y)
        assert np.isnan(wild.fit(1e-3, 1)[1]).all()


def test_what_has_no_readout_is_refused():
    numbers = replace(examples([0]), labelled=False)
    trial = Trial(recipe(loss=SquaredError()), "d", 0, 0)
    with pytest.raises(InputError, match="needs a task with classes"):
        Training([trial], numbers, Readouts())
    without = replace(examples([0]), validation=np.empty((1, 0), np.int64))
    with pytest.raises(InputError, match="needs a validation set"):
        Training([Trial(recipe(), "d", 0, 0)], without, Readouts())
