from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.core.engine.architecture import Architecture
from paribus.core.engine.evaluation import COLUMNS
from paribus.core.engine.examples import Examples
from paribus.core.engine.initial import initial_arena
from paribus.core.engine.network import Network, NetworkFields
from paribus.core.errors import InputError
from paribus.core.families.activations import ReLU, Sigmoid
from paribus.core.families.initialisers import Gaussian
from paribus.core.families.losses import SigmoidCrossEntropy
from paribus.core.families.normalisers import BatchNorm
from paribus.core.families.optimisers import SGD
from paribus.core.measures import probe
from paribus.core.measures.layers import METRICS, LayerProbe, LayerStatistics
from paribus.core.measures.probe import Probe
from paribus.core.measures.schedules import one_two_five
from paribus.core.trial import Trial
from paribus.studies.worked_examples.chains import chain_gradients
from small import examples, recipe, trained


def measured(settings, data, count, changed=0.0):
    architecture = Architecture.of(settings, data.x.shape[1], data.y.shape[1])
    start = initial_arena([Trial(settings, "d", 0, 0)], architecture)
    passes = Probe([settings], data, architecture, data.train[:, :count])
    return LayerProbe(passes).measure(start + changed, start), start, architecture


def test_steps_of_each_schedule():
    assert sorted(LayerStatistics("log").wanted(10, 12)) == [0, 1, 2, 5, 10, 20, 50, 100, 120]
    assert sorted(LayerStatistics("epochs").wanted(10, 3)) == [0, 10, 20, 30]
    assert LayerStatistics("initial").wanted(10, 3) == {0}
    assert LayerStatistics("none").wanted(10, 3) == set()
    assert LayerStatistics("log").wanted(5, 0) == {0}
    assert list(one_two_five(0)) == []
    with pytest.raises(InputError, match="'log' or 'epochs'"):
        LayerStatistics("sometimes")


@pytest.mark.parametrize("count", [1, 20, 2 * COLUMNS + 3])
def test_measures_against_a_plain_computation(count):
    """One network, one example at a time, in float64, by the formulas of the notes."""
    settings = recipe(
        activation=Sigmoid(),
        loss=SigmoidCrossEntropy(),
        dtype="float64",
        bias_std=1.0,
        initialiser=Gaussian(std=1.0),
    )
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((count, 6)), np.eye(3)[rng.integers(0, 3, count)]
    rows = np.arange(count)[None]
    data = Examples(x, y, rows, rows, rows)
    found, arena, architecture = measured(settings, data, count)
    layers = architecture.views(arena)
    deltas: list[list] = [[], [], []]
    preactivations: list[list] = [[], [], []]
    gradients = [np.zeros(w[0].shape) for w in layers.weights]
    for inputs, target in zip(x, y, strict=True):
        a = [inputs]
        for index, (w, b) in enumerate(zip(layers.weights, layers.biases, strict=True)):
            preactivations[index].append(w[0] @ a[-1] + b[0, :, 0])
            a.append(1 / (1 + np.exp(-preactivations[index][-1])))
        delta = a[-1] - target
        for index in (2, 1, 0):
            deltas[index].append(delta)
            gradients[index] += np.outer(delta, a[index])
            if index:
                delta = (layers.weights[index][0].T @ delta) * a[index] * (1 - a[index])
    for index in range(3):
        d = np.array(deltas[index])
        cell = {name: values[0, index] for name, values in found.items()}
        assert cell["mean_delta_norm"] == pytest.approx(np.linalg.norm(d.mean(axis=0)), rel=1e-9)
        rms = np.sqrt((d**2).sum(axis=1).mean())
        assert cell["rms_delta"] == pytest.approx(rms, rel=1e-9)
        expected = np.linalg.norm(gradients[index] / count)
        assert cell["weight_gradient_norm"] == pytest.approx(expected, rel=1e-9)
        assert cell["weight_norm"] == pytest.approx(np.linalg.norm(layers.weights[index]))
        z_sd = np.std(preactivations[index])
        assert cell["preactivation_sd"] == pytest.approx(z_sd, rel=1e-9)
        assert cell["preactivation_mean"] == pytest.approx(np.mean(preactivations[index]))
        if index < 2:
            hidden = 1 / (1 + np.exp(-np.array(preactivations[index])))
            assert cell["activation_mean"] == pytest.approx(hidden.mean())
            assert cell["activation_sd"] == pytest.approx(hidden.std())
        middle = np.median(np.abs(d[:COLUMNS]))
        assert cell["delta_q50"] == pytest.approx(middle, rel=1e-9)
        if count > 1:
            pairs = (d @ d.T)[~np.eye(count, dtype=bool)].mean()
            assert cell["delta_correlation"] == pytest.approx(pairs / rms**2, rel=1e-6)


