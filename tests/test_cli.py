"""The command line, as a person or a script uses it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from paribus.__main__ import main
from paribus.cluster.folder.run import open_run
from paribus.core.models.model_file import load_model
from sklearn.datasets import load_digits


def paribus(tmp_path, *words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "paribus", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=100,
        check=False,
    )


SMALL = [
    "vanishing-gradient",
    "--set",
    "replicates=2",
    "--set",
    "depth=[2]",
    "--set",
    "epochs=1",
    "--set",
    'initialiser=["he"]',
    "--workers",
    "0",
]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    done = paribus(folder, "run", *SMALL)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_a_run_tells_where_its_report_is(finished):
    folder, done = finished
    assert "6 of 6 trials finished, 0 diverged, 0 failed" in done.stdout
    assert "report: results/vanishing-gradient/report.html" in done.stdout
    assert (folder / "results/vanishing-gradient/report.html").is_file()
    assert "\r" not in done.stderr  # no progress bar where there is no terminal


def test_running_again_says_that_nothing_is_left(finished):
    folder, _ = finished
    again = paribus(folder, "run", *SMALL, "--json")
    assert "nothing to train" in again.stderr
    assert json.loads(again.stdout)["trained"] == 0


def test_reading_commands(finished):
    folder, _ = finished
    status = paribus(folder, "status", "vanishing-gradient", "--json")
    assert json.loads(status.stdout)["complete"] is True
    assert "6 of 6" in paribus(folder, "status", "results/vanishing-gradient").stdout
    trials = json.loads(paribus(folder, "trials", "vanishing-gradient", "--json").stdout)
    assert len(trials) == 6
    assert {t["status"] for t in trials} == {"ok"}
    csv = paribus(folder, "trials", "vanishing-gradient", "--csv").stdout.splitlines()
    assert len(csv) == 7
    assert "relu" in paribus(folder, "trials", "vanishing-gradient").stdout
    assert paribus(folder, "report", "vanishing-gradient").stdout.strip().endswith("report.html")


def test_commands_that_run_nothing(tmp_path):
    assert "vanishing-gradient" in paribus(tmp_path, "list").stdout
    assert len(json.loads(paribus(tmp_path, "list", "--json").stdout)) >= 4
    shown = paribus(tmp_path, "show", "vanishing-gradient")
    assert "27 arms × 10 replicates" in shown.stdout
    assert json.loads(paribus(tmp_path, "show", "overfitting", "--json").stdout)["metric"]
    planned = json.loads(paribus(tmp_path, "plan", "vanishing-gradient", "--json").stdout)
    assert planned["trials"] == 270
    assert {"jobs_left", "stacks_left", "time", "memory_per_worker", "disk"} <= set(planned)
    listed = json.loads(paribus(tmp_path, "data", "list", "--json").stdout)
    assert listed["digits"]["where"] == "built in"
    assert "numpy" in json.loads(paribus(tmp_path, "doctor", "--json").stdout)
    assert not list(tmp_path.iterdir())


def test_components_are_listed_for_people_and_for_scripts(tmp_path):
    told = paribus(tmp_path, "components", "leaky-relu").stdout
    assert "f(z) = max(0, z) + slope·min(0, z)" in told
    assert "- slope = 0.01: number ≥ 0" in told
    table = json.loads(paribus(tmp_path, "components", "normaliser", "--json").stdout)
    assert list(table) == ["normaliser"]
    assert [row["kind"] for row in table["normaliser"]] == ["batch-norm", "layer-norm"]
    for row in table["normaliser"]:
        assert list(row) == ["kind", "fields", "formula", "source", "summary"]
        assert {tuple(field) for field in row["fields"]} == {("name", "type", "default", "range")}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "vanish"], "did you mean 'vanishing-gradient'?"),
        (["show", "none.toml"], "none.toml cannot be read"),
        (["components", "actvation"], "did you mean 'activation'?"),
        (["components", "--json", "rellu"], "did you mean 'relu'?"),
        (["run", "vanishing-gradient", "--set", "activation=tahn"], "did you mean 'tanh'?"),
        (["run", "vanishing-gradient", "--set", "replicates=0"], "replicates = 0"),
        (["run", "vanishing-gradient", "--set", "grid.depth=[]"], "grid.depth is empty"),
        (["plan", "vanishing-gradient", "--set", "epochs=nan"], "whole number"),
        (["run", "vanishing-gradient", "--set", "batch_size=100000"], "more than the 1079"),
        (["run", "vanishing-gradient", "--name", "../up"], "lower-case letters"),
        (["status", "nothing"], "is not a results folder"),
        (["trials", "nothing"], "is not a results folder"),
        (["report", "nothing"], "is not a results folder"),
        (["data", "fetch", "mnst"], "did you mean 'mnist'?"),
        (["run", "vanishing-gradient", "--name", ""], "lower-case letters"),
        (["run", "vanishing-gradient", "--results", ""], "--results must name a folder"),
        (
            ["run", "vanishing-gradient", "--set", "metric=speed_ratio", "--set", "depth=1"],
            "no arm has two hidden layers",
        ),
        (
            ["run", "vanishing-gradient", "--set", "metric=test_loss", "--set", "split.test=0.0"],
            "the split leaves no test set",
        ),
        (["plan", "vanishing-gradient", "--set", "task=noisy-polynomial"], "needs classes"),
        (["plan", "vanishing-gradient", "--set", "replicates=1000000"], "from 1 to 200,000"),
        (["plan", "vanishing-gradient", "--set", "replicates=100000"], "at most 200,000 fit"),
        (["plan", "vanishing-gradient", "--set", "depth=10000000000000"], "at most 1,000"),
        (["plan", "vanishing-gradient", "--set", "grid=3"], "set one of its keys"),
        (["plan", "vanishing-gradient", "--set", "epochs=" + "9" * 5000], "whole number"),
        (["plan", "x" * 5000], "unknown study"),
        (["status", "x" * 5000], "is not a results folder"),
        (["run"], "Missing argument"),
        (["rum"], "No such command"),
        (["run", "vanishing-gradient", "--workers", "-1"], "--workers"),
    ],
)
def test_mistakes_are_one_line_each_and_exit_2(tmp_path, words, told):
    done = paribus(tmp_path, *words)
    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())


UNFIT = [
    (["show", "normaliser.momentum=2"], "the recipe has no normaliser"),
    (["show", "normaliser=batch-norm", "batch_size=1"], "needs batch_size ≥ 2, not 1"),
    (["show", "regularisers.dropout.per_layer=[0.2,0.5]"], "2 probabilities for 3 hidden layers"),
    (["show", "regularisers.dropout.p=1.2"], "must be ≥ 0 and ≤ 1"),
    (["show", "residual=residual", "hidden=[4,5]"], "of widths 4 and 5; they must be equal"),
    (["show", 'residual=["none","residual"]', "residual.scale=[0.5,1.0]"], "has no residual"),
    (["show", 'optimiser=["sgd",{kind="adam",beta1=1.0}]'], "adam.beta1 = 1.0 is not allowed"),
    (
        ["show", "optimiser=momentum", 'grid.optimiser=["sgd"]', "momentum_schedule=cosine"],
        "grid (optimiser=sgd): recipe.momentum_schedule needs an optimiser with momentum",
    ),
    (["show", 'activation=["relu",{kind="expression",formula="y"}]'], "unknown name 'y'"),
    (["show", "optimiser=least-squares", "epochs=1"], "not for loss = softmax-cross-entropy"),
    (["plan", "normaliser=batch-norm", "batch_size=7"], "in batches of 7 the last holds 1"),
    (["run", "task=blobs", "augmentations.mirror={}"], "augmentations need whole images"),
    (["run", "split={kind='k-fold',folds=2000}"], "folds = 2,000 is more than the 1,438 rows"),
    (["run", "task=blobs", "pretraining=rbm"], "needs inputs between 0 and 1"),
]


@pytest.mark.parametrize(("words", "told"), UNFIT, ids=[" ".join(words) for words, _ in UNFIT])
def test_what_cannot_be_is_refused_before_anything_is_trained(tmp_path, words, told):
    (tmp_path / "s.toml").write_text('question = "?"\n[recipe]\nhidden = [4, 4, 4]\n')
    settings = [part for setting in words[1:] for part in ("--set", setting)]
    done = paribus(tmp_path, words[0], "s.toml", *settings)
    assert done.returncode == 2, done.stdout
    assert told in done.stderr
    assert done.stderr.startswith("error: s")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "results").exists()


def test_a_list_for_a_field_of_numbers_is_one_value_and_a_list_of_lists_its_levels(tmp_path):
    (tmp_path / "s.toml").write_text('question = "?"\n')
    path = "recipe.regularisers.dropout.per_layer"
    one = json.loads(
        paribus(tmp_path, "show", "s.toml", "--set", f"{path}=[0.2,0.5]", "--json").stdout
    )
    assert one["recipe"]["regularisers"]["dropout"]["per_layer"] == [0.2, 0.5]
    two = json.loads(
        paribus(
            tmp_path, "show", "s.toml", "--set", f"{path}=[[0.2,0.5],[0.1,0.1]]", "--json"
        ).stdout
    )
    assert two["grid"] == {"regularisers.dropout.per_layer": [[0.2, 0.5], [0.1, 0.1]]}


def test_a_results_folder_of_another_study_is_refused_and_kept(finished):
    folder, _ = finished
    page = folder / "results/vanishing-gradient/report.html"
    before = page.stat().st_mtime_ns
    done = paribus(folder, "run", *SMALL, "--set", "epochs=2")
    assert done.returncode == 2
    assert "recipe.epochs: holds 1, asked 2" in done.stderr
    assert "--name" in done.stderr
    assert page.stat().st_mtime_ns == before


def test_a_place_that_takes_no_files(tmp_path):
    (tmp_path / "results").write_text("a file")
    done = paribus(tmp_path, "run", *SMALL)
    assert done.returncode == 1
    assert "cannot write to results/vanishing-gradient" in done.stderr


def broken_run(tmp_path, fault: str):
    """Run the small study after a line of code has broken something."""
    code = (
        f"import sys\n{fault}\nfrom paribus.__main__ import main\n"
        f"sys.argv = ['paribus', 'run', *{SMALL!r}, '--no-report']\nmain()"
    )
    return subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )


def test_a_run_that_is_not_finished_exits_1(tmp_path):
    fault = (
        "from paribus.cluster.folder.run_folder import RunFolder as R; R.work_left = lambda *_: []"
    )
    done = broken_run(tmp_path, fault)
    assert done.returncode == 1
    assert "6 trials that are asked are not finished" in done.stderr


def test_a_folder_beside_does_not_hide_a_run(finished):
    folder, _ = finished
    (folder / "vanishing-gradient").mkdir()
    try:
        assert paribus(folder, "status", "vanishing-gradient").returncode == 0
    finally:
        (folder / "vanishing-gradient").rmdir()


def test_sections_of_the_wrong_type(tmp_path):
    for text in ("grid = 3", "recipe = 3", "baseline = 3", "probe = 3", "fallback = 3"):
        (tmp_path / "s.toml").write_text(f'question = "?"\n{text}\n')
        done = paribus(tmp_path, "plan", "s.toml", "--set", "depth=3")
        assert done.returncode == 2, text
        assert "must be a table" in done.stderr, done.stderr
    (tmp_path / "s.toml").write_text('question = "?"\noverrides = 3\n')
    assert "unknown key 'overrides'" in paribus(tmp_path, "plan", "s.toml").stderr
    (tmp_path / "s.toml").write_text('question = "?"\n[probe]\nstep = "log"\n')
    assert (
        "probe: unknown key 'step'; allowed: examples, steps"
        in paribus(tmp_path, "plan", "s.toml").stderr
    )
    (tmp_path / "s.toml").write_text('question = "?"\n[baseline]\noptimizer = { kind = "sgd" }\n')
    assert "unknown axis 'optimizer'" in paribus(tmp_path, "plan", "s.toml").stderr


def test_no_scheduler_there(tmp_path):
    done = paribus(tmp_path, "run", *SMALL[:-2], "--scheduler", "tcp://127.0.0.1:9")
    assert done.returncode == 1
    assert "no Dask scheduler answers" in done.stderr
    assert "Traceback" not in done.stderr


def test_data_that_cannot_be_had(tmp_path):
    done = paribus(
        tmp_path,
        "run",
        "nielsen-initial-gradients",
        PARIBUS_OFFLINE="1",
        PARIBUS_DATA=str(tmp_path),
    )
    assert done.returncode == 1
    assert "MNIST is not on this machine" in done.stderr
    assert not (tmp_path / "results").exists()


def test_failed_trials_make_exit_1(tmp_path):
    done = broken_run(
        tmp_path, "from paribus.core.engine.training import Training as T; T.run_epoch = 3"
    )
    assert done.returncode == 1
    assert "6 failed" in done.stdout
    assert "the first failure: TypeError: 'int' object is not callable" in done.stderr


def test_a_cross_validated_study_of_ones_own(tmp_path):
    (tmp_path / "cv.toml").write_text(
        """
        question = "Which activation, by cross-validation?"
        replicates = 2
        [recipe]
        split = { kind = "k-fold", folds = 3, test = 0.7 }
        hidden = [5]
        epochs = 1
        [luck]
        initialisation = 0
        [grid]
        activation = ["tanh", "relu"]
        """
    )
    shown = paribus(tmp_path, "show", "cv.toml").stdout
    assert "2 arms × 2 replicates × 3 folds" in shown
    assert "The same in all replicates: initial draws (integer 0)." in shown
    done = paribus(tmp_path, "run", "cv.toml", "--workers", "0")
    assert "12 of 12 trials finished" in done.stdout, done.stderr
    assert "3-fold cross-validation" in (tmp_path / "results/cv/report.html").read_text()
    head = paribus(tmp_path, "trials", "cv").stdout.splitlines()[0]
    assert head.split()[2:4] == ["replicate", "fold"]
    for setting, told in (
        ("split.folds=10000", "folds = 10,000 is more than the 539 rows"),
        ("luck.split=0", "luck.split: holds 'replicate', asked 0"),
    ):
        refused = paribus(tmp_path, "run", "cv.toml", "--set", setting)
        assert refused.returncode == 2
        assert told in refused.stderr
        assert len(refused.stderr.splitlines()) == 1


def test_a_trial_leaves_its_run_and_predicts(finished, monkeypatch, capsys):
    folder, _ = finished
    trial_id = open_run(folder / "results/vanishing-gradient").trials["trial_id"][0]
    done = paribus(folder, "export", "vanishing-gradient", trial_id[:12], "--out", "m.npz")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "m.npz\n"
    assert done.stderr.startswith(f"training {trial_id} (")
    digits = load_digits()
    pd.DataFrame(digits.data).to_csv(folder / "digits.csv", index=False)
    told = paribus(folder, "predict", "m.npz", "digits.csv", "--probabilities").stdout
    frame = pd.read_csv(io.StringIO(told))
    model = load_model(folder / "m.npz")
    assert frame["prediction"].astype(str).tolist() == model.predict(digits.data).tolist()
    assert frame.columns.tolist()[1:] == [f"probability of {digit}" for digit in range(10)]
    np.testing.assert_allclose(frame.iloc[:, 1:].sum(axis=1), 1.0, atol=1e-5)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(
        sys, "argv", ["paribus", "predict", "m.npz", "digits.csv", "--out", "p.csv"]
    )
    main()
    assert capsys.readouterr() == ("", "")
    assert pd.read_csv(folder / "p.csv")["prediction"].tolist() == frame["prediction"].tolist()
    (folder / "bad.npz").write_bytes((folder / "m.npz").read_bytes()[:-50])
    for words, message in (
        (["export", "vanishing-gradient", "t-"], "give more of the id"),
        (["export", "vanishing-gradient", "nope"], "has no finished trial 'nope'"),
        (["export", "vanishing-gradient", trial_id, "--out", "no/m.npz"], "there is no folder no"),
        (["predict", "none.npz", "digits.csv"], "none.npz is not a file"),
        (["predict", "bad.npz", "digits.csv"], "bad.npz is damaged or no model"),
        (["predict", "m.npz", "none.csv"], "none.csv is not a file"),
        (["predict", "m.npz", "m.npz"], "not one of .csv, .parquet"),
    ):
        monkeypatch.setattr(sys, "argv", ["paribus", *words])
        with pytest.raises(SystemExit, match="2"):
            main()
        told = capsys.readouterr()
        assert told.out == ""
        assert message in told.err
        assert len(told.err.splitlines()) == 1
