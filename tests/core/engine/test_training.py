from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.core.engine.architecture import Architecture
from paribus.core.engine.outcome import SCORES
from paribus.core.engine.stack import Stack
from paribus.core.engine.training import Training
from paribus.core.families.activations import ReLU, Tanh
from paribus.core.families.clips import shrinkage
from paribus.core.families.initialisers import Gaussian, Zeros
from paribus.core.families.losses import SquaredError
from paribus.core.families.normalisers import BatchNorm
from paribus.core.families.optimisers import SGD, Adam, AdamW, LeastSquares, Momentum
from paribus.core.families.regularisers import (
    L1,
    L2,
    Averaging,
    ClipNorm,
    ClipValue,
    DecoupledDecay,
    Dropout,
    EarlyStopping,
    InputNoise,
    LabelSmoothing,
    MaxNorm,
)
from paribus.core.identity import NUMERICS_VERSION
from paribus.core.measures.layers import LayerStatistics
from paribus.core.trial import Trial
from small import examples, recipe, trained


def training(recipes, replicates) -> Training:
    trials = [Trial(r, "data", 3, k) for r, k in zip(recipes, replicates, strict=True)]
    return Training(trials, examples(replicates), LayerStatistics("log", 20))


@pytest.mark.parametrize("stop", [0, 1, 2, 3])
@pytest.mark.parametrize("optimiser", [SGD(), Momentum(), Adam(0.01)], ids=str)
def test_an_interrupted_training_goes_on_with_the_same_bits(stop, optimiser):
    base = recipe(
        optimiser=optimiser, epochs=4, activation=ReLU(), regularisers=(Dropout(0.3), L2(0.01))
    )
    wild = replace(base, initialiser=Gaussian(std=1e30))
    recipes, replicates = [base, wild, base, base], [0, 1, 2, 3]
    whole = training(recipes, replicates)
    while not whole.finished:
        whole.run_epoch()
    first = training(recipes, replicates)
    while first.epoch < stop:
        first.run_epoch()
    second = training(recipes, replicates)
    second.restore(first.state())
    while not second.finished:
        second.run_epoch()
    for position in range(4):
        assert second.outcome(position) == whole.outcome(position)
        if position != 1:
            assert np.array_equal(second.parameters(position), whole.parameters(position))
    for mine, theirs in ((second.epochs, whole.epochs), (second.layers, whole.layers)):
        for name, values in theirs.columns().items():
            np.testing.assert_array_equal(mine.columns()[name], values)


def test_divergence_is_a_result_with_its_place():
    wild = recipe(activation=ReLU(), optimiser=SGD(1e30), epochs=5)
    done = trained([recipe(activation=ReLU(), epochs=5), wild], [0, 0])
    outcome = done.outcome(1)
    assert outcome.status == "diverged"
    assert outcome.diverged_epoch == 1
    assert outcome.diverged_step is not None
    assert 1 <= outcome.diverged_step <= 3
    assert outcome.diverged_layer is not None
    assert 1 <= outcome.diverged_layer <= 3
    assert outcome.last == outcome.best == {}
    table = done.epochs.columns()
    assert table["epoch"][table["trial"] == 1].tolist() == [0]
    assert table["epoch"][table["trial"] == 0].tolist() == [0, 1, 2, 3, 4, 5]


def test_a_start_that_is_not_finite_diverges_before_the_first_step():
    outcome = trained([recipe(initialiser=Gaussian(std=1e300))], [0]).outcome(0)
    assert (outcome.status, outcome.diverged_epoch, outcome.diverged_step) == ("diverged", 1, 0)
    assert outcome.diverged_layer == 1


def test_exploding_but_finite_is_not_divergence():
    done = trained([recipe(activation=Tanh(), optimiser=SGD(1e6), epochs=3)], [0])
    assert done.outcome(0).status == "ok"
    assert np.abs(done.parameters(0)).max() > 1e3