def test_the_norm_of_the_mean_is_not_the_root_mean_square():
    """They agree only where all examples pull the same way."""
    found, _, _ = measured(recipe(), examples([0]), 25)
    ratio = found["mean_delta_norm"] / found["rms_delta"]
    assert (ratio < 0.95).all()


def test_saturated_dead_and_changed_are_seen():
    data = examples([0])
    loud, _, _ = measured(recipe(initialiser=Gaussian(std=500.0)), data, 25)
    assert loud["saturated_share"][0, :2].min() > 0.9
    quiet, _, _ = measured(recipe(initialiser=Gaussian(std=1e-3)), data, 25)
    assert quiet["saturated_share"][0, :2].max() == 0.0
    dead, _, _ = measured(recipe(activation=ReLU()), data, 25, changed=-50.0)
    assert dead["dead_share"][0, 1] == 1.0
    assert dead["zero_share"][0, 1] == 1.0
    assert dead["mean_delta_norm"][0, 0] == 0.0
    _, start, _ = measured(recipe(), data, 25)
    moved, _, _ = measured(recipe(), data, 25, changed=0.1)
    first = np.linalg.norm(np.full(30, 0.1)) / np.linalg.norm(start[0, :30])
    assert moved["weight_change"][0, 0] == pytest.approx(first, rel=1e-5)


def test_the_probe_set_is_the_first_training_examples():
    data = examples([0])
    settings = recipe(dtype="float64")
    found, _, _ = measured(settings, data, 10)
    for name in ("validation", "test", "train"):
        other = examples([0])
        rows = getattr(other, name)[0]
        other.x[rows[10:] if name == "train" else rows] += 5.0
        again, _, _ = measured(settings, other, 10)
        assert np.array_equal(again["rms_delta"], found["rms_delta"]), name
    other = examples([0])
    other.x[other.train[0, :10]] += 5.0
    again, _, _ = measured(settings, other, 10)
    assert not np.array_equal(again["rms_delta"], found["rms_delta"])


def test_the_update_ratio_is_that_of_the_step_after_the_probe():
    """With SGD it is rate·‖gradient‖/‖W‖; one full batch is the probe set itself."""
    settings = recipe(batch_size=0, epochs=2, dtype="float64", optimiser=SGD(0.3))
    found = trained([settings], [0], LayerStatistics("log", 25)).layers.columns()
    for step in (0, 1):
        here = found["step"] == step
        ratio = 0.3 * found["weight_gradient_norm"][here] / found["weight_norm"][here]
        np.testing.assert_allclose(found["update_ratio"][here], ratio, rtol=1e-9)
    assert np.isnan(found["update_ratio"][found["step"] == 2]).all()


def test_every_metric_is_measured_somewhere():
    found, _, _ = measured(recipe(), examples([0]), 25)
    assert set(found) == set(METRICS)
    silent = {name for name, values in found.items() if np.isnan(values).all()}
    assert silent == {"update_ratio"}  # the training step fills this one in


def test_nielsens_exact_chain():
    """w = 100 and every σ′ = ¼: a factor of 25 a layer, 15,625 from b₁ to b₄."""
    gradients = chain_gradients(100.0, 4)
    np.testing.assert_allclose(gradients[:-1] / gradients[1:], 25.0, rtol=1e-12)
    assert gradients[0] / gradients[3] == pytest.approx(15625, rel=1e-12)


