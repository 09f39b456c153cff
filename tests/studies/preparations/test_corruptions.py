from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paribus.core.errors import InputError
from paribus.studies.data.loading import prepared_rows, sizes_of
from paribus.studies.data.tasks import dataset
from paribus.studies.files.drafts import recipe_from
from paribus.studies.preparations.corruptions import uniform_whole
from paribus.studies.preparations.preparations import targets


def corrupted(task: str = "digits", replicate: int = 0, split: object = "random", **preparations):
    """Return the clean and the corrupted targets and the rows."""
    loss = "squared-error" if task == "diabetes" else "softmax-cross-entropy"
    table = {"task": task, "split": split, "loss": loss, "preparations": preparations}
    recipe = recipe_from(table)
    data = dataset(recipe.task, 0, replicate)
    rows = prepared_rows(recipe, data, (0, replicate))
    return data.y, targets(recipe, data, rows[0], lambda _: (0, replicate)), rows


def changed(clean, y):
    return set(np.flatnonzero((clean != y).any(axis=1)).tolist())


CORRUPTIONS = [
    ("digits", {"label-noise": {"fraction": 0.4}}),
    ("digits", {"random-labels": {}}),
    ("digits", {"random-labels": {"method": "permuted"}}),
    ("digits", {"random-labels": {}, "label-noise": {}}),
    ("diabetes", {"random-labels": {"method": "permuted"}}),
    ("diabetes", {"target-noise": {"sd": 50.0}}),
    ("diabetes", {"outliers": {"fraction": 0.2}}),
    ("diabetes", {"target-noise": {"sd": 50.0}, "outliers": {}}),
]


@pytest.mark.parametrize(("task", "preparations"), CORRUPTIONS, ids=str)
def test_only_training_rows_are_touched_and_every_replicate_has_its_own_draws(task, preparations):
    clean, y, rows = corrupted(task, **preparations)
    before = clean.copy()
    assert y.shape == clean.shape
    assert y.dtype == clean.dtype
    assert changed(clean, y)
    assert changed(clean, y) <= set(rows[0].tolist())
    again, same, _ = corrupted(task, **preparations)
    assert np.array_equal(y, same)
    assert np.array_equal(again, before)  # the data set itself is left alone
    split = {"kind": "random", "validation": 0.0, "test": 0.0}
    _, one, _ = corrupted(task, 0, split, **preparations)
    _, other, _ = corrupted(task, 1, split, **preparations)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("fraction", [0.0, 0.05, 0.3, 1.0])
def test_exactly_this_share_of_labels_is_wrong(fraction):
    clean, y, rows = corrupted(**{"label-noise": {"fraction": fraction}})
    assert len(changed(clean, y)) == round(fraction * len(rows[0]))
    assert np.array_equal(y.sum(axis=1), np.ones(len(y)))


def test_a_larger_fraction_corrupts_a_superset_in_the_same_way():
    clean, few, _ = corrupted(**{"label-noise": {"fraction": 0.1}})
    _, many, _ = corrupted(**{"label-noise": {"fraction": 0.5}})
    one, other = changed(clean, few), changed(clean, many)
    assert one < other
    assert np.array_equal(few[list(one)], many[list(one)])
    clean, few, _ = corrupted("diabetes", outliers={"fraction": 0.1})
    _, many, _ = corrupted("diabetes", outliers={"fraction": 0.5})
    one, other = changed(clean, few), changed(clean, many)
    assert one < other
    assert np.array_equal(few[list(one)], many[list(one)])


def test_every_other_class_is_equally_likely():
    task = {"kind": "blobs", "examples": 40_000, "classes": 4}
    split = {"kind": "random", "validation": 0.0, "test": 0.0}
    recipe = {"task": task, "split": split, "preparations": {"label-noise": {"fraction": 1.0}}}
    found = recipe_from(recipe)
    data = dataset(found.task, 0, 0)
    y = targets(found, data, prepared_rows(found, data, (0, 0))[0], lambda _: (0, 0))
    table = np.zeros((4, 4))
    np.add.at(table, (data.labels, y.argmax(axis=1)), 1)
    assert np.diag(table).tolist() == [0.0] * 4
    expected = 10_000 / 3
    off = table[~np.eye(4, dtype=bool)]
    assert ((off - expected) ** 2 / expected).sum() < 35  # 8 degrees of freedom: beyond .9999


