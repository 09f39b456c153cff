"""Every chart draws a tidy frame, and the frame holds what a hand would compute."""

from __future__ import annotations

import math
from dataclasses import replace

import altair as alt
import numpy as np
import pandas as pd
import pytest
from paribus.core.inference.prediction_box import prediction_box
from paribus.reports.charts import (
    CHARTS,
    depth_ratio,
    final_scores,
    layer_heatmap,
    layer_profile,
    layer_speeds,
    learning_curves,
    paired_differences,
    panels,
    published,
)
from paribus.reports.charts.figure import COLOURS, Figure
from paribus.reports.page.html import data_of, specs_of
from paribus.reports.statistics.analysis import Analysis, analyse
from paribus.reports.statistics.frames import results_of
from paribus.reports.statistics.layout import MOST_COLOURS
from paribus.studies.expectations import Expectation
from paribus.studies.figures import FIGURES

REPLICATES = 5


def accuracy(arm: int, replicate: int) -> float:
    """The last arm is best; each replicate's luck is shared, and a little of each arm's own."""
    return 0.5 + 0.01 * replicate + 0.1 * (arm == 3) + 0.001 * replicate * arm


def exponent(arm: int, replicate: int, layer: int, step: int) -> float:
    return layer * (arm + 1) + 0.1 * replicate - 0.001 * step


@pytest.fixture(scope="module")
def planted(small_run) -> Analysis:
    """Four arms, tanh and ReLU of 2 and 3 layers, with numbers that a hand can follow."""
    results = results_of(small_run)
    trials = results.trials
    who = list(zip(trials["arm"], trials["replicate"], strict=True))
    trials = trials.assign(
        validation_accuracy=[accuracy(a, r) for a, r in who],
        speed_ratio=[10.0 ** (a + 1 + 0.1 * r) for a, r in who],
        loss_rise=[1.5 if a == 0 else 1.0 for a, _ in who],
        best_epoch=[1.0 if a < 2 else 2.0 for a, _ in who],
        epochs_trained=[4.0] * len(who),
        train_loss=[0.1] * len(who),
        best_train_loss=[0.2] * len(who),
    )
    layers = results.layers
    columns = (layers[name] for name in ("arm", "replicate", "layer", "step"))
    layers = layers.assign(
        mean_delta_norm=[10.0 ** exponent(*each) for each in zip(*columns, strict=True)]
    )
    epochs = results.epochs
    sign = np.where(epochs["arm"] == 0, 1.0, -1.0)
    epochs = epochs.assign(
        train_loss=10.0 ** (-epochs["epoch"] - 0.1 * epochs["replicate"]),
        validation_loss=(2.0 + sign * (epochs["epoch"] - 1.0).abs()) * (1 + epochs["replicate"]),
    )
    return analyse(replace(results, trials=trials, layers=layers, epochs=epochs))


def rows(frame: pd.DataFrame, **where: object) -> pd.DataFrame:
    """Return the rows with these values."""
    for name, value in where.items():
        frame = frame[frame[name] == value]
    return frame


def test_the_layout_is_what_the_frames_assume(planted):
    assert planted.layout.colour == "activation"
    assert planted.layout.column is None
    assert {path: level.value for path, level in planted.layout.fixed.items()} == {"depth": 2}
    assert planted.results.named == [0, 3]
    assert len(COLOURS) == MOST_COLOURS


def test_profile(planted):
    frame = layer_profile.frame(planted)
    assert list(frame.columns) == [
        *("measure", "kind", "panel", "deep", "layer", "mid", "lo", "hi", "n", "line")
    ]
    assert list(dict.fromkeys(frame["measure"])) == ["‖mean δ‖", "‖∂C/∂W‖", "RMS δ"]
    frame = rows(frame, measure="‖mean δ‖")
    assert len(frame) == 2 * (2 + 3)  # two kinds, each with two and with three layers
    (last,) = rows(frame, kind="ReLU", deep=3, layer=3).to_dict("records")
    middle = 3 * 4 + 0.1 * 2  # arm 3, the middle of five replicates
    assert (last["mid"], last["lo"], last["hi"]) == pytest.approx(
        (middle, middle - 0.1, middle + 0.1)
    )
    assert (last["n"], last["line"], last["panel"]) == (5, "ReLU 3", "all")


