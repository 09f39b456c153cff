"""Reports of designs whose arms do not share axes, of null levels, and of axes with many levels."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from paribus.cluster.launch.running import run_study
from paribus.reports.charts import depth_ratio, final_scores, layer_profile, learning_curves
from paribus.reports.charts.figure import COLOURS, kinds_channels
from paribus.reports.charts.panels import kinds, selection_words
from paribus.reports.page.report import write_report
from paribus.reports.sections.answer import answer
from paribus.reports.sections.methods import methods
from paribus.reports.sections.trials import trial_table
from paribus.reports.statistics.analysis import Analysis, analyse
from paribus.reports.statistics.frames import results_of
from paribus.studies.designs.grid import Grid
from paribus.studies.designs.one_at_a_time import OneAtATime
from paribus.studies.designs.random_sample import RandomSample
from small import small_study

CHANGES = {
    "activation": ["relu", "sigmoid"],
    "depth": [1, 3],
    "regularisers.dropout": [{"p": 0.2}],
    "regularisers.l2.strength": [0.001],
    "normaliser": ["batch-norm"],
}
SPACE = {
    "optimiser.learning_rate": {"low": 0.001, "high": 1.0, "scale": "log"},
    "width": {"low": 4, "high": 20},
}


def report(folder, **changes) -> tuple[Analysis, str]:
    """Run a small study and return its analysis and its page."""
    run = run_study(small_study(**changes), folder, workers=0)
    return analyse(results_of(run)), write_report(run).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def one_at_a_time(tmp_path_factory) -> tuple[Analysis, str]:
    return report(tmp_path_factory.mktemp("changes"), design=OneAtATime.of(CHANGES))


@pytest.fixture(scope="module")
def random(tmp_path_factory) -> tuple[Analysis, str]:
    return report(tmp_path_factory.mktemp("random"), design=RandomSample.of(SPACE, samples=9))


def test_arms_that_change_one_thing_are_named_after_it(one_at_a_time):
    analysis, html = one_at_a_time
    assert list(final_scores.frames(analysis).lost["arm"]) == [
        "the base recipe",
        "ReLU",
        "sigmoid",
        "1 hidden layer",
        "3 hidden layers",
        "dropout (p 0.2)",
        "L2 strength λ = 0.001",
        "batch norm",
    ]
    assert "Baseline</dt><dd>the base recipe</dd>" in html
    assert "2 hidden layers, tanh" not in html


@pytest.mark.parametrize(
    ("arm", "first", "second"),
    [
        ("ReLU", "With tanh units the", "with ReLU units, "),
        ("1 hidden layer", "With 2 hidden layers the", "with 1 hidden layer, "),
        ("dropout (p 0.2)", "With no dropout the", "with dropout (p 0.2), "),
        ("L2 strength λ = 0.001", "With no L2 the", "with L2 strength λ = 0.001, "),
        ("batch norm", "With no normalisation the", "with batch norm, "),
    ],
)
def test_the_answer_names_the_change_on_either_side(one_at_a_time, arm, first, second):
    results = one_at_a_time[0].results
    position = list(final_scores.frames(one_at_a_time[0]).lost["arm"]).index(arm)
    levels = results.arm(position).levels
    study = replace(results.study, contrast=tuple((x.path, x.label) for x in levels))
    sentence = answer(analyse(replace(results, study=study))).sentence
    assert sentence.startswith(first)
    assert second in sentence


def test_arms_that_share_no_axes_are_drawn_one_by_one(one_at_a_time):
    analysis, html = one_at_a_time
    layout = analysis.layout
    assert layout.colour is layout.column is None
    assert set(analysis.results.named) <= set(layout.arms)
    assert len(layout.arms) == len(COLOURS)
    drawn = set(kinds(analysis))
    assert set(learning_curves.frame(analysis)["kind"]) == drawn
    assert set(layer_profile.frame(analysis)["kind"]) <= drawn
    assert "Drawn are 6 of 8 arms" in selection_words(analysis)
    assert html.count("Drawn are 6 of 8 arms") == 1  # no chart of layers, which nobody asks about


def test_every_arm_is_drawn_where_there_is_room(tmp_path):
    axes = {name: CHANGES[name] for name in ("activation", "depth")}
    analysis, html = report(tmp_path, design=OneAtATime.of(axes))
    assert analysis.layout.arms == (0, 1, 2, 3, 4)
    assert "Drawn are" not in html


def test_depth_is_drawn_for_the_arms_that_differ_in_nothing_else(one_at_a_time):
    analysis, _ = one_at_a_time
    frame = depth_ratio.frame(analysis)
    assert frame["kind"].unique().tolist() == ["all"]
    assert frame["depth"].tolist() == [2, 3]  # one hidden layer has no first and last
    trials = analysis.results.trials
    middle = trials.loc[trials["arm"] == 0, "speed_ratio"]
    assert frame["mid"].iloc[0] == pytest.approx(-middle.map(math.log10).median())
    figure = depth_ratio.figure(analysis)
    assert figure is not None
    assert "the base recipe with" in figure.caption + figure.takeaway


def test_the_table_of_trials_has_every_level_null_ones_too(one_at_a_time):
    analysis, _ = one_at_a_time
    table = trial_table(analysis)
    assert table.heads[:5] == [
        "activation",
        "hidden layers",
        "dropout",
        "L2 strength λ",
        "normalisation",
    ]
    first = [text for text, _ in table.rows[0][:5]]
    assert first == ["tanh", "2", "none", "none", "none"]
    assert len(table.rows) == 8 * 2
    varied = dict(methods(analysis))["Varied"]
    assert "dropout: none, dropout (p 0.2)" in varied
    assert "nan" not in varied.lower()


def test_random_points_read_well(random):
    analysis, html = random
    names = list(final_scores.frames(analysis).lost["arm"])
    assert len(set(names)) == 9
    assert all(re.fullmatch(r"learning rate = \S{1,8}, width = \d+", name) for name in names)
    assert len(analysis.layout.arms) == 6
    assert "Drawn are 6 of 9 arms" in html
    frame = learning_curves.frame(analysis)
    assert set(frame["kind"]) == {names[i] for i in analysis.layout.arms}
    assert frame["n"].max() == 2  # no two arms are drawn as one


def test_drawn_arms_reach_from_the_best_to_the_worst(random):
    analysis, _ = random
    rest = [i for i in range(9) if i not in analysis.results.named]
    ranked = sorted(rest, key=lambda i: analysis.estimates[i].mean)
    assert {ranked[0], ranked[-1]} <= set(analysis.layout.arms)


def test_an_axis_of_many_levels_shows_more_than_the_baseline(tmp_path):
    rates = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]
    analysis, html = report(tmp_path, design=Grid.of({"optimiser.learning_rate": rates}))
    assert len(set(learning_curves.frame(analysis)["kind"])) == 6
    assert "Drawn are 6 of 7 arms" in html


def test_null_levels_of_a_grid_are_absences(tmp_path):
    parts = [{}, {"dropout": {"p": 0.2}}]
    design = Grid.of({"regularisers": parts, "normaliser": ["none", "batch-norm"]})
    analysis, html = report(tmp_path, design=design)
    assert analysis.layout.colour == "regularisers"
    assert analysis.layout.column == "normaliser"
    frame = learning_curves.frame(analysis)
    assert set(frame["kind"]) == {"no regularisers", "dropout (p 0.2)"}
    assert set(frame["panel"]) == {"no normalisation", "batch norm"}
    assert frame["n"].min() == 2
    assert "no regularisers, no normalisation" in html


def test_long_names_take_a_column_each_and_are_not_cut_off():
    short, _ = kinds_channels("arm", ["tanh", "ReLU"])
    assert "columns" not in short.to_dict()["legend"]
    long, _ = kinds_channels(
        "arm", [f"learning rate = 0.00{i}, width = 10, tanh" for i in range(6)]
    )
    legend = long.to_dict()["legend"]
    assert legend["columns"] == 2
    assert legend["labelLimit"] > 300
