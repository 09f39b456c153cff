"""The selection set: what trainings decide by, so that the validation set only judges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.core.component_json import canonical_json
from paribus.core.engine.training import Training
from paribus.core.errors import InputError
from paribus.core.families.regularisers import Averaging, EarlyStopping
from paribus.core.families.schedules import ReduceOnPlateau
from paribus.studies.data.loading import examples_of, sizes_of
from paribus.studies.data.splits import KFoldSplit, OfficialSplit, RandomSplit, StratifiedSplit
from paribus.studies.data.tasks import dataset
from paribus.studies.files.drafts import recipe_from
from small import last, on_task, recipe, trials_on

SHARES = [
    RandomSplit(validation=0.3, test=0.2, train_examples=50),
    StratifiedSplit(validation=0.3, test=0.2),
    KFoldSplit(4, 0.2),
    KFoldSplit(4, 0.2, stratified=True),
]
WINE = dataset(recipe_from({"task": "wine"}).task, 0, 0)


@pytest.mark.parametrize("split", SHARES, ids=str)
def test_selection_rows_come_from_the_validation_set_and_move_no_other(split):
    for fold in range(split.folds):
        whole = split.rows(WINE, 3, 1, fold)
        apart = replace(split, selection=0.1)
        rows = apart.rows(WINE, 3, 1, fold)
        apart.check(WINE, rows)
        assert len(rows.selection) == round(0.1 * len(WINE.raw))
        assert len(whole.selection) == 0
        for name in ("train", "test"):
            assert np.array_equal(getattr(rows, name), getattr(whole, name))
        both = np.concatenate([rows.validation, rows.selection])
        assert sorted(both) == sorted(whole.validation)
        assert rows.validation.tolist() == [r for r in whole.validation if r in rows.validation]
        if split.stratified:
            counts = [
                np.bincount(WINE.labels[part], minlength=3) for part in (both, rows.selection)
            ]
            expected = counts[0] * len(rows.selection) / len(both)
            assert np.abs(counts[1] - expected).max() <= 1.0


def test_the_official_split_takes_the_last_validation_rows():
    data = replace(WINE, official_test=100)
    whole = OfficialSplit(validation_examples=30).rows(data, 0, 0)
    rows = OfficialSplit(validation_examples=30, selection_examples=10).rows(data, 0, 0)
    assert np.array_equal(rows.train, whole.train)
    assert np.array_equal(rows.test, whole.test)
    assert np.array_equal(np.concatenate([rows.validation, rows.selection]), whole.validation)
    assert rows.selection.tolist() == list(range(90, 100))
    with pytest.raises(InputError, match="taken from the 30 validation rows"):
        OfficialSplit(validation_examples=30, selection_examples=31).rows(data, 0, 0)
    with pytest.raises(InputError, match="monitor = 'test' leaves none"):
        OfficialSplit(monitor="test", selection_examples=10).rows(data, 0, 0)


@pytest.mark.parametrize("split", SHARES, ids=str)
def test_a_selection_that_cannot_be_is_refused(split):
    with pytest.raises(InputError, match="taken from the validation set, which has"):
        replace(split, selection=0.4).rows(WINE, 0, 0)
    with pytest.raises(InputError, match="is no row"):
        replace(split, selection=0.001).rows(WINE, 0, 0)


@pytest.mark.parametrize("split", [*SHARES, OfficialSplit()], ids=str)
def test_without_a_selection_set_ids_are_what_they_were(split):
    assert "selection" not in canonical_json(split)


def test_a_recipe_says_on_which_set_it_selects():
    """Whatever its parts are called: members say of themselves that they select."""
    split = RandomSplit()
    judged = replace(split, selection=0.1)
    blind = replace(split, validation=0.0)
    base = recipe()
    stops, slows = {"regularisers": (EarlyStopping(),)}, {"schedule": ReduceOnPlateau()}
    assert replace(base, split=split, regularisers=(Averaging(),)).selects_on == ""
    for parts in (stops, slows):
        assert replace(base, split=split, **parts).selects_on == "validation"
        assert replace(base, split=judged, **parts).selects_on == "selection"
    assert replace(base, split=blind, **slows).selects_on == ""  # it watches the training loss
    official = OfficialSplit(monitor="test", validation_examples=0)
    assert replace(base, split=official, **stops).selects_on == "validation"
    data = replace(WINE, official_test=100)
    published = OfficialSplit(validation_examples=20)
    for member in (
        *SHARES,
        *(replace(split, selection=0.1) for split in SHARES),
        blind,
        published,
        replace(published, selection_examples=10),
        official,
    ):
        rows = member.rows(data, 0, 0)
        there = [name for name in ("selection", "validation") if len(getattr(rows, name))]
        assert member.watched == (*there, "")[0]


BLOBS = {
    "task": {"kind": "blobs", "examples": 400, "noise": 0.8},
    "hidden": [8],
    "batch_size": 8,
    "epochs": 25,
    "optimiser": {"kind": "sgd", "learning_rate": 1.0},
}


def gain(split: dict, stopping: dict) -> np.ndarray:
    """Return the log ratios of final losses, stopped early over not, on validation and test."""
    table = BLOBS | {"split": {"kind": "random", "test": 0.5} | split}
    plain, stopped = on_task([table], 100), on_task([table | {"regularisers": stopping}], 100)
    names = "validation_loss", "test_loss"
    return np.log([last(stopped, name)[:, 0] / last(plain, name)[:, 0] for name in names])


def test_a_patience_that_stops_nothing_wins_on_validation_only_by_selecting_there():
    """Validation over test: ×.87 where the best epoch is chosen on validation, else ×.99."""
    patient = {"early-stopping": {"patience": 1000}}
    chosen_there = gain({"validation": 0.1}, patient)
    chosen_apart = gain({"validation": 0.2, "selection": 0.1}, patient)
    for ratios, biased in ((chosen_there, True), (chosen_apart, False)):
        excess = ratios[0] - ratios[1]
        error = excess.std(ddof=1) / np.sqrt(len(excess))
        assert error < 0.025
        assert (excess.mean() < -4 * error) if biased else (abs(excess.mean()) < 2.5 * error)


DECIDING = {
    "stops": {"regularisers": {"early-stopping": {"patience": 2}}},
    "slows": {"schedule": {"kind": "reduce-on-plateau", "patience": 1, "threshold": 0.05}},
    "best": {"normaliser": "batch-norm", "regularisers": {"averaging": {}}},
}


@pytest.mark.parametrize("deciding", DECIDING.values(), ids=DECIDING)
def test_trainings_decide_by_the_selection_set_as_they_would_by_validation(deciding):
    """With both sets' rows exchanged the same epochs are best and the same weights remain."""
    table = BLOBS | {"split": {"kind": "random", "validation": 0.2}, "epochs": 12} | deciding
    table["split"] = table["split"] | {"selection": 0.1}
    (trial, *_) = trials = trials_on([table], 3)
    data = examples_of(trials)
    exchanged = replace(data, validation=data.selection, selection=data.selection[:, :0])
    one, other = finished_on(trials, data), finished_on(trials, exchanged)
    assert trial.recipe.split.watched == data.watched == "selection"
    for position in range(3):
        assert np.array_equal(one.parameters(position), other.parameters(position))
        assert np.array_equal(one.statistics(position), other.statistics(position))
        best, same = one.outcome(position).best, other.outcome(position).best
        assert best["epoch"] == same["epoch"]
        assert best["test_loss"] == same["test_loss"]
        assert best["validation_loss"] != same["validation_loss"]
    fewer = finished_on(trials, replace(data, selection=data.selection[:, :0]))
    assert any(fewer.outcome(k).best["epoch"] != one.outcome(k).best["epoch"] for k in range(3))


def finished_on(trials, data, interrupted=False):
    training = Training(trials, data)
    while not training.finished:
        training.run_epoch()
        if interrupted:
            state, training = training.state(), Training(trials, data)
            training.restore(state)
    return training


@pytest.mark.parametrize("deciding", DECIDING.values(), ids=DECIDING)
def test_a_training_with_a_selection_set_resumes_and_stacks_with_the_same_bits(deciding):
    table = BLOBS | {"split": {"kind": "random", "selection": 0.1}, "epochs": 8} | deciding
    table["preparations"] = {"standardisation": {}}
    trials = trials_on([table], 3)
    whole = finished_on(trials, examples_of(trials))
    resumed = finished_on(trials, examples_of(trials), interrupted=True)
    for position, trial in enumerate(trials):
        alone = finished_on([trial], examples_of([trial]))
        assert whole.outcome(position) == resumed.outcome(position) == alone.outcome(0)
        assert np.array_equal(whole.parameters(position), alone.parameters(0))
    assert sizes_of(trials[0].recipe).selection == 40