def test_the_best_epoch_is_that_of_the_lowest_validation_loss():
    done = trained([recipe(optimiser=SGD(2.0), epochs=8)] * 3, [0, 1, 2])
    table = done.epochs.columns()
    for position in range(3):
        losses = table["validation_loss"][table["trial"] == position]
        best = done.outcome(position).best
        assert best["epoch"] == losses.argmin()
        assert best["validation_loss"] == losses.min()
        assert done.outcome(position).last["validation_loss"] == losses[-1]
        assert done.outcome(position).last.keys() == {"epoch", *SCORES}


def forward(weights, biases, a):
    """One tanh network, as plainly as it can be written."""
    for index, (w, b) in enumerate(zip(weights, biases, strict=True)):
        a = w @ a + b[:, None]
        a = np.tanh(a) if index < len(weights) - 1 else a
    return a


def test_penalties_reach_the_weights_and_spare_the_biases_in_training():
    """One full-batch step with and without L2 differs by rate·λ·W in weights, by 0 in biases."""
    plain = recipe(batch_size=0, epochs=1, dtype="float64", bias_std=1.0, optimiser=SGD(0.1))
    decayed = replace(plain, regularisers=(L2(0.5),))
    without, with_decay = (trained([r], [0]).parameters(0) for r in (plain, decayed))
    start = trained([replace(plain, epochs=0)], [0]).parameters(0)
    weights = 6 * 5 + 5 * 4 + 4 * 3
    expected = 0.1 * 0.5 * start[:weights]
    np.testing.assert_allclose(without[:weights] - with_decay[:weights], expected, atol=1e-14)
    assert np.array_equal(without[weights:], with_decay[weights:])


def test_every_layer_and_epoch_has_masks_of_its_own():
    settings = recipe(hidden=(6, 6, 6), regularisers=(Dropout(0.5),), epochs=2)
    stack = Stack.fresh([Trial(settings, "data", 3, 0)], examples([0]))
    first, second = (stack.draws(epoch, 0, 9).next(9).by_kind["dropout"][3, 0] for epoch in (0, 1))
    drawn = [d.tobytes() for d in (*first, *second)]
    assert len(set(drawn)) == 6


def test_a_loss_that_overflows_at_the_end_of_an_epoch_is_divergence_then():
    """Finite while it trains on few examples, infinite on the validation set."""
    settings = recipe(loss=SquaredError(), epochs=3, activation=ReLU())
    data = examples([0])
    data.x[data.validation[0]] *= 1e30
    done = Training([Trial(settings, "data", 3, 0)], data)
    while not done.finished:
        done.run_epoch()
    outcome = done.outcome(0)
    assert (outcome.status, outcome.diverged_epoch, outcome.diverged_step) == ("diverged", 1, 0)


def test_a_state_of_other_trials_is_refused():
    state = training([recipe()], [0]).state()
    with pytest.raises(ValueError, match="other trials"):
        training([recipe()], [1]).restore(state)


def test_scores_are_those_of_the_finished_network():
    """Accuracy and loss recomputed by a plain forward pass of one network."""
    settings = recipe(dtype="float64", epochs=3)
    done = trained([settings] * 2, [0, 4])
    data = examples([0, 4])
    for position in range(2):
        theta, start = done.parameters(position), 0
        shapes = [(5, 6), (4, 5), (3, 4)]
        weights: list[np.ndarray] = []
        biases: list[np.ndarray] = []
        for out, inputs in shapes:
            weights.append(theta[start : start + out * inputs].reshape(out, inputs))
            start += out * inputs
        for w in weights:
            biases.append(theta[start : start + len(w)])
            start += len(w)
        last = done.outcome(position).last
        for name in ("train", "validation", "test"):
            rows = getattr(data, name)[position]
            a = forward(weights, biases, data.x[rows].T)
            y = data.y[rows].T
            log_p = a - np.log(np.exp(a).sum(axis=0))
            loss = -(y * log_p).sum(axis=0).mean()
            assert last[f"{name}_loss"] == pytest.approx(loss, rel=1e-12)
            right = (a.argmax(axis=0) == y.argmax(axis=0)).mean()
            assert last[f"{name}_accuracy"] == pytest.approx(right)


