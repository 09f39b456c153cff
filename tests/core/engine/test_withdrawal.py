"""Trials that a design withdraws at an epoch's end, and the scores it decides by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.core.engine.evaluation import Evaluation
from paribus.core.engine.outcome import SCORES, Outcome, Status
from paribus.core.engine.training import Training
from paribus.core.families.activations import ReLU
from paribus.core.families.initialisers import Gaussian
from paribus.core.families.normalisers import BatchNorm
from paribus.core.families.optimisers import SGD, Adam
from paribus.core.families.regularisers import Averaging, Dropout, EarlyStopping
from paribus.core.families.schedules import ReduceOnPlateau
from paribus.core.measures.layers import LayerStatistics
from paribus.core.measures.outcomes import Outcomes
from paribus.core.trial import Trial
from small import examples, recipe, trained

MEASURES = LayerStatistics("log", 20), Outcomes()
BASE = recipe(
    epochs=5,
    optimiser=Adam(0.02),
    normaliser=BatchNorm(),
    regularisers=(Averaging(0.5), Dropout(0.2)),
    schedule=ReduceOnPlateau(0.5, 1, 0.01),
)


def stack(recipes, *measures) -> Training:
    trials = [Trial(r, "data", 3, k) for k, r in enumerate(recipes)]
    return Training(trials, examples(list(range(len(recipes)))), *measures)


def run_to(training: Training, epoch: int) -> Training:
    while training.epoch < epoch and not training.finished:
        training.run_epoch()
    return training


def same(mine: Training, position: int, alone: Training, other: int = 0) -> None:
    """Compare everything that two trainings left behind of a trial."""
    assert mine.outcome(position) == alone.outcome(other)
    assert np.array_equal(mine.parameters(position), alone.parameters(other))
    assert np.array_equal(mine.statistics(position), alone.statistics(other))
    for table, record in mine.records.items():
        one, two = record.columns(), alone.records[table].columns()
        for name in set(one) - {"trial"}:
            here, there = one[name][one["trial"] == position], two[name][two["trial"] == other]
            np.testing.assert_array_equal(here, there, err_msg=f"{table}.{name}")


@pytest.mark.parametrize("epoch", [0, 2])
@pytest.mark.parametrize("restored", [False, True])
def test_a_withdrawn_trial_stops_where_it_is_and_its_neighbours_keep_their_bits(epoch, restored):
    whole = run_to(stack([BASE] * 4, *MEASURES), 5)
    training = run_to(stack([BASE] * 4, *MEASURES), epoch)
    if restored:
        state, training = training.state(), stack([BASE] * 4, *MEASURES)
        training.restore(state)
    before = training.parameters(1), training.statistics(1), training.scores(1)
    training.withdraw([1, 3])
    assert training.live == 2
    run_to(training, 5)
    outcome = training.outcome(1)
    assert outcome.status is Status.STOPPED
    assert outcome.status == "stopped"
    assert outcome.epochs_trained == epoch
    assert outcome.last == before[2] == training.scores(1)
    assert outcome.last.keys() == {"epoch", *SCORES}
    assert np.array_equal(training.parameters(1), before[0])
    assert np.array_equal(training.statistics(1), before[1])
    for position in (0, 2):
        same(training, position, whole, position)
        same(training, position, trained_alone(position))
    alone = run_to(stack([replace(BASE, epochs=epoch)] * 4, Outcomes()), epoch)
    rows, own = (t.records["outcomes"].columns() for t in (training, alone))
    for name in set(rows) - {"trial"}:
        mine, theirs = (table[name][table["trial"] == 1] for table in (rows, own))
        np.testing.assert_array_equal(mine, theirs)
    assert outcome.last == alone.outcome(1).last
    assert outcome.best == alone.outcome(1).best


def trained_alone(replicate: int) -> Training:
    return trained([BASE], [replicate], *MEASURES)


def test_a_state_with_withdrawn_trials_goes_on_without_them():
    whole = run_to(stack([BASE] * 3, *MEASURES), 5)
    first = run_to(stack([BASE] * 3, *MEASURES), 2)
    first.withdraw([1])
    second = stack([BASE] * 3, *MEASURES)
    second.restore(run_to(first, 3).state())
    run_to(second, 5)
    for position in (0, 2):
        same(second, position, whole, position)
    same(second, 1, first, 1)
    assert second.outcome(1).status is Status.STOPPED


def test_the_scores_of_any_epoch_are_those_of_a_training_that_ends_there():
    training = stack([BASE, BASE])
    for epoch in range(6):
        training.run_epoch()
        ended = run_to(stack([replace(BASE, epochs=epoch)] * 2), epoch)
        for position in (0, 1):
            assert training.scores(position) == ended.outcome(position).last
    assert training.scores(0) == training.outcome(0).last


def test_withdrawing_all_ends_the_training():
    training = run_to(stack([BASE, BASE], *MEASURES), 1)
    training.withdraw({0, 1})
    assert training.finished
    assert {training.outcome(k).status for k in (0, 1)} == {Status.STOPPED}
    again = stack([BASE, BASE], *MEASURES)
    again.restore(training.state())
    assert again.finished
    same(again, 1, training, 1)


def test_withdrawal_keeps_the_last_weights_also_where_a_recipe_stops_early():
    base = recipe(epochs=9, optimiser=SGD(3.0), regularisers=(EarlyStopping(8),))
    training = run_to(stack([base, base]), 3)
    now = training.parameters(0)
    training.withdraw([0])
    outcome = training.outcome(0)
    assert outcome.last["epoch"] == 3
    assert outcome.best["validation_loss"] <= outcome.last["validation_loss"]
    assert np.array_equal(training.parameters(0), now)


def test_without_a_validation_set_the_best_epoch_is_the_last():
    data = examples([0, 1])
    data = replace(data, validation=data.validation[:, :0])
    training = Training([Trial(BASE, "data", 3, k) for k in (0, 1)], data)
    run_to(training, 2).withdraw([1])
    run_to(training, 5)
    for position, epoch in ((0, 5), (1, 2)):
        outcome = training.outcome(position)
        assert outcome.best == outcome.last
        assert outcome.last["epoch"] == epoch
        assert "validation_loss" not in outcome.last


def test_what_cannot_be_withdrawn_or_read_is_refused():
    wild = replace(BASE, activation=ReLU(), initialiser=Gaussian(std=1e300), normaliser=None)
    calm = replace(wild, initialiser=Gaussian(std=0.3))
    training = stack([wild, calm])
    with pytest.raises(ValueError, match="epoch's end; this training has not begun"):
        training.withdraw([1])
    with pytest.raises(ValueError, match="epoch's end; this training has not begun"):
        training.scores(1)
    run_to(training, 1)
    with pytest.raises(ValueError, match=r"trial 0 has ended \(diverged\)"):
        training.withdraw([0])
    for position in (-1, 2):
        with pytest.raises(ValueError, match=r"no trial .* in a stack of 2"):
            training.withdraw([position])
    assert training.scores(0) == {}
    with pytest.raises(ValueError, match="still in training"):
        training.outcome(1)
    training.run_steps(1)
    with pytest.raises(ValueError, match="step 1 of epoch 2"):
        training.withdraw([1])
    with pytest.raises(ValueError, match="step 1 of epoch 2"):
        training.scores(1)
    run_to(training, 5)
    with pytest.raises(ValueError, match=r"trial 1 has ended \(ok\)"):
        training.withdraw([1])


def test_a_diverged_trial_has_no_parameters():
    done = trained([recipe(activation=ReLU(), optimiser=SGD(1e30), epochs=5)], [0])
    assert done.outcome(0).status is Status.DIVERGED
    with pytest.raises(ValueError, match="trial 0 diverged in epoch 1, so it has no trained"):
        done.parameters(0)
    with pytest.raises(ValueError, match="trial 0 diverged in epoch 1, so it has no trained"):
        done.statistics(0)


@pytest.mark.parametrize("validated", [False, True])
def test_test_sets_are_scored_only_where_the_score_is_used(validated, monkeypatch):
    """Without a validation set only the last epoch's test scores are ever told."""
    data, scored = examples([0]), []
    if not validated:
        data = replace(data, validation=data.validation[:, :0])
    plain = Evaluation.__call__

    def counted(self, rows):
        scored.append(rows.shape[1])
        return plain(self, rows)

    monkeypatch.setattr(Evaluation, "__call__", counted)
    training = run_to(Training([Trial(recipe(epochs=6), "data", 3, 0)], data), 6)
    best = training.epochs.columns()["validation_loss"]
    improved = {int(k) for k in range(7) if validated and (best[k] < best[:k]).all()}
    assert scored.count(data.test.shape[1]) == len(improved | {6})
    assert training.outcome(0).last["test_loss"] > 0


def test_a_status_is_its_text():
    assert [str(status) for status in Status] == ["ok", "diverged", "stopped", "failed"]
    assert Outcome(Status.FAILED, 0, None, None, None, {}, {}).status == "failed"
