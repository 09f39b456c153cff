from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paribus.core.errors import InputError
from paribus.studies.dataset import Dataset, one_hot
from paribus.studies.images import Digits
from paribus.studies.splits import RandomSplit, StratifiedSplit
from paribus.studies.tasks import dataset


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
    assert sizes == [[80, 20, 0], [50, 20, 30], [100, 0, 0]]


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
    train, validation, test = StratifiedSplit().rows(data, 4, 2)
    small, same_validation, same_test = StratifiedSplit(train_examples=100).rows(data, 4, 2)
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
