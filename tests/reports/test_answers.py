"""Kinds of answers, each on results whose answer is planted."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from paribus.cluster.launch.running import run_study
from paribus.core.inference.standing import Standing
from paribus.core.measures.outcomes import Outcomes
from paribus.reports.answers.comparison import estimate_words, template_of
from paribus.reports.answers.published import agreeing
from paribus.reports.answers.qualifications import distance_words
from paribus.reports.sections.answer import answer
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.effects import Effect
from paribus.reports.statistics.estimates import Estimate
from paribus.reports.statistics.frames import results_of
from paribus.reports.statistics.judges import ClaimVerdict, Reading
from paribus.reports.statistics.onsets import onset_of
from paribus.reports.statistics.thresholds import crossing, passings
from paribus.reports.statistics.verdicts import Claim, Judgement
from paribus.studies.answers import Onset, Threshold
from paribus.studies.designs.design_function import Level
from paribus.studies.designs.grid import Grid
from paribus.studies.expectations import Expectation
from paribus.studies.luck import luck_from
from paribus.studies.metrics import METRICS
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
    assert "0.300 with 2 hidden layers; 0.500 with 3 hidden layers" in said.sentence
    assert "0.300 [0." in said.qualification
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
    said = answer(analyse(planted))
    headline, detail = said.sentence, said.qualification
    assert "the validation loss is lowest after epoch 10.5 of 40 and ends 2.0" in headline
    assert "[" not in headline  # intervals stand beneath
    assert detail.count("the lowest loss is after epoch 10.5 [") == 2  # of both arms
    assert detail.count("Meanwhile accuracy rises by 1.62 points [") == 2
    assert "], in 7 of 8 replicates" in detail


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


def test_an_interval_says_that_all_replicates_divide_the_data_alike(run):
    assert "other seeds on the same division of the same data" in (
        answer(analyse(results_of(run))).qualification
    )


EFFECTS = {
    (-math.log(8.2), -math.log(16.2), -math.log(4.1)): "8.20 [4.10, 16.2] times nearer to level",
    (math.log(8.2), math.log(4.1), math.log(16.2)): "8.20 [4.10, 16.2] times farther from level",
    (math.log(1.5), -math.log(2.2), math.log(4.1)): "1.50 [0.455, 4.10] times as far from level",
    (math.log(1.5), math.nan, math.nan): "1.50 (no interval) times as far from level",
}


@pytest.mark.parametrize(("ends", "words"), EFFECTS.items())
def test_a_distance_from_one_is_said_as_how_many_times_nearer(ends, words):
    assert distance_words(Effect(1, *ends, 8, 0, 0.01, 0.0, 1.0)) == words


def test_what_was_said_of_the_first_arm_is_not_said_again():
    ratio, first, second = METRICS["speed_ratio"], Estimate(200.0, 100.0, 400.0, n=5), 3.0
    before = template_of(ratio, first)
    said = estimate_words(ratio, Estimate(second, 2.0, 4.0, n=5), 0.25, before)
    assert said == "3 times"
    other = estimate_words(ratio, Estimate(1 / second, 1 / 4, 1 / 2, n=5), 0.25, before)
    assert "3 times larger in the first hidden layer than in the last" in other


def judged(level, standings, rejected=(), kept=()):
    """Return a judgement on claims that stand so, which tells wrong sds apart, or does not."""
    claims = tuple(
        Claim(Expectation("c", "test_loss", 1.0, level=level), Reading(1.0, 0.9, 1.1, s), (1.0,), 1)
        for s in standings
    )
    wrong = [tuple((Level("bias_std", sd, str(sd)),) for sd in sds) for sds in (rejected, kept)]
    return Judgement(claims, ClaimVerdict.CONSISTENT, 0.05, *wrong)


def test_published_numbers_are_counted_with_the_wrong_recipes_that_fit_them():
    inside, outside = Standing.INSIDE, Standing.OUTSIDE
    assert agreeing([judged("published", [inside, inside], kept=[0.1, 0.2])]) == (
        "2 of 2 published numbers lie where the recipe puts them, but all 2 wrong recipes fit "
        "them, too"
    )
    both = [judged("reference", [inside], [0.1]), judged("reference", [outside], [], [0.1, 0.2])]
    assert "1 of 2 independent reference values lie where the recipe puts them" in agreeing(both)
    assert agreeing(both, alone=False) == (
        "1 of 2 independent reference values do, too, and 1 of 2 wrong recipes fails them"
    )
    assert agreeing([judged("published", [inside])]) == (
        "1 of 1 published number lies where the recipe puts it"
    )
