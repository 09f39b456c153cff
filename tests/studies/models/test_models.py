"""From a trial to a model: raw data in, what the engine scored out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from paribus.core.engine.training import Training
from paribus.core.errors import InputError
from paribus.core.models.model import Model
from paribus.core.trial import Trial
from paribus.studies.data.loading import examples_of, rows_of
from paribus.studies.data.tasks import fingerprint
from paribus.studies.files.drafts import recipe_from
from paribus.studies.models.models import data_of, examples_in, model_of, predictions

SMALL = {"width": 6, "epochs": 4}
SCALED = {"standardisation": {}, "feature-subset": {"features": 7}}
NUMBERS = SMALL | {"task": "diabetes", "loss": "squared-error"}
CLASSES = {
    "divisor": SMALL | {"task": "digits"},
    "drawn": SMALL | {"task": "moons"},
    "standardised": SMALL | {"task": "wine", "preparations": {"standardisation": {}}},
    "subset": SMALL | {"task": "wine", "preparations": {"feature-subset": {"features": 3}}},
    "both": SMALL | {"task": "wine", "preparations": SCALED},
    "noisy labels": SMALL | {"task": "wine", "preparations": {"label-noise": {"fraction": 0.3}}},
    "folds": SMALL | {"task": "wine", "split": {"kind": "k-fold", "folds": 3}},
}


def trained(table: dict, replicate: int = 1, fold: int = 0) -> tuple[Trial, Training]:
    recipe = recipe_from(table)
    trial = Trial(recipe, fingerprint(recipe.task), 7, replicate, fold=fold)
    training = Training([trial], examples_of([trial]))
    while not training.finished:
        training.run_epoch()
    return trial, training


def model(table: dict, **keys: int) -> tuple[Model, Trial, Training]:
    trial, training = trained(table, **keys)
    return model_of(training, 0, trial), trial, training


@pytest.mark.parametrize("table", CLASSES.values(), ids=CLASSES)
def test_raw_inputs_give_the_accuracy_that_was_scored(table):
    found, trial, training = model(table, fold=2 if "split" in table else 0)
    data = data_of(trial)
    for part, rows in zip(("validation", "test"), rows_of(trial, data)[1:3], strict=True):
        right = found.predict(data.raw[rows]) == np.array(data.classes)[data.labels[rows]]
        assert float(right.mean()) == training.outcome(0).last[f"{part}_accuracy"]


@pytest.mark.parametrize("table", [*CLASSES.values(), NUMBERS], ids=[*CLASSES, "numbers"])
def test_examples_in_data_at_hand_are_those_of_the_task(table):
    recipe = recipe_from(table)
    trial = Trial(recipe, fingerprint(recipe.task), 7, 1)
    mine, theirs = examples_in(data_of(trial), trial), examples_of([trial])
    for part in ("train", "validation", "test"):
        rows, others = getattr(mine, part)[0], getattr(theirs, part)[0]
        assert np.array_equal(mine.x[rows], theirs.x[others])
        assert np.array_equal(mine.y[rows], theirs.y[others])
    assert mine.x.dtype == theirs.x.dtype


@pytest.mark.parametrize("scaled", [False, True])
def test_numbers_come_in_the_units_of_the_target(scaled):
    preparations = {"standardisation": {}} | ({"target-standardisation": {}} if scaled else {})
    table = NUMBERS | {"preparations": preparations, "dtype": "float64", "epochs": 30}
    found, trial, training = model(table)
    data = data_of(trial)
    train, _, test, _ = rows_of(trial, data)
    error = found.predict(data.raw[test]) - data.y[test, 0]
    unit = data.y[train].std() if scaled else 1.0
    loss = 0.5 * np.mean(np.square(error / unit))
    assert loss == pytest.approx(training.outcome(0).last["test_loss"], rel=1e-12)


def test_a_data_frame_is_read_by_name_whatever_the_order_of_its_columns():
    found, trial, _ = model(CLASSES["both"])
    data = data_of(trial)
    assert found.inputs.names == data.names[:7]
    assert found.inputs.columns == 13
    frame = pd.DataFrame(data.raw, columns=data.names[:-1])
    shuffled = frame[frame.columns[::-1]].assign(another="text")
    expected = found.predict(data.raw)
    assert np.array_equal(found.predict(frame), expected)
    assert np.array_equal(found.predict(shuffled), expected)
    with pytest.raises(InputError, match="lacks 1 columns of the model: 'ash'"):
        found.predict(frame.drop(columns="ash"))


@pytest.fixture(scope="module")
def wine():
    found, trial, _ = model(CLASSES["both"])
    data = data_of(trial)
    frame = pd.DataFrame(data.raw, columns=data.names[:-1])
    return found, frame.assign(label="some text")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_of_a_user(wine, tmp_path, suffix):
    found, frame = wine
    path = tmp_path / f"new{suffix}"
    frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
    told = predictions(found, path, probabilities=True)
    assert told["prediction"].tolist() == found.predict(frame).tolist()
    assert list(told.columns[1:]) == [f"probability of {name}" for name in found.classes]
    assert np.array_equal(told.iloc[:, 1:].to_numpy(), found.predict_proba(frame))
    assert list(predictions(found, path).columns) == ["prediction"]


def test_files_without_names_are_read_in_order(tmp_path):
    found, trial, _ = model(CLASSES["divisor"])
    raw = data_of(trial).raw[:5]
    pd.DataFrame(raw).to_csv(tmp_path / "d.csv", index=False)
    assert predictions(found, tmp_path / "d.csv")["prediction"].tolist() == list(found.predict(raw))
    pd.DataFrame(raw[:, 1:]).to_csv(tmp_path / "d.csv", index=False)
    with pytest.raises(InputError, match=r"d\.csv: has shape \(5, 63\); the model reads"):
        predictions(found, tmp_path / "d.csv")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: f.drop(columns=["ash"]), "lacks 1 columns of the model: 'ash'"),
        (lambda f: f.assign(ash="grey"), "column 'ash' is not numeric"),
        (lambda f: f.assign(ash=f["ash"].where(f.index != 4)), "row 5, column 'ash' is missing"),
        (lambda f: f.head(0), "holds no rows"),
    ],
)
def test_files_that_cannot_be_used_are_refused_in_one_line(wine, tmp_path, change, told):
    found, frame = wine
    path = tmp_path / "new.csv"
    change(frame).to_csv(path, index=False)
    with pytest.raises(InputError, match=told) as caught:
        predictions(found, path)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value).splitlines()) == 1


def test_files_of_another_kind_are_refused(wine, tmp_path):
    for name, told in (("n.csv", "is not a file"), ("n.xlsx", "not one of .csv, .parquet")):
        with pytest.raises(InputError, match=told):
            predictions(wine[0], tmp_path / name)


def test_a_model_knows_nothing_of_training():
    found, _, _ = model(SMALL | {"task": "wine", "parametrisation": "mup"})
    assert found.architecture.parametrisation is None
    assert {f.name for f in dataclasses.fields(found)} >= {"parameters", "statistics", "about"}