def test_full_batch_takes_one_step_an_epoch_on_all_examples():
    full = trained([recipe(batch_size=0, epochs=3)], [0])
    same = trained([recipe(batch_size=25, epochs=3)], [0])
    # the same 25 examples in another order: equal up to rounding
    np.testing.assert_allclose(full.parameters(0), same.parameters(0), rtol=1e-4, atol=1e-6)


def test_regression_has_losses_and_no_accuracy():
    data = replace(examples([0]), labelled=False)
    done = Training([Trial(recipe(loss=SquaredError()), "data", 3, 0)], data)
    while not done.finished:
        done.run_epoch()
    last = done.outcome(0).last
    assert "validation_accuracy" not in last
    assert last["validation_loss"] > 0


def test_a_squared_error_on_classes_has_an_accuracy():
    last = trained([recipe(loss=SquaredError("sigmoid"), epochs=30)], [0]).outcome(0).last
    assert last["train_accuracy"] > 0.5


def forked(recipes, settings, steps: int) -> Training:
    """Train, stop after some steps, and go on from the state with other recipes."""
    first = training(recipes, [0, 1])
    first.run_steps(steps)
    second = training(settings, [0, 1])
    second.fork(first.state())
    while not second.finished:
        second.run_epoch()
    return second


DISTURBED = (Dropout(0.3), InputNoise(0.1), L2(0.01))


@pytest.mark.parametrize("steps", range(10))
def test_a_fork_without_a_change_is_the_training_that_was_never_interrupted(steps):
    """At any step, in the middle of an epoch too, with masks and noise going on where they were."""
    base = recipe(epochs=3, regularisers=DISTURBED, optimiser=Adam(0.01), normaliser=BatchNorm())
    whole = training([base, base], [0, 1])
    while not whole.finished:
        whole.run_epoch()
    twin = forked([base, base], [base, base], steps)
    for position in range(2):
        assert twin.outcome(position) == whole.outcome(position)
        assert np.array_equal(twin.parameters(position), whole.parameters(position))
    for name, values in whole.layers.columns().items():
        np.testing.assert_array_equal(twin.layers.columns()[name], values)


def test_a_fork_changes_one_thing_from_its_step_on():
    base = recipe(epochs=3, optimiser=Momentum(0.1))
    slower = replace(base, optimiser=Momentum(0.01))
    other = replace(base, optimiser=Adam(0.01))
    plain = forked([base, base], [base, base], 6)
    for changed in (slower, other):
        fork = forked([base, base], [changed, changed], 6)
        same, mine = (t.epochs.columns() for t in (plain, fork))
        early = same["epoch"] <= 1
        np.testing.assert_array_equal(mine["train_loss"][early], same["train_loss"][early])
        assert (mine["train_loss"][~early] != same["train_loss"][~early]).all()


def test_a_fork_of_another_architecture_is_refused():
    state = training([recipe()], [0]).state()
    with pytest.raises(ValueError, match=r"6-5-4-3 units; .* cannot go on with 6-9-3 units"):
        training([recipe(hidden=(9,))], [0]).fork(state)


def test_early_stopping_ends_after_its_patience_and_restores_the_best_weights():
    stopping = recipe(
        epochs=60,
        optimiser=Adam(0.05),
        regularisers=(EarlyStopping(4),),
        dtype="float64",
    )
    long = trained([replace(stopping, regularisers=())], [0])
    done = trained([stopping], [0])
    outcome, curve = done.outcome(0), long.epochs.columns()["validation_loss"]
    best = int(np.argmin(curve[: outcome.epochs_trained + 1]))
    assert outcome.status == "ok"
    assert outcome.epochs_trained == best + 4 < 60
    assert outcome.last == outcome.best
    assert outcome.last["epoch"] == best
    assert outcome.last["validation_loss"] == curve[best]
    at_best = trained([replace(stopping, regularisers=(), epochs=best)], [0])
    assert np.array_equal(done.parameters(0), at_best.parameters(0))
    assert done.epochs.columns()["epoch"].max() == outcome.epochs_trained


