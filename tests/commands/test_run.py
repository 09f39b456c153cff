from __future__ import annotations

import json

import pytest
from command_line import SMALL, Done, paribus, process


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


def test_an_exhibit_is_run_and_shown_like_a_study(tmp_path):
    done = paribus(tmp_path, "run", "equation-123", "--lang", "zh")
    assert done.returncode == 0
    page = (tmp_path / "results/equation-123/report.html").read_text(encoding="utf-8")
    assert '<html lang="zh">' in page
    assert "0.4477" in page
    shown = json.loads(paribus(tmp_path, "show", "equation-123", "--json").stdout)
    assert shown["exhibit"] == "equation-123"
    paribus(tmp_path, "plan", "equation-123").refused("is an exhibit, which trains nothing")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["vanishing-gradint"], "did you mean 'vanishing-gradient'?"),
        (["vanishing-gradient", "--set", "activation=tahn"], "did you mean 'tanh'?"),
        (["vanishing-gradient", "--lang", "xx"], "unknown language 'xx'; allowed: en, zh"),
        (["or-and-xor", "--full"], "has no [full] protocol"),
        (["equation-123", "--set", "depth=3"], "is an exhibit: it has no --set"),
        (["vanishing-gradient", "--set", "replicates=0"], "replicates = 0"),
        (["vanishing-gradient", "--set", "grid.depth=[]"], "grid.depth is empty"),
        (["vanishing-gradient", "--set", "batch_size=100000"], "more than the 1079"),
        (["vanishing-gradient", "--name", "../up"], "lower-case letters"),
        (["vanishing-gradient", "--name", ""], "lower-case letters"),
        (["vanishing-gradient", "--results", ""], "--results must name a folder"),
        (["vanishing-gradient", "--results", "a\0b"], "a path cannot hold the character NUL"),
        (
            ["vanishing-gradient", "--set", "metric=speed_ratio", "--set", "depth=1"],
            "no arm has two hidden layers",
        ),
        (
            ["vanishing-gradient", "--set", "metric=test_loss", "--set", "split.test=0.0"],
            "the split leaves no test set",
        ),
    ],
)
def test_mistakes_are_one_line_each_and_write_nothing(tmp_path, words, told):
    paribus(tmp_path, "run", *words).refused(told)
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
    (
        ["run", 'task={kind="table",path="a\\u0000.csv",target="y"}'],
        "cannot hold the character NUL",
    ),
    (
        ["show", 'activation={kind="function",path="a\\u0000.py:f"}'],
        "must be FILE.py:NAME",
    ),
]


@pytest.mark.parametrize(("words", "told"), UNFIT, ids=[" ".join(words) for words, _ in UNFIT])
def test_what_cannot_be_is_refused_before_anything_is_trained(tmp_path, words, told):
    (tmp_path / "s.toml").write_text('question = "?"\n[recipe]\nhidden = [4, 4, 4]\n')
    settings = [part for setting in words[1:] for part in ("--set", setting)]
    done = paribus(tmp_path, words[0], "s.toml", *settings)
    done.refused(told)
    assert done.stderr.startswith("error: s")
    assert not (tmp_path / "results").exists()


def test_a_results_folder_of_another_study_is_refused_and_kept(finished):
    folder, _ = finished
    page = folder / "results/vanishing-gradient/report.html"
    before = page.stat().st_mtime_ns
    done = paribus(folder, "run", *SMALL, "--set", "epochs=2")
    done.refused("recipe.epochs: holds 1, asked 2")
    assert "--name" in done.stderr
    assert page.stat().st_mtime_ns == before


def test_a_place_that_takes_no_files(tmp_path):
    (tmp_path / "results").write_text("a file")
    done = paribus(tmp_path, "run", *SMALL)
    assert done.returncode == 1
    assert "cannot write to results/vanishing-gradient" in done.stderr


def broken_run(folder, fault: str) -> Done:
    """Run the small study after a line of code has broken something."""
    code = (
        f"import sys\n{fault}\nfrom paribus.__main__ import main\n"
        f"sys.argv = ['paribus', 'run', *{SMALL!r}, '--no-report']\nmain()"
    )
    return process(folder, ["-c", code])


def test_a_run_that_is_not_finished_exits_1(tmp_path):
    fault = (
        "from paribus.cluster.folder.run_folder import RunFolder as R; R.work_left = lambda *_: []"
    )
    done = broken_run(tmp_path, fault)
    assert done.returncode == 1
    assert "warning: not finished: 6 of 6 trials" in done.stderr


def test_failed_trials_make_exit_1(tmp_path):
    done = broken_run(
        tmp_path, "from paribus.core.engine.training import Training as T; T.run_epoch = 3"
    )
    assert done.returncode == 1
    assert "6 failed" in done.stdout
    assert "the first failure: TypeError: 'int' object is not callable" in done.stderr


def test_no_scheduler_there(tmp_path):
    done = process(
        tmp_path, ["-m", "paribus", "run", *SMALL[:-2], "--scheduler", "tcp://127.0.0.1:9"]
    )
    assert done.returncode == 1
    assert "no Dask scheduler answers" in done.stderr
    assert "Traceback" not in done.stderr


def test_data_that_cannot_be_had(tmp_path):
    words = ["run", "nielsen-initial-gradients"]
    done = paribus(tmp_path, *words, PARIBUS_OFFLINE="1", PARIBUS_DATA=str(tmp_path))
    assert done.returncode == 1
    assert "MNIST is not on this machine" in done.stderr
    assert not (tmp_path / "results").exists()


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
        paribus(tmp_path, "run", "cv.toml", "--set", setting).refused(told)


def test_a_budget_ends_a_run_in_order(tmp_path):
    words = ["run", *SMALL, "--workers", "0"]
    done = paribus(tmp_path, *words, "--trials", "4")
    assert done.returncode == 0
    assert "4 of 6 trials finished" in done.stdout
    assert "report: results/vanishing-gradient/report.html" in done.stdout
    assert (
        "the budget of 4 trials is used up with 4 of 6 trials finished; the same command goes on "
        "from there"
    ) in done.stderr
    assert "warning" not in done.stderr
    page = tmp_path / "results/vanishing-gradient/report.html"
    assert "4 of 6 trials are finished" in page.read_text()
    again = paribus(tmp_path, *words, "--trials", "4", "--json")
    told = json.loads(again.stdout)
    assert (told["trained"], told["ok"], told["budget_used_up"]) == (2, 6, False)
    assert again.returncode == 0


def test_a_budget_too_small_for_anything_writes_no_report(tmp_path):
    done = paribus(tmp_path, "run", *SMALL, "--workers", "0", "--updates", "1")
    assert done.returncode == 0
    assert "the budget of 1 update is used up with 0 of 6 trials finished" in done.stderr
    assert "report:" not in done.stdout
    assert not (tmp_path / "results/vanishing-gradient/report.html").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--minutes", "0"], "minutes = 0.0 must be a finite number above 0"),
        (["--minutes", "nan"], "minutes = nan must be"),
        (["--minutes", "ten"], "'ten' is not a valid float"),
        (["--trials", "-3"], "trials = -3 must be a whole number of at least 1"),
        (["--trials", "1.5"], "'1.5' is not a valid integer"),
        (["--updates", "-1e6"], "updates = -1000000.0 must be"),
    ],
)
def test_budgets_that_cannot_be(tmp_path, words, told):
    done = paribus(tmp_path, "run", *SMALL, *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert not (tmp_path / "results").exists()
