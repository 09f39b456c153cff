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
from paribus.reports.statistics.effects import Effect, estimate, holm, paired_effects, verdict
from paribus.reports.statistics.frames import results_of
from paribus.reports.statistics.scales import onto
from paribus.studies.metrics import METRICS
from scipy import stats
from small import small_study


def test_the_interval_is_the_t_interval():
    x = np.array([0.81, 0.84, 0.79, 0.88, 0.83])
    found = estimate(x, "linear")
    low, high = stats.t.interval(0.95, 4, x.mean(), stats.sem(x))
    assert (found.mean, found.low, found.high) == pytest.approx((x.mean(), low, high))
    new = estimate(x, "linear", new=True)
    half = stats.t.ppf(0.975, 4) * x.std(ddof=1) * math.sqrt(1 + 1 / 5)
    assert (new.low, new.high) == pytest.approx((x.mean() - half, x.mean() + half))


def test_on_a_log_scale_means_are_geometric():
    found = estimate([1.0, 100.0], "log")
    assert found.mean == pytest.approx(10.0)
    assert found.low > 0
    shares = estimate([0.9, 0.99], "logit")
    assert shares.high < 1


@pytest.mark.parametrize("scale", ["linear", "log", "logit"])
def test_what_a_scale_cannot_hold_is_left_out(scale):
    values = [0.5, np.nan, np.inf, 0.25]
    assert estimate(values, scale).n == 2
    assert estimate([], scale).n == 0
    assert math.isnan(estimate([0.5], scale).low)
    assert np.isnan(onto("log", [0.0, -1.0])).all()


def test_the_prediction_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(2000):
        x = rng.normal(3, 2, 11)
        found = estimate(x[:10], "linear", new=True)
        hits += found.low <= x[10] <= found.high
    assert hits / 2000 == pytest.approx(0.95, abs=0.02)


def planted(small_run, change):
    """Return results whose primary metric is what ``change`` says of (arm, replicate)."""
    results = results_of(small_run)
    trials = results.trials.copy()
    trials["validation_accuracy"] = [
        change(a, k) for a, k in zip(trials["arm"], trials["replicate"], strict=True)
    ]
    return replace(results, trials=trials)


NOISE = np.random.default_rng(5).normal(0, 0.1, 5)


def test_paired_effects_by_hand(small_run):
    """Luck shared by both arms cancels; only the planted difference and its own noise stay."""
    own = [0.0, 0.002, -0.002, 0.001, -0.001]
    results = planted(small_run, lambda a, k: 0.5 + NOISE[k] + 0.02 * a + own[k] * (a == 1))
    effects = {e.arm: e for e in paired_effects(results, METRICS["validation_accuracy"])}
    assert set(effects) == {1, 2, 3}
    d = 0.02 + np.array(own)
    low, high = stats.t.interval(0.95, 4, d.mean(), stats.sem(d))
    one = effects[1]
    assert (one.mean, one.low, one.high) == pytest.approx((0.02, low, high))
    assert one.correlation > 0.99
    assert one.variance_ratio < 0.01
    # the two other effects have no spread and so no p; Holm multiplies this one by 1
    assert one.p == pytest.approx(stats.ttest_1samp(d, 0).pvalue)


def test_holm_multiplies_the_smallest_p_by_the_number_of_arms(small_run):
    rng = np.random.default_rng(1)
    table = rng.normal(0, 0.01, (4, 5))
    results = planted(small_run, lambda a, k: 0.5 + table[a, k] + 0.01 * a)
    effects = paired_effects(results, METRICS["validation_accuracy"])
    raw = [stats.ttest_rel(table[e.arm] + 0.01 * e.arm, table[0]).pvalue for e in effects]
    order = np.argsort(raw)
    adjusted = [effects[i].p for i in order]
    assert adjusted[0] == pytest.approx(min(1, 3 * raw[order[0]]))
    assert adjusted == sorted(adjusted)


def test_without_spread_nothing_is_certain(small_run):
    """Two accuracies out of few possible ones are often alike by luck."""
    results = planted(small_run, lambda a, k: 0.5 + 0.1 * a)
    for found in paired_effects(results, METRICS["validation_accuracy"]):
        assert found.mean == pytest.approx(0.1 * found.arm)
        assert math.isnan(found.p)
        assert math.isnan(found.low)
    assert "no interval" in answer(analyse(results)).qualification


def test_an_infinite_value_is_a_lost_pair(small_run):
    results = planted(small_run, lambda a, k: np.inf if (a, k) == (1, 0) else 0.5 + NOISE[k] * a)
    effects = {e.arm: e for e in paired_effects(results, METRICS["validation_accuracy"])}
    assert (effects[1].n, effects[1].lost) == (4, 1)
    assert effects[1].p > 0


def test_holm_leaves_nan_alone():
    found = holm([0.04, math.nan, 0.01, 0.5])
    assert math.isnan(found[1])
    assert [found[i] for i in (0, 2, 3)] == pytest.approx([0.08, 0.03, 0.5])


def test_one_replicate_claims_nothing(small_run):
    results = results_of(small_run)
    one = replace(results, trials=results.trials[results.trials["replicate"] == 0])
    assert all(math.isnan(e.p) for e in paired_effects(one, one.metric))
    assert paired_differences.figure(analyse(one)).takeaway.startswith("0 of 3")


def test_missing_pairs_are_counted(small_run):
    results = planted(small_run, lambda a, k: np.nan if (a, k) == (1, 0) else 0.5 + NOISE[k] * a)
    effects = {e.arm: e for e in paired_effects(results, METRICS["validation_accuracy"])}
    assert (effects[1].n, effects[1].lost) == (4, 1)
    assert (effects[2].n, effects[2].lost) == (5, 0)


def effect(low, high):
    return Effect(1, (low + high) / 2, low, high, 9, 0, 0.5, 0.0, 1.0)


@pytest.mark.parametrize(
    ("low", "high", "margin", "metric", "words"),
    [
        (0.02, 0.05, 0.01, "validation_accuracy", "a difference that matters"),
        (-0.05, -0.02, 0.01, "validation_accuracy", "a difference that matters"),
        (0.005, 0.05, 0.01, "validation_accuracy", "perhaps too small"),
        (-0.005, 0.005, 0.01, "validation_accuracy", "no difference that matters"),
        (-0.02, 0.05, 0.01, "validation_accuracy", "undecided with 9 replicates"),
        (math.log(1.5), math.log(2.0), 0.25, "validation_loss", "a difference that matters"),
        (math.log(0.9), math.log(1.1), 0.25, "validation_loss", "no difference that matters"),
        (math.log(0.5), math.log(1.1), 0.25, "validation_loss", "undecided"),
        (-800.0, -700.0, 0.25, "validation_loss", "a difference that matters"),
        (math.nan, math.nan, 0.1, "validation_loss", "the same in all 9 pairs"),
        (0.01, 0.02, 0.0, "validation_accuracy", "a difference"),
    ],
)
def test_verdicts_say_what_the_interval_allows(low, high, margin, metric, words):
    judged = effect(low, high)
    assert words in verdict_words(verdict(judged, METRICS[metric], margin), judged.n)


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
    assert "no trial has a validation accuracy (5 diverged)" in answer(analyse(gone)).sentence
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
    assert ratio.drop(1).isna().all()
    assert factor.drop(1).isna().all()


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
    means = results.trials.groupby("arm")["validation_loss"].mean().drop(0)
    assert losses.contrast == means.idxmin()
    assert small_study().baseline_arm == small_study().arms[0]