def test_early_stopping_frees_neighbours_one_by_one():
    base = recipe(epochs=30, optimiser=SGD(0.5), regularisers=(EarlyStopping(2),))
    done = trained([base] * 4, [0, 1, 2, 3])
    trained_for = [done.outcome(k).epochs_trained for k in range(4)]
    assert len(set(trained_for)) > 1
    for k in range(4):
        assert trained([base], [k]).outcome(0) == done.outcome(k)


def test_averaged_weights_are_what_scores_are_measured_with():
    """θ̄ ← decay·θ̄ + (1 − decay)·θ from the initial parameters, by hand on full batches."""
    base = recipe(epochs=3, batch_size=0, dtype="float64", optimiser=SGD(0.5))
    path = [trained([replace(base, epochs=k)], [0]).parameters(0) for k in range(4)]
    mean = path[0]
    for theta in path[1:]:
        mean = 0.7 * mean + 0.3 * theta
    done = trained([replace(base, regularisers=(Averaging(0.7),))], [0])
    np.testing.assert_allclose(done.parameters(0), mean, rtol=1e-12)
    assert done.outcome(0).last != trained([base], [0]).outcome(0).last


def test_decoupled_decay_is_l2_for_sgd_and_not_for_adam():
    for optimiser, same in ((SGD(0.1), True), (Adam(0.01), False)):
        base = recipe(epochs=3, optimiser=optimiser, dtype="float64")
        coupled, apart = (
            trained([replace(base, regularisers=(r,))], [0]).parameters(0)
            for r in (L2(0.1), DecoupledDecay(0.1))
        )
        assert np.allclose(coupled, apart, rtol=1e-10) == same
    adamw = recipe(epochs=3, optimiser=AdamW(0.01, decay=0.1), dtype="float64")
    decayed = replace(adamw, optimiser=Adam(0.01), regularisers=(DecoupledDecay(0.1),))
    assert np.array_equal(
        trained([adamw], [0]).parameters(0), trained([decayed], [0]).parameters(0)
    )


def weights_of(settings, done):
    arena = done.parameters(0)[None]
    return Architecture.of(settings, 6, 3).views(arena)


def test_max_norm_bounds_every_units_incoming_weights():
    settings = recipe(epochs=5, optimiser=SGD(1.0), regularisers=(MaxNorm(0.4),), dtype="float64")
    plain = weights_of(settings, trained([replace(settings, regularisers=())], [0]))
    bounded = weights_of(settings, trained([settings], [0]))
    assert max(np.linalg.norm(w, axis=2).max() for w in plain.weights) > 0.4
    assert max(np.linalg.norm(w, axis=2).max() for w in bounded.weights) <= 0.4 * (1 + 1e-12)


def test_proximal_l1_gives_exact_zeros_and_a_subgradient_does_not():
    base = recipe(epochs=40, dtype="float64", optimiser=SGD(0.1))
    for form, zeros in (("proximal", True), ("subgradient", False)):
        settings = replace(base, regularisers=(L1(0.05, form),))
        weights = np.concatenate(
            [w.ravel() for w in weights_of(settings, trained([settings], [0])).weights]
        )
        assert ((weights == 0).mean() > 0.2) == zeros
        assert np.abs(weights).mean() < 0.2


def one_step(settings, start=None):
    """Return how one full-batch SGD step of rate 1 moves the parameters."""
    before, after = (trained([replace(settings, epochs=k)], [0]).parameters(0) for k in (0, 1))
    return before - after


