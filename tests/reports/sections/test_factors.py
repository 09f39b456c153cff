"""Main effects, interactions and components on the page, with planted scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from paribus.cluster.launch.running import run_study
from paribus.core.measures.layers import LayerStatistics
from paribus.reports.charts.panels import arm_names, colour_title, kinds
from paribus.reports.page.report import write_report
from paribus.reports.sections.factors import section
from paribus.reports.statistics.analysis import Analysis, analyse
from paribus.reports.statistics.frames import results_of
from paribus.studies.designs.ablation import Ablation
from paribus.studies.designs.factorial import Factorial
from paribus.studies.designs.fractional_factorial import FractionalFactorial
from paribus.studies.designs.grid import Grid
from paribus.studies.designs.leave_one_out import LeaveOneOut
from paribus.studies.designs.one_at_a_time import OneAtATime
from small import small_study

PARTS = {
    "normaliser": ["none", "batch-norm"],
    "regularisers.dropout": ["none", {"p": 0.2}],
    "activation, initialiser": [["tanh", "xavier"], ["relu", "he"]],
}


def analysed(folder: Path, design, truth, metric: str = "validation_accuracy") -> Analysis:
    """Run a study and put scores in place of its own: ``truth`` of an arm's ±1 levels, and luck."""
    probe = LayerStatistics("none")
    study = small_study(design=design, replicates=3, metric=metric, probe=probe)
    results = results_of(run_study(study, folder, workers=0))
    x = np.array([signs(arm) for arm in study.arms])
    trials = results.trials
    luck = trials["replicate"].map({0: 0.0, 1: 0.3, 2: 0.1})
    noise = trials["replicate"].map({0: -1e-3, 1: 1e-3, 2: 0.0})  # so that there is an interval
    planted = [truth(x[arm]) for arm in trials["arm"]]
    sign = [x[arm].prod() for arm in trials["arm"]]
    trials = trials.assign(**{metric: planted + luck + noise * sign})
    return analyse(replace(results, trials=trials))


def signs(arm) -> list[int]:
    """Return which components an arm has, as ±1."""
    recipe = arm.recipe
    flags = (
        recipe.normaliser is not None,
        recipe.regularisers != (),
        arm.level("activation").label == "relu",
    )
    return [1 if flag else -1 for flag in flags]


def truth(x: np.ndarray) -> float:
    """Add 2 points by the first, take 1 by the second, and 0.5 by first and third together."""
    return 0.3 + 0.01 * x[0] - 0.005 * x[1] + 0.0025 * x[0] * x[2]


def by_term(analysis: Analysis) -> dict:
    return {(e.kind, e.term): e for e in analysis.factors.effects}


@pytest.mark.parametrize("cls", [Factorial, Grid])
def test_planted_effects_stand_on_the_page_of_a_complete_crossing(tmp_path, cls):
    analysis = analysed(tmp_path, cls.of(PARTS), truth)
    effects = by_term(analysis)
    assert effects["main", ((0, 1),)].mean == pytest.approx(0.02)
    assert effects["main", ((1, 1),)].mean == pytest.approx(-0.01)
    assert effects["interaction", ((0, 1), (2, 1))].mean == pytest.approx(0.005)
    assert effects["main", ((2, 1),)].mean == pytest.approx(0, abs=1e-9)
    made = section(analysis)
    assert made.title == "Main effects and interactions"
    assert 'batch norm instead of no normalisation</td><td class="n">+2.00 points' in made.body
    assert "normalisation × (activation and initial weights)" in made.body
    assert "ReLU and He instead of tanh and Xavier" in made.body
    assert "cannot be told from" not in made.body


def test_a_fraction_says_what_cannot_be_told_apart(tmp_path):
    design = FractionalFactorial.of(PARTS, generators=["C = AB"])
    analysis = analysed(tmp_path, design, truth)
    effect = by_term(analysis)["main", ((1, 1),)]
    assert effect.aliases == (((0, 1), (2, 1)),)
    assert effect.mean == pytest.approx(-0.01 + 0.005)  # and so it is the sum of both
    body = section(analysis).body
    assert "main effects cannot be told from the interactions beside them" in body
    assert "<th>cannot be told from</th>" in body
    assert "<td>normalisation × (activation and initial weights)</td>" in body


def test_an_ablation_shows_each_component_alone_and_beside_the_others(tmp_path):
    analysis = analysed(tmp_path, Ablation.of(PARTS), truth)
    effects = by_term(analysis)
    assert effects["bare", ((0, 1),)].mean == pytest.approx(0.02 - 0.005)
    assert effects["full", ((0, 1),)].mean == pytest.approx(0.02 + 0.005)
    assert effects["others", ((0, 1),)].mean == pytest.approx(0.01)
    made = section(analysis)
    assert made.title == "What each component does"
    assert "<td>batch norm instead of no normalisation</td>" in made.body
    assert arm_names(analysis) == [
        "the full recipe",
        "the full recipe, but no normalisation",
        "the full recipe, but no dropout",
        "the full recipe, but tanh, Xavier",
        "the bare recipe with ReLU, He",
        "the bare recipe with dropout (p 0.2)",
        "the bare recipe with batch norm",
        "the bare recipe",
    ]


def test_what_is_left_out_of_the_full_recipe_has_one_column(tmp_path):
    analysis = analysed(tmp_path, LeaveOneOut.of(PARTS), truth)
    assert {effect.kind for effect in analysis.factors.effects} == {"full"}
    body = section(analysis).body
    assert "adds to the full recipe" in body
    assert "adds to the bare recipe" not in body


