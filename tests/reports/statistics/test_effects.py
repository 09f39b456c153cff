from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from paribus.reports.charts import paired_differences
from paribus.reports.language.verdicts import verdict_words
from paribus.reports.sections.answer import answer
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.effects import Conditions, Effect, paired_effects
from paribus.reports.statistics.estimates import arm_estimate, best_first, estimate
from paribus.reports.statistics.frames import results_of
from paribus.reports.statistics.margins import limits, pairs_to_resolve, verdict
from paribus.reports.statistics.scales import better, compared, onto
from paribus.studies.metrics import METRICS
from scipy import stats
from small import small_study

ACCURACY, LOSS, SPEEDS = (
    METRICS[name] for name in ("validation_accuracy", "validation_loss", "speed_ratio")
)


def test_the_interval_is_the_t_interval():
    x = np.array([0.81, 0.84, 0.79, 0.88, 0.83])
    found = estimate(x, "linear")
    low, high = stats.t.interval(0.95, 4, x.mean(), stats.sem(x))
    assert (found.mean, found.low, found.high) == pytest.approx((x.mean(), low, high))


def test_on_a_log_scale_means_are_geometric():
    found = estimate([1.0, 100.0], "log")
    assert found.mean == pytest.approx(10.0)
    assert found.low > 0


def test_what_a_scale_cannot_hold_is_left_out_of_means():
    values = [0.5, np.nan, np.inf, 0.25]
    assert estimate(values, "linear").n == estimate(values, "log").n == 2
    assert estimate([], "log").n == 0
    assert math.isnan(estimate([0.5], "log").low)
    assert onto("log", [0.0]) == -np.inf
    assert np.isnan(onto("log", [-1.0]))


def planted(small_run, change):
    """Return results whose primary metric is what ``change`` says of (arm, replicate)."""
    results = results_of(small_run)
    trials = results.trials.copy()
    trials["validation_accuracy"] = [
        change(a, k) for a, k in zip(trials["arm"], trials["replicate"], strict=True)
    ]
    return replace(results, trials=trials)


NOISE = np.random.default_rng(5).normal(0, 0.1, 5)


def table(*arms):
    """Return compared values of arms, a row for each replicate."""
    return pd.DataFrame(np.array(arms, float).T)


def test_paired_effects_by_hand():
    """Luck shared by both arms cancels; only the planted difference and its own noise stay."""
    luck = np.random.default_rng(0).normal(0, 0.1, 8)
    own = np.array([0, 2, -2, 1, -1, 3, -3, 0]) / 1000
    (one,) = paired_effects(ACCURACY, table(0.5 + luck, 0.52 + luck + own), 0)
    assert (one.n, one.lost, one.mean) == (8, 0, pytest.approx(0.02))
    assert one.correlation > 0.99
    assert one.variance_ratio < 0.01
    assert one.p == 2 / 2**8
    assert (one.wins.k, one.ties) == (8, 0)
    assert one.size == pytest.approx(0.02 / (own.std(ddof=1)))
    low, high = stats.t.interval(0.95, 7, 0.02, stats.sem(own))
    assert (one.low, one.high) == pytest.approx((low, high), abs=5e-4)


def test_fewer_than_six_pairs_are_points():
    rng = np.random.default_rng(1)
    for few in paired_effects(ACCURACY, table(*rng.normal(0, 0.01, (4, 5))), 0):
        assert math.isnan(few.p)
        assert math.isnan(few.low)
        assert not few.clear


def test_pairs_that_differ_by_one_example_are_no_certainty():
    """Before, a spread of 1e-17 gave p = 7e-30 and an interval without width."""
    base = np.arange(50, 60) / 72
    effect = paired_effects(ACCURACY, table(base, base + 1 / 72), 0, Conditions(step=1 / 72))[0]
    assert effect.alike
    assert effect.p == 2 / 2**10
    assert effect.high - effect.low > 0.6 / 72
    continuous = paired_effects(LOSS, table(base, base + 0.1), 0)[0]
    assert math.isnan(continuous.low)