def test_clipping_by_value_and_by_global_norm():
    base = recipe(
        batch_size=0, dtype="float64", optimiser=SGD(1.0), loss=SquaredError("identity", "one")
    )
    g = one_step(base)
    np.testing.assert_allclose(
        one_step(replace(base, regularisers=(ClipValue(0.05),))),
        np.clip(g, -0.05, 0.05),
        atol=1e-12,
    )
    norm = np.linalg.norm(g)
    np.testing.assert_allclose(
        one_step(replace(base, regularisers=(ClipNorm(0.1),))), g * 0.1 / norm, atol=1e-12
    )
    loose = replace(base, regularisers=(ClipNorm(1e6), ClipValue(1e6)))
    np.testing.assert_array_equal(one_step(loose), g)


def test_label_smoothing_changes_training_targets_and_not_the_scores():
    smooth = recipe(epochs=0, regularisers=(LabelSmoothing(0.3),))
    assert (
        trained([smooth], [0]).outcome(0).last == trained([recipe(epochs=0)], [0]).outcome(0).last
    )
    base = recipe(hidden=(), epochs=1, batch_size=0, dtype="float64", initialiser=Zeros())
    g, softer = (
        one_step(replace(base, optimiser=SGD(1.0), regularisers=r))
        for r in ((), (LabelSmoothing(0.3),))
    )
    # at zero weights p = 1/3, so p − y′ = (1 − .3)(p − y)
    np.testing.assert_allclose(softer, 0.7 * g, rtol=1e-12)


def test_input_noise_on_a_linear_model_is_ridge_regression():
    """E‖w(x + ε) − y‖² = ‖wx − y‖² + std²‖w‖² an example: the mean step is that of L2."""
    base = recipe(hidden=(), batch_size=0, dtype="float64", optimiser=SGD(1.0), loss=SquaredError())
    steps = []
    for k in range(400):
        noisy = replace(base, regularisers=(InputNoise(0.5),))
        trials = [Trial(noisy, "d", k, 0)]
        done = Training(trials, examples([0]))
        done.run_epoch()
        start = done.parameters(0)
        done.run_steps(1)
        ridge = Training([Trial(base, "d", k, 0)], examples([0]))
        ridge.run_steps(1)
        steps.append((done.parameters(0) - ridge.parameters(0))[:18] / start[:18])
    mean, error = np.mean(steps, axis=0), np.std(steps, axis=0) / 20
    assert (np.abs(np.median(steps) + 0.25) < 0.1).all()
    assert (np.abs(mean + 0.25) < 6 * error).all()


def test_least_squares_is_the_exact_solution():
    settings = recipe(
        hidden=(), epochs=1, loss=SquaredError(), optimiser=LeastSquares(), dtype="float64"
    )
    data = examples([0])
    done = trained([settings], [0])
    design = np.column_stack([data.x[data.train[0]], np.ones(25)])
    solution = np.linalg.pinv(design) @ data.y[data.train[0]]
    theta = done.parameters(0)
    np.testing.assert_allclose(theta[:18].reshape(3, 6), solution[:-1].T, atol=1e-12)
    np.testing.assert_allclose(theta[18:], solution[-1], atol=1e-12)


def test_random_features_interpolate_with_the_minimum_norm():
    """More random ReLU features than examples: no training error, and the least ‖w‖."""
    settings = recipe(
        hidden=(80,),
        epochs=1,
        activation=ReLU(),
        initialiser=Gaussian(1.0),
        loss=SquaredError(),
        optimiser=LeastSquares(),
        dtype="float64",
    )
    done = trained([settings], [0])
    assert done.outcome(0).last["train_loss"] < 1e-20
    views = weights_of(settings, done)
    data = examples([0])
    h = np.maximum(data.x[data.train[0]] @ views.weights[0][0].T, 0.0)
    design = np.column_stack([h, np.ones(25)])
    solution = np.column_stack([views.weights[1][0], views.biases[1][0]]).T
    null = np.eye(81) - np.linalg.pinv(design) @ design
    assert np.abs(null @ solution).max() < 1e-9


