"""Importance of axes: forests on planted functions, and trials without a value that still count."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from paribus.core.inference.importance import Share
from paribus.reports.sections.importance import interval_words, percent, section
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.forest import columns_of, forest_importance
from paribus.reports.statistics.frames import results_of
from paribus.reports.statistics.importance import importance_of
from paribus.reports.statistics.merits import merit_table, merits
from paribus.studies.designs.one_at_a_time import OneAtATime
from paribus.studies.designs.random_sample import RandomSample
from paribus.studies.metrics import METRICS

ARMS = 40


def forests(make, count=8):
    made = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        x = rng.random((ARMS, 3))
        columns = [columns_of(list(each)) for each in x.T]
        made.append(forest_importance(columns, make(x, rng), trees=80, seed=seed))
    return np.array([m.importances for m in made]), np.array([m.r2 for m in made])


def test_a_forest_finds_what_an_additive_function_depends_on():
    """Var = 9/12 + 1/4 for 3a + [b > ½]: shares of 3/4 and 1/4."""
    importances, r2 = forests(lambda x, rng: 3 * x[:, 0] + (x[:, 1] > 0.5))
    assert (r2 > 0.7).all()
    assert importances.mean(axis=0) == pytest.approx([0.75, 0.25, 0.0], abs=0.15)
    assert (importances[:, 0] > importances[:, 1]).all()
    assert (importances[:, 1] > importances[:, 2]).all()


def test_a_forest_on_noise_says_so():
    importances, r2 = forests(lambda x, rng: rng.standard_normal(ARMS), 20)
    assert np.quantile(r2, 0.95) < 0.3
    assert r2.mean() < 0
    assert np.abs(importances.mean(axis=0)).max() < 0.08


def test_an_interaction_counts_for_both():
    importances, _ = forests(lambda x, rng: np.sign((x[:, 0] - 0.5) * (x[:, 1] - 0.2)))
    assert (importances.mean(axis=0)[:2] > 5 * abs(importances.mean(axis=0)[2])).all()


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("validation_loss", [math.e, 1.0, 0.0, None, None], [-1, 0, math.inf, -math.inf, math.nan]),
        ("validation_accuracy", [0.5, 1.0, 0.0, None, None], [0.5, 1, 0, -math.inf, math.nan]),
        ("speed_ratio", [math.e, 1 / math.e, 1.0, None, None], [-1, -1, 0, -math.inf, math.nan]),
    ],
)
def test_merits_have_a_place_for_what_has_no_value(name, raw, expected):
    status = ["ok", "ok", "ok", "diverged", "failed"]
    trials = pd.DataFrame({name: pd.array(raw, dtype="float64"), "status": status})
    assert merits(trials, METRICS[name]).tolist() == pytest.approx(expected, nan_ok=True)


def test_a_dead_network_is_worse_than_any_ratio():
    trials = pd.DataFrame({"speed_ratio": [1e9, np.nan, 0.0], "status": "ok"})
    assert merits(trials, METRICS["speed_ratio"]).tolist()[1:] == [-math.inf, -math.inf]


def planted(results, value):
    """Return results whose primary metric is a function of the trial's row."""
    trials = results.trials.copy()
    trials[results.metric.name] = [value(row) for row in trials.to_dict("records")]
    return replace(results, trials=trials)


@pytest.fixture(scope="module")
def results(small_run):
    return results_of(small_run)


def by_activation(row):
    return 0.5 + 0.1 * (row["activation"] == "relu") + 0.001 * row["replicate"]


def test_a_full_grid_is_taken_apart_exactly(results):
    made = importance_of(planted(results, by_activation))
    assert made.exact
    assert made.effects[0][0] == ("activation",)
    assert made.effects[0][1].share == pytest.approx(1 - made.luck.share, abs=1e-9)
    assert made.higher is None
    assert made.infinite == 0


def test_diverged_trials_are_ranked_last_and_counted(results):
    """Dropping them would leave nothing that differs."""
    changed = planted(results, lambda row: 0.9)
    lost = changed.trials["activation"] == "tanh"
    changed.trials.loc[lost, results.metric.name] = np.nan
    changed.trials.loc[lost, "status"] = "diverged"
    made = importance_of(changed)
    assert (made.infinite, made.trials) == (10, 20)
    assert made.effects[0][0] == ("activation",)
    assert made.effects[0][1].share == pytest.approx(1)
    body = str(section(analyse(changed)).body)
    assert "10 of 20 trials diverged or have no finite value" in body


def test_an_unfinished_replicate_is_left_out(results):
    trials = results.trials.drop(results.trials.index[-1])
    table = merit_table(trials, results.metric, 4)
    assert table.values.shape == (4, 4)
    assert not table.ranked
    one = replace(results, trials=results.trials[results.trials["replicate"] == 0])
    assert importance_of(one) is None


def sampled(results, samples):
    """Return made-up results of a random design, a function of the learning rate alone."""
    axes = {
        "optimiser.learning_rate": {"low": 0.001, "high": 1.0, "scale": "log"},
        "activation": ["tanh", "relu"],
    }
    study = replace(results.study, design=RandomSample.of(axes, samples=samples), replicates=3)
    rng = np.random.default_rng(1)
    rows = [
        {
            "trial_id": f"{i}-{k}",
            "arm": i,
            "replicate": k,
            "status": "ok",
            "validation_accuracy": math.log(arm.recipe.optimiser.learning_rate) / 9
            + 0.01 * rng.standard_normal(),
        }
        for i, arm in enumerate(study.arms)
        for k in range(3)
    ]
    return replace(results, study=study, trials=pd.DataFrame(rows))


def test_a_random_design_is_left_to_a_forest(results):
    made = importance_of(sampled(results, 24))
    assert not made.exact
    assert made.r2 > 0.6
    (first, share), (second, other) = made.effects
    assert (first, second) == (("optimiser.learning_rate",), ("activation",))
    assert share.low > other.high
    assert 0 <= other.low <= share.low < share.high <= 1
    assert importance_of(sampled(results, 9)) is None


def test_a_forest_that_predicts_nothing_warns(results):
    changed = sampled(results, 24)
    rng = np.random.default_rng(2)
    changed = planted(changed, lambda row: rng.random())
    made = importance_of(changed)
    assert made.r2 < 0.3


def test_few_arms_one_at_a_time_have_no_importance(results):
    axes = {"activation": ["tanh", "relu"], "depth": [2, 3]}
    study = replace(results.study, design=OneAtATime.of(axes))
    trials = results.trials[results.trials["arm"] < 3]
    assert importance_of(replace(results, study=study, trials=trials)) is None


def test_the_section_names_the_largest_share(results):
    body = str(section(analyse(planted(results, by_activation))).body)
    assert "Exploratory: activation explains" in body
    assert "activation × hidden layers" in body
    assert "luck: all that differs between replicates" in body


def test_a_share_and_its_interval_stay_within_0_and_100():
    assert interval_words(Share((0,), 0.0, -3e-9, -5e-9)) == "[0, 0]"
    assert interval_words(Share((0,), 0.99, 0.96, 1.02)) == "[96, 100]"
    assert percent(2e-6) == "0 %"