def test_a_diverged_replicate_is_worst_and_never_dropped():
    """Before, an arm of which nine of ten diverge was judged by its one survivor."""
    rng = np.random.default_rng(2)
    good, bad = rng.normal(0.8, 0.01, (2, 10))
    lost = np.arange(10) > 0
    values = compared(ACCURACY, np.where(lost, np.nan, bad + 0.1), lost)
    (effect,) = paired_effects(ACCURACY, table(good, values), 0)
    assert (effect.n, effect.without, effect.ranked) == (10, 9, True)
    assert effect.mean == effect.low == effect.high == -np.inf
    assert effect.clear
    assert (effect.wins.k, effect.wins.n) == (1, 10)
    of_arm = arm_estimate(ACCURACY, np.where(lost, np.nan, bad + 0.1), lost)
    assert (of_arm.n, of_arm.of, of_arm.lost.k) == (1, 10, 9)
    assert of_arm.median == -np.inf
    assert of_arm.lost.low == pytest.approx(stats.beta.ppf(0.025, 9, 2))


def test_a_loss_of_zero_is_best_and_not_lost():
    """Before, five perfect replicates of eight vanished from the logarithms."""
    rng = np.random.default_rng(3)
    base, arm = np.log(rng.uniform(0.1, 0.2, (2, 8)))
    arm = compared(LOSS, np.where(np.arange(8) < 5, 0.0, np.exp(arm) / 10), np.zeros(8))
    (effect,) = paired_effects(LOSS, table(base, arm), 0)
    assert (effect.n, effect.mean) == (8, -np.inf)
    assert effect.p == 2 / 2**8
    assert effect.wins.k == 8


def test_both_diverged_is_a_tie():
    gone = np.full(10, np.inf)
    (effect,) = paired_effects(LOSS, table(gone, gone), 0)
    assert (effect.n, effect.ties, effect.clear) == (10, 10, False)


def test_a_dead_network_is_as_far_from_level_as_can_be():
    assert compared(SPEEDS, [4.0, 0.25, np.inf, np.nan], [False] * 4)[:3].tolist() == (
        pytest.approx([math.log(4), math.log(4), np.inf])
    )
    level, dead = np.full(8, 1.01), np.where(np.arange(8) < 7, np.inf, 1.0)
    values = [compared(SPEEDS, x, np.zeros(8)) for x in (level, dead)]
    (effect,) = paired_effects(SPEEDS, table(*values), 0)
    assert effect.low > 0
    assert effect.wins.k == 1


def test_without_a_direction_nothing_is_better():
    epochs = METRICS["best_epoch"]
    assert best_first(epochs, {0: estimate([3.0, 4.0], "linear")}) == []
    (effect,) = paired_effects(epochs, table(np.arange(8.0), np.arange(8) + 5 + NOISE.mean()), 0)
    assert effect.wins.k == 0


def test_the_best_arm_is_the_one_of_the_best_median_with_the_lost_as_worst():
    """Before, the arm with most survivors was best, whatever they reached."""
    survivors = np.array([0.99] + [np.nan] * 9)
    arms = {
        0: arm_estimate(ACCURACY, survivors, np.isnan(survivors)),
        1: arm_estimate(ACCURACY, np.full(10, 0.8), np.zeros(10)),
        2: arm_estimate(ACCURACY, np.r_[np.full(9, 0.9), np.nan], np.arange(10) == 9),
    }
    assert best_first(ACCURACY, arms) == [2, 1, 0]


def test_no_interval_of_an_accuracy_leaves_its_range():
    shown = arm_estimate(ACCURACY, [1.0, 1.0, 1.0, 0.9, 1.0], np.zeros(5))
    assert shown.high == 1.0
    assert shown.low < 0.98
    assert shown.n == 5  # perfect replicates stay


