"""On which rows scores are measured, and which epochs they are of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.core.engine import scoring
from paribus.core.engine.outcome import Status
from paribus.core.engine.training import Training
from paribus.core.families.initialisers import Gaussian
from paribus.core.families.normalisers import BatchNorm
from paribus.core.families.optimisers import SGD
from paribus.core.families.regularisers import Averaging, EarlyStopping
from paribus.core.trial import Trial
from small import examples, recipe

BASE = recipe(epochs=8, optimiser=SGD(0.9))
WILD = replace(BASE, initialiser=Gaussian(std=1e30))
STACKS = {
    "plain": [BASE, WILD, BASE],
    "stopped": [replace(BASE, regularisers=(EarlyStopping(2),))] * 3,
    "averaged": [replace(BASE, normaliser=BatchNorm(), regularisers=(Averaging(0.8),))] * 3,
    "both": [replace(BASE, regularisers=(Averaging(0.5), EarlyStopping(3)))] * 3,
}


def finished(recipes, *, interrupted=False, withdrawn=None, validation=True):
    data = examples(list(range(len(recipes))))
    if not validation:
        data = replace(data, validation=data.validation[:, :0])
    trials = [Trial(r, "data", 3, k) for k, r in enumerate(recipes)]
    training = Training(trials, data)
    while not training.finished:
        training.run_epoch()
        if training.epoch == withdrawn:
            training.withdraw([0])
        if interrupted:
            state, training = training.state(), Training(trials, data)
            training.restore(state)
    return training


@pytest.mark.parametrize(
    ("name", "validation"), [*((name, True) for name in STACKS), ("plain", False)]
)
def test_final_training_scores_are_of_all_rows_where_curves_are_not(name, validation, monkeypatch):
    recipes = STACKS[name]
    whole = finished(recipes, withdrawn=3, validation=validation)
    monkeypatch.setattr(scoring, "EVALUATED_TRAINING_EXAMPLES", 10)
    for interrupted in (False, True):
        part = finished(recipes, withdrawn=3, validation=validation, interrupted=interrupted)
        for position in range(3):
            assert part.outcome(position) == whole.outcome(position)
            assert part.scores(position) == whole.scores(position)
        curves, all_of_it = part.epochs.columns(), whole.epochs.columns()
        assert np.array_equal(curves["validation_loss"], all_of_it["validation_loss"], True)
        assert not np.isclose(curves["train_loss"], all_of_it["train_loss"]).any()


@pytest.mark.parametrize("name", STACKS)
def test_the_highest_accuracy_is_that_of_the_curve_and_its_first_epoch(name):
    found = []
    for interrupted in (False, True):
        done = finished(STACKS[name], interrupted=interrupted)
        rows = done.epochs.columns()
        for position in range(3):
            outcome = done.outcome(position)
            if outcome.status is Status.DIVERGED:
                assert outcome.highest == {}
                continue
            curve = rows["validation_accuracy"][rows["trial"] == position]
            assert outcome.highest == {
                "epoch": curve.argmax(),
                "validation_accuracy": curve.max(),
            }
            found.append(curve.max() > outcome.best["validation_accuracy"])
    assert name != "plain" or any(found)  # it is not the accuracy of the lowest loss
    blind = finished([BASE], validation=False) if name == "plain" else None
    assert blind is None or blind.outcome(0).highest == {}


def test_a_fork_seeks_the_highest_accuracy_of_a_changed_trial_anew():
    source = finished([BASE])
    state = Training([Trial(BASE, "data", 3, 0)], examples([0]))
    state.run_steps(4 * 4)
    changed = replace(BASE, optimiser=SGD(1e-9))
    twin, other = (Training([Trial(r, "data", 3, 0)], examples([0])) for r in (BASE, changed))
    for training in (twin, other):
        training.fork(state.state())
        while not training.finished:
            training.run_epoch()
    assert twin.outcome(0) == source.outcome(0)
    assert other.outcome(0).highest["epoch"] > 4
