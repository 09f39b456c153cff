"""Means, medians, rates, power and confidence sequences: against SciPy, and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from paribus.core.inference.anytime import critical_t
from paribus.core.inference.best import may_be_best
from paribus.core.inference.means import mean_interval, median_interval
from paribus.core.inference.planning import (
    break_even,
    detectable,
    pairs_needed,
    power,
    spread_interval,
)
from paribus.core.inference.rates import rate
from paribus.core.inference.resampling import correction
from scipy import stats


def test_the_mean_interval_is_students():
    x = np.array([0.81, 0.84, 0.79, 0.88, 0.83])
    interval = mean_interval(x)
    assert (interval.low, interval.high) == pytest.approx(
        stats.t.interval(0.95, 4, x.mean(), stats.sem(x))
    )
    wider = mean_interval(x, factor=4.0)
    assert wider.high - wider.low == pytest.approx(2 * (interval.high - interval.low))
    assert math.isnan(mean_interval([1.0]).low)


@pytest.mark.parametrize("n", [6, 7, 10, 25])
def test_the_median_interval_is_that_of_the_quantile_test(n):
    x = np.random.default_rng(n).normal(size=n)
    exact = stats.quantile_test(x, p=0.5).confidence_interval(0.95)
    interval = median_interval(x)
    assert (interval.low, interval.high) == (exact.low, exact.high)
    assert interval.estimate == np.median(x)


def test_the_median_covers_where_some_replicates_have_no_value():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(1000):
        x = np.where(rng.random(12) < 0.3, np.inf, rng.normal(size=12))
        interval = median_interval(x)
        truth = stats.norm.ppf(0.5 / 0.7)
        covered += interval.low <= truth <= interval.high
    assert covered / 1000 >= 0.95 - 0.015


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 10), (10, 10), (19, 20)])
@pytest.mark.parametrize("method", ["exact", "wilson"])
def test_rates_are_scipys(k, n, method):
    exact = stats.binomtest(k, n).proportion_ci(0.95, method=method)
    ours = rate(k, n, method=method)
    assert (ours.low, ours.high) == pytest.approx((exact.low, exact.high))
    assert ours.share == k / n


def test_replicates_that_divide_one_sample_cover_other_data_only_when_widened():
    """Before, means over divisions of one sample missed those of new data: .64 at 30 replicates.

    A world whose every example has a value; a replicate's score is the mean of its validation
    rows plus what its training rows taught it. Coverage of the expected score over new samples.
    """
    rng = np.random.default_rng(1)
    rows, held, replicates, studies = 100, 20, 30, 600
    plain = widened = 0
    for _ in range(studies):
        sample = rng.normal(size=rows)
        order = rng.permuted(np.tile(np.arange(rows), (replicates, 1)), axis=1)
        scores = sample[order[:, :held]].mean(axis=1) + rng.normal(0, 0.02, replicates)
        a = mean_interval(scores)
        b = mean_interval(scores, factor=correction(replicates, held, rows - held))
        plain += a.low <= 0 <= a.high
        widened += b.low <= 0 <= b.high
    assert plain / studies < 0.75
    assert widened / studies >= 0.925


def test_power_is_the_noncentral_t():
    limit = stats.t(9).ppf(0.975)
    law = stats.nct(9, math.sqrt(10) * 0.7)
    assert power(10, 0.7) == pytest.approx(law.sf(limit) + law.cdf(-limit), abs=1e-4)
    assert power(10, 0.0) == pytest.approx(0.05, abs=1e-4)
    assert power(10, 50.0) == pytest.approx(1.0)
    assert power(1, 1.0) == 0.0


def test_pairs_needed_is_the_least_number_with_that_power():
    for ratio in (0.3, 0.7, 1.5):
        n = pairs_needed(1.0, ratio)
        assert power(n, ratio) >= 0.8
        assert n == 6 or power(n - 1, ratio) < 0.8
        assert detectable(n) <= ratio * 1.0001
    low, high = spread_interval(2.0, 12)
    assert low < 2.0 < high


def test_pairing_breaks_even_where_its_fewer_degrees_are_paid_for():
    t = stats.t
    assert break_even(10) == pytest.approx((t(18).ppf(0.975) / t(9).ppf(0.975)) ** 2)
    assert break_even(10) == pytest.approx(0.86, abs=0.005)
    assert math.isnan(break_even(1))


def test_a_confidence_sequence_holds_at_every_look():
    """Looked at after each of 300 replicates, no more than 5 % of null studies ever claim."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(2000, 300))
    n = np.arange(1, 301)
    mean = x.cumsum(axis=1) / n
    variance = ((x**2).cumsum(axis=1) - n * mean**2)[:, 1:] / (n[1:] - 1)
    t = np.abs(mean[:, 1:]) / np.sqrt(variance / n[1:])
    sequence = np.array([critical_t(k, 0.05) for k in n[1:]])
    assert (t > sequence).any(axis=1).mean() <= 0.05
    fixed = stats.t(n[1:] - 1).ppf(0.975)
    assert (t > fixed).any(axis=1).mean() > 0.3  # what looking costs without it


def test_the_best_arm_is_rarely_ruled_out():
    rng = np.random.default_rng(3)
    kept = [may_be_best(rng.normal(size=(5, 10))) for _ in range(200)]
    assert (np.mean(kept, axis=0) >= 0.95 - 0.04).all()
    first = [[3], [0], [0], [0], [0]]
    clear = [may_be_best(rng.normal(first, 1.0, (5, 10))) for _ in range(100)]
    assert np.mean([c[0] for c in clear]) >= 0.95
    assert np.mean([c.sum() for c in clear]) < 1.3
    assert may_be_best(rng.normal(size=(3, 5))) is None
    assert may_be_best(np.r_[[[-np.inf] * 10], np.ones((1, 10))]).tolist() == [False, True]
