"""Modes: Saxe's exact solution for a linear network of two layers, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.core.engine.examples import Examples
from paribus.core.engine.training import Training
from paribus.core.errors import InputError
from paribus.core.families.activations import Identity, Tanh
from paribus.core.families.initialisers import Gaussian
from paribus.core.families.losses import SquaredError
from paribus.core.families.normalisers import LayerNorm
from paribus.core.families.optimisers import SGD
from paribus.core.families.residual import Residual
from paribus.core.measures.modes import Modes, modes_of
from paribus.core.trial import Trial
from small import examples, recipe, small_study, trained


def two_modes():
    """Return whitened inputs of mean 0, turned, that two modes of 3 and 1 make the targets of."""
    x = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    angle = 0.3
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    y = x @ (turn @ np.diag([3.0, 1.0])).T
    rows = np.arange(4)[None]
    return Examples(x, y, rows, rows[:, :0], rows[:, :0], labelled=False), turn


def test_modes_of_a_known_correlation():
    data, turn = two_modes()
    u, s, v = modes_of(data.x, data.y, 5)
    np.testing.assert_allclose(s, [3.0, 1.0])
    np.testing.assert_allclose(u @ v, turn, atol=1e-12)
    assert modes_of(data.x, data.y, 1)[0].shape == (2, 1)


def test_each_mode_grows_as_the_exact_solution_has_it():
    """Balanced weights, aligned with the modes, obey da/dt = 2a(s − a) for a = uᵀWv."""
    rate, epochs, small = 1e-3, 3000, 0.01
    settings = recipe(
        hidden=(2,),
        activation=Identity(),
        loss=SquaredError(),
        dtype="float64",
        batch_size=0,
        epochs=epochs,
        optimiser=SGD(rate),
    )
    data, turn = two_modes()
    training = Training([Trial(settings, "d", 0, 0)], data, Modes())
    stack = training._cohort.stack  # the start is set by hand: no initialiser is aligned
    weights = stack.architecture.views(stack.arena).weights
    weights[0][0], weights[1][0] = np.sqrt(small) * np.eye(2), np.sqrt(small) * turn
    while not training.finished:
        training.run_epoch()
    columns = training.records["modes"].columns()
    steps = np.unique(columns["step"])
    assert len(steps) == 13
    for mode, s in ((1, 3.0), (2, 1.0)):
        mine = columns["mode"] == mode
        t = rate * columns["step"][mine]
        grown = np.exp(2 * s * t)
        exact = s * grown / (grown - 1 + s / small)
        np.testing.assert_allclose(columns["singular_value"][mine], s, rtol=1e-12)
        np.testing.assert_allclose(columns["strength"][mine], exact, rtol=2e-2)
    middle = columns["step"] == 2000
    strong, weak = columns["strength"][middle]
    assert strong > 2.9
    assert weak < 0.5


def test_the_strengths_of_all_modes_are_those_of_the_whole_map():
    settings = recipe(activation=Identity(), initialiser=Gaussian(0.5), dtype="float64")
    done = trained([settings], [0], Modes("epochs"))
    columns = done.records["modes"].columns()
    assert set(columns["step"]) == {0, 4, 8}
    data, theta = examples([0]), done.parameters(0)
    w = theta[50:62].reshape(3, 4) @ theta[30:50].reshape(4, 5) @ theta[:30].reshape(5, 6)
    x, y = data.x[data.train[0]], data.y[data.train[0]]
    u, s, v = np.linalg.svd(y.T @ x / 25, full_matrices=False)
    last = columns["step"] == 8
    np.testing.assert_allclose(columns["strength"][last], np.diag(u.T @ w @ v.T), rtol=1e-9)
    np.testing.assert_allclose(columns["singular_value"][last], s, rtol=1e-9)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"activation": Tanh()}, "with activation tanh"),
        ({"normaliser": LayerNorm()}, "with normaliser layer-norm"),
        ({"hidden": (4, 4), "residual": Residual()}, "with residual"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_networks_that_are_no_product_of_matrices_are_refused(changes, told):
    settings = replace(recipe(activation=Identity()), **changes)
    with pytest.raises(InputError, match=f"measure 'modes' needs a linear network.*{told}"):
        Training([Trial(settings, "d", 0, 0)], examples([0]), Modes())


def test_a_study_of_another_network_is_refused_before_anything_is_trained():
    with pytest.raises(InputError, match=r"small: measure 'modes' needs a linear") as caught:
        small_study(measures=(Modes(),)).check_data()
    assert len(caught.value.messages) == 2  # one for each activation of the grid