def test_depth_ratio(planted):
    frame = depth_ratio.frame(planted)
    assert set(zip(frame["kind"], frame["depth"], strict=True)) == {
        (kind, depth) for kind in ("tanh", "ReLU") for depth in (2, 3)
    }
    (row,) = rows(frame, kind="tanh", depth=3).to_dict("records")
    assert (row["mid"], row["lo"], row["hi"], row["n"]) == pytest.approx((-2.2, -2.3, -2.1, 5))
    takeaway = depth_ratio.figure(planted).takeaway
    assert "‖mean δ‖ is 15,800 times smaller" in takeaway  # 10 ** 4.2


@pytest.fixture(scope="module")
def opposed(planted) -> Analysis:
    """‖mean δ‖ is 10⁴ times smaller in the first layer, ‖∂C/∂W‖ 5 times larger, at every step."""
    results = planted.results
    layers = results.layers
    first = layers["layer"] == 1
    layers = layers.assign(
        mean_delta_norm=np.where(first, 1e-4, 1.0),
        weight_gradient_norm=np.where(first, 5.0, 1.0),
        rms_delta=0.3,
    )
    trials = results.trials.assign(speed_ratio=1e4, weight_gradient_ratio=0.2, delta_ratio=1.0)
    return replace(planted, results=replace(results, trials=trials, layers=layers))


def led_by(analysis: Analysis, metric: str) -> Analysis:
    """Return the analysis of a study with another metric."""
    study = replace(analysis.results.study, metric=metric)
    return analyse(replace(analysis.results, study=study))


BIASES, WEIGHTS = "‖mean δ‖ is 10,000 times smaller", "‖∂C/∂W‖ is 5 times larger"


def test_gradients_that_tell_opposite_stories_are_both_drawn_and_said(opposed):
    """A network whose biases' gradient vanishes and whose weights' gradient does not."""
    frame = layer_profile.frame(opposed)
    first = rows(frame, kind="ReLU", deep=3, layer=1).set_index("measure")["mid"]
    assert first.to_dict() == pytest.approx(
        {"‖mean δ‖": -4.0, "‖∂C/∂W‖": math.log10(5), "RMS δ": math.log10(0.3)}
    )
    for chart in (layer_profile, layer_speeds, depth_ratio):
        takeaway = chart.figure(opposed).takeaway
        assert f"{BIASES}, but ‖∂C/∂W‖ 5 times larger" in takeaway, chart
    assert "no one learning speed" in layer_profile.figure(opposed).takeaway
    caption = layer_profile.figure(opposed).caption
    assert "‖mean δ‖ is the norm of the biases' gradient" in caption
    assert "‖∂C/∂W‖ is the norm of the weights' gradient" in caption
    assert "RMS δ is the size of the error" in caption


@pytest.mark.parametrize(
    ("metric", "column", "said"),
    [
        ("speed_ratio", "mean_delta_norm", f"{BIASES}, but ‖∂C/∂W‖ 5"),
        ("validation_accuracy", "mean_delta_norm", f"{BIASES}, but ‖∂C/∂W‖ 5"),
        ("weight_gradient_ratio", "weight_gradient_norm", f"{WEIGHTS}, but ‖mean δ‖ 10,000"),
        ("delta_ratio", "rms_delta", "RMS δ is about as large, ‖mean δ‖ 10,000 times smaller"),
    ],
)
def test_the_measure_that_leads_is_that_of_the_metric(opposed, metric, column, said):
    analysis = led_by(opposed, metric)
    layers = analysis.results.layers
    value = layers.loc[(layers["layer"] == 1) & (layers["arm"] == 0), column].iloc[0]
    panel = panel_name(analysis, 0)
    for chart in (layer_speeds, layer_heatmap):
        (cell,) = rows(chart.frame(analysis), panel=panel, step=0, layer=1).to_dict("records")
        assert cell["mid"] == pytest.approx(math.log10(value))
    for chart in (layer_profile, layer_speeds, depth_ratio):
        assert said in chart.figure(analysis).takeaway, chart
    symbol = said.partition(" is")[0]
    assert symbol in layer_heatmap.figure(analysis).takeaway
    assert layer_profile.frame(analysis)["measure"].iloc[0] == symbol
    (ratio,) = set(depth_ratio.frame(analysis)["mid"].round(6))
    assert 10.0**-ratio == pytest.approx(analysis.results.trials[CHOSEN[column]].iloc[0], rel=1e-4)


CHOSEN = {
    "mean_delta_norm": "speed_ratio",
    "weight_gradient_norm": "weight_gradient_ratio",
    "rms_delta": "delta_ratio",
}


def test_measures_that_agree_are_not_said_to_disagree(planted):
    trials = planted.results.trials.assign(speed_ratio=1e4, weight_gradient_ratio=8.0)
    takeaway = layer_profile.figure(
        replace(planted, results=replace(planted.results, trials=trials))
    ).takeaway
    assert f"{BIASES}, ‖∂C/∂W‖ 8 times smaller" in takeaway
    assert "no one learning speed" not in takeaway


