"""Equal budgets: planted curves whose order depends on what is held equal."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from paribus.reports.sections.budgets import section
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.budgets import Curves, Kind, budgets_of, interpolated
from paribus.reports.statistics.frames import results_of
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import with_value

EPOCHS, REPLICATES, TRAIN = 4, 5, 300


@pytest.fixture(scope="module")
def results(small_run):
    return results_of(small_run)


def planted(results, accuracy, status="ok", **axes):
    """Return made-up results: ``accuracy(recipe, updates)`` after every epoch of every trial."""
    recipe = with_value(results.study.recipe, "epochs", EPOCHS)
    study = replace(
        results.study, recipe=recipe, design=Grid.of(axes), replicates=REPLICATES, metric=METRIC
    )
    rng = np.random.default_rng(0)
    trials, epochs = [], []
    for i, arm in enumerate(study.arms):
        steps = arm.recipe.steps_per_epoch(TRAIN)
        weights = 6 * arm.recipe.hidden[0]
        for k in range(REPLICATES):
            who = {"trial_id": f"{i}-{k}", "arm": i, "replicate": k}
            spent = {"updates": steps * EPOCHS, "flops": float(weights * TRAIN * EPOCHS)}
            trials.append({**who, "status": status, "epochs_trained": EPOCHS, **spent})
            noise = 0.002 * rng.standard_normal()
            epochs += [
                {**who, "epoch": e, METRIC: accuracy(arm.recipe, steps * e) + noise}
                for e in range(EPOCHS + 1)
            ]
    return replace(
        results,
        study=study,
        trials=like(results.trials, trials),
        epochs=like(results.epochs, epochs),
    )


def like(frame, rows):
    """Return made-up rows, with the first row's values in all other columns."""
    made = frame.iloc[[0] * len(rows)].reset_index(drop=True)
    return made.assign(**{name: [row[name] for row in rows] for name in rows[0]})


METRIC = "validation_accuracy"
BATCHES = {"batch_size": [10, 50]}


def learns(recipe, updates):
    """Large batches make more of an update, small ones of an epoch."""
    return 1 - math.exp(-updates * math.sqrt(recipe.batch_size) / 200)


def test_an_order_that_turns_round_is_told(results):
    made = budgets_of(planted(results, learns, **BATCHES))
    epochs, updates = made.budgets
    assert (epochs.kinds, updates.kinds) == ((Kind.EPOCHS, Kind.FLOPS), (Kind.UPDATES,))
    assert (epochs.amount, updates.amount) == (EPOCHS, 6 * EPOCHS)
    assert (epochs.order, updates.order) == ((0, 1), (1, 0))
    assert updates.medians[0] == pytest.approx(1 - math.exp(-24 * math.sqrt(10) / 200), abs=0.02)
    (turned,) = made.reversals
    assert (turned.first, turned.second) == (0, 1)
    assert (turned.at_first, turned.at_second) == (Kind.EPOCHS, Kind.UPDATES)


def test_what_depends_on_updates_alone_does_not_turn_round(results):
    made = budgets_of(
        planted(results, lambda recipe, updates: 1 - math.exp(-updates / 50), **BATCHES)
    )
    assert made.reversals == ()
    at_updates = made.budgets[1].medians
    assert at_updates[0] == pytest.approx(at_updates[1], abs=0.02)


def test_arms_that_cost_the_same_have_no_section(results):
    flat = planted(results, learns, activation=["tanh", "relu"])
    assert budgets_of(flat) is None
    assert section(analyse(flat)) is None


def test_widths_differ_in_operations_alone(results):
    made = budgets_of(planted(results, learns, width=[5, 20]))
    assert [budget.kinds for budget in made.budgets] == [(Kind.EPOCHS, Kind.UPDATES), (Kind.FLOPS,)]
    assert made.budgets[1].amount == 6 * 5 * TRAIN * EPOCHS


def test_diverged_trials_are_last_and_told(results):
    changed = planted(results, learns, **BATCHES)
    lost = (changed.trials["arm"] == 0) & (changed.trials["replicate"] < 3)
    changed.trials.loc[lost, "status"] = "diverged"
    gone = changed.epochs["trial_id"].isin(changed.trials.loc[lost, "trial_id"])
    kept = changed.epochs[~(gone & (changed.epochs["epoch"] > 1))]
    made = budgets_of(replace(changed, epochs=kept))
    epochs, updates = made.budgets
    assert epochs.order == (1, 0)
    assert epochs.diverged == (3, 0)
    assert updates.diverged == (0, 0)  # they diverged behind the budget
    assert made.reversals == ()
    body = str(section(analyse(replace(changed, epochs=kept))).body)
    assert ", 3 diverged" in body


def test_behind_its_end_a_trial_keeps_loses_or_lacks_its_value(results):
    epoch, merit = np.arange(3.0), np.array([0.1, 0.5, 0.7])
    curves = {(0, k): (epoch, merit, s) for k, s in enumerate(["ok", "diverged", "stopped"])}
    made = Curves(curves, 2, (0, 1, 2))
    assert made.at({0: 9.0})[0].tolist() == pytest.approx([0.7, -math.inf, math.nan], nan_ok=True)
    assert made.at({0: 1.5}, straight=True)[0].tolist() == pytest.approx([0.6, 0.6, 0.6])
    assert (made.at({0: 1.5}) > 0.6).all(where=[[True], [False]])
    assert np.isnan(made.at({0: 1.0})[1]).all()


def test_curves_are_read_between_epochs():
    epoch, merit = np.arange(3.0), np.array([0.1, -math.inf, 0.7])
    assert interpolated(0.0, epoch, merit) == 0.1
    assert interpolated(2.0, epoch, merit) == 0.7
    assert interpolated(1.5, epoch, merit) == -math.inf


def test_the_section_says_what_turns_round(results):
    body = str(section(analyse(planted(results, learns, **BATCHES))).body)
    assert "at equal epochs batch size = 10 is ahead of batch size = 50" in body
    assert "at equal updates behind it" in body
    assert "(rank 1)" in body
