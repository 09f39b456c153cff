from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paribus.core.errors import InputError
from paribus.studies.data.images import Digits
from paribus.studies.data.loading import prepared_rows, sizes_of
from paribus.studies.data.tasks import dataset
from paribus.studies.files.drafts import recipe_from
from paribus.studies.preparations.selections import ClassSkew, Truncation


def rows(replicate: int = 0, split: str = "stratified", **preparations: dict):
    recipe = recipe_from({"task": "digits", "split": split, "preparations": preparations})
    return prepared_rows(recipe, dataset(Digits(), 0, 0), (0, replicate))


def test_rare_classes_keep_their_share_and_nothing_else_changes():
    data = dataset(Digits(), 0, 0)
    whole, skewed = rows(), rows(**{"class-skew": {"rare": 3, "share": 0.2}})
    before, after = (np.bincount(data.labels[r[0]], minlength=10) for r in (whole, skewed))
    assert after[:3].tolist() == np.rint(0.2 * before[:3]).tolist()
    assert after[3:].tolist() == before[3:].tolist()
    kept = set(skewed[0].tolist())
    assert [row for row in whole[0].tolist() if row in kept] == skewed[0].tolist()
    assert np.array_equal(skewed[1], whole[1])
    assert np.array_equal(skewed[2], whole[2])


def test_a_smaller_share_keeps_a_subset_and_none_removes_the_class():
    shares = [0.0, 0.1, 0.5, 1.0]
    kept = [set(rows(**{"class-skew": {"share": s}})[0].tolist()) for s in shares]
    assert kept[0] < kept[1] < kept[2] < kept[3]
    assert kept[3] == set(rows()[0].tolist())
    labels = dataset(Digits(), 0, 0).labels
    assert 0 not in labels[list(kept[0])]


def test_arms_of_equal_size_keep_the_proportions():
    labels = dataset(Digits(), 0, 0).labels
    for share in (0.1, 0.5, 1.0):
        skew = {"class-skew": {"rare": 5, "share": share, "examples": 500}}
        train = rows(**skew)[0]
        assert len(train) == 500
        counts = np.bincount(labels[train], minlength=10)
        assert counts[:5].sum() / counts[5:].sum() == pytest.approx(share, rel=0.05)


@given(
    st.lists(st.integers(1, 300), min_size=2, max_size=8),
    st.integers(1, 7),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
)
def test_quotas_add_up_and_never_ask_for_more_than_there_is(counts, rare, share, part):
    counts = np.array(counts)
    rare = min(rare, len(counts) - 1)
    weights = counts * np.where(np.arange(len(counts)) < rare, share, 1.0)
    wanted = max(1, int(part * weights.sum()))
    keep = ClassSkew(rare, share, wanted).quotas(counts)
    assert keep.sum() == wanted
    assert (keep <= counts).all()
    assert (keep >= 0).all()
    assert (np.abs(keep - weights * wanted / weights.sum()) < 1 + 1e-9).all()


def test_sizes_are_the_same_in_every_replicate():
    for preparations in (
        {"class-skew": {"rare": 4, "share": 0.33}},
        {"truncation": {"feature": 0, "share": 0.37}},
        {"class-skew": {"rare": 4, "share": 0.33}, "truncation": {"feature": 30}},
    ):
        sizes = {len(rows(k, **preparations)[0]) for k in range(20)}
        assert len(sizes) == 1
        recipe = recipe_from({"split": "stratified", "preparations": preparations})
        assert {sizes_of(recipe).train} == sizes


@pytest.mark.parametrize("feature", [0, 22])
def test_truncation_keeps_one_end_or_the_middle(feature):
    data = dataset(Digits(), 0, 0)
    train = rows()[0]
    values = data.raw.mean(axis=1) if feature == 0 else data.raw[:, feature - 1]
    kept = {
        side: rows(truncation={"feature": feature, "share": 0.3, "side": side})[0]
        for side in ("low", "high", "middle")
    }
    ordered = np.sort(values[train])
    n = round(0.3 * len(train))
    first = (len(train) - n) // 2
    assert np.array_equal(np.sort(values[kept["low"]]), ordered[:n])
    assert np.array_equal(np.sort(values[kept["high"]]), ordered[-n:])
    assert np.array_equal(np.sort(values[kept["middle"]]), ordered[first : first + n])
    for side, chosen in kept.items():
        members = set(chosen.tolist())
        assert [row for row in train.tolist() if row in members] == chosen.tolist()
        wide = rows(truncation={"feature": feature, "share": 0.6, "side": side})[0]
        assert members < set(wide.tolist())


def test_one_row_is_always_left():
    assert len(rows(truncation={"share": 1e-9})[0]) == 1
    assert np.array_equal(rows(truncation={"share": 1.0})[0], rows()[0])
    assert Truncation().side == "low"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"split": "random"}, "'stratified' or 'official', but split = 'random'"),
        ({"preparations": {"class-skew": {"rare": 10}}}, "leaves none of the 10 classes whole"),
        ({"preparations": {"class-skew": {"examples": 9999}}}, "9999 is more than the 982"),
        ({"task": "diabetes", "split": "random"}, "needs classes"),
        ({"task": {"kind": "teacher-student", "predict": "classes"}}, "draws its classes"),
        ({"preparations": {"truncation": {"feature": 65}}}, "65 is more than the 64 inputs"),
    ],
)
def test_selections_that_do_not_fit(table, told):
    defaults = {"split": "stratified", "preparations": {"class-skew": {}}}
    with pytest.raises(InputError, match=told):
        sizes_of(recipe_from(defaults | table))


def test_classes_in_turn_are_as_good_as_data_that_never_change():
    table = {"task": "blobs", "split": "stratified", "preparations": {"class-skew": {}}}
    assert sizes_of(recipe_from(table)).train == 60 + 60 + 6