def test_random_labels_are_uniform_or_dealt_out_anew():
    clean, drawn, rows = corrupted(**{"random-labels": {}})
    _, dealt, _ = corrupted(**{"random-labels": {"method": "permuted"}})
    train = rows[0]
    assert (dealt[train].sum(axis=0) == clean[train].sum(axis=0)).all()
    assert not (drawn[train].sum(axis=0) == clean[train].sum(axis=0)).all()
    for y in (drawn, dealt):
        right = (y[train].argmax(axis=1) == clean[train].argmax(axis=1)).mean()
        assert abs(right - 0.1) < 4 * 0.3 / np.sqrt(len(train))
    numbers, moved, rows = corrupted("diabetes", **{"random-labels": {"method": "permuted"}})
    assert np.array_equal(np.sort(moved[rows[0]], axis=0), np.sort(numbers[rows[0]], axis=0))


def test_target_noise_is_normal_and_scales_the_same_draws():
    clean, one, rows = corrupted("diabetes", **{"target-noise": {"sd": 1.0}})
    _, three, _ = corrupted("diabetes", **{"target-noise": {"sd": 3.0}})
    draws = (one - clean)[rows[0]]
    np.testing.assert_allclose((three - clean)[rows[0]], 3 * draws, atol=1e-9)
    assert abs(draws.mean()) < 4 / np.sqrt(len(draws))
    assert abs(draws.std() - 1) < 4 / np.sqrt(2 * len(draws))


def test_outliers_lie_so_many_standard_deviations_away():
    for side, signs in (("both", {-1.0, 1.0}), ("above", {1.0}), ("below", {-1.0})):
        clean, y, rows = corrupted("diabetes", outliers={"fraction": 0.2, "size": 5, "side": side})
        moves = (y - clean)[rows[0]] / clean[rows[0]].std()
        moved = moves[moves != 0]
        np.testing.assert_allclose(np.abs(moved), 5.0)
        assert set(np.sign(moved)) == signs
        assert len(moved) == round(0.2 * len(rows[0]))


def test_a_row_is_corrupted_alike_whatever_the_number_of_training_rows():
    for preparations in ({"random-labels": {}}, {"label-noise": {"fraction": 1.0}}):
        _, many, rows = corrupted(**preparations)
        split = {"kind": "random", "train_examples": 50}
        _, few, small = corrupted(split=split, **preparations)
        assert np.array_equal(small[0], rows[0][:50])
        assert np.array_equal(few[small[0]], many[small[0]])


@given(st.floats(0.0, 1.0, exclude_max=True), st.integers(1, 10_000))
def test_uniform_whole_numbers_stay_below_their_count(draw, count):
    (found,) = uniform_whole(np.array([draw]), count)
    assert 0 <= found < count
    assert found == pytest.approx(draw * count, abs=1)


@pytest.mark.parametrize(
    ("task", "preparations", "told"),
    [
        ("diabetes", {"label-noise": {}}, "label-noise needs classes"),
        ("diabetes", {"random-labels": {}}, "use method = 'permuted'"),
        ("digits", {"target-noise": {}}, "target-noise needs a task that predicts a number"),
        ("digits", {"outliers": {}}, "outliers needs a task that predicts a number"),
    ],
)
def test_corruptions_that_do_not_fit(task, preparations, told):
    table = {"task": task, "loss": "squared-error", "preparations": preparations}
    with pytest.raises(InputError, match=told):
        sizes_of(recipe_from(table))


def test_every_mistake_is_told():
    with pytest.raises(InputError) as caught:
        sizes_of(recipe_from({"preparations": {"target-noise": {}, "outliers": {}}}))
    assert len(caught.value.messages) == 2