def test_speeds(planted):
    frame = layer_speeds.frame(planted)
    assert list(dict.fromkeys(frame["panel"])) == [panel_name(planted, i) for i in range(4)]
    steps = sorted(planted.results.layers["step"].unique())
    (row,) = rows(frame, panel=panel_name(planted, 3), step=steps[-1], layer=2).to_dict("records")
    middle = 2 * 4 + 0.1 * 2 - 0.001 * steps[-1]
    assert (row["mid"], row["lo"], row["hi"], row["n"]) == pytest.approx(
        (middle, middle - 0.1, middle + 0.1, 5)
    )
    assert len(frame) == len(steps) * 2 * (2 + 3)  # both activations at both depths


def panel_name(analysis: Analysis, arm: int) -> str:
    depth = analysis.results.arm(arm).recipe.depth
    return f"{'tanh' if arm < 2 else 'ReLU'}, {depth} hidden layers"


def test_many_steps_are_thinned_evenly_on_a_log_axis(planted):
    layers = planted.results.layers
    long = pd.concat(layers[layers["step"] == 0].assign(step=step) for step in range(500))
    analysis = replace(planted, results=replace(planted.results, layers=long))
    steps = sorted(layer_speeds.probes(analysis)["step"].unique())
    assert len(steps) <= layer_speeds.MOST_STEPS
    assert steps[:3] == [0, 1, 2]
    assert steps[-1] == 499


def test_heatmap_marks_exact_zeros(planted):
    layers = planted.results.layers.copy()
    dead = (layers["arm"] == 3) & (layers["layer"] == 1)
    layers.loc[dead & (layers["replicate"] < 3), "mean_delta_norm"] = 0.0
    analysis = replace(planted, results=replace(planted.results, layers=layers))
    frame = layer_heatmap.frame(analysis)
    panel = panel_name(planted, 3)
    (foot,) = rows(frame, panel=panel, step=0, layer=1).to_dict("records")
    assert (foot["zero"], foot["mark"], foot["n"]) == (0.6, "0", 2)
    assert foot["mid"] == pytest.approx(4 + 0.35)  # of replicates 3 and 4, which are left
    (sound,) = rows(frame, panel=panel, step=0, layer=2).to_dict("records")
    assert (sound["zero"], sound["mark"], sound["n"]) == (0.0, "", 5)
    assert "exactly zero" in layer_heatmap.figure(analysis).caption
    assert "exactly zero" not in layer_heatmap.figure(planted).caption


def test_a_layer_that_is_all_zero_is_a_cell_without_colour(planted):
    layers = planted.results.layers.copy()
    layers.loc[(layers["arm"] == 0) & (layers["layer"] == 1), "mean_delta_norm"] = 0.0
    analysis = replace(planted, results=replace(planted.results, layers=layers))
    (cell,) = rows(
        layer_heatmap.frame(analysis), panel=panel_name(planted, 0), step=0, layer=1
    ).to_dict("records")
    assert cell["mark"] == "0"
    assert math.isnan(cell["mid"])


def test_curves(planted):
    frame = learning_curves.frame(planted)
    assert set(frame["set"]) == {"training", "validation"}
    assert set(frame["kind"]) == {"tanh", "ReLU"}
    assert set(frame["score"]) == {"loss", "accuracy"}
    loss = rows(frame, score="loss")
    (row,) = rows(loss, kind="ReLU", set="training", epoch=2).to_dict("records")
    assert (row["mid"], row["n"]) == (pytest.approx(10**-2.2), 5)
    assert (row["lo"], row["hi"]) == pytest.approx((10**-2.3, 10**-2.1))
    (start,) = rows(loss, kind="tanh", set="validation", epoch=0).to_dict("records")
    assert start["mid"] == pytest.approx(3 * 3)  # arm 0: (2 + 1) · (1 + 2)
    assert start["line"] == "tanh, validation"
    accuracy = rows(frame, score="accuracy", kind="tanh", set="validation", epoch=2)
    known = planted.results.epochs
    mine = rows(known, arm=0, epoch=2)["validation_accuracy"]
    assert accuracy["mid"].tolist() == pytest.approx([100 * mine.median()])


def test_many_epochs_are_thinned_evenly():
    epochs = pd.DataFrame({"epoch": range(401)})
    kept = list(learning_curves.thinned(epochs)["epoch"])
    assert len(kept) == learning_curves.MOST_EPOCHS
    assert (kept[0], kept[-1]) == (0, 400)
    assert max(np.diff(kept)) - min(np.diff(kept)) <= 1


