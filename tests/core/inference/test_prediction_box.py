"""How often true numbers are excluded, and false ones; measured over simulated publications."""

from __future__ import annotations

import numpy as np
import pytest
from paribus.core.inference.prediction_box import critical_value, deviations, prediction_box
from scipy import stats


def log_of(values):
    return np.log(values)


LAWS = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "t3": lambda rng, shape: rng.standard_t(3, shape),
    "log-normal": lambda rng, shape: log_of(rng.lognormal(0.0, 1.0, shape)),
    "skewed": lambda rng, shape: rng.lognormal(0.0, 0.5, shape),
    "counts near 1": lambda rng, shape: np.arcsin(np.sqrt(rng.binomial(100, 0.99, shape) / 100)),
    "alike": lambda rng, shape: rng.standard_normal((*shape[:-1], 1)) * np.ones(shape[-1]),
}
STUDIES = 300


def excluded(law: str, n: int, p: int, studies: int, shift: float = 0.0) -> float:
    """Return how often the box of n runs excludes p numbers of one more, ``shift`` sd off."""
    x = LAWS[law](np.random.default_rng([n, p, 20261121]), (studies, n + 1, p))
    x[:, n] += shift
    boxes = (prediction_box(rows[:n], 0.05) for rows in x)
    out = [((y < box.low) | (y > box.high)).any() for y, box in zip(x[:, n], boxes, strict=True)]
    return float(np.mean(out))


def bound(studies: int) -> float:
    """Return what a rate of .05 exceeds in one of a thousand simulations."""
    return float(stats.binom.ppf(0.999, studies, 0.05)) / studies


@pytest.mark.parametrize("p", [1, 9])
@pytest.mark.parametrize("n", [3, 5, 10, 30, 100])
@pytest.mark.parametrize("law", LAWS)
def test_true_numbers_are_seldom_excluded(law, n, p):
    assert excluded(law, n, p, STUDIES) <= bound(STUDIES)


@pytest.mark.slow
@pytest.mark.parametrize("p", [1, 9])
@pytest.mark.parametrize("n", [3, 5, 10, 19, 30, 100])
@pytest.mark.parametrize("law", LAWS)
def test_the_level_holds_closely(law, n, p):
    assert excluded(law, n, p, 6000) <= bound(6000)


@pytest.mark.parametrize(
    ("n", "p", "power"),
    [(3, 1, 0.2), (5, 1, 0.3), (10, 1, 0.5), (30, 1, 0.55), (100, 1, 0.75), (30, 9, 0.85)],
)
def test_a_recipe_three_sd_off_is_excluded_with_this_power(n, p, power):
    assert excluded("normal", n, p, STUDIES, shift=3.0) > power


def test_deviations_leave_one_run_out():
    x = np.random.default_rng(0).standard_normal((7, 2))
    for i, far in enumerate(deviations(x)):
        rest = np.delete(x, i, axis=0)
        scale = rest.std(axis=0, ddof=1) * np.sqrt(1 + 1 / 6)
        assert far == pytest.approx((np.abs(x[i] - rest.mean(axis=0)) / scale).max())


def test_with_few_runs_the_normal_law_is_no_bound():
    assert critical_value(10, 0.05) > stats.t.ppf(0.975, 9)
    assert critical_value(10, 0.05 / 9) > 1.5 * stats.t.ppf(1 - 0.05 / 18, 9)


@pytest.mark.parametrize("n", [0, 1, 2, 5, 40])
def test_values_that_do_not_spread_bound_nothing(n):
    box = prediction_box(np.full((n, 2), 0.1) + np.array([0.0, 1e-17]), 0.05)
    assert (box.low == -np.inf).all()
    assert (box.high == np.inf).all()
