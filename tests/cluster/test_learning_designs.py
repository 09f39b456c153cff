"""Search and tuning with real training: rounds, interruption, reports."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from command_line import paribus
from paribus.cluster.folder.run import open_run
from paribus.cluster.folder.run_folder import RunFolder
from paribus.cluster.folder.status import quick_status
from paribus.cluster.folder.store import LocalStore
from paribus.cluster.launch.executors import SerialExecutor
from paribus.cluster.launch.running import run_study
from paribus.core.errors import InputError
from paribus.reports.page.report import write_report
from paribus.reports.sections.methods import methods
from paribus.reports.sections.trust import checks
from paribus.reports.sections.tuning import section
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.frames import results_of
from paribus.studies.designs.search import Search
from paribus.studies.designs.tuned import FIRST_TUNING, Tuned
from small import same, small_study

RATE = "optimiser.learning_rate"
SEARCH = Search.of(
    {RATE: {"low": 0.001, "high": 10.0, "scale": "log"}, "width": {"low": 4, "high": 20}},
    samples=7,
    batch=2,
    start=3,
)
TUNED = Tuned.of(
    {
        "activation": ["tanh", "relu"],
        RATE: {"low": 0.001, "high": 10.0, "scale": "log", "role": "nuisance"},
    },
    points=3,
    tuning_replicates=2,
)
DESIGNS = {"tpe": SEARCH, "tuned": TUNED}


def study(design, **changes):
    return small_study(design=design, metric="test_accuracy", **changes)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("learning")
    return {
        name: run_study(study(design), folder / name, workers=0) for name, design in DESIGNS.items()
    }


def one_round(folder, wanted):
    """Carry out what is wanted now, then die."""
    left = folder.work_left(folder.prepare(wanted))
    for _ in SerialExecutor(folder).run(left, lambda job, trials: None):
        pass
    return len(left)


@pytest.mark.parametrize("name", DESIGNS)
def test_a_run_that_dies_after_every_round_gives_the_same_tables(name, runs, tmp_path):
    wanted = study(DESIGNS[name])
    path = tmp_path / "small"
    rounds, to_come = 0, []
    while one_round(RunFolder(LocalStore(path)), wanted):
        rounds += 1
        status = open_run(path).status()
        to_come.append(status.to_come)
        assert status.finished == status.planned
        assert status.complete == (not status.to_come)
        assert quick_status(path) == status
    assert rounds == {"tpe": 3, "tuned": 2}[name]
    assert to_come == {"tpe": [8, 4, 0], "tuned": [4, 0]}[name]
    same(path, runs[name].path)
    assert [len(p.jobs) > 0 for p in runs[name].plans] == [True] * rounds


@pytest.mark.parametrize("name", DESIGNS)
def test_two_workers_give_the_same_tables(name, runs, tmp_path):
    two = run_study(study(DESIGNS[name]), tmp_path, workers=2)
    same(two.path, runs[name].path)


@pytest.mark.parametrize("name", DESIGNS)
def test_a_finished_run_asks_for_nothing_more(name, runs):
    run = runs[name]
    again = run_study(study(DESIGNS[name]), run.path.parent, workers=0)
    assert again.trained == 0
    assert len(again.plans) == len(run.plans)
    assert run.status().planned == run.status().finished == len(run.trials)


def test_a_search_has_the_arms_that_it_asked_for(runs):
    run = runs["tpe"]
    assert len(run.study.arms) == 8
    assert len(SEARCH.arms(run.study.recipe)) == 4
    assert len(run.trials) == 8 * 2
    assert run.trials["arm_id"].nunique() == 8
    analysis = analyse(results_of(run))
    assert analysis.wanted == analysis.finished == 16
    losses = run.trials.groupby("arm_id")["validation_loss"].median()
    best = analysis.study.arms[analysis.results.contrast]
    ids = {planned.arm.recipe: planned.arm_id for planned in run.plans[-1].arms}
    assert losses.drop(ids[run.study.recipe]).idxmin() == ids[best.recipe]
    assert analysis.trust.extensions == 0  # rounds are no second thoughts
    assert "at which the search never looked" in dict(methods(analysis))["Selection"]
    html = write_report(run).read_text(encoding="utf-8")
    assert "by its validation loss, not by the numbers that are compared here" in html


def test_more_samples_continue_a_search_and_are_an_extension(runs, tmp_path):
    first = run_study(study(SEARCH), tmp_path, workers=0).study.arms
    more = Search.of(
        {axis.path: axis.to_table() for axis in SEARCH.axes}, samples=9, batch=2, start=3
    )
    longer = run_study(study(more), tmp_path, workers=0)
    assert longer.trained == 2 * 2
    assert longer.study.arms[:8] == first
    assert analyse(results_of(longer)).trust.extensions == 1


def test_only_replicates_that_were_not_tuned_on_are_compared(runs):
    run = runs["tuned"]
    assert len(run.trials) == 2 * 3 * 2 + 2 * 2
    tuning = run.trials[run.trials["replicate"] >= FIRST_TUNING]
    analysis = analyse(results_of(run))
    judged = analysis.results.trials
    assert set(judged["replicate"]) == {0, 1}
    assert len(judged) == analysis.wanted == 4
    assert not set(judged["trial_id"]) & set(tuning["trial_id"])
    for curve in analysis.tuning.curves:
        labels = {arm.level(RATE).value for arm in curve.candidates}
        activation = curve.chosen.recipe.activation.kind
        mine = tuning[tuning["activation"] == activation]
        means = mine.groupby("optimiser_learning_rate")["validation_loss"].apply(list)
        assert set(means.index) == labels
        assert curve.chosen.recipe in {arm.recipe for arm in run.study.arms}


def test_the_report_shows_what_was_tuned(runs):
    analysis = analyse(results_of(runs["tuned"]))
    body = section(analysis).body
    assert "Tuned best against tuned best" in body
    assert body.count("<strong>") == 2
    (check,) = [c for c in checks(analysis) if c.title == "Tuned inside the range"]
    edges = sum(bool(curve.at_edge) for curve in analysis.tuning.curves)
    assert (check.state == "note") == bool(edges)
    assert section(analyse(results_of(runs["tpe"]))) is None
    assert write_report(runs["tuned"]).is_file()


def test_a_run_that_is_tuning_still_has_nothing_to_report(tmp_path):
    folder = RunFolder(LocalStore(tmp_path / "small"))
    one_round(folder, study(TUNED))
    run = open_run(tmp_path / "small")
    assert len(run.study.arms) == 6
    with pytest.raises(InputError, match="still tuning"):
        write_report(run)


FILE = """
question = "Which rate?"
replicates = 2
metric = "test_loss"