def test_losses_are_told_as_ratios(tmp_path):
    def loss(x: np.ndarray) -> float:
        return float(np.exp(0.5 * x[0]))

    design = Factorial.of({name: PARTS[name] for name in list(PARTS)[:2]})
    analysis = analysed(tmp_path, design, loss, "validation_loss")
    assert by_term(analysis)["main", ((0, 1),)].mean > 0.7  # of logarithms
    body = section(analysis).body
    assert "×2." in body
    assert "excludes ×1" in body


def with_luck(results, trials, seed=0) -> Analysis:
    """Return the analysis of these trials with some noise in every trial."""
    noise = 1e-3 * np.random.default_rng(seed).standard_normal(len(trials))
    trials = trials.assign(validation_accuracy=trials["validation_accuracy"] + noise)
    return analyse(replace(results, trials=trials))


@pytest.fixture(scope="module")
def left_out(tmp_path_factory):
    """Eight replicates of a full recipe, and of it without each of three components."""
    study = small_study(design=LeaveOneOut.of(PARTS), replicates=8, probe=LayerStatistics("none"))
    return results_of(run_study(study, tmp_path_factory.mktemp("left"), workers=0))


@pytest.mark.parametrize("diverged", [0, 3])
def test_a_component_is_judged_by_the_rules_of_its_arm(left_out, diverged):
    """What it adds to the full recipe is the full arm minus the arm without it, p and all."""
    trials = left_out.trials.assign(
        validation_accuracy=0.7 + 0.0008 * left_out.trials["arm"], status="ok"
    )
    gone = (trials["arm"] == 2) & (trials["replicate"] < diverged)
    trials.loc[gone, ["status", "validation_accuracy"]] = ["diverged", np.nan]
    analysis = with_luck(left_out, trials)
    assert analysis.conditions.named is None
    made = by_term(analysis)
    for arm, effect in analysis.effects.items():
        full = made["full", ((arm - 1, 1),)]
        assert (full.mean, full.low, full.high) == pytest.approx(
            (-effect.mean, -effect.high, -effect.low)
        )
        assert (full.p, full.n, full.ranked, full.without) == (
            effect.p,
            8,
            effect.ranked,
            effect.without,
        )
        assert full.clear == (full.p <= 0.05)
    assert made["full", ((1, 1),)].without == diverged
    body = str(section(analysis).body)
    assert ("In up to 3 replicates an arm has no value" in body) == bool(diverged)


def test_an_arm_that_diverges_in_half_of_its_replicates_speaks(left_out):
    """Dropped, they would leave four replicates in which the component seems to hurt."""
    trials = left_out.trials.assign(validation_accuracy=0.7, status="ok")
    without = trials["arm"] == 1
    trials.loc[without, "validation_accuracy"] = 0.71
    gone = without & (trials["replicate"] >= 2)
    trials.loc[gone, ["status", "validation_accuracy"]] = ["diverged", np.nan]
    effect = by_term(with_luck(left_out, trials))["full", ((0, 1),)]
    assert (effect.n, effect.without, effect.ranked) == (8, 6, True)
    assert effect.mean > 0


def test_factors_of_more_levels_are_compared_with_their_first(tmp_path):
    axes = {"depth": [2, 3, 1], "activation": ["tanh", "relu"]}
    analysis = analysed(tmp_path, Factorial.of(axes), lambda x: 0.5)
    body = section(analysis).body
    assert "1 hidden layer instead of 2 hidden layers" in body
    assert "3 hidden layers × activation" in body
    several = analysed(tmp_path / "grid", Grid.of(axes), lambda x: 0.5)
    assert several.factors is None  # a grid asks no such question unless two levels make it plain


@pytest.mark.parametrize(
    "design",
    [
        OneAtATime.of(PARTS),
        Grid.of(PARTS, exclude=[{"normaliser": "batch-norm", "regularisers.dropout": "none"}]),
        Grid.of({"normaliser": ["none", "batch-norm"]}),
    ],
)
def test_arms_that_do_not_tell_effects_apart_have_no_section(tmp_path, design):
    analysis = analysed(tmp_path, design, truth)
    assert analysis.factors is None
    assert section(analysis) is None


def test_coupled_axes_are_one_colour(tmp_path):
    axes = {"depth, width": [[2, 6], [3, 4]], "bias, bias_std": [[0.0, 0.0], [0.1, 0.2]]}
    run = run_study(small_study(design=Grid.of(axes), metric="speed_ratio"), tmp_path, workers=0)
    analysis = analyse(results_of(run))
    assert analysis.layout.arms == ()
    assert (analysis.layout.colour, analysis.layout.column) == ("bias", None)
    assert set(analysis.layout.fixed) == {"depth", "width"}
    assert colour_title(analysis) == "mean of initial biases, sd of initial biases"
    assert kinds(analysis)[1] == "mean of initial biases = 0.1, sd of initial biases = 0.2"
    html = write_report(run).read_text(encoding="utf-8")
    assert "Along with it changes: width." in html  # where depth is an axis of a chart


def test_axes_that_are_coupled_but_do_not_decide_one_another_are_drawn_by_arm(tmp_path):
    axes = {"depth, width": [[2, 6], [3, 4], [3, 6], [2, 5]]}
    analysis = analyse(
        results_of(run_study(small_study(design=Grid.of(axes)), tmp_path, workers=0))
    )
    assert analysis.layout.arms == (0, 1, 2, 3)
