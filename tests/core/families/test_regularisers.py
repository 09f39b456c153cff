"""Conventions, limits and expectations of regularisers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.core.engine.architecture import Architecture
from paribus.core.engine.draws import Draws
from paribus.core.engine.examples import Examples
from paribus.core.engine.regularisation import Regularisation
from paribus.core.engine.stack import Stack
from paribus.core.engine.training import Training
from paribus.core.families.activations import Identity
from paribus.core.families.losses import SquaredError
from paribus.core.families.optimisers import SGD
from paribus.core.families.regularisers import L1, L2, Dropout, InputNoise
from paribus.core.families.schedules import TrainingTime
from paribus.core.streams import MaskStream, Purpose
from paribus.core.trial import Trial
from small import examples, finished, on_task, recipe, set_up, trained


def test_l2_conventions_meet_in_one_decay():
    """Nielsen's λ = 5 at n = 50,000 and λ = .1 at n = 1,000 are both a decay of 1e-4."""
    for strength, n in ((5.0, 50_000), (0.1, 1000)):
        fields = {"strength": np.array([strength])}
        assert L2(strength, "per-example").decay(fields, n)[0] == pytest.approx(1e-4)
    assert L2(0.3).decay({"strength": np.array([0.3])}, 10)[0] == 0.3


def test_l2_without_a_gradient_shrinks_weights_by_one_minus_rate_times_decay():
    """(1 − ηλ/n)ᵗ, with zero inputs so that the data give the weights no gradient."""
    settings = recipe(
        hidden=(), optimiser=SGD(0.5), regularisers=(L2(2.0, "per-example"),), dtype="float64"
    )
    data = examples([0])
    data.x[:] = 0.0
    training = Training([Trial(settings, "d", 0, 0)], data)
    training.run_epoch()
    start = training.parameters(0)[:18].copy()
    training.run_epoch()
    training.run_epoch()
    steps, decay = 2 * 4, 2.0 / 25
    np.testing.assert_allclose(training.parameters(0)[:18], start * (1 - 0.5 * decay) ** steps)


N, FEATURES = 16, 6


def orthogonal_design() -> tuple[Examples, np.ndarray]:
    """Return data whose centred inputs have XᵀX = nI, and their least-squares weights."""
    rng = np.random.default_rng(8)
    q, _ = np.linalg.qr(np.column_stack([np.ones(N), rng.standard_normal((N, FEATURES))]))
    x = q[:, 1:] * np.sqrt(N)
    y = x @ np.array([2.0, -1.0, 0.5, 0.1, -0.05, 0.0]) + 3.0 + 0.1 * rng.standard_normal(N)
    rows = np.arange(N)[None]
    return Examples(x, y[:, None], rows, rows[:, :0], rows, labelled=False), x.T @ y / N


def penalised_weights(regulariser, epochs=1, rate=1.0):
    data, _ = orthogonal_design()
    settings = recipe(
        hidden=(),
        loss=SquaredError(),
        optimiser=SGD(rate),
        batch_size=0,
        epochs=epochs,
        regularisers=(regulariser,),
        dtype="float64",
    )
    return finished([settings], data).parameters(0)


def test_the_l1_penalty_is_soft_thresholding_where_inputs_are_orthogonal():
    """min ½n⁻¹‖Xw − y‖² + λ‖w‖₁ has wⱼ = sign(vⱼ)·max(0, |vⱼ| − λ), v the least-squares weights."""
    data, v = orthogonal_design()
    lasso = np.sign(v) * np.maximum(0.0, np.abs(v) - 0.2)
    found = penalised_weights(L1(0.2, "proximal"))
    np.testing.assert_allclose(found[:FEATURES], lasso, atol=1e-12)
    assert (found[:FEATURES] == 0).sum() == 3  # exact zeros
    assert found[FEATURES] == pytest.approx(data.y.mean())  # the bias is not penalised
    nearly = penalised_weights(L1(0.2), epochs=3000, rate=0.001)[:FEATURES]
    np.testing.assert_allclose(nearly, lasso, atol=0.1)
    assert (nearly != 0).all()


def test_the_l2_penalty_divides_all_weights_alike_and_zeroes_none():
    """v/(1 + λ) with ½λ‖w‖², and v/(1 + λ/n) with λ/(2n)‖w‖²."""
    _, v = orthogonal_design()
    half = penalised_weights(L2(0.5), epochs=80, rate=0.5)
    per_example = penalised_weights(L2(0.5, "per-example"), epochs=80, rate=0.5)
    np.testing.assert_allclose(half[:FEATURES], v / 1.5, rtol=1e-9)
    np.testing.assert_allclose(per_example[:FEATURES], v / (1 + 0.5 / N), rtol=1e-9)
    assert (half[:FEATURES] != 0).all()


def masks(p, draws):
    threshold, factor = Dropout.thresholds(np.array([p]))
    return (draws >= threshold) * factor


