from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paribus.core.dataset import Dataset, one_hot
from paribus.core.errors import InputError
from paribus.core.trial import Trial
from paribus.studies.data.images import Digits
from paribus.studies.data.loading import examples_of, sizes_of
from paribus.studies.data.splits import KFoldSplit, RandomSplit, StratifiedSplit
from paribus.studies.data.tasks import dataset, fingerprint
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import recipe_from
from small import small_study

K_FOLD = {"kind": "k-fold", "folds": 4, "test": 0.1}


def classes(total: int, count: int, seed: int) -> Dataset:
    """Return rows of unevenly many classes."""
    labels = np.random.default_rng(seed).geometric(0.4, total).clip(max=count) - 1
    return Dataset(np.zeros((total, 1)), one_hot(labels, count), tuple(map(str, range(count))))


@given(
    total=st.integers(5, 200),
    folds=st.integers(2, 20),
    test=st.floats(0, 0.6),
    stratified=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(deadline=None)
def test_folds_cover_disjointly_and_differ_by_one_row_at_most(total, folds, test, stratified, seed):
    data, split = classes(total, 4, seed), KFoldSplit(folds, test, stratified)
    tested = round(total * test)
    if folds > total - tested:
        with pytest.raises(InputError, match=f"{folds} is more than the {total - tested} rows"):
            split.rows(data, seed, 0)
        return
    found = [split.rows(data, seed, 3, fold) for fold in range(folds)]
    testing = found[0][2]
    validated = np.concatenate([rows[1] for rows in found])
    assert sorted(np.concatenate([validated, testing])) == list(range(total))
    sizes = [len(rows[1]) for rows in found]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] - sizes[-1] <= 1
    assert min(len(rows[0]) for rows in found) == len(found[0][0]) >= 1
    for train, validation, same, _ in found:
        assert np.array_equal(same, testing)
        assert sorted(np.concatenate([train, validation, testing])) == list(range(total))


@given(
    total=st.integers(20, 300),
    folds=st.integers(2, 6),
    test=st.floats(0, 0.5),
    seed=st.integers(0, 99),
)
@settings(deadline=None)
def test_strata_hold_each_class_in_its_share(total, folds, test, seed):
    data = classes(total, 5, seed)
    found = [KFoldSplit(folds, test, stratified=True).rows(data, 0, 1, f) for f in range(folds)]
    testing = found[0][2]
    counts = np.array([data.y[rows[1]].sum(axis=0) for rows in found])
    assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()
    share = data.y.sum(axis=0) * len(testing) / total
    assert (np.abs(data.y[testing].sum(axis=0) - share) < 1 + 1e-9).all()


def test_training_rows_keep_the_random_order_and_the_random_splits_test_set():
    """The first training examples are those probed: they must not be of one class."""
    data = dataset(Digits(), 0, 0)
    train, validation, test, _ = KFoldSplit(5, 0.2).rows(data, 4, 2, 1)
    order = np.concatenate([RandomSplit().rows(data, 4, 2)[i] for i in (2, 1, 0)])
    assert np.array_equal(test, order[: len(test)])
    place = {row: index for index, row in enumerate(order)}
    for rows in (train, validation):
        places = [place[row] for row in rows]
        assert places == sorted(places)
    strata = KFoldSplit(5, 0.2, stratified=True).rows(data, 4, 2, 1)[0]
    assert len(set(data.y[strata[:200]].argmax(axis=1))) == 10


def test_replicates_divide_anew():
    data = dataset(Digits(), 0, 0)
    one, other = (KFoldSplit().rows(data, 4, replicate, 0) for replicate in (0, 1))
    assert not np.array_equal(one[1], other[1])
    assert all(map(np.array_equal, one, KFoldSplit().rows(data, 4, 0, 0)))


def test_all_arms_have_the_same_folds():
    recipe = recipe_from({"task": "digits", "split": K_FOLD})
    study = small_study(recipe=recipe, design=Grid.of({"activation": ["tanh", "relu"]}))
    assert study.folds == 4
    trials = study.trials
    assert len(trials) == len({t.trial_id for t in trials}) == 2 * 2 * 4
    arms = [[t for t in trials if t.recipe == arm.recipe] for arm in study.arms]
    for a, b in zip(*arms, strict=True):
        assert (a.replicate, a.fold) == (b.replicate, b.fold)
        one, other = examples_of([a]), examples_of([b])
        assert np.array_equal(one.validation, other.validation)
        assert np.array_equal(one.train, other.train)


def test_folds_of_drawn_data_divide_one_draw():
    recipe = recipe_from({"task": "noisy-polynomial", "loss": "squared-error", "split": K_FOLD})
    trials = [
        Trial(recipe, fingerprint(recipe.task), 9, 1, (), fold) for fold in range(4)
    ]  # 180 rows in four folds: all of one size
    found = examples_of(trials)
    assert len(found.x) == 200
    held = np.concatenate([*found.validation, found.test[0]])
    assert sorted(held) == list(range(200))


def test_sizes_are_those_of_the_fold():
    recipe = recipe_from({"task": "digits", "split": {**K_FOLD, "folds": 7}})
    assert [sizes_of(recipe, fold).validation for fold in range(7)] == [231] * 7
    recipe = recipe_from({"task": "digits", "split": {**K_FOLD, "folds": 4}})
    sizes = [sizes_of(recipe, fold) for fold in range(4)]
    assert [s.validation for s in sizes] == [405, 404, 404, 404]
    assert [s.train for s in sizes] == [1212, 1213, 1213, 1213]
    with pytest.raises(InputError, match="1213 is more than the 1212 training examples"):
        sizes_of(recipe_from({"task": "digits", "split": K_FOLD, "batch_size": 1213}))