def test_no_epochs_measures_the_start_only():
    done = trained([recipe(epochs=0)] * 2, [0, 1], LayerStatistics("initial", 10))
    assert done.epochs.columns()["epoch"].tolist() == [0, 0]
    assert done.layers.columns()["step"].tolist() == [0] * 6
    assert done.outcome(0).last == done.outcome(0).best


def test_training_learns():
    done = trained([recipe(optimiser=Adam(0.05), epochs=60)] * 5, list(range(5)), train=40)
    for position in range(5):
        assert done.outcome(position).last["train_accuracy"] > 0.9


def test_numbers_are_pinned_to_the_numerics_version():
    """A tiny training, within tolerance on any machine.

    If this fails because the engine's numbers changed on purpose, raise NUMERICS_VERSION and
    renew the numbers together.
    """
    done = trained([recipe(optimiser=Adam(0.01), dtype="float64", epochs=5)], [2])
    assert NUMERICS_VERSION == 2
    last = done.outcome(0).last
    found = [last["train_loss"], last["validation_loss"], float(np.abs(done.parameters(0)).sum())]
    np.testing.assert_allclose(found, PINNED, rtol=1e-7)


PINNED = [0.812993543702121, 0.9861713885708893, 23.459147928968093]


def test_a_fork_begins_what_is_new_afresh():
    """Another optimiser counts its steps from there; averaging starts from the present weights."""
    base = recipe(epochs=6, optimiser=SGD(0.5), dtype="float64")
    state = training([base, base], [0, 1])
    state.run_steps(6)
    at_fork = state.parameters(0)
    adam = training([replace(base, optimiser=Adam(0.01))] * 2, [0, 1])
    adam.fork(state.state())
    adam.run_steps(1)
    assert np.abs(adam.parameters(0) - at_fork).max() == pytest.approx(0.01, rel=1e-3)
    averaged = training([replace(base, regularisers=(Averaging(0.9),))] * 2, [0, 1])
    averaged.fork(state.state())
    assert np.array_equal(averaged.parameters(0), at_fork)


def test_a_fork_that_stops_early_restores_an_epoch_of_its_own():
    base = recipe(epochs=8, optimiser=SGD(0.5), dtype="float64")
    state = training([base, base], [0, 1])
    state.run_steps(12)
    stopping = replace(base, optimiser=SGD(30.0), regularisers=(EarlyStopping(2),))
    wild = training([stopping] * 2, [0, 1])
    wild.fork(state.state())
    while not wild.finished:
        wild.run_epoch()
    start = training([base], [0]).parameters(0)
    assert not np.array_equal(wild.parameters(0), start)
    assert wild.outcome(0).best["epoch"] >= 4


def test_an_exploding_gradient_is_clipped_in_float32_too():
    """Its square overflows; its direction counts."""
    g = np.full((2, 4), 1e30, np.float32)
    g[1] = 1.0
    np.multiply(g, shrinkage(g, np.ones(2))[:, None], g)
    np.testing.assert_allclose(g, 0.5, rtol=1e-6)


def test_averaged_weights_are_scored_with_averaged_statistics():
    settings = recipe(
        epochs=3, batch_size=0, normaliser=BatchNorm(momentum=0.5), regularisers=(Averaging(0.6),)
    )
    plain = replace(settings, regularisers=(), dtype="float64")
    held = [trained([replace(plain, epochs=k)], [0]).statistics(0) for k in (1, 2, 3)]
    mean = held[0]  # those of the first batch are the initial parameters'
    for statistics in held:
        mean = 0.6 * mean + 0.4 * statistics
    done = trained([replace(settings, dtype="float64")], [0])
    np.testing.assert_allclose(done.statistics(0), mean, rtol=1e-12)