def test_final_scores(planted):
    scores, medians, lost = final_scores.frames(planted)
    assert len(scores) == 4 * REPLICATES
    name = panel_name(planted, 3)
    values = rows(scores, arm=name).set_index("replicate")["value"]
    assert values.to_dict() == pytest.approx({r: 100 * accuracy(3, r) for r in range(5)})
    (best,) = rows(medians, arm=name).to_dict("records")
    assert (best["mid"], best["n"]) == (pytest.approx(100 * accuracy(3, 2)), 5)
    assert list(lost["arm"]) == [panel_name(planted, i) for i in range(4)]
    assert set(lost["mark"]) == {""}
    assert f"with {name}" in final_scores.figure(planted).takeaway


def test_final_losses_where_there_are_no_classes(planted):
    trials = planted.results.trials.assign(validation_accuracy=np.nan, validation_loss=0.01)
    trials.loc[trials["arm"] == 2, ["status", "validation_loss"]] = ["diverged", np.nan]
    scores, medians, lost = final_scores.frames(
        replace(planted, results=replace(planted.results, trials=trials))
    )
    assert set(scores["value"]) == {-2.0}
    assert len(medians) == 3
    assert lost["mark"].tolist() == ["", "", "× 5", ""]


def test_paired_differences(planted):
    effects, differences = paired_differences.frames(planted)
    assert list(effects.columns) == [
        "arm",
        "mean",
        "lo",
        "hi",
        "n",
        "lost",
        "p",
        "size",
        "wins",
        "clear",
    ]
    assert list(effects["mean"]) == sorted(effects["mean"])
    name = panel_name(planted, 3)
    points = [100 * (accuracy(3, r) - accuracy(0, r)) for r in range(5)]
    drawn = rows(differences, arm=name).set_index("replicate")["value"]
    assert drawn.to_dict() == pytest.approx(dict(enumerate(points)))
    (row,) = rows(effects, arm=name).to_dict("records")
    assert row["mean"] == pytest.approx(np.mean(points))
    assert np.isnan(row["lo"])  # five pairs are points
    assert (row["n"], row["lost"], row["wins"]) == (5, 0, "5 of 5")


def test_colour_agrees_with_the_interval(planted):
    def drawn(low: float, high: float) -> tuple[Analysis, set[str]]:
        effects = {k: replace(e, low=low, high=high) for k, e in planted.effects.items()}
        sure = replace(planted, effects=effects)
        return sure, set(paired_differences.frames(sure).effects["clear"])

    assert drawn(-0.1, 0.2)[1] == drawn(np.nan, np.nan)[1] == {"undecided"}
    assert drawn(-0.2, -0.1)[1] == {"worse"}
    sure, words = drawn(0.1, 0.2)
    assert words == {"better"}
    figure = paired_differences.figure(sure)
    assert figure.takeaway.startswith("3 of 3 arms")
    domains = [str(part) for part in walk(figure.spec(), "domain")]
    assert "['better', 'worse', 'different', 'undecided']" in domains
    assert "hold for all arms together" in figure.caption


def test_a_ratio_is_drawn_as_its_logarithm(planted):
    results = planted.results
    losses = [10.0 ** (0.5 * a + 0.01 * a * r) for a, r in arms_and_replicates(planted)]
    study = replace(results.study, metric="validation_loss")
    trials = results.trials.assign(validation_loss=losses)
    analysis = analyse(replace(results, study=study, trials=trials))
    effects, differences = paired_differences.frames(analysis)
    assert effects["mean"].tolist() == pytest.approx([0.52, 1.04, 1.56])
    second = rows(differences, arm=panel_name(planted, 1), replicate=4)
    assert second["value"].tolist() == pytest.approx([0.54])


def arms_and_replicates(analysis: Analysis) -> list[tuple[int, int]]:
    trials = analysis.results.trials
    return list(zip(trials["arm"], trials["replicate"], strict=True))


def test_the_most_extreme_arms_are_drawn(planted, monkeypatch):
    monkeypatch.setattr(paired_differences, "MOST_ARMS", 2)
    every = paired_differences.frames(planted)
    shown = paired_differences.most_extreme(every)
    assert shown.effects["mean"].tolist() == every.effects["mean"].iloc[[0, 2]].tolist()
    assert set(shown.differences["arm"]) == set(shown.effects["arm"])


