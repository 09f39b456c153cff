"""Findings of a run: arms, counterfactuals, study-wide rules, the frame, the page, the command."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import paribus
import pytest
from click.testing import CliRunner
from paribus.__main__ import cli
from paribus.cluster.launch.running import run_study
from paribus.core.families.losses import SoftmaxCrossEntropy, SquaredError
from paribus.reports.findings import FINDINGS
from paribus.reports.findings.best_at_edge import BestAtEdge
from paribus.reports.findings.chance import chances, constant_loss
from paribus.reports.findings.counterfactuals import counterfactuals
from paribus.reports.findings.diagnosis import diagnose
from paribus.reports.findings.finding import Evidence, Finding
from paribus.reports.findings.observed import Observed
from paribus.reports.findings.overfitting import Overfitting
from paribus.reports.findings.too_few_replicates import TooFewReplicates
from paribus.reports.findings.vanishing_gradient import VanishingGradient
from paribus.reports.page.report import page
from paribus.reports.sections import findings as section_module
from paribus.reports.sections.findings import common_levels, evidence_words, item
from paribus.reports.statistics.frames import results_of
from paribus.studies.data.loading import examples_of
from paribus.studies.designs.grid import Grid
from small import small_study

DEEP = Grid.of(
    {
        "depth": [2, 6],
        "activation": ["sigmoid", "relu"],
        "initialiser": [{"kind": "gaussian", "std": 0.1}, "he"],
    }
)


@pytest.fixture(scope="module")
def deep_run(tmp_path_factory):
    """Small sigmoid and ReLU networks, of which the deep ones with small weights vanish."""
    study = small_study(replicates=3, design=DEEP)
    return run_study(study, tmp_path_factory.mktemp("deep"), workers=0)


def test_codes_are_unique_and_thresholds_are_ratios():
    codes = [rule.code for rule in FINDINGS]
    assert len(set(codes)) == len(codes) == 15
    for rule in FINDINGS:
        assert rule.version >= 1
        assert rule.title
        assert type(rule).__doc__


def test_vanishing_is_told_with_its_counterfactual(deep_run):
    frame = paribus.findings(deep_run)
    rows = frame[frame["code"] == "vanishing-gradient"].set_index("arm")
    assert len(rows) == 3  # deep sigmoid from both starts, and deep ReLU from small weights
    arm = "depth=6, activation=sigmoid, initialiser=gaussian(std=0.1)"
    row = rows.loc[arm]
    assert (row["replicates"], row["of"]) == (3, 3)
    assert row["number"] < row["threshold"] == 0.05
    assert (row["layer"], row["epoch"]) == (1, 0)
    trial = deep_run.trials.set_index("trial_id").loc[row["trial_id"]]
    assert trial["arm"] == arm
    start = deep_run.layers.query("trial_id == @row.trial_id and step == 0").set_index("layer")
    norms = start["weight_gradient_norm"]
    assert row["number"] == pytest.approx(norms[1] / norms[6])
    relu = rows.loc["depth=6, activation=relu, initialiser=gaussian(std=0.1)"]
    assert relu["quantity"] == "weight_gradient_to_output"
    assert relu["counterfactual"] == "depth=6, activation=relu, initialiser=he"
    assert (relu["counterfactual_replicates"], relu["counterfactual_of"]) == (0, 3)


def test_the_biases_alone_do_not_make_a_gradient_vanish(deep_run):
    """‖mean δ‖ shrinks a million times, the weights' gradients do not, nor are they small."""
    results = results_of(deep_run)
    layers = results.layers.copy()
    layers.loc[layers["layer"] == 1, "mean_delta_norm"] *= 1e-6
    level = layers["step"] == 0
    layers.loc[level, "weight_gradient_norm"] = 1.0
    look = VanishingGradient().look(Observed(replace(results, layers=layers)))
    assert not look.shows.any()


def test_a_counterfactual_differs_in_one_level_and_has_the_same_replicates(deep_run):
    observed = Observed(results_of(deep_run))
    arms = observed.results.study.arms
    shows = np.array([arm.level("depth").value != 2 for arm in arms])
    made = counterfactuals(observed, observed.arm >= 0, shows[observed.arm], shows)
    for position, other in made.items():
        differing = {
            path
            for path in observed.results.axes
            if arms[position].level(path).label != arms[other.arm].level(path).label
        }
        assert differing == {other.path} == {"depth"}
        assert (other.k, other.n) == (0, 3)
    assert set(made) == set(np.flatnonzero(shows))
    everywhere = np.ones(len(arms), bool)
    assert counterfactuals(observed, observed.arm >= 0, everywhere[observed.arm], everywhere) == {}


def test_thirty_arms_are_one_item(deep_run):
    results = results_of(deep_run)
    groups = {group.rule.code: group for group in diagnose(results)}
    told = item(results, groups["vanishing-gradient"])
    assert told.sentence.startswith("In 3 of 8 arms. As with 6 hidden layers, sigmoid, ")
    assert len(told.arms) == 3
    assert "all else equal, do not show it." in told.counterfactual
    html = page(results)
    assert html.index('id="answer"') < html.index('id="findings"') < html.index('id="trust"')
    assert f'<span class="mono">{told.trial}</span>' in html
    sigmoids = [i for i, a in enumerate(results.study.arms) if a.has("activation", "sigmoid")]
    assert [level.label for level in common_levels(results, sigmoids)] == ["sigmoid"]