def test_a_contrast_named_in_advance_is_a_family_of_its_own():
    rng = np.random.default_rng(4)
    values = table(*rng.normal(0, 1, (9, 12)))
    every = paired_effects(LOSS, values, 0)
    named = paired_effects(LOSS, values, 0, Conditions(named=3))
    alone = paired_effects(LOSS, values[[0, 3]], 0)[0]
    assert (named[2].low, named[2].high) == (alone.low, alone.high)
    assert every[2].high - every[2].low > 1.2 * (alone.high - alone.low)


def test_intervals_of_a_look_are_wider_and_share_the_level():
    values = table(*np.random.default_rng(5).normal(0, 1, (3, 20)))
    fixed = paired_effects(LOSS, values, 0)
    looked = paired_effects(LOSS, values, 0, Conditions(looks=2))
    for one, two in zip(fixed, looked, strict=True):
        assert two.high - two.low > 1.2 * (one.high - one.low)


def test_ranks_spend_a_share_of_the_level_at_every_look():
    assert sum(1 - Conditions(looks=k, sequential=True).level for k in range(1, 999)) < 0.05
    base = np.zeros(8)
    lost = np.where(np.arange(8) < 7, np.inf, 0.1)
    (fixed,) = paired_effects(LOSS, table(base, lost), 0)
    (third,) = paired_effects(LOSS, table(base, lost), 0, Conditions(looks=3))
    assert fixed.clear
    assert fixed.p == third.p > 1 - Conditions(looks=3).level
    assert not third.clear


def test_an_infinite_value_is_a_lost_pair(small_run):
    results = planted(small_run, lambda a, k: np.inf if (a, k) == (1, 0) else 0.5 + NOISE[k] * a)
    assert results.estimates[1].lost.k == 1


def test_one_replicate_claims_nothing(small_run):
    results = results_of(small_run)
    one = replace(results, trials=results.trials[results.trials["replicate"] == 0])
    assert all(math.isnan(e.p) for e in analyse(one).effects.values())
    assert paired_differences.figure(analyse(one)).takeaway.startswith("0 of 3")


def test_what_has_not_ended_is_missing(small_run):
    results = planted(small_run, lambda a, k: np.nan if (a, k) == (1, 0) else 0.5 + NOISE[k] * a)
    effects = analyse(results).effects
    assert (effects[1].n, effects[1].lost) == (4, 1)
    assert (effects[2].n, effects[2].lost) == (5, 0)


def effect(low, high):
    return Effect(1, (low + high) / 2, low, high, 9, 0, 0.5, 0.0, 1.0)


@pytest.mark.parametrize(
    ("low", "high", "margin", "metric", "words"),
    [
        (0.02, 0.05, 0.01, "validation_accuracy", "better by an amount that matters"),
        (-0.05, -0.02, 0.01, "validation_accuracy", "worse by an amount that matters"),
        (0.005, 0.05, 0.01, "validation_accuracy", "better, but perhaps by too little"),
        (-0.005, 0.005, 0.01, "validation_accuracy", "no difference that matters"),
        (-0.02, 0.05, 0.01, "validation_accuracy", "undecided with 9 pairs"),
        (math.log(1.5), math.log(2.0), 0.25, "validation_loss", "worse by an amount that matters"),
        (math.log(0.7), math.log(0.76), 0.25, "validation_loss", "better, but perhaps"),
        (math.log(0.3), math.log(0.4), 0.25, "best_epoch", "a difference that matters"),
        (math.log(0.9), math.log(1.1), 0.25, "validation_loss", "no difference that matters"),
        (math.log(0.5), math.log(1.1), 0.25, "validation_loss", "undecided"),
        (-800.0, -700.0, 0.25, "validation_loss", "better by an amount that matters"),
        (math.nan, math.nan, 0.1, "validation_loss", "9 pairs are too few"),
        (0.01, 0.02, 0.0, "validation_accuracy", "better"),
    ],
)
def test_verdicts_say_what_the_interval_allows(low, high, margin, metric, words):
    judged = effect(low, high)
    said = verdict(judged, METRICS[metric], margin)
    assert words in verdict_words(said, judged.n, better(METRICS[metric], judged.mean))


