from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from paribus.core.errors import InputError, ResourceError
from paribus.core.streams import Purpose
from paribus.core.trial import Trial
from paribus.studies.data.images import Digits
from paribus.studies.data.loading import examples_of, sizes_of
from paribus.studies.data.own_table import Table
from paribus.studies.data.splits import OfficialSplit, RandomSplit
from paribus.studies.data.synthetic import NoisyPolynomial
from paribus.studies.data.tasks import dataset, fingerprint
from paribus.studies.files.drafts import recipe_from


def test_digits_are_the_known_ones():
    data = dataset(Digits(), 0, 0)
    x = data.inputs("float64")
    assert x.shape == (1797, 64)
    assert x.min() == 0.0
    assert x.max() == 1.0
    assert data.y.sum(axis=0).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert fingerprint(Digits()) == fingerprint(Digits())


def test_the_noisy_polynomial_is_the_published_one():
    data = NoisyPolynomial(examples=5000, noise=0.0).dataset(0, 0)
    x = data.raw[:, 1]
    np.testing.assert_allclose(data.raw[:, 3], x**3 / 6)
    np.testing.assert_allclose(data.y[:, 0], 5 + 1.2 * x - 3.4 * x**2 / 2 + 5.6 * x**3 / 6)
    assert abs(x.mean()) < 0.06
    assert abs(x.std() - 1) < 0.05
    noisy = NoisyPolynomial(examples=5000).dataset(0, 0)
    assert (noisy.y - data.y).std() == pytest.approx(0.1, rel=0.05)


def test_fewer_features_keep_the_draws_and_replicates_change_them():
    wide, narrow = (NoisyPolynomial(features=f).dataset(1, 2) for f in (20, 2))
    assert np.array_equal(wide.raw[:, :2], narrow.raw)
    assert np.array_equal(wide.y, narrow.y)
    assert not np.array_equal(NoisyPolynomial().dataset(1, 3).y, wide.y)


def write(path, text):
    path.write_text(text)
    return Table(str(path), target="label")


def test_a_users_table(tmp_path):
    rows = "a,b,label\n" + "".join(f"{i},{i * 0.5},{'yes' if i % 2 else 'no'}\n" for i in range(10))
    csv = write(tmp_path / "t.csv", rows).dataset(0, 0)
    assert csv.classes == ("no", "yes")
    assert csv.raw[3].tolist() == [3.0, 1.5]
    frame = pd.read_csv(tmp_path / "t.csv")
    frame.to_parquet(tmp_path / "t.parquet")
    parquet = Table(str(tmp_path / "t.parquet"), "label").dataset(0, 0)
    x = frame[["a", "b"]].to_numpy(float)
    np.savez(tmp_path / "t.npz", x=x, label=frame["label"].to_numpy(str))
    npz = Table(str(tmp_path / "t.npz"), "label").dataset(0, 0)
    assert csv.fingerprint == parquet.fingerprint
    assert np.array_equal(npz.raw, csv.raw)
    assert np.array_equal(npz.y, csv.y)
    number = Table(str(tmp_path / "t.csv"), "b", "number")
    frame.drop(columns="label").to_csv(tmp_path / "t.csv", index=False)
    assert number.dataset(0, 0).y[:3, 0].tolist() == [0.0, 0.5, 1.0]


def test_one_changed_byte_changes_the_fingerprint(tmp_path):
    text = "a,label\n1.0,x\n2.0,y\n3.0,x\n"
    one = write(tmp_path / "t.csv", text).dataset(0, 0).fingerprint
    other = write(tmp_path / "t.csv", text.replace("3.0", "3.1")).dataset(0, 0).fingerprint
    assert one != other


def test_where_a_file_lies_is_no_part_of_its_trials_ids(tmp_path, monkeypatch):
    text = "a,label\n" + "".join(f"{i},{i % 2}\n" for i in range(50))
    here = write(tmp_path / "t.csv", text)
    monkeypatch.chdir(tmp_path)
    there = Table("t.csv", target="label")
    table = {"split": "random", "batch_size": 5}
    ids = {
        Trial(recipe_from({**table, "task": t}), fingerprint(t), 0, 0).trial_id
        for t in (here, there)
    }
    assert len(ids) == 1