def test_subnormal_gradients_are_seen():
    """Deep sigmoid layers of tiny weights push δ below float32's normal range, not float64's."""
    for dtype, seen in (("float32", True), ("float64", False)):
        settings = recipe(
            hidden=(5,) * 13, activation=Sigmoid(), initialiser=Gaussian(1e-3), dtype=dtype
        )
        found, _, _ = measured(settings, examples([0]).cast(np.dtype(dtype)), 20)
        shares = found["subnormal_share"][0]
        assert (shares.max() > 0.1) == seen
        assert shares[-1] == 0.0


def test_normalised_layers_are_measured_where_the_activation_reads():
    """∂C/∂z has no mean under batch normalisation; ∂C/∂shift is what the layer learns by."""
    settings = recipe(normaliser=BatchNorm(), dtype="float64", batch_size=0, optimiser=SGD(1.0))
    data = examples([0])
    found, _, _ = measured(settings, data, 25)
    assert found["mean_delta_norm"].min() > 1e-3
    np.testing.assert_allclose(found["preactivation_mean"][0, :2], 0.0, atol=1e-12)
    np.testing.assert_allclose(found["preactivation_sd"][0, :2], 1.0, rtol=1e-3)
    start, end = (trained([replace(settings, epochs=k)], [0]).parameters(0) for k in (0, 1))
    views = Architecture.of(settings, 6, 3).views((start - end)[None])
    probed = trained([settings], [0], LayerStatistics("initial", 25)).layers.columns()
    for step, speed in zip(views.shifts, probed["mean_delta_norm"], strict=False):
        assert np.linalg.norm(step) == pytest.approx(speed, rel=1e-9)


@pytest.mark.parametrize("place", ["before", "after"])
def test_batch_normalised_layers_are_measured_by_the_whole_sets_statistics(place, monkeypatch):
    """Shuffled or cut otherwise, the set is the same and so are its numbers."""
    settings = recipe(normaliser=BatchNorm(place), dtype="float64", bias_std=1.0)
    count = 2 * COLUMNS + 40
    x = np.random.default_rng(2).standard_normal((count, 6))
    x += np.arange(count)[:, None] / COLUMNS  # parts of the set have other means
    y = np.eye(3)[x.argmax(axis=1) % 3]
    rows = np.arange(count)[None]
    data = Examples(x, y, rows, rows, rows)
    found, arena, architecture = measured(settings, data, count)
    if place == "before":
        np.testing.assert_allclose(found["preactivation_mean"][0, :2], 0.0, atol=1e-12)
    shuffled = rows[:, np.random.default_rng(3).permutation(count)]
    other = measured(settings, replace(data, train=shuffled), count)[0]
    monkeypatch.setattr(probe, "COLUMNS", 100)
    cut = measured(settings, data, count)[0]
    of_the_whole = [name for name in METRICS if not name.startswith("delta_q")]
    for name in of_the_whole:  # quantiles are those of the set's first part
        np.testing.assert_allclose(other[name], found[name], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(cut[name], found[name], rtol=1e-9, atol=1e-12)

    def loss(theta):
        network = Network(
            architecture, NetworkFields.of([settings]), architecture.views(theta), count
        )
        network.forward(x.T[None].copy())
        settings.loss.value_and_gradient(
            {}, network.output, y.T[:, None], network.loss, network.output_spare
        )
        return network.loss.mean()

    if place == "before":  # ∂C/∂shift is the sum over examples of what the activation reads by
        shifts = architecture.views(np.arange(arena.size)[None]).shifts[0][0, :, 0]
        slopes = [slope(loss, arena, index) for index in shifts]
        assert found["mean_delta_norm"][0, 0] == pytest.approx(np.linalg.norm(slopes), rel=1e-5)


def slope(loss, arena, index):
    step = np.zeros(arena.shape)
    step[0, index] = 1e-6
    return (loss(arena + step) - loss(arena - step)) / 2e-6