[recipe]
task = "digits"
split = { kind = "random", validation = 0.1, test = 0.1, train_examples = 300 }
depth = 1
width = 6
epochs = 2
batch_size = 100

[design]
kind = "search"
sampler = "gp"
samples = 4
start = 2
batch = 2
[design.axes]
"optimiser.learning_rate" = { low = 0.01, high = 1.0, scale = "log" }
"""


def test_from_the_command_line(tmp_path):
    (tmp_path / "rate.toml").write_text(FILE)
    planned = json.loads(paribus(tmp_path, "plan", "rate.toml", "--json").stdout)
    assert planned["trials"] == 6
    assert planned["at_most"].startswith("10 trials in all: this round is known, later ones")
    assert "up to 10 trials in rounds" in paribus(tmp_path, "show", "rate.toml").stdout
    done = paribus(tmp_path, "run", "rate.toml", "--workers", "1")
    assert done.returncode == 0
    assert (tmp_path / "results/rate/report.html").is_file()
    told = paribus(tmp_path, "status", "rate").stdout
    assert "10 of 10 trials finished" in told
    assert "to come" not in told
    frame = pd.read_parquet(tmp_path / "results/rate/trials")
    assert frame["arm_id"].nunique() == 5
    for setting, message in (
        ("metric=validation_loss", "design 'search' chooses arms by validation_loss there"),
        ("design.sampler=random-forest", "is not allowed"),
        ("split.validation=0.0", "design.metric = 'validation_loss' would have no value"),
        ("design.metric=test_loss", "is not allowed"),
    ):
        paribus(tmp_path, "plan", "rate.toml", "--set", setting).refused(message)