def test_a_changed_file_is_read_anew_and_refused_where_a_plan_had_the_old_one(tmp_path):
    text = "a,label\n" + "".join(f"{i},{i % 2}\n" for i in range(50))
    task = write(tmp_path / "t.csv", text)
    recipe = recipe_from({"task": task, "split": "random", "batch_size": 5})
    planned = Trial(recipe, fingerprint(task), 0, 0)
    assert examples_of([planned]).x.shape == (50, 1)
    write(tmp_path / "t.csv", text.replace("7,1", "7.5,1"))
    assert fingerprint(task) != planned.fingerprint
    with pytest.raises(ResourceError, match="not what the run was planned with"):
        examples_of([planned])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,label\n1,x\n,y\n", "row 2, column 'a' is missing"),
        ("a,label\n1,x\ninf,y\n", "row 2, column 'a' is missing or not finite"),
        ("a,label\n1,x\nred,y\n", "column 'a' is not numeric"),
        ("a,label\n1,x\n2,x\n", "the one class x"),
        ("a,label\n1,x\n2,\n", "row 2 has no target"),
        ("a,labl\n1,x\n2,y\n", "did you mean 'labl'"),
        ("a,label\n", "holds no rows"),
        ("label\nx\ny\n", "no column beside the target"),
        ("a,label\n1,2,x\n3,4,y\n", "more fields than the header"),
        ("a,a,label\n1,2,x\n3,4,y\n", "'a' stands twice"),
        ("label,a,label\nx,2,x\ny,4,y\n", "'label' stands twice"),
        ("", "cannot be read"),
        ("a,label\n" + "".join(f"1,{i}.5\n" for i in range(99)), "predict=number"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path, text, told):
    with pytest.raises(InputError, match=told):
        write(tmp_path / "t.csv", text).dataset(0, 0)


def test_files_that_cannot_be_used(tmp_path):
    for name, content, told in (
        ("none.csv", None, "is not a file"),
        ("t.xlsx", b"x", "is not one of .csv, .parquet, .npz"),
        ("t.parquet", b"PAR1 broken", "cannot be read"),
        ("t.npz", b"PK broken", "cannot be read"),
    ):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InputError, match=told):
            Table(str(path)).dataset(0, 0)
    np.savez(tmp_path / "o.npz", x=np.array([[object()]]), target=np.array([1]))
    with pytest.raises(InputError, match="cannot be read"):
        Table(str(tmp_path / "o.npz")).dataset(0, 0)
    np.savez(tmp_path / "s.npz", x=np.zeros((2, 2, 2)), target=np.zeros(2))
    with pytest.raises(InputError, match="rows, features"):
        Table(str(tmp_path / "s.npz")).dataset(0, 0)


def test_splits_cover_disjointly_and_smaller_training_sets_are_prefixes():
    data = dataset(Digits(), 0, 0)
    train, validation, test, _ = RandomSplit().rows(data, 4, 2)
    assert sorted(np.concatenate([train, validation, test])) == list(range(1797))
    small, same_validation, same_test, _ = RandomSplit(train_examples=100).rows(data, 4, 2)
    assert np.array_equal(small, train[:100])
    assert np.array_equal(same_validation, validation)
    assert np.array_equal(same_test, test)
    assert not np.array_equal(RandomSplit().rows(data, 4, 3)[0], train)


def test_splits_that_leave_nothing():
    data = dataset(Digits(), 0, 0)
    with pytest.raises(InputError, match="leave none for training"):
        RandomSplit(validation=0.6, test=0.4).rows(data, 0, 0)
    with pytest.raises(InputError, match="more than the"):
        RandomSplit(train_examples=5000).rows(data, 0, 0)
    with pytest.raises(InputError, match="official test set"):
        OfficialSplit().rows(data, 0, 0)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"task": "noisy-polynomial"}, "needs classes"),
        ({"task": "digits", "batch_size": 5000}, "more than the 1079 training examples"),
    ],
)
def test_recipes_that_do_not_fit_their_data(table, told):
    with pytest.raises(InputError, match=told):
        sizes_of(recipe_from(table))


def test_examples_of_a_stack_point_at_each_trials_own_rows():
    table = {"task": "noisy-polynomial", "loss": "squared-error", "batch_size": 10}
    recipe = recipe_from(table)
    trials = [Trial(recipe, fingerprint(recipe.task), 9, k) for k in (0, 1, 1)]
    found = examples_of(trials)
    assert found.x.shape == (400, 20)  # two replicates drawn once each
    for position, trial in enumerate(trials):
        own = NoisyPolynomial().dataset(9, trial.replicate)
        rows = RandomSplit().rows(own, 9, trial.replicate)
        expected = own.inputs("float32")[rows[0]]
        assert np.array_equal(found.x[found.train[position]], expected)
        assert np.array_equal(found.y[found.test[position]], own.y[rows[2]])


def test_purposes_keep_their_numbers():
    """They are part of every stream."""
    numbers = {"DATA": 1, "SPLIT": 2, "INITIALISATION": 3, "ORDER": 4, "MASKS": 5}
    numbers |= {"PRETRAINING": 6, "AUGMENTATION": 7, "INPUT_NOISE": 8}
    numbers |= {"LABEL_NOISE": 16, "RANDOM_LABELS": 17, "TARGET_NOISE": 18, "OUTLIERS": 19}
    assert {p.name: p.value for p in Purpose} == numbers


def test_digits_are_scikit_learns_bit_for_bit(monkeypatch):
    """Read from its file or by it: the same arrays."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    for _ in range(2):
        data = Digits().dataset(0, 0)
        assert np.array_equal(data.raw, bunch.data)
        assert data.raw.dtype == np.float64
        assert np.array_equal(data.y.argmax(axis=1), bunch.target)
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
