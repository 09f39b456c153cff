"""Kinds of answers, each on results whose answer is planted."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from paribus.cluster.launch.running import run_study
from paribus.core.measures.outcomes import Outcomes
from paribus.reports.sections.answer import answer
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.frames import results_of
from paribus.reports.statistics.onsets import onset_of
from paribus.reports.statistics.thresholds import crossing, passings
from paribus.studies.answers import Onset, Threshold
from paribus.studies.designs.grid import Grid
from paribus.studies.luck import luck_from
from small import small_study

STDS = [0.1, 0.2, 0.4, 0.8]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Eight replicates of four initial sds at two depths, with every example's outcome."""
    design = Grid.of(
        {"initialiser": [{"kind": "gaussian", "std": s} for s in STDS], "depth": [2, 3]}
    )
    study = small_study(
        design=design,
        replicates=8,
        metric="speed_ratio",
        answer=Threshold("initialiser.std", by=("depth",)),
        luck=luck_from({"split": 0}),
        measures=(Outcomes(),),
    )
    return run_study(study, tmp_path_factory.mktemp("answers"), workers=0)


def test_a_threshold_is_where_the_metric_passes_its_value(run):
    """ln ratio = −ln(std / place), so that the place is 0.3, and 0.5 with three layers."""
    results = results_of(run)
    place = {2: 0.3, 3: 0.5}
    trials = results.trials
    std = trials["arm"].map(lambda a: results.arm(a).level("initialiser.std").value)
    depth = trials["arm"].map(lambda a: results.arm(a).level("depth").value)
    luck = np.exp(0.02 * (trials["replicate"] - 3.5))
    trials = trials.assign(speed_ratio=depth.map(place) * luck / std)
    trials.loc[(std == 0.8) & (trials["replicate"] < 3), "status"] = "diverged"
    planted = replace(results, trials=trials)
    two, three = passings(planted, run.study.answer)
    assert two.interval.estimate == pytest.approx(0.3, rel=1e-6)
    assert two.interval.low < 0.3 < two.interval.high < 0.32
    assert three.interval.estimate == pytest.approx(0.5, rel=1e-6)
    ((level, rate),) = two.diverged
    assert (level.value, rate.k, rate.n) == (0.8, 3, 8)
    said = answer(analyse(planted))
    assert "0.300 [0." in said.sentence
    assert "with 3 hidden layers" in said.sentence
    assert "diverged where the sd of initial weights is 0.8 (3 of 8) with 2 hidden layers" in (
        said.qualification
    )


def test_a_threshold_beyond_the_axis_is_said(run):
    results = results_of(run)
    far = replace(results, trials=results.trials.assign(speed_ratio=5.0))
    (two, _) = passings(far, run.study.answer)
    assert two.beyond == two.n == 8
    assert two.interval.estimate == math.inf
    assert "beyond the largest level" in answer(analyse(far)).sentence


def test_a_crossing_skips_what_is_missing():
    x, nan = np.arange(4.0), math.nan
    assert crossing(x, np.array([-1, nan, 1, 2.0])) == 1.0
    assert crossing(x, np.array([nan] * 4)) is not None
    assert math.isnan(crossing(x, np.array([nan] * 4)))
    assert crossing(x, np.array([1.0, 2, 3, 4])) == math.inf


def test_the_onset_says_when_and_what_follows(run):
    results = results_of(run)
    k = results.trials["replicate"]
    trials = results.trials.assign(
        best_epoch=10.0 + k % 2,
        epochs_trained=40,
        best_validation_loss=0.5,
        validation_loss=1.0 + 0.01 * k,
        loss_rise=(1.0 + 0.01 * k) / 0.5,
        best_validation_accuracy=0.8,
        validation_accuracy=0.82 - 0.001 * (k == 0) * 30,
    )
    study = replace(results.study, answer=Onset(), metric="validation_accuracy")
    planted = replace(results, study=study, trials=trials)
    onset = onset_of(planted, 0)
    assert (onset.epoch.mean, onset.epochs, onset.accuracy.upwards) == (10.5, 40, 7)
    said = answer(analyse(planted)).sentence
    assert "the validation loss is lowest after epoch 10.5 [" in said
    assert "of 40" in said
    assert "ends 2.0" in said
    assert "times as high, while accuracy rises by 1.62 points [" in said
    assert "], in 7 of 8 replicates" in said
    assert said.count("accuracy") == 1  # the second arm's stands in how it was judged
    assert "accuracy" in answer(analyse(planted)).judged


def test_other_data_widen_the_interval_where_examples_are_the_same(run):
    """With one split for all replicates, the chance choice of examples adds its variance."""
    study = replace(run.study, metric="validation_accuracy", answer=run.study.answer)
    seeds = analyse(replace(results_of(run), study=study))
    data = analyse(replace(results_of(run), study=replace(study, estimand="data")))
    assert "seeds" in answer(seeds).qualification
    assert "scored examples" in answer(data).qualification
    wider = [
        data.effects[arm].high - data.effects[arm].low > effect.high - effect.low
        for arm, effect in seeds.effects.items()
        if not effect.alike
    ]
    assert sum(wider) >= len(wider) - 1
