"""Average ranks over data sets: Demšar's published numbers, SciPy's, and the null by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from paribus.core.inference.blocks import critical_difference, friedman, statistics
from scipy.stats import friedmanchisquare

Q = {2: 1.960, 3: 2.343, 4: 2.569, 5: 2.728, 6: 2.850, 7: 2.949, 8: 3.031, 9: 3.102, 10: 3.164}
"""Demšar 2006, Table 5a: critical values of the two-tailed Nemenyi test at .05."""


def test_the_published_example():
    """Demšar 2006, §3.2.2: four variants of C4.5 on 14 data sets."""
    chi2, f = statistics([3.143, 2.000, 2.893, 1.964], 14)
    assert chi2 == pytest.approx(9.28, abs=0.01)
    assert f == pytest.approx(3.69, abs=0.01)
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)


@pytest.mark.parametrize("k", Q)
def test_critical_values_are_the_published_ones(k):
    assert critical_difference(k, 1) / math.sqrt(k * (k + 1) / 6) == pytest.approx(Q[k], abs=0.0011)


def test_chi_square_is_scipy_s_with_and_without_ties():
    rng = np.random.default_rng(0)
    for values in (rng.standard_normal((9, 4)), rng.integers(0, 3, (9, 4)).astype(float)):
        made = friedman(values)
        assert made.chi2 == pytest.approx(friedmanchisquare(*values.T).statistic)
        assert sum(made.ranks) == pytest.approx(10)


@pytest.mark.parametrize(("blocks", "k"), [(5, 2), (5, 3), (6, 5), (8, 4), (14, 4), (20, 10)])
def test_false_positives_over_data_sets(blocks, k):
    rng = np.random.default_rng(blocks)
    made = [friedman(rng.standard_normal((blocks, k)), permutations=199) for _ in range(1000)]
    assert np.mean([m.p <= 0.05 for m in made]) < 0.065
    apart = [max(m.ranks) - min(m.ranks) > m.critical for m in made]
    assert np.mean(apart) < 0.08


def test_the_best_treatment_has_the_lowest_rank_and_a_diverged_one_the_highest():
    rng = np.random.default_rng(1)
    values = rng.standard_normal((10, 3)) + np.array([0.0, 5.0, 2.0])
    values[:, 2] = -np.inf
    made = friedman(values)
    assert made.ranks[1] < made.ranks[0] < made.ranks[2] == 3.0
    assert made.p == 1e-4


def test_perfect_agreement_and_none():
    agreed = friedman(np.arange(3.0) + np.zeros((4, 1)))
    assert agreed.f == math.inf
    assert agreed.p == pytest.approx(1 / 216, abs=0.002)
    assert friedman([[1.0, 0.0]] * 5).p == pytest.approx(1 / 16, abs=0.01)
    tied = friedman(np.ones((4, 3)))
    assert (tied.ranks, tied.chi2, tied.p) == ((2.0, 2.0, 2.0), 0.0, 1.0)


@pytest.mark.parametrize(
    "values", [np.ones((1, 3)), np.ones((3, 1)), np.ones(3), [[1, np.nan]] * 3]
)
def test_what_has_no_ranks_is_refused(values):
    with pytest.raises(ValueError, match="2 or more"):
        friedman(values)
