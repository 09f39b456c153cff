"""Means over crossed luck: intervals cover with few levels of a source that matters."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from paribus.core.inference.crossing import crossed_factor
from paribus.core.inference.means import mean_interval
from paribus.core.inference.sign_flips import paired_effects
from paribus.core.inference.variance_components import variance_of_mean
from scipy import stats

STUDIES = 500


def crossed(rng, sizes, sds, rest=1.0, repeats=1):
    """Draw a value for each combination of levels, and return these levels."""
    levels = np.array(list(itertools.product(*map(range, sizes))) * repeats)
    draws = [sd * rng.standard_normal(n) for n, sd in zip(sizes, sds, strict=True)]
    shared = sum(draw[levels[:, i]] for i, draw in enumerate(draws))
    return shared + rest * rng.standard_normal(len(levels)), levels


@pytest.mark.parametrize(
    ("sizes", "sds", "plain_at_most"),
    [
        ((3, 4), (1.0, 0.0), 0.80),
        ((3, 4), (3.0, 0.0), 0.70),
        ((3, 4), (1.0, 1.0), 0.80),
        ((3, 10), (0.5, 0.0), 0.80),
        ((3, 10), (3.0, 0.0), 0.45),
        ((5, 6), (0.5, 0.5), 0.82),
        ((5, 6), (0.0, 0.0), 1.0),
        ((3, 4), (0.2, 0.2), 1.0),
        ((3, 3, 3), (1.0, 0.0, 0.3), 0.75),
    ],
)
def test_a_mean_over_crossed_luck_is_covered(sizes, sds, plain_at_most):
    """Of planted components: at least .93 by the factor, where plain intervals fall short."""
    rng = np.random.default_rng(20261121)
    covered = plain = 0
    for _ in range(STUDIES):
        d, levels = crossed(rng, sizes, sds)
        wide = mean_interval(d, factor=crossed_factor(d, levels))
        narrow = mean_interval(d)
        covered += wide.low <= 0 <= wide.high
        plain += narrow.low <= 0 <= narrow.high
    assert covered / STUDIES >= 0.925
    assert plain / STUDIES <= plain_at_most


def test_two_levels_are_covered_nearly():
    """One degree of freedom may hide by chance that the source matters: .91 of .95."""
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(STUDIES):
        d, levels = crossed(rng, (2, 5), (3.0, 0.0))
        wide = mean_interval(d, factor=crossed_factor(d, levels))
        covered += wide.low <= 0 <= wide.high
    assert covered / STUDIES >= 0.88


def test_sign_flips_with_the_factor_reject_seldom_what_is_null():
    """Four arms whose differences are null, over three splits that matter and four starts."""
    rng = np.random.default_rng(2)
    wrong = plain = 0
    for _ in range(150):
        rows, levels = [], None
        for _ in range(4):
            d, levels = crossed(rng, (3, 4), (1.0, 0.0))
            rows.append(d)
        factors = [crossed_factor(row, levels, arms=4) for row in rows]
        wrong += any(e.low > 0 or e.high < 0 for e in paired_effects(rows, factor=factors))
        plain += any(e.low > 0 or e.high < 0 for e in paired_effects(rows))
    assert wrong / 150 <= 0.09
    assert plain / 150 > 0.3


def test_the_variance_of_the_mean_is_that_of_its_components():
    rng = np.random.default_rng(3)
    made = []
    for _ in range(2000):
        d, _ = crossed(rng, (4, 5), (2.0, 1.0))
        made.append(variance_of_mean(d.reshape(4, 5))[0])
    assert np.mean(made) == pytest.approx(4 / 4 + 1 / 5 + 1 / 20, rel=0.05)


def test_one_source_with_repetitions_is_judged_by_its_levels():
    """Three splits, four repetitions: the interval is Student's over the three means."""
    d, levels = crossed(np.random.default_rng(4), (3,), (1.0,), repeats=4)
    means = np.array([d[levels[:, 0] == k].mean() for k in range(3)])
    low, high = stats.t.interval(0.95, 2, means.mean(), stats.sem(means))
    made = mean_interval(d, factor=crossed_factor(d, levels))
    assert (made.low, made.high) == pytest.approx((low, high))


def test_an_incomplete_crossing_is_judged_by_the_coarsest_source():
    d, levels = crossed(np.random.default_rng(5), (3, 4), (1.0, 0.0))
    d[0] = np.nan
    means = np.array([np.nanmean(d[levels[:, 0] == k]) for k in range(3)])
    there = d[~np.isnan(d)]
    wider = (stats.t.ppf(0.975, 2) / stats.t.ppf(0.975, 10)) ** 2
    expected = means.var(ddof=1) / 3 / (there.var(ddof=1) / 11) * wider
    assert crossed_factor(d, levels) == pytest.approx(max(1.0, expected))
    d[levels[:, 0] > 0] = np.nan
    assert crossed_factor(d, levels) == np.inf  # one split alone tells nothing of others


def test_equal_values_and_diverged_ones_have_a_factor():
    _, levels = crossed(np.random.default_rng(6), (3, 4), (1.0, 0.0))
    assert crossed_factor(np.full(12, 0.3), levels) == 1.0
    by_split = np.where(levels[:, 0] == 0, np.inf, np.linspace(0.1, 1, 12))
    assert crossed_factor(by_split, levels) > 3.0  # all of one split diverge