def test_dropout_keeps_the_expectation_and_has_the_notes_limits():
    draws = MaskStream(0, 0, 0, 0).draw(400, 500)
    for p in (0.1, 0.2, 0.5, 0.8):
        mask = masks(p, draws)
        assert mask.mean() == pytest.approx(1.0, abs=5 * np.sqrt(p / (1 - p) / mask.size))
        assert set(np.unique(mask)) == {0.0, mask.max()}
        assert (mask == 0).mean() == pytest.approx(p, abs=0.005)
    assert (masks(0.0, draws) == 1.0).all()
    assert (masks(1.0, draws) == 0.0).all()


def test_a_larger_p_drops_a_superset():
    draws = MaskStream(0, 0, 0, 0).draw(50, 60)
    small, large = (masks(p, draws) == 0 for p in (0.2, 0.6))
    assert (large | ~small).all()
    assert large.sum() > small.sum()


def masks_of(trials, features, outputs, drawn):
    """Return the masks that these draws make in the stack of the trials."""
    architecture = Architecture.of(trials[0].recipe, features, outputs)
    arrays = {"parameters": np.empty((len(trials), architecture.parameters))}
    return Regularisation(trials, architecture, 1, arrays).masks(Draws({"dropout": drawn}))


def test_the_notes_demonstration_of_dropout():
    """X = 0 … 15 as 2 × 8: p = 0 gives X, p = 1 nothing, p = ½ either 0 or 2X."""
    shape, x = (8, 2), np.arange(16.0).reshape(2, 8)
    trials = [
        Trial(
            recipe(
                activation=Identity(),
                hidden=(8,),
                regularisers=(Dropout(p),),
                dtype="float64",
            ),
            "d",
            0,
            k,
        )
        for p in (0.0, 0.5, 1.0)
        for k in range(200)
    ]
    settings, eye = trials[0].recipe, np.broadcast_to(np.eye(8), (600, 8, 8))
    network, _, _ = set_up(settings, [eye, eye], [np.zeros((600, 8))] * 2, 2, masked=True)
    keys = {t.key(Purpose.MASKS) for t in trials}
    drawn = {key: [MaskStream(*key, 0, 0).draw(*shape)] for key in keys}
    network.forward(x.T[None], masks_of(trials, 8, 8, drawn))
    none, half, all_of_it = network.layers[0].output.transpose(0, 2, 1).reshape(3, 200, 2, 8)
    assert (none == x).all()
    assert (all_of_it == 0.0).all()
    assert ((half == 0.0) | (half == 2 * x)).all()
    kept = (half[:, x > 0] != 0).mean()
    assert kept == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(200 * 15))
    error = x / np.sqrt(200)  # the standard deviation of h′ is h at p = ½
    assert (np.abs(half.mean(axis=0) - x) <= 4 * error).all()  # E[h′] = h


def test_dropping_two_of_five_units_takes_them_out_of_output_and_gradient():
    """The notes' picture: without h₂ and h₅ nothing depends on them any more."""
    rng = np.random.default_rng(2)
    w = [rng.standard_normal((5, 4)), rng.standard_normal((2, 5))]
    b = [rng.standard_normal(5), rng.standard_normal(2)]
    x, y = rng.standard_normal((1, 4, 3)), np.zeros((2, 1, 3))
    y[0] = 1.0
    kept = np.array([1.0, 0.0, 1.0, 1.0, 0.0])
    mask = np.broadcast_to(kept[None, :, None] / 0.6, (1, 5, 3)).copy()
    settings = recipe(hidden=(5,), dtype="float64")
    network, parameters, gradient = set_up(settings, w, b, 3, masked=True)

    def output():
        network.forward(x, [mask])
        return network.output.copy()

    before = output()
    settings.loss.value_and_gradient({}, network.output, y, network.loss, network.output_spare)
    network.backward(x.transpose(0, 2, 1), [mask])
    gone = kept == 0
    for part in (gradient.weights[0][0], gradient.biases[0][0], gradient.weights[1][0].T):
        assert (part[gone] == 0).all()
        assert (part[~gone] != 0).all()
    parameters.weights[0][0, gone] += 10.0
    parameters.weights[1][0][:, gone] -= 5.0
    assert np.array_equal(output(), before)
    thin = [w[0][~gone], w[1][:, ~gone] / 0.6]
    smaller, _, _ = set_up(replace(settings, hidden=(3,)), thin, [b[0][~gone], b[1]], 3)
    smaller.forward(x)
    np.testing.assert_allclose(smaller.output, before, rtol=1e-12)


