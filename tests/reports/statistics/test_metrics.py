"""A metric is one value: made up here, it goes from the study file to every part of the page."""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from paribus.cluster.folder import tables
from paribus.cluster.folder.table import measure_table
from paribus.cluster.launch.running import run_study
from paribus.core.errors import InputError
from paribus.reports.charts import paired_differences
from paribus.reports.page.report import write_report
from paribus.reports.sections.answer import answer
from paribus.reports.sections.methods import methods
from paribus.reports.sections.reload import snippet
from paribus.reports.sections.trials import trial_table
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.frames import results_of
from paribus.studies import metrics
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import with_value
from paribus.studies.files.study_files import load_study
from paribus.studies.metrics import METRICS, Metric
from small import small_study

STUDY = """
question = "Does a made-up metric travel?"
replicates = 3
metric = "widest_layer"
margin = 0.5

[recipe]
task = "digits"
width = 6
epochs = 2
batch_size = 100
split = { kind = "random", validation = 0.1, test = 0.1, train_examples = 300 }

[grid]
activation = ["tanh", "relu"]
depth = [1, 2]

[baseline]
activation = "tanh"
depth = 1

[contrast]
activation = "relu"
"""


def widest(frames):
    """Return the largest sd of a hidden layer's activations, at the end."""
    hidden = frames["layers"][~frames["layers"]["is_output"]]
    end = hidden[hidden["step"] == hidden.groupby("trial_id")["step"].transform("max")]
    return frames["trials"]["trial_id"].map(end.groupby("trial_id")["activation_sd"].max())


WIDEST = Metric(
    "widest_layer",
    "largest sd of any layer's activations",
    "linear",
    "lower",
    widest,
    (("layers", "activation_sd"), ("layers", "step")),
    heading="largest sd",
    unit="%",
    needs=("layers",),
    sentence="its widest layer has an sd of {value} {interval}",
)


def test_a_made_up_metric_travels_from_study_file_to_page(tmp_path, monkeypatch):
    path = tmp_path / "mine.toml"
    path.write_text(STUDY)
    with pytest.raises(InputError, match="unknown metric 'widest_layer'"):
        load_study(str(path))
    monkeypatch.setitem(METRICS, WIDEST.name, WIDEST)
    monkeypatch.chdir(tmp_path)
    run = run_study(load_study(str(path)), "results", workers=0)
    results = results_of(run)
    layers = run.layers[~run.layers["is_output"]]
    last = layers[layers["step"] == layers["step"].max()]
    by_hand = last.groupby("trial_id")["activation_sd"].max()
    values = results.trials.set_index("trial_id")["widest_layer"]
    pd.testing.assert_series_equal(values.sort_index(), by_hand, check_names=False)

    analysis = analyse(results)
    means = results.trials.groupby("arm")["widest_layer"].mean()
    spoken = answer(analysis)
    assert spoken.sentence.count("its widest layer has an sd of") == 1  # and not said twice
    assert f"sd of {100 * means[0]:.1f} %" in spoken.sentence
    second = means[analysis.results.contrast]
    assert f", {100 * second:.1f} %" in spoken.sentence
    assert "points" in spoken.qualification
    assert "at least 50 points" in spoken.judged
    table = trial_table(analysis)
    column = table.heads.index("largest sd")
    shown = [row[column] for row in table.rows]
    assert [float(key) for _, key in shown] == pytest.approx(results.trials["widest_layer"])
    assert all(text.endswith(" %") for text, _ in shown)
    frame = paired_differences.frames(analysis).effects.set_index("arm")
    differences = results.trials.pivot(index="replicate", columns="arm", values="widest_layer")
    second = 100 * (differences[2] - differences[0]).mean()
    assert frame["mean"].tolist().count(pytest.approx(second)) == 1
    figure = paired_differences.figure(analysis)
    assert "largest sd: difference" in str(figure.spec())
    assert dict(methods(analysis))["Selection"].startswith("Arms are compared by their gradients")
    names: dict = {}
    exec(compile(snippet(analysis), "snippet", "exec"), names)
    again = names["trials"].set_index("trial_id")["widest_layer"].sort_index()
    pd.testing.assert_series_equal(again, by_hand, check_names=False)
    html = write_report(run).read_text(encoding="utf-8")
    assert "its widest layer has an sd of" in html
    assert "largest sd</button>" in html


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_reads_what_it_says(name, small_run):
    """Its values come of the columns that it names: without one of them there are none."""
    metric = METRICS[name]
    results = results_of(small_run)
    frames = {"trials": results.trials, "layers": results.layers}
    values = metric.of(frames)
    assert values.index.equals(results.trials.index)
    pd.testing.assert_series_equal(values, results.trials[name], check_names=False)
    assert metric.recorded == (name in small_run.trials)
    for table, column in metric.reads:
        without = frames | {table: frames[table].drop(columns=column)}
        with pytest.raises(KeyError, match=column):
            metric.of(without)