def test_long_names_of_arms_are_broken_into_lines(planted, monkeypatch):
    monkeypatch.setattr(panels, "LINE", 12)
    spec = paired_differences.figure(planted).spec()
    expressions = [str(part) for part in walk(spec, "labelExpr") if "datum.label]" in str(part)]
    assert expressions
    assert all('["ReLU, 3", "hidden", "layers"]' in part for part in expressions)
    assert spec["height"] >= 3 * 12 * 3  # three arms of three lines


def test_published(planted):
    results = planted.results
    expected = Expectation(
        "speed of layer 1",
        "mean_delta_norm",
        published=10.0**1.25,
        arm=(("activation", "tanh"), ("depth", 2)),
        layer=1,
    )
    far = replace(expected, claim="elsewhere", published=1e9, level="reference", source="a book")
    study = replace(results.study, expectations=(expected, far))
    analysis = analyse(replace(results, study=study))
    claims, starts = published.frames(analysis)
    assert claims["claim"].tolist() == ["speed of layer 1", "elsewhere"]
    exponents = [1 + 0.1 * r for r in range(5)]
    assert rows(starts, claim="elsewhere")["value"].tolist() == pytest.approx(exponents)
    box = prediction_box(np.array(exponents)[:, None], 0.05 / 2)  # two claims share the level
    first = claims.iloc[0]
    assert (first["mid"], first["lo"], first["hi"]) == pytest.approx((1.2, box.low[0], box.high[0]))
    assert claims["published"].tolist() == pytest.approx([1.25, 9.0])
    assert claims["inside"].tolist() == [True, False]
    assert claims["verdict"].tolist() == ["consistent", "contradicted"]
    assert claims["source"].tolist() == [
        "published, one run: no source given",
        "reference, one run: a book",
    ]
    assert published.figure(analysis).takeaway == (
        "1 of 2 speeds lie where one more random start would fall; verdicts: 1 consistent, "
        "1 contradicted."
    )
    assert published.figure(planted) is None  # it expects nothing


def walk(part: object, key: str) -> list[object]:
    """Return everything under a key, however deep."""
    if isinstance(part, dict):
        return [v for k, v in part.items() if k == key] + [
            x for v in part.values() for x in walk(v, key)
        ]
    return [x for v in part for x in walk(v, key)] if isinstance(part, list) else []


def made_up(key: str, values: list[float]) -> Figure:
    chart = alt.Chart(alt.NamedData("rows")).mark_point().encode(alt.X("x:Q"))
    lost = alt.Chart(alt.NamedData("lost")).mark_tick().encode(alt.X("x:Q"))
    frames = {"rows": pd.DataFrame({"x": values}), "lost": pd.DataFrame({"x": values[:1]})}
    return Figure(key, "title", "takeaway", "n = 1", chart + lost, frames)


def test_frames_of_two_figures_do_not_collide():
    figures = [made_up("one", [1.0, 2.0]), made_up("two", [3.0])]
    assert data_of(figures) == {
        "one/rows": {"x": [1, 2]},
        "one/lost": {"x": [1]},
        "two/rows": {"x": [3]},
        "two/lost": {"x": [3]},
    }
    specs = specs_of(figures)
    assert walk(specs["two"], "data") == [{"name": "two/rows"}, {"name": "two/lost"}]
    assert {d["name"] for d in walk(specs, "data")} == data_of(figures).keys()


ELSEWHERE = {
    *("boundaries", "dead_units", "first_weights", "fitted_curves", "gained_and_lost"),
    *("layer_histograms", "layer_moments", "lesions", "mean_field", "modes", "neuron_gradients"),
    *("readouts", "weight_changes", "worst_errors"),
}
"""Charts that have tests in files of their own beside this one."""


def test_every_chart_is_tested_here(planted):
    modules = {chart.__module__.rpartition(".")[2] for chart in CHARTS.values()}
    assert modules - ELSEWHERE == {
        *("depth_ratio", "final_scores", "layer_heatmap", "layer_profile", "layer_speeds"),
        *("learning_curves", "loss_rise", "paired_differences", "published"),
        *("explorer", "range_test", "score_map", "scores_by_axis", "spread"),  # in test_scores
    }
    figures = {name: figure for name, chart in CHARTS.items() if (figure := chart(planted))}
    assert len(figures) >= 8
    assert [figure.key for figure in figures.values()] == list(figures)
    assert CHARTS.keys() == FIGURES.keys()  # what a study may name is what can be drawn
    for figure in figures.values():
        drawn = {part["name"] for part in walk(figure.spec(), "data")}
        assert drawn == figure.data.keys(), figure.key