def test_a_quarter_less_is_a_quarter_less():
    """Before, ×0.80 counted as "at least 25 %"."""
    assert [math.exp(x) for x in limits(LOSS, 0.25)] == pytest.approx([0.75, 1.25])
    assert [math.exp(x) for x in limits(LOSS, 2.0)] == pytest.approx([1 / 3, 3])
    assert limits(ACCURACY, 0.01) == (-0.01, 0.01)


def test_the_pairs_that_would_resolve_the_margin():
    rng = np.random.default_rng(6)
    (effect,) = paired_effects(ACCURACY, table(np.zeros(10), rng.normal(0, 0.02, 10)), 0)
    needed = pairs_to_resolve(effect, ACCURACY, 0.01, 1.0)
    assert needed.low < needed.pairs < needed.high
    power = np.mean(
        [
            stats.ttest_1samp(rng.normal(0.01, effect.spread, needed.pairs), 0).pvalue < 0.05
            for _ in range(1000)
        ]
    )
    assert power == pytest.approx(0.8, abs=0.04)
    assert pairs_to_resolve(effect, ACCURACY, 0.0, 1.0) is None


def test_the_answer_names_both_arms_and_their_difference(small_run):
    results = planted(small_run, lambda a, k: 0.5 + NOISE[k] + 0.1 * (a == 3) + 0.001 * k * a)
    found = answer(analyse(results))
    assert found.sentence.startswith("With ")
    assert "ReLU units" in found.sentence
    assert "+10.6 points" in found.qualification
    assert "best of 3" in found.qualification  # chosen by the same numbers, and it says so


def test_the_answer_when_everything_diverged(small_run):
    results = planted(small_run, lambda a, k: np.nan)
    assert "no trial has a validation accuracy (5 ok)" in answer(analyse(results)).sentence
    gone = replace(results, trials=results.trials.assign(status="diverged"))
    assert "no trial has a validation accuracy (5 diverged, " in answer(analyse(gone)).sentence
    assert "single replicate" not in answer(analyse(gone)).qualification


def test_speeds_are_null_where_they_mean_nothing():
    layers = pd.DataFrame(
        {
            "trial_id": ["a"] * 3 + ["b"] * 2 + ["c"] * 3,
            "step": 0,
            "is_output": [False] * 3 + [False, True] + [False] * 3,
            "layer": [1, 2, 3, 1, 2, 1, 2, 3],
            "mean_delta_norm": [1.0, 3.0, 9.0, 5.0, 5.0, 0.0, 0.0, 2.0],
        }
    )
    tables = {"trials": pd.DataFrame({"trial_id": list("bacd")}), "layers": layers}
    ratio, factor = (METRICS[name].of(tables) for name in ("speed_ratio", "layer_factor"))
    assert ratio[1] == 9.0
    assert factor[1] == pytest.approx(3.0)
    assert np.isnan(ratio[0])  # a single hidden layer
    assert ratio[2] == factor[2] == np.inf  # dead
    assert np.isnan(ratio[3])  # not measured


def test_speeds_of_a_real_run_are_those_of_its_layers(small_run):
    results = results_of(small_run)
    trial = results.trials.iloc[-1]
    mine = results.layers[(results.layers["trial_id"] == trial["trial_id"])]
    start = mine[(mine["step"] == 0) & ~mine["is_output"]].sort_values("layer")
    ratio = start["mean_delta_norm"].iloc[-1] / start["mean_delta_norm"].iloc[0]
    assert trial["speed_ratio"] == pytest.approx(ratio)


def test_small_studies_name_their_best_arm(small_run):
    results = planted(small_run, lambda a, k: 0.5 + 0.1 * (a == 2))
    assert results.contrast == 2
    losses = replace(results, study=replace(results.study, metric="validation_loss"))
    medians = results.trials.groupby("arm")["validation_loss"].median().drop(0)
    assert losses.contrast == medians.idxmin()
    assert small_study().baseline_arm == small_study().arms[0]
