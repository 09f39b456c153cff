from __future__ import annotations

import math

import numpy as np
import pytest
from paribus.core.inference.one_law import (
    counts_between,
    mean_of_others,
    median_of_others,
    sd_of_others,
)
from scipy import stats

STUDIES = 600
BOUND = float(stats.binom.ppf(0.999, STUDIES, 0.05)) / STUDIES
LAWS = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "t3": lambda rng, n: rng.standard_t(3, n),
    "log-normal": lambda rng, n: rng.lognormal(0, 1, n),
    "skewed": lambda rng, n: rng.lognormal(0, 0.5, n),
    "counts": lambda rng, n: rng.binomial(100, 0.99, n) / 100,
}


def share_outside(law, n, runs, interval, statistic):
    rng = np.random.default_rng([n, runs])
    missed = 0
    for _ in range(STUDIES):
        low, high = interval(LAWS[law](rng, n), 0.05, runs)
        missed += not low <= statistic(LAWS[law](rng, runs)) <= high
    return missed / STUDIES


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("n", "runs"), [(3, 5), (6, 101), (10, 500), (30, 31), (100, 501)])
def test_the_median_of_other_runs_falls_in_its_interval(law, n, runs):
    assert share_outside(law, n, runs, median_of_others, np.median) <= BOUND


@pytest.mark.parametrize("law", ["normal", "t3", "counts"])
@pytest.mark.parametrize(("n", "runs"), [(3, 5), (10, 500), (30, 30), (100, 500)])
def test_the_mean_of_other_runs_falls_in_its_interval(law, n, runs):
    assert share_outside(law, n, runs, mean_of_others, np.mean) <= BOUND


def test_a_mean_with_its_spread_is_judged_by_welch():
    x = np.random.default_rng(0).normal(0, 1, 12)
    theirs = np.random.default_rng(1).normal(0.5, 3, 20)
    low, high = mean_of_others(x, 0.05, 20, float(theirs.std(ddof=1)))
    known = stats.ttest_ind(x, theirs, equal_var=False)
    mine = known.confidence_interval(0.95)
    assert high - low == pytest.approx(mine.high - mine.low)
    assert (low <= theirs.mean() <= high) == (known.pvalue >= 0.05)
    assert mean_of_others(np.full(9, 0.1), 0.05) == (-math.inf, math.inf)


@pytest.mark.parametrize("law", ["normal", "t3", "skewed"])
@pytest.mark.parametrize(("n", "runs"), [(10, 50), (30, 500), (100, 20)])
def test_the_sd_of_other_runs_falls_in_its_interval(law, n, runs):
    assert share_outside(law, n, runs, sd_of_others, lambda x: x.std(ddof=1)) <= BOUND
    assert sd_of_others(np.arange(4.0), 0.05, 9) == (0.0, math.inf)
    assert sd_of_others(np.full(20, 0.3), 0.05, 9) == (0.0, math.inf)


@pytest.mark.parametrize("law", ["normal", "t3", "log-normal"])
@pytest.mark.parametrize(("n", "runs"), [(10, 500), (100, 500), (100, 50)])
def test_quantiles_of_other_runs_hold_as_many_as_allowed(law, n, runs):
    rng = np.random.default_rng(3)
    missed = 0
    least, most = counts_between(n, 0.9, 0.05, runs)
    for _ in range(STUDIES):
        low, high = np.quantile(LAWS[law](rng, runs), [0.05, 0.95], method="weibull")
        x = LAWS[law](rng, n)
        missed += not least <= ((x >= low) & (x <= high)).sum() <= most
    assert missed / STUDIES <= BOUND