def test_nothing_found_is_said_with_how_much_was_looked_at(small_run, monkeypatch):
    monkeypatch.setattr(section_module, "diagnose", lambda _: [])
    html = page(results_of(small_run))
    assert "No finding: 15 rules looked at 20 trials and none of them fired." in html


def test_five_pairs_are_too_few_and_six_are_not(small_run):
    results = results_of(small_run)
    (found,) = TooFewReplicates().findings(Observed(results))
    assert (found.arm, found.evidence.number) == (None, 2 / 2**5)
    six = replace(results, study=replace(results.study, replicates=6))
    assert TooFewReplicates().findings(Observed(six)) == []


@pytest.mark.parametrize(
    ("metric", "regularisers", "selection", "expected"),
    [
        ("validation_loss", {"early-stopping": {"patience": 1}}, 0.0, 1),
        ("validation_loss", {"early-stopping": {"patience": 1}}, 0.05, 0),
        ("test_loss", {"early-stopping": {"patience": 1}}, 0.0, 0),
        ("validation_loss", {}, 0.0, 0),
        ("best_validation_loss", {}, 0.0, 1),
        ("best_validation_loss", {}, 0.05, 0),
    ],
)
def test_a_set_that_selects_and_judges_is_named(
    tmp_path, metric, regularisers, selection, expected
):
    design = Grid.of({"regularisers": [regularisers], "split.selection": [selection]})
    study = small_study(replicates=1, design=design, metric="test_loss")
    run = run_study(study, tmp_path, workers=0)
    run.__dict__["study"] = replace(study, metric=metric)  # as a run of old, which was not refused
    assert (paribus.findings(run)["code"] == "validation-used-twice").sum() == expected


@pytest.mark.parametrize(
    ("scores", "found"),
    [((1.0, 2.0, 3.0), 1), ((1.0, 3.0, 2.0), 0), ((3.0, 2.0, 1.0), 1), ((2.9, 1.0, 3.0), 1)],
)
def test_a_best_value_at_an_end_is_named(tmp_path, scores, found):
    design = Grid.of({"optimiser.learning_rate": [0.01, 0.1, 1.0]})
    results = results_of(run_study(small_study(replicates=4, design=design), tmp_path, workers=0))
    noise = 0.01 * results.trials["replicate"]
    trials = results.trials.assign(
        validation_accuracy=np.array(scores)[results.trials["arm"]] + noise
    )
    findings = BestAtEdge().findings(Observed(replace(results, trials=trials)))
    assert len(findings) == found
    for each in findings:
        assert each.arm == int(np.argmax(scores))
        assert "learning rate = " in BestAtEdge().sentence(each.evidence)


def test_chance_is_the_loss_of_the_best_constant():
    shares = np.eye(3)[[0] * 5 + [1] * 3 + [2] * 2]
    entropy = -sum(p * np.log(p) for p in (0.5, 0.3, 0.2))
    assert constant_loss(SoftmaxCrossEntropy(), shares) == pytest.approx(entropy, rel=1e-6)
    numbers = np.array([[1.0], [2.0], [6.0]])
    loss = np.empty((1, 3))
    z = np.full((1, 1, 3), 3.0)
    SquaredError().value_and_gradient({}, z, numbers.T[:, None], loss, np.empty((2, 1, 1, 3)))
    assert constant_loss(SquaredError(), numbers) == pytest.approx(loss.mean(), rel=1e-6)


def test_without_its_data_a_run_is_still_diagnosed(deep_run, monkeypatch):
    def gone(_):
        raise paribus.ResourceError("the data are gone")

    monkeypatch.setattr("paribus.reports.findings.chance.examples_of", gone)
    assert np.isnan(chances(deep_run.study)).all()
    codes = set(paribus.findings(deep_run)["code"])
    assert "vanishing-gradient" in codes
    assert not codes & {"stuck-at-chance", "underfitting", "plateau", "still-improving"}
    assert examples_of is not gone


def test_the_command_prints_lines_and_json(deep_run):
    path = str(deep_run.path)
    lines = CliRunner().invoke(cli, ["findings", path]).output.splitlines()
    rows = json.loads(CliRunner().invoke(cli, ["findings", path, "--json"]).output)
    assert len(lines) == len(rows) == len(paribus.findings(deep_run))
    assert any(line.startswith("warning: vanishing-gradient [depth=6, ") for line in lines)
    assert {"code", "version", "severity", "arm", "trial_id", "number", "threshold"} <= set(rows[0])


def test_a_finding_names_the_set_that_was_held_out():
    evidence = Evidence("t", "validation_loss_to_its_minimum", 1.5, 1.1, epoch=3.0, held_out="test")
    assert Overfitting().sentence(evidence).startswith("the test loss ends 1.50 times as high")
    finding = Finding("overfitting", 1, "warning", 0, 3, 3, evidence)
    assert "test loss to its minimum 1.50" in evidence_words(finding)
