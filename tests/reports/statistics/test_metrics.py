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
from paribus.core.measures.layers import LayerStatistics
from paribus.core.measures.lesions import Lesions
from paribus.core.measures.neurons import NeuronGradients
from paribus.core.measures.outcomes import Outcomes
from paribus.core.measures.readouts import Readouts
from paribus.core.measures.smoothness import Smoothness
from paribus.core.measures.weights import WeightSizes
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
from paribus.studies.expectations import Expectation
from paribus.studies.files.drafts import with_value
from paribus.studies.files.study_files import load_study
from paribus.studies.metrics import METRICS, Metric, layers, measured, metric, scores
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
    sentence="its widest layer has an sd of {value}",
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


@pytest.fixture(scope="module")
def measured_run(tmp_path_factory):
    """A run with every measure that a metric needs, and one training in two that diverges."""
    design = Grid.of({"optimiser": [{"kind": "sgd", "learning_rate": r} for r in (0.5, 1e30)]})
    measures = (Readouts(), Lesions(), Smoothness(), WeightSizes(0.05), Outcomes())
    study = small_study(design=design, measures=measures)
    return run_study(study, tmp_path_factory.mktemp("results"), workers=0)


def asking(run, metric):
    """Return the results of a run that is asked for a metric."""
    run.study = replace(run.study, metric=metric)
    return results_of(run)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_reads_what_it_says(name, measured_run):
    """Its values come of the columns that it names: without one of them there are none."""
    metric = METRICS[name]
    results = asking(measured_run, name)
    frames = {table: results.table(table) for table, _ in metric.reads}
    frames["trials"] = results.trials
    values = metric.of(frames)
    assert values.index.equals(results.trials.index)
    assert values.dtype == float or metric.recorded
    pd.testing.assert_series_equal(values, results.trials[name], check_names=False)
    assert metric.recorded == (name in measured_run.trials)
    for table, column in metric.reads:
        without = frames | {table: frames[table].drop(columns=column)}
        with pytest.raises(KeyError, match=column):
            metric.of(without)


def test_metrics_of_measures_by_hand(measured_run):
    run, values = measured_run, {}
    for name in METRICS:
        trials = asking(run, name).trials
        values[name] = trials.set_index("trial_id")[name]
    frames = {name: dict(iter(run.frame(name).groupby("trial_id"))) for name in run.tables}
    ended = trials.set_index("trial_id")["status"] == "ok"
    assert sorted(ended) == [False, False, True, True]
    for trial in ended.index[ended]:
        mine = {name: frames[name][trial] for name in frames}
        layers, readouts = mine["layers"], mine["readouts"]
        hidden = layers[~layers["is_output"]].set_index(["step", "layer"]).sort_index()
        last = layers["step"].max()
        expected = {
            "dead_share": hidden.loc[last, "dead_share"].mean(),
            "first_weight_change": hidden.loc[(last, 1), "weight_change"],
            "activation_mean": np.mean(
                [
                    abs(hidden.loc[(0, k), "activation_mean"]) / hidden.loc[(0, k), "activation_sd"]
                    for k in (1, 2)
                ]
            ),
            "log_length": np.log(
                hidden.loc[(0, 2), "activation_mean"] ** 2
                + hidden.loc[(0, 2), "activation_sd"] ** 2
            ),
            "last_readout": readouts[(readouts["step"] > 0) & (readouts["layer"] == 2)],
            "first_readout": readouts[(readouts["step"] == 0) & (readouts["layer"] == 1)],
            "lesion_accuracy": mine["lesions"][mine["lesions"]["share"] == 0.5],
            "unit_correlation": mine["smoothness"]["unit_correlation"].iloc[1:].mean(),
            "input_gradient": mine["smoothness"]["input_gradient"].iloc[0],
            "small_weight_share": np.average(
                mine["weights"]["small_share"], weights=mine["weights"]["weights"]
            ),
        }
        for name, value in expected.items():
            number = value["accuracy"].item() if isinstance(value, pd.DataFrame) else value
            assert values[name][trial] == pytest.approx(number, rel=1e-12), name
    at_start = {"activation_mean", "log_length", "first_readout"}
    for name in expected:
        diverged = values[name][~ended]
        assert diverged.notna().all() if name in at_start else diverged.isna().all(), name
    assert values["epochs_to_fit"].isna().all()


