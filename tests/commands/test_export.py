"""``paribus export`` and ``paribus predict``: a trial leaves its run and predicts."""

from __future__ import annotations

import io
import os

import numpy as np
import pandas as pd
import pytest
from command_line import paribus
from paribus.cluster.folder.run import open_run
from paribus.core.models.model_file import load_model
from sklearn.datasets import load_digits


@pytest.fixture(scope="module")
def exported(finished, tmp_path_factory):
    folder, _ = finished
    place = tmp_path_factory.mktemp("exported")
    run = str(folder / "results/vanishing-gradient")
    trial_id = open_run(run).trials["trial_id"][0]
    done = paribus(place, "export", run, trial_id[:12], "--out", "m.npz")
    pd.DataFrame(load_digits().data).to_csv(place / "digits.csv", index=False)
    return place, run, trial_id, done


def test_a_trial_is_found_by_the_start_of_its_id(exported):
    _, _, trial_id, done = exported
    assert (done.returncode, done.stdout) == (0, "m.npz\n"), done.stderr
    assert done.stderr.startswith(f"training {trial_id} (")


def test_predictions_are_those_of_the_model(exported):
    place, *_ = exported
    told = paribus(place, "predict", "m.npz", "digits.csv", "--probabilities").stdout
    frame = pd.read_csv(io.StringIO(told))
    predicted = load_model(place / "m.npz").predict(load_digits().data)
    assert frame["prediction"].astype(str).tolist() == predicted.tolist()
    assert frame.columns.tolist()[1:] == [f"probability of {digit}" for digit in range(10)]
    np.testing.assert_allclose(frame.iloc[:, 1:].sum(axis=1), 1.0, atol=1e-5)
    assert paribus(place, "predict", "m.npz", "digits.csv", "--out", "p.csv") == (0, "", "")
    assert pd.read_csv(place / "p.csv")["prediction"].tolist() == frame["prediction"].tolist()


def test_mistakes_are_one_line_each(exported):
    place, run, trial_id, _ = exported
    (place / "bad.npz").write_bytes((place / "m.npz").read_bytes()[:-50])
    os.mkfifo(place / "pipe.npz")
    os.mkfifo(place / "pipe.csv")
    nul = "a path cannot hold the character NUL"
    for words, told in (
        (["export", run, "t-"], "give more of the id"),
        (["export", run, "nope"], "has no finished trial 'nope'"),
        (["export", run, trial_id, "--out", "no/m.npz"], "there is no folder no"),
        (["export", run, trial_id, "--out", "a\0b"], nul),
        (["predict", "none.npz", "digits.csv"], "none.npz is not a file"),
        (["predict", "pipe.npz", "digits.csv"], "pipe.npz is not a file"),
        (["predict", "bad.npz", "digits.csv"], "bad.npz is damaged or no model"),
        (["predict", "a\0b", "digits.csv"], nul),
        (["predict", "m.npz", "none.csv"], "none.csv is not a file"),
        (["predict", "m.npz", "pipe.csv"], "pipe.csv is not a file"),
        (["predict", "m.npz", "m.npz"], "not one of .csv, .parquet"),
    ):
        paribus(place, *words).refused(told)
