"""Reports of runs that hold little: one replicate, no value at all, arms that were withdrawn."""

import re

import pytest
from paribus.cluster.folder.run import open_run
from paribus.cluster.launch.running import run_study
from paribus.core.errors import InputError
from paribus.reports.findings.diagnosis import findings
from paribus.reports.page.report import write_report
from paribus.reports.sections.answer import answer
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.frames import results_of
from paribus.studies.designs.designs import design_from
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import recipe_from
from paribus.studies.files.study_files import load_study
from small import small_study

RECIPE = {"task": "digits", "depth": 2, "width": 6, "epochs": 2, "batch_size": 100}
SPLIT = {"kind": "random", "validation": 0.1, "test": 0.1, "train_examples": 300}


def ran(tmp_path, **changes):
    return run_study(small_study(metric="test_accuracy", **changes), tmp_path, workers=0)


def said(run):
    given = answer(analyse(results_of(run)))
    return f"{given.sentence} {given.qualification}"


def test_arms_without_any_value_are_not_called_alike(tmp_path):
    recipe = recipe_from(RECIPE | {"split": SPLIT, "activation": "identity"})
    rates = Grid.of({"optimiser.learning_rate": [1e30, 1e31]})
    run = ran(tmp_path, recipe=recipe, design=rates, replicates=6, margin=0.01)
    assert set(run.trials["status"]) == {"diverged"}
    words = said(run)
    assert "no trial has a test accuracy (6 diverged" in words
    assert "difference" not in words


def test_one_pair_is_too_few_and_not_all_alike(tmp_path):
    words = said(ran(tmp_path, replicates=1))
    assert "1 pair is too few for an interval; six are the least" in words
    assert "best of 3 by these same numbers, which flatters it." in words


def test_the_answer_names_no_other_data_set(tmp_path):
    axes = {"task": ["digits", "breast-cancer"], "activation": ["tanh", "relu"]}
    words = said(ran(tmp_path, design=Grid.of(axes), replicates=6))
    assert "breast cancer" not in words
    assert "chosen as the best" not in words


@pytest.fixture
def halved(tmp_path):
    rates = [1e-5, 1e-4, 0.2, 0.5]
    table = {"kind": "halving", "eta": 2, "axes": {"optimiser.learning_rate": rates}}
    return ran(tmp_path, design=design_from({"design": table}), replicates=6)


def test_a_withdrawn_arm_is_not_blamed_for_its_end(halved):
    stopped = halved.trials.query("status == 'stopped'")
    assert len(stopped) == 12
    found = findings(halved)
    ended = found[found["code"].isin(["stuck-at-chance", "underfitting", "rate-too-low"])]
    assert not set(ended["arm"]) & set(stopped["arm"])


def test_the_best_of_halving_is_the_best_of_those_that_ended(halved):
    words = said(halved)
    assert "no trial has a test accuracy" not in words  # the first arm was withdrawn
    assert words.startswith("With learning rate = 0.2 the test accuracy is")
    assert "Over 6 pairs" in words
    assert "best of" not in words  # one survivor is left to compare with


def test_a_run_of_tuning_replicates_alone_has_nothing_to_diagnose(tmp_path):
    rates = {"low": 0.01, "high": 1.0, "scale": "log", "role": "nuisance"}
    axes = {"activation": ["tanh", "relu"], "optimiser.learning_rate": rates}
    design = design_from({"design": {"kind": "tuned", "points": 2, "axes": axes}})
    run = run_study(small_study(design=design, metric="test_loss"), tmp_path, workers=0, trials=2)
    assert len(run.trials) == 2
    with pytest.raises(InputError, match="holds no finished trial yet; there is nothing to"):
        findings(run)
    with pytest.raises(InputError, match="is still tuning; there is nothing to compare yet"):
        write_report(run)


def test_a_finished_run_reports_after_its_data_are_gone(tmp_path, monkeypatch):
    """A page needs the tables of the run; what it would like to read of the data it leaves out."""
    table = tmp_path / "flowers.csv"
    rows = [f"{k % 7},{k % 5},{'ab'[k % 2]}" for k in range(60)]
    table.write_text("\n".join(["x,y,kind", *rows]), encoding="utf-8")
    (tmp_path / "mine.toml").write_text(
        'question = "Which is better?"\nreplicates = 6\n'
        "[recipe]\n"
        f'task = {{ kind = "table", path = "{table}", target = "kind" }}\n'
        "hidden = [4]\nepochs = 2\n"
        '[grid]\nactivation = ["tanh", "relu"]\n',
        encoding="utf-8",
    )
    study = load_study(str(tmp_path / "mine.toml"))
    run = run_study(study, tmp_path / "results", workers=0)
    before = write_report(run).read_text(encoding="utf-8")
    table.unlink()
    after = write_report(open_run(run.path)).read_text(encoding="utf-8")
    headline = re.compile(r'<p class="answer"[^>]*>(.*?)</p>', re.DOTALL)
    assert headline.findall(after) == headline.findall(before)
    assert "no skill" in before
    assert "no skill" not in re.sub(r"<dl.*?</dl>", "", after, flags=re.DOTALL)
