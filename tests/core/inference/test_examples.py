"""Differences of accuracy over new examples and new seeds: planted worlds, measured coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from paribus.core.inference.examples import churn_of, example_uncertainty, mcnemar
from scipy.stats import norm

WORLDS = {
    "examples differ in difficulty": ((4.0, 4.3), 2.0, 0.3, 0.2),
    "seeds make the difference": ((2.0, 2.5), 1.0, 0.3, 0.6),
    "nothing but seeds": ((1.0, 1.0), 1.0, 0.0, 1.0),
    "arms find other examples hard": ((0.5, 1.0), 1.0, 1.0, 0.2),
    "almost perfect": ((6.0, 6.2), 2.0, 0.2, 0.1),
}


def world(rng, replicates, examples, name, seeds=None):
    """Draw which examples are right: where μ + τ·difficulty + κ·own + σ·seed + noise > 0.

    Their difference over all examples and seeds is known: Φ(μ/√(1 + τ² + κ² + σ²)) for each arm.
    """
    (first, second), tau, kappa, sigma = WORLDS[name]
    mu = np.array([first, second])[:, None, None]
    seeds = rng.standard_normal((2, replicates, 1)) if seeds is None else seeds
    z = mu + tau * rng.standard_normal(examples) + sigma * seeds
    z = z + kappa * rng.standard_normal((2, 1, examples))
    right = z + rng.standard_normal((2, replicates, examples)) > 0
    inside = norm.cdf(mu / math.sqrt(1 + tau**2 + kappa**2 + sigma**2)).ravel()
    known = norm.cdf((mu + sigma * seeds) / math.sqrt(1 + tau**2 + kappa**2)).mean(axis=(1, 2))
    return right, inside[1] - inside[0], known[1] - known[0]


def covered(rng, replicates, examples, name, count):
    """Return the coverage and the mean variance over the variance of the means."""
    drawn = [world(rng, replicates, examples, name) for _ in range(count)]
    made = [example_uncertainty(right) for right, _, _ in drawn]
    inside = [u.low <= truth <= u.high for u, (_, truth, _) in zip(made, drawn, strict=True)]
    ratio = np.mean([u.variance for u in made]) / np.var([u.mean for u in made])
    return np.mean(inside), ratio


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize(("replicates", "examples"), [(3, 100), (5, 360), (10, 360)])
def test_coverage_over_new_examples_and_new_seeds(name, replicates, examples):
    """Between 92 and 99 %, and more only where hardly an answer differs."""
    coverage, ratio = covered(np.random.default_rng(7), replicates, examples, name, 400)
    assert coverage > 0.915
    if name != "almost perfect":
        assert coverage < 0.995
        assert 0.8 < ratio < 1.8


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_coverage_with_many_replicates_and_examples(name):
    coverage, ratio = covered(np.random.default_rng(8), 30, 2000, name, 1000)
    assert 0.925 < coverage < 0.98
    assert 0.85 < ratio < 1.15


def test_a_single_replicate_speaks_of_new_examples_alone():
    rng = np.random.default_rng(5)
    seeds = np.array([0.8, -0.4])[:, None, None]
    inside = []
    for _ in range(600):
        right, _, truth = world(rng, 1, 300, "seeds make the difference", seeds)
        made = example_uncertainty(right)
        inside.append(made.low <= truth <= made.high)
    assert 0.93 < np.mean(inside) < 0.985
    assert math.isnan(made.variance_replicates)
    assert made.variance == made.variance_examples


def test_sources_are_told_apart():
    rng = np.random.default_rng(2)
    by_seed, _, _ = world(rng, 20, 500, "nothing but seeds")
    by_example, _, _ = world(rng, 20, 60, "arms find other examples hard")
    seeds, examples = map(example_uncertainty, (by_seed, by_example))
    assert seeds.variance_replicates > 10 * seeds.variance_examples
    assert examples.variance_examples > examples.variance_replicates


def test_no_disagreement_is_no_certainty():
    right = np.ones((2, 5, 300), dtype=bool)
    made = example_uncertainty(right)
    assert made.mean == 0.0
    assert made.low < 0 < made.high
    assert made.high < 3 / 300


def test_the_mean_is_the_difference_and_its_sign_that_of_the_second_arm():
    right = np.random.default_rng(0).random((2, 4, 50)) < [[[0.9]], [[0.6]]]
    made = example_uncertainty(right)
    assert made.mean == pytest.approx(right[1].mean() - right[0].mean())
    swapped = example_uncertainty(right[::-1])
    assert (swapped.low, swapped.high) == pytest.approx((-made.high, -made.low))


@pytest.mark.parametrize("shape", [(2, 3), (3, 4, 5), (2, 3, 1), (2, 0, 9)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="not \\(2, replicates"):
        example_uncertainty(np.zeros(shape, dtype=bool))


def test_mcnemar_rarely_alarms_where_arms_are_equal():
    rng = np.random.default_rng(1)
    p = [
        mcnemar(int(k), int(n - k))
        for n in rng.integers(1, 40, 1000)
        for k in [rng.binomial(n, 0.5)]
    ]
    assert np.mean(np.array(p) <= 0.05) < 0.05
    assert math.isnan(mcnemar(0, 0))
    assert mcnemar(30, 3) < 1e-5


def test_churn_of_independent_errors_is_what_independence_gives():
    rng = np.random.default_rng(4)
    right = rng.random((6, 4000)) < np.array([0.7, 0.75, 0.8, 0.85, 0.9, 0.95])[:, None]
    asked = rng.random(right.shape) < 0.5
    made = churn_of(right, right, asked)
    assert made.pairs == 15
    assert made.flips == made.differ == pytest.approx(made.independent, abs=0.01)
    hard = np.tile(rng.random(4000) < 0.8, (6, 1))
    assert churn_of(hard, hard, asked).flips == 0.0
    assert churn_of(hard, hard, asked).independent == pytest.approx(0.32, abs=0.03)


def test_replicates_without_a_common_example_have_no_churn():
    asked = np.eye(2, dtype=bool)
    made = churn_of(asked, asked, asked)
    assert made.pairs == 0
    assert math.isnan(made.flips)