def test_no_code_asks_a_metric_for_its_name():
    """What a metric is stands in its value: no suffix and no name decides what is said."""
    from pathlib import Path

    import paribus

    for path in (Path(paribus.__file__).parent / "reports").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for ladder in ("endswith(", 'startswith("t', "metric.name ==", "metric ==", ".metric in"):
            found = [line for line in text.splitlines() if ladder in line]
            assert not [x for x in found if ".kind" not in x], (path, found)


def test_studies_load_no_frames_to_name_metrics():
    assert "pandas" not in inspect.getsource(metrics).replace("pandas frame", "")


def test_metrics_named_after_a_test_set_that_validates(small_run):
    results = results_of(small_run)
    split = with_value(results.study.recipe, "split", {"kind": "official", "monitor": "test"}).split
    recipe = replace(results.study.recipe, split=split)
    published = replace(results, study=replace(results.study, recipe=recipe))
    assert published.metric.words == "test accuracy"
    assert published.renamed(METRICS["loss_rise"]).words == "final test loss over its minimum"


def readings(stack):
    """Return two readings of each trial, made up for a test."""
    if stack.training is None:
        return {}
    ids = np.arange(len(stack.trials))
    reading = [float(t.replicate + 10 * t.fold) for t in stack.trials]
    return {"trial": ids.repeat(2), "sensor": [0, 1] * len(ids), "reading": np.repeat(reading, 2)}


@pytest.mark.parametrize("folds", [1, 3])
def test_other_tables_come_with_arm_and_replicate(folds, tmp_path, monkeypatch):
    columns = [("sensor", int), ("reading", float)]
    table = measure_table("readings", columns, averaged=["reading"], rows=readings)
    monkeypatch.setattr(tables, "SIBLINGS", (*tables.SIBLINGS, table))
    split = {"kind": "k-fold", "folds": 3, "test": 0.7} if folds > 1 else small_study().recipe.split
    recipe = with_value(small_study().recipe, "split", split)
    study = small_study(recipe=recipe, design=Grid.of({"activation": ["tanh", "relu"]}))
    results = results_of(run_study(study, tmp_path, workers=0))
    frame = results.table("readings")
    assert len(frame) == 2 * 2 * 2  # arms, replicates, sensors; folds are averaged
    assert set(frame["axis:activation"]) == {"tanh", "relu"}
    middle = 10.0 * (folds - 1) / 2
    for row in frame.to_dict("records"):
        assert row["reading"] == row["replicate"] + middle
    assert results.table("layers") is results.layers
    with pytest.raises(KeyError):
        results.table("nothing")


def test_a_metric_may_read_a_table_of_its_own(tmp_path, monkeypatch):
    columns = [("sensor", int), ("reading", float)]
    table = measure_table("readings", columns, averaged=["reading"], rows=readings)
    monkeypatch.setattr(tables, "SIBLINGS", (*tables.SIBLINGS, table))

    def of(frames):
        means = frames["readings"].groupby("trial_id")["reading"].mean()
        return frames["trials"]["trial_id"].map(means)

    reads = (("readings", "reading"),)
    mine = Metric("mean_reading", "mean reading", "linear", "lower", of, reads)
    monkeypatch.setitem(METRICS, mine.name, mine)
    run = run_study(small_study(metric="mean_reading"), tmp_path, workers=0)
    trials = results_of(run).trials
    assert trials["mean_reading"].tolist() == trials["replicate"].tolist()
    assert "mean_reading" not in results_of_another(run)


def results_of_another(run):
    """Return the trials' columns of the same run when another metric is asked."""
    run.study = replace(run.study, metric="validation_loss")
    return results_of(run).trials.columns