@pytest.mark.parametrize(
    ("split", "told"),
    [
        ({"folds": 1}, "k-fold.folds = 1 is not allowed; it must be ≥ 2"),
        ({"folds": 2.0}, "whole number"),
        ({"stratified": 1}, "true or false"),
        ({"fold": 3}, "did you mean 'folds'"),
        ({"test": 1.0}, "below|<"),
        ({"folds": 1619}, "folds = 1,619 is more than the 1,617 rows"),
        ({"folds": 10_000_000}, "10,000,000 folds are 80,000,000 trials"),
    ],
)
def test_folds_that_cannot_be(split, told):
    with pytest.raises(InputError, match=told):
        _ = small_study(recipe=recipe_from({"task": "digits", "split": {**K_FOLD, **split}})).trials


def test_strata_need_classes():
    recipe = recipe_from(
        {
            "task": "noisy-polynomial",
            "loss": "squared-error",
            "split": {**K_FOLD, "stratified": True},
        }
    )
    with pytest.raises(InputError, match="stratified = true needs classes"):
        sizes_of(recipe)
    with pytest.raises(InputError, match="'yes' must be true or false"):
        KFoldSplit(stratified="yes")


def test_a_grid_cannot_mix_numbers_of_folds():
    recipe = recipe_from({"task": "digits"})
    for levels in (["random", "k-fold"], [{"kind": "k-fold", "folds": k} for k in (3, 5)]):
        with pytest.raises(InputError, match="another number of trainings in some arms"):
            small_study(recipe=recipe, design=Grid.of({"split": levels}))
    shares = Grid.of({"split": [{**K_FOLD, "test": share} for share in (0.1, 0.3)]})
    assert small_study(recipe=recipe, design=shares).folds == 4


def labelled(counts: list[int]) -> Dataset:
    labels = np.repeat(np.arange(len(counts)), counts)
    x = np.arange(len(labels), dtype=float)[:, None]
    return Dataset(x, one_hot(labels, len(counts)), tuple(map(str, range(len(counts)))))


def test_a_hold_out_and_a_three_way_split():
    data = labelled([50, 50])
    sizes = [
        [len(part) for part in RandomSplit(validation, test).rows(data, 0, 0)]
        for validation, test in ((0.2, 0.0), (0.2, 0.3), (0.0, 0.0))
    ]
    assert sizes == [[80, 20, 0, 0], [50, 20, 30, 0], [100, 0, 0, 0]]


@given(
    st.lists(st.integers(8, 200), min_size=2, max_size=6),
    st.integers(0, 1000),
    st.sampled_from([(0.2, 0.2), (0.25, 0.0), (0.1, 0.4)]),
)
@settings(deadline=None)
def test_stratified_sets_hold_every_class_in_proportion(counts, replicate, shares):
    data = labelled(counts)
    rows = StratifiedSplit(*shares).rows(data, 3, replicate)
    assert sorted(np.concatenate(rows)) == list(range(len(data.raw)))
    plain = RandomSplit(*shares).rows(data, 3, replicate)
    assert [len(part) for part in rows] == [len(part) for part in plain]
    for part in rows:
        held = np.bincount(data.labels[part], minlength=len(counts))
        wanted = np.array(counts) * len(part) / sum(counts)
        assert (np.abs(held - wanted) <= len(counts)).all()
        assert np.abs(held - wanted).sum() <= 2 * len(counts)
    other = StratifiedSplit(*shares).rows(data, 3, replicate + 1)
    for part, its in zip(rows, other, strict=True):  # the same counts in every replicate
        assert np.array_equal(np.sort(data.labels[part]), np.sort(data.labels[its]))


def test_a_stratified_split_of_digits_is_random_and_nested():
    data = dataset(Digits(), 0, 0)
    train, validation, test, _ = StratifiedSplit().rows(data, 4, 2)
    small, same_validation, same_test, _ = StratifiedSplit(train_examples=100).rows(data, 4, 2)
    assert np.array_equal(small, train[:100])
    assert np.array_equal(same_validation, validation)
    assert np.array_equal(same_test, test)
    counts = np.bincount(data.labels[small])
    assert counts.min() >= 9
    assert counts.max() <= 11
    assert not np.array_equal(StratifiedSplit().rows(data, 4, 3)[0], train)
    assert len(set(train.tolist()) & set(StratifiedSplit().rows(data, 4, 3)[0].tolist())) < 720


def test_a_class_that_is_missing_from_a_set_is_named():
    data = labelled([100, 3])
    split = StratifiedSplit(validation=0.1, test=0.1)
    told = "class '1' has 3 of 103 rows, and none of them falls into the test set of 10"
    with pytest.raises(InputError, match=told):
        split.check(data, split.rows(data, 0, 0))
    fine = StratifiedSplit(validation=0.3, test=0.0)
    rows = fine.rows(data, 0, 0)
    fine.check(data, rows)
    assert np.bincount(data.labels[rows[1]]).tolist() == [30, 1]
    with pytest.raises(InputError, match="needs classes"):
        split.rows(Dataset(np.ones((9, 1)), np.ones((9, 1))), 0, 0)
