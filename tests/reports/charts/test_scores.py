"""Charts of scores over axes, epochs and rates: what is drawn is what a hand would compute."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import vl_convert
from paribus.cluster.launch.running import run_study
from paribus.core.families.schedules import RangeTest
from paribus.reports.charts import (
    explorer,
    final_scores,
    layer_heatmap,
    learning_curves,
    loss_rise,
    numeric_axes,
    range_test,
    score_map,
    scores_by_axis,
    spread,
)
from paribus.reports.charts.divergence import losses
from paribus.reports.charts.figure import Figure, value_axis
from paribus.reports.charts.line_ends import APART, at_the_ends
from paribus.reports.charts.no_skill import no_skill
from paribus.reports.page.html import data_of
from paribus.reports.statistics.analysis import Analysis, analyse
from paribus.reports.statistics.frames import results_of
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import recipe_from
from small import small_study

RATE, RATES, DEPTHS, REPLICATES = "optimiser.learning_rate", [0.01, 0.1, 1.0, 10.0], [1, 2, 3], 7


def loss(rate: float, depth: int, replicate: int) -> float:
    """A U over the rate, lowest at 0.1, higher with depth; luck moves every replicate a little."""
    return 0.2 + 0.1 * depth + 0.3 * math.log10(rate / 0.1) ** 2 + 0.01 * (replicate - 3)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    study = small_study(
        design=Grid.of({RATE: RATES, "depth": DEPTHS}),
        replicates=REPLICATES,
        metric="validation_loss",
    )
    return run_study(study, tmp_path_factory.mktemp("scores"), workers=0)


@pytest.fixture(scope="module")
def planted(run) -> Analysis:
    """The U above; with depth 2 and rate 10, five of seven replicates diverged in epoch 1."""
    results = results_of(run)

    def level(arm: int, path: str):
        return results.arm(arm).level(path).value

    trials = results.trials.copy()
    who = list(zip(trials["arm"], trials["replicate"], strict=True))
    trials["validation_loss"] = [loss(level(a, RATE), level(a, "depth"), r) for a, r in who]
    trials["train_loss"] = trials["validation_loss"] / 2
    wild = [level(a, RATE) == 10.0 and level(a, "depth") == 2 and r < 5 for a, r in who]
    trials.loc[wild, ["status", "diverged_epoch"]] = ["diverged", 1.0]
    trials.loc[wild, ["validation_loss", "train_loss"]] = np.nan
    return analyse(replace(results, trials=trials))


def rows(frame: pd.DataFrame, **where: object) -> pd.DataFrame:
    for name, value in where.items():
        frame = frame[frame[name] == value]
    return frame


def draws(figure: Figure | None) -> str:
    """Return the SVG that Vega-Lite makes of a figure with its data."""
    assert figure is not None
    spec = json.loads(json.dumps(figure.spec()).replace('"container"', "500"))
    spec["datasets"] = {
        name: [dict(zip(c, row, strict=True)) for row in zip(*c.values(), strict=True)]
        for name, c in data_of([figure]).items()
    }
    svg: str = vl_convert.vegalite_to_svg(spec, vl_version="6.4")
    assert svg.count("<path") > 5
    return svg


def test_scores_by_axis(planted):
    chosen = numeric_axes.across(planted, numeric_axes.numeric_axis(planted))
    assert (chosen.axis, chosen.colour, chosen.column) == (RATE, "depth", None)
    frame = scores_by_axis.frame(planted, chosen)
    (point,) = rows(frame, part="median", level=0.1, kind="3 hidden layers").to_dict("records")
    middle = loss(0.1, 3, 3)
    assert point["mid"] == pytest.approx(middle)
    assert point["n"] == REPLICATES
    assert point["lo"] < middle < point["hi"]
    (beside,) = rows(frame, part="training", level=0.1, kind="3 hidden layers").to_dict("records")
    assert beside["mid"] == pytest.approx(middle / 2)
    may = frame[(frame["part"] == "median") & frame["may"].eq(True)]
    assert set(zip(may["level"], may["kind"], strict=True)) == {(0.1, "1 hidden layer")}
    assert len(rows(frame, part="replicate")) == len(RATES) * len(DEPTHS) * REPLICATES - 5
    (lost,) = rows(frame, part="lost").to_dict("records")
    assert (lost["level"], lost["words"]) == (10.0, "5 of 7")
    (gone,) = rows(frame, part="median", level=10.0, kind="2 hidden layers").to_dict("records")
    assert math.isnan(gone["mid"])  # the median is infinite
    figure = scores_by_axis.figure(planted)
    table = figure.frames["scores"]
    highest = table[table["part"].isin(["median", "no-skill"])][["mid", "hi"]].max().max()
    assert rows(table, part="lost")["mid"].tolist() == [highest]  # at the worst edge
    assert figure.takeaway.startswith("The best median is 0.300, with learning rate = 0.1")
    assert "5 of 7" in draws(figure)


def test_the_best_edge_of_an_accuracy_is_below(planted):
    results = planted.results
    trials = results.trials.assign(validation_accuracy=0.9)
    trials.loc[trials["status"] == "diverged", "validation_accuracy"] = np.nan
    study = replace(results.study, metric="validation_accuracy")
    figure = scores_by_axis.figure(analyse(replace(results, study=study, trials=trials)))
    table = figure.frames["scores"]
    assert rows(table, part="lost")["mid"].iloc[0] <= rows(table, part="no-skill")["mid"].iloc[0]


def test_an_axis_with_two_levels_is_no_axis(small_run):
    analysis = analyse(results_of(small_run))
    assert numeric_axes.numeric_axis(analysis) is None
    for chart in (scores_by_axis, score_map, spread, range_test):
        assert chart.figure(analysis) is None, chart


@pytest.mark.parametrize(
    ("levels", "log", "first"),
    [
        ([1, 2, 3], False, 1),
        ([1, 10], False, 1),
        ([1, 100], True, 1),
        ([0, 1, 100], True, 0.25119),
        ([-1, 1, 100], False, -1),
    ],
)
def test_an_axis_is_logarithmic_where_its_levels_span_more_than_ten(levels, log, first):
    series = pd.Series(levels, dtype=float)
    assert numeric_axes.logarithmic(series) is log
    assert numeric_axes.places(series).min() == pytest.approx(first, rel=1e-3)


def test_values_stand_on_a_logarithmic_axis_only_where_decades_matter():
    assert value_axis("loss", 1.2, 1.77)[1].to_dict()["domain"][0] > 0
    assert value_axis("loss", 0.1, 1.77)[1].to_dict()["domain"][0] == 0
    assert value_axis("loss", 0.01, 1.77)[1].to_dict()["type"] == "log"
    assert "type" not in value_axis("accuracy, %", 1.0, 99.0, log=False)[1].to_dict()


def test_score_map(planted):
    axes = score_map.axes_of(planted)
    assert axes == (RATE, "depth", None)
    cells, domain = score_map.shaded(planted, score_map.frame(planted, axes))
    assert len(cells) == 12
    (best,) = cells[cells["best"]].to_dict("records")
    assert (best["across"], best["upwards"], best["words"]) == ("0.1", "1", "0.300")
    assert best["bright"]
    (lost,) = rows(cells, words="×").to_dict("records")
    assert (lost["across"], lost["upwards"], lost["lost"]) == ("10", "2", 5)
    floor = no_skill(planted, "loss", [0])[0]
    assert domain[1] <= floor + 1e-12
    assert cells["value"].max() <= domain[1]
    assert "×" in draws(score_map.figure(planted))


def test_spread(planted):
    chosen = spread.chosen_of(planted, RATE)
    dots, sds = spread.frames(planted, chosen)
    values = [loss(0.1, 3, r) for r in range(REPLICATES)]
    (row,) = rows(sds, level=0.1, kind="3 hidden layers").to_dict("records")
    assert row["sd"] == pytest.approx(np.std(np.log(values), ddof=1))
    assert row["lo"] < row["sd"] < row["hi"]
    assert not (sds["n"] < spread.LEAST_REPLICATES).any()  # two replicates are left of one arm
    aside = np.log10(dots["at"] / dots["x"]).abs()
    assert aside.max() <= spread.JITTER * 3.01  # three decades
    assert dots["at"].nunique() == len(dots)
    draws(spread.figure(planted))


def test_the_interval_of_a_standard_deviation_covers():
    """95 % of intervals hold the true one, for 4 000 samples of five normal values."""
    samples = np.random.default_rng(7).normal(0.0, 2.0, (4000, 5))
    ends = np.array([spread.sd_interval(x) for x in samples])
    covered = ((ends[:, 1] <= 2.0) & (ends[:, 2] >= 2.0)).mean()
    assert abs(covered - 0.95) < 0.012  # three and a half standard errors


def test_no_skill_is_the_majority_and_the_best_constant(planted):
    (accuracy,) = no_skill(planted, "accuracy", range(12))
    (constant,) = no_skill(planted, "loss", range(12))
    assert 10.0 <= accuracy < 20.0
    assert constant == pytest.approx(math.log(10), rel=0.02)
    floor = rows(learning_curves.figure(planted).frames["curves"], part="no-skill")
    assert set(floor["score"]) == {"loss", "accuracy"}
    assert "no skill" in final_scores.figure(planted).caption


def test_final_scores_are_of_the_metric(planted):
    assert not final_scores.labelled(planted)
    medians = final_scores.frames(planted).medians
    assert medians["mid"].min() == pytest.approx(math.log10(0.3))
    draws(final_scores.figure(planted))


def test_a_diverged_trial_leaves_its_mark(planted):
    at_ten = replace(planted.results.study, baseline=((RATE, 10.0), ("depth", 2)))
    analysis = analyse(replace(planted.results, study=at_ten))
    gone = losses(analysis)
    assert gone[["epoch", "n", "lost", "of"]].to_numpy().tolist() == [[1, 5, 5, 7]]
    figure = learning_curves.figure(analysis)
    marks = rows(figure.frames["curves"], part="lost")
    assert marks["words"].tolist() == ["5 of 7, epoch 1"] * 2  # of loss and of accuracy
    assert marks["mid"].notna().all()
    assert "Red ×: 5 trials diverged" in figure.caption
    assert "5 of 7, epoch 1" in draws(figure)


def test_names_at_line_ends_are_moved_apart():
    lines = pd.DataFrame(
        {"panel": "all", "epoch": [0, 9] * 3, "mid": [1, 0.5, 1, 0.51, 1, 0.0], "line": [*"aabbcc"]}
    )
    ends = at_the_ends(lines, ["panel"], (0.0, 1.0)).set_index("line")["mid"]
    assert ends["c"] < ends["a"] < ends["b"]
    assert ends["b"] - ends["a"] >= APART - 1e-12


def memorising(analysis: Analysis, end: float, fall: float) -> Analysis:
    """Return curves of 30 epochs: the held-out loss falls to 1 in epoch 5 and rises to ``end``.

    The training loss ends at ``fall`` times what it was at epoch 5.
    """
    results = analysis.results
    epoch = np.arange(31)
    held_out = np.where(epoch <= 5, 2 - epoch / 5, 1 + (end - 1) * (epoch - 5) / 25)
    train = np.where(epoch <= 5, 2 - epoch / 5, 1 + (fall - 1) * (epoch - 5) / 25)
    keys = results.epochs[results.epochs["epoch"] == 0].drop(columns="epoch")
    epochs = keys.merge(pd.DataFrame({"epoch": epoch}), how="cross")
    epochs = epochs.assign(
        validation_loss=held_out[epochs["epoch"]],
        train_loss=train[epochs["epoch"]],
        validation_accuracy=0.5 + epochs["epoch"] / 100,
    )
    trials = results.trials.assign(
        epochs_trained=30, best_epoch=5.0, loss_rise=end, train_loss=fall, best_train_loss=1.0
    )
    return replace(analysis, results=replace(results, trials=trials, epochs=epochs))


def test_rise_and_accuracy_beside_it(planted):
    rising = memorising(planted, 1.5, 0.3)
    assert len(loss_rise.overfitting(rising)) == len(RATES)  # drawn at the baseline's depth
    frame = loss_rise.frame(rising)
    one = rows(frame, kind=frame["kind"].iloc[0], score="loss").set_index("epoch")
    assert one["mid"].loc[[0, 5, 30]].tolist() == pytest.approx([2.0, 1.0, 1.5])
    assert one["mark"].dropna().to_dict() == {5: 1.0}
    beside = rows(frame, kind=frame["kind"].iloc[0], score="accuracy").set_index("epoch")
    assert beside["mid"].loc[30] == pytest.approx(80.0)
    figure = loss_rise.figure(rising)
    assert "ends 1.50 times as high" in figure.takeaway
    draws(figure)


@pytest.mark.parametrize(("end", "fall"), [(1.05, 0.3), (1.5, 0.996)])
def test_no_rise_is_drawn_that_is_small_or_without_memorising(planted, end, fall):
    """The training loss of an underfitting network hardly falls: .095 to .0946."""
    assert loss_rise.figure(memorising(planted, end, fall)) is None


def test_explorer(planted):
    assert explorer.axis_of(planted) == RATE
    frame = explorer.frame(planted, RATE)
    named = frame.drop_duplicates("index").set_index("index")["name"]
    assert named.loc[[0, 3]].tolist() == ["learning rate = 0.01", "learning rate = 10"]
    drawn = planted.results.epochs
    base = planted.results.arm(planted.results.baseline).level("depth").label
    mine = rows(drawn, epoch=2, **{f"axis:{RATE}": "0.1", "axis:depth": base})
    (row,) = rows(frame, index=1, epoch=2, score="loss", set="validation").to_dict("records")
    assert row["mid"] == pytest.approx(mine["validation_loss"].median())
    figure = explorer.figure(planted)
    binds = {part["name"]: part["bind"] for part in figure.spec()["params"]}
    assert binds["chosen_level"]["max"] == len(RATES) - 1
    assert binds["chosen_epoch"]["max"] == 2
    assert "learning rate = 1" in draws(figure)


def test_explorer_of_names_and_of_layers(small_run):
    analysis = analyse(results_of(small_run))
    study = replace(analysis.results.study, metric="speed_ratio")
    layers = analyse(replace(analysis.results, study=study))
    frame = explorer.frame(layers, "depth")
    assert set(frame["score"]) == {"layers"}
    spans = frame[frame["layer"] == 1].groupby("index")
    assert all((s["until"].iloc[:-1].to_numpy() == s["epoch"].iloc[1:]).all() for _, s in spans)
    draws(explorer.figure(layers))
    assert explorer.ordered(analysis, "activation") == [("tanh", "tanh"), ("relu", "ReLU")]
    level, _ = explorer.parameters(analysis, "activation", 2)
    assert (level.param.bind.options, level.param.bind.labels) == ([0, 1], ["tanh", "ReLU"])


def test_a_layer_is_compared_with_the_last_at_the_start(planted):
    frame = layer_heatmap.frame(planted)
    for _, mine in frame.groupby("panel"):
        start = mine[mine["step"] == 0]
        last = start[start["layer"] == start["layer"].max()]
        assert last["relative"].tolist() == [0.0]
        assert (mine["mid"] - mine["relative"]).round(9).nunique() == 1


@pytest.fixture(scope="module")
def ranged(tmp_path_factory) -> Analysis:
    """A range test of 40 epochs; planted is a fall around rate 0.1, and the minimum at 1."""
    table = {"task": "digits", "depth": 1, "width": 4, "epochs": 40, "batch_size": 200}
    table["split"] = {"kind": "random", "validation": 0.1, "test": 0.1, "train_examples": 200}
    table["optimiser"] = {"kind": "sgd", "learning_rate": 10.0}
    table["schedule"] = {"kind": "range-test", "lowest": 1e-4}
    study = small_study(
        recipe=recipe_from(table), design=Grid.of({"activation": ["tanh", "relu"]}), replicates=2
    )
    return analyse(results_of(run_study(study, tmp_path_factory.mktemp("range"), workers=0)))


def test_range_test(ranged):
    frame = range_test.frame(ranged)
    tanh = rows(frame, kind="tanh")
    share = (tanh["epoch"] - 1) / 39  # one step in each epoch
    assert tanh["rate"].to_numpy() == pytest.approx(10.0 * 1e-4 ** (1 - share))
    assert isinstance(ranged.results.arm(0).recipe.schedule, RangeTest)
    place = np.log10(frame["rate"])
    curve = 2.0 - 1.8 / (1 + np.exp(-8 * (place + 1))) + np.where(place > 0, 5 * place, 0)
    marks = range_test.rules(frame.assign(smooth=curve))
    assert len(marks) == 4  # two kinds
    steepest = marks[marks["which"] == "steepest descent"]["rate"]
    tenth = marks[marks["which"] == "a tenth of the minimum"]["rate"]
    assert np.log10(steepest).to_numpy() == pytest.approx(-1.0, abs=0.1)
    assert np.log10(tenth).to_numpy() == pytest.approx(-1.0, abs=0.1)
    draws(range_test.figure(ranged))
