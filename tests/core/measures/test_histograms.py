"""Histograms count every value once, in bins that layers share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.core.engine.architecture import Architecture
from paribus.core.engine.initial import initial_arena
from paribus.core.engine.training import Training
from paribus.core.errors import InputError
from paribus.core.families.activations import ReLU, Tanh
from paribus.core.families.regularisers import EarlyStopping
from paribus.core.measures.histograms import BINS, Histograms, counted, edges_of
from paribus.core.trial import Trial
from small import examples, recipe, trained


def part(columns, quantity, layer, step=0):
    here = (columns["quantity"] == quantity) & (columns["layer"] == layer)
    here &= columns["step"] == step
    return {name: values[here] for name, values in columns.items()}


def test_each_value_is_counted_once():
    done = trained([recipe(activation=ReLU())], [0], Histograms(20))
    columns = done.records["histograms"].columns()
    sizes = {"activation": (5, 4), "preactivation": (5, 4, 3), "delta": (5, 4, 3)}
    expected = {(q, i + 1): 20 * n for q, widths in sizes.items() for i, n in enumerate(widths)}
    expected |= {("weight_gradient", i + 1): n for i, n in enumerate((30, 20, 12))}
    for step in (0, 8):
        for (quantity, layer), count in expected.items():
            here = part(columns, quantity, layer, step)
            assert len(here["count"]) == BINS
            assert here["count"].sum() + here["zeros"][0] + here["nonfinite"][0] == count
            assert (here["zeros"] == here["zeros"][0]).all()
            np.testing.assert_array_equal(here["low"][1:], here["high"][:-1])
            first = part(columns, quantity, 1, step)
            np.testing.assert_array_equal(here["low"], first["low"])
    assert len(columns["count"]) == 2 * BINS * len(expected)
    assert part(columns, "activation", 1)["zeros"][0] > 0
    assert part(columns, "preactivation", 1)["zeros"][0] == 0


def test_histograms_against_a_plain_computation():
    settings = recipe(hidden=(3,), activation=Tanh(), dtype="float64")
    data = examples([0])
    columns = trained([settings], [0], Histograms(25)).records["histograms"].columns()
    architecture = Architecture.of(settings, 6, 3)
    start = architecture.views(initial_arena([Trial(settings, "data", 3, 0)], architecture))
    z = data.x[data.train[0]] @ start.weights[0][0].T
    for quantity, values in (("activation", np.tanh(z)), ("preactivation", z)):
        here = part(columns, quantity, 1)
        edges = np.append(here["low"], here["high"][-1])
        inside = values[(values > edges[0]) & (values < edges[-1])]
        assert inside.size >= values.size - 2
        counts = np.histogram(inside, edges)[0]
        assert np.abs(here["count"] - counts).sum() <= values.size - inside.size
    assert part(columns, "activation", 1)["low"][0] == pytest.approx(np.tanh(z).min())
    assert part(columns, "activation", 1)["high"][-1] == pytest.approx(np.tanh(z).max())


def test_bins_of_gradients_are_half_decades_on_both_sides():
    edges = edges_of([np.array([1e-3, -8.0, np.inf, np.nan])], symmetric=True)
    np.testing.assert_array_equal(edges, -edges[::-1])
    np.testing.assert_allclose(edges[-19:] / edges[-20:-1], 10**0.5)
    assert edges[0] == -8.0
    assert edges[BINS // 2] == 0.0


def test_zeros_and_what_is_not_finite_are_in_no_bin():
    edges = np.linspace(-1.0, 1.0, BINS + 1)
    values = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, -1.0, 1.0, 1e-9, -1e-9])
    counts, zeros, nonfinite = counted(values, edges)
    assert (counts.sum(), zeros[0], nonfinite[0]) == (4, 2, 3)
    assert counts[[0, 19, 20, 39]].tolist() == [1, 1, 1, 1]
    nothing = edges_of([np.array([np.nan])], symmetric=False)
    assert not nothing.any()
    assert counted(np.array([np.nan]), nothing)[0].sum() == 0


def test_a_training_that_goes_on_from_its_state_has_the_same_rows():
    """The start is measured once, the end where it comes, early or not."""
    base = recipe(epochs=12, regularisers=(EarlyStopping(1),))
    trials = [Trial(replace(base, hidden=(5,)), "data", 3, k) for k in (0, 1)]
    whole = Training(trials, examples([0, 1]), Histograms())
    while not whole.finished:
        whole.run_epoch()
    cut = Training(trials, examples([0, 1]), Histograms())
    while not cut.finished:
        cut.run_epoch()
        state = cut.state()
        cut = Training(trials, examples([0, 1]), Histograms())
        cut.restore(state)
    for name, values in whole.records["histograms"].columns().items():
        np.testing.assert_array_equal(cut.records["histograms"].columns()[name], values)
    steps = whole.records["histograms"].columns()["step"]
    assert set(steps) - {0} == {4 * whole.outcome(k).epochs_trained for k in (0, 1)}


def test_without_an_epoch_the_start_is_the_end():
    columns = trained([recipe(epochs=0)], [0], Histograms()).records["histograms"].columns()
    assert len(columns["step"]) == BINS * (2 + 3 + 3 + 3)
    assert not columns["step"].any()


def test_no_example_is_too_few():
    with pytest.raises(InputError, match=r"histograms\.examples = 0 is not allowed"):
        Histograms(0)