def test_each_hidden_layer_may_have_a_probability_of_its_own():
    """The notes: smaller near the input."""
    settings = recipe(hidden=(400, 300, 200), regularisers=(Dropout(per_layer=(0.1, 0.3, 0.5)),))
    trial = Trial(settings, "d", 0, 0)
    streams = [MaskStream(0, 0, layer, 0) for layer in range(3)]
    drawn = [s.draw(width, 50) for s, width in zip(streams, settings.hidden, strict=True)]
    found = masks_of([trial], 6, 3, {trial.key(Purpose.MASKS): drawn})
    shares = [float((mask == 0).mean()) for mask in found]
    np.testing.assert_allclose(shares, [0.1, 0.3, 0.5], atol=0.02)
    assert [float(mask.mean()) for mask in found] == pytest.approx([1.0] * 3, abs=0.03)


def test_no_dropout_equals_dropout_of_nothing():
    """p = 0 multiplies by 1, which changes no bit."""
    plain = trained([recipe()], [0])
    nothing = trained([recipe(regularisers=(Dropout(0.0),))], [0])
    assert np.array_equal(plain.parameters(0), nothing.parameters(0))


def test_dropout_is_off_when_scores_are_measured():
    done = trained([recipe(regularisers=(Dropout(1.0),), epochs=0)], [0])
    plain = trained([recipe(epochs=0)], [0])
    assert done.outcome(0).last == plain.outcome(0).last


def expected_step(point, std):
    """Return the exact mean gradient under input noise, from draws that stand for all.

    The twelve inputs ε = ±√6·eⱼ have mean 0 and covariance I, which is all that a squared error
    of a linear output asks of ε.
    """
    settings = recipe(
        hidden=(),
        batch_size=0,
        loss=SquaredError(),
        optimiser=SGD(1.0),
        regularisers=(InputNoise(std),),
        dtype="float64",
    )
    data = examples([0]).cast(np.dtype("float64"))
    trial = Trial(settings, "d", 0, 0)
    steps = []
    for direction in np.concatenate([np.eye(6), -np.eye(6)]) * np.sqrt(6):
        stack = Stack.fresh([trial], data)
        stack.arena[:] = point
        noise = np.broadcast_to(direction, (25, 6))
        stack.forward(data.train, Draws({"input-noise": {trial.key(Purpose.INPUT_NOISE): [noise]}}))
        stack.step(TrainingTime(0, 0, 1, 1))
        steps.append(point - stack.arena[0])
    return np.mean(steps, axis=0)


def test_input_noise_is_exactly_ridge_regression_in_expectation():
    """E of the gradient is the plain one + std²W, so its root is ridge of strength n·std²."""
    point = np.random.default_rng(3).standard_normal(21)
    extra = expected_step(point, 0.7) - expected_step(point, 0.0)
    np.testing.assert_allclose(extra[:18], 0.7**2 * point[:18], rtol=1e-10)
    np.testing.assert_allclose(extra[18:], 0.0, atol=1e-12)
    data = examples([0])
    x, y = data.x[data.train[0]], data.y[data.train[0]]
    centred = x - x.mean(axis=0)
    for strength, root in ((25 * 0.7**2, True), (0.7**2, False)):
        gram = centred.T @ centred + strength * np.eye(6)
        w = np.linalg.solve(gram, centred.T @ y).T
        ridge = np.concatenate([w.ravel(), y.mean(axis=0) - w @ x.mean(axis=0)])
        assert (np.abs(expected_step(ridge, 0.7)).max() < 1e-12) == root


def test_stopping_early_keeps_what_training_on_would_lose():
    """Training loss goes on falling while validation loss turns and rises."""
    table = {
        "task": {
            "kind": "linear-regression",
            "examples": 90,
            "features": 25,
            "weight": 0.2,
            "noise": 2.0,
        },
        "split": {"kind": "random", "validation": 1 / 3, "test": 1 / 3},
        "hidden": [],
        "loss": "squared-error",
        "optimiser": {"kind": "sgd", "learning_rate": 0.05},
        "initialiser": "zeros",
        "batch_size": 0,
        "epochs": 1000,
    }
    full = on_task([table], 20)
    stopped = on_task([table | {"regularisers": {"early-stopping": {"patience": 20}}}], 20)
    curves = {k: v.reshape(-1, 20) for k, v in full.epochs.columns().items()}
    turned = curves["validation_loss"].argmin(axis=0)
    train, validation = curves["train_loss"], curves["validation_loss"]
    assert (turned < 200).all()
    assert (np.diff(train, axis=0) < 0).all()
    assert (validation[-1] > 1.2 * validation.min(axis=0)).all()
    for k in range(20):
        outcome = stopped.outcome(k)
        assert outcome.epochs_trained == turned[k] + 20
        assert outcome.last["epoch"] == turned[k]
        assert outcome.last["validation_loss"] == validation[turned[k], k]
    early, late = (
        np.array([run.outcome(k).last["test_loss"] for k in range(20)]) for run in (stopped, full)
    )
    assert (early < late).mean() > 0.85
    assert np.median(late / early) > 1.5