def test_epochs_to_fit_is_the_first_of_the_epochs_that_fit():
    trials = pd.DataFrame({"trial_id": ["a", "b", "c"], "status": "ok"})
    accuracy = {"a": [0.1, 0.99, 0.5, 1.0], "b": [0.1, 0.5, 0.98, 0.98], "c": [1.0] * 4}
    epochs = pd.DataFrame(
        [(t, e, x) for t, row in accuracy.items() for e, x in enumerate(row)],
        columns=["trial_id", "epoch", "train_accuracy"],
    )
    epochs = epochs.sample(frac=1, random_state=0)
    values = METRICS["epochs_to_fit"].of({"trials": trials, "epochs": epochs})
    np.testing.assert_array_equal(values, [1.0, np.nan, 0.0])


def test_the_rmse_of_validation_examples_by_hand():
    rows = [("a", "validation", 3.0), ("b", "test", 9.0), ("a", "test", 9.0)]
    rows += [("a", "validation", -4.0), ("b", "validation", np.nan)]
    outcomes = pd.DataFrame(rows, columns=["trial_id", "set", "residual"])
    trials = pd.DataFrame({"trial_id": ["b", "a", "c"], "status": "ok"})
    values = METRICS["validation_rmse"].of({"trials": trials, "outcomes": outcomes})
    np.testing.assert_allclose(values, [np.nan, 12.5**0.5, np.nan])


def test_the_rmse_is_for_tasks_of_numbers():
    with pytest.raises(InputError, match="digits has classes; use metric = 'validation_accuracy'"):
        small_study(metric="validation_rmse", measures=(Outcomes(),)).check_data()


LACKING = {
    "last_readout": "it is made from measure 'readouts'; add 'readouts' to measures",
    "lesion_accuracy": "it is made from measure 'lesions'; add 'lesions' to measures",
    "unit_correlation": "it is made from measure 'smoothness'; add 'smoothness' to measures",
    "small_weight_share": "it is made from measure 'weights'; add 'weights' to measures",
}


@pytest.mark.parametrize("name", LACKING)
def test_a_study_that_lacks_a_metrics_measure_is_refused(name):
    with pytest.raises(InputError) as caught:
        small_study(metric=name).check_data()
    assert caught.value.messages == (
        f"small: metric = {name!r} would have no value: {LACKING[name]}",
    )
    wanted = {"readouts": Readouts, "lesions": Lesions, "smoothness": Smoothness}
    measure = wanted.get(METRICS[name].needs[-1], WeightSizes)()
    small_study(metric=name, measures=(measure,)).check_data()


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("dead_share", {"probe": LayerStatistics("initial")}, "measures no layer at the end"),
        (
            "log_length",
            {"probe": LayerStatistics("none")},
            "'none' measures no layer",
        ),
        ("log_length", {"design": Grid.of({"depth": [0]})}, "no arm has a hidden layer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_study_that_measures_no_such_layer_is_refused(name, changes, told):
    with pytest.raises(InputError, match=told):
        small_study(metric=name, **changes).check_data()


def test_an_expectation_may_speak_of_a_metric_that_is_not_the_primary_one(measured_run):
    assert "lesion_accuracy" not in asking(measured_run, "validation_loss").trials
    expected = Expectation("keeps half", "lesion_accuracy", 0.1)
    measured_run.study = replace(measured_run.study, expectations=(expected,))
    trials = results_of(measured_run).trials
    measured_run.study = replace(measured_run.study, expectations=())
    assert trials["lesion_accuracy"].notna().sum() == 2


def test_measures_are_averaged_over_folds(tmp_path):
    split = {"kind": "k-fold", "folds": 3, "test": 0.7}
    study = small_study(
        recipe=with_value(small_study().recipe, "split", split),
        design=Grid.of({"activation": ["tanh", "relu"]}),
        measures=(Readouts(), NeuronGradients()),
        metric="last_readout",
    )
    results = results_of(run_study(study, tmp_path, workers=0))
    alone = results.by_fold.groupby(["arm", "replicate"])["last_readout"].mean()
    together = results.trials.set_index(["arm", "replicate"])["last_readout"]
    pd.testing.assert_series_equal(together.sort_index(), alone.sort_index())
    assert len(results.table("readouts")) == 2 * 2 * 2 * 3  # arms, replicates, steps, layers
    assert len(results.table("neurons")) == 2 * 2 * 3 * 12  # of every fold its own


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
    for module in (metrics, metric, scores, layers, measured):
        assert "pandas" not in inspect.getsource(module).replace("pandas frame", "")


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
