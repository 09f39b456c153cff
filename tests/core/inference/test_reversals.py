"""Reversals: planted ones are seen, and noise makes hardly any."""

from __future__ import annotations

import numpy as np
import pytest
from paribus.core.inference.reversals import ahead, order_of, reversals


@pytest.mark.parametrize("arms", [2, 6, 20])
@pytest.mark.parametrize("replicates", [3, 10])
def test_noise_makes_hardly_any_reversal(arms, replicates):
    """In fewer than 2 % of studies, though both conditions are drawn independently."""
    rng = np.random.default_rng(arms)
    made = [bool(reversals(*rng.standard_normal((2, arms, replicates)))) for _ in range(500)]
    assert np.mean(made) < 0.02


def test_a_planted_reversal_is_seen():
    rng = np.random.default_rng(0)
    luck = rng.standard_normal(8)
    early = np.array([[0.0], [1.0], [-3.0]]) + luck + 0.2 * rng.standard_normal((3, 8))
    late = np.array([[1.0], [0.0], [-3.0]]) + luck + 0.2 * rng.standard_normal((3, 8))
    assert reversals(early, late) == [(1, 0)]
    assert reversals(late, early) == [(0, 1)]
    assert reversals(early, early) == []


def test_a_diverged_trial_is_last_and_makes_no_reversal():
    values = np.array([[1.0, 1.1, 1.2, 1.0], [0.5, 0.4, 0.6, 0.5]])
    diverged = np.array([[-np.inf] * 4, [0.5, 0.4, 0.6, 0.5]])
    assert order_of(values).tolist() == [0, 1]
    assert order_of(diverged).tolist() == [1, 0]
    assert reversals(values, diverged) == []


def test_differences_of_rounding_are_none():
    a, small = np.array([0.3, 0.3, 0.3]), np.array([1e-17, 0.0, 5e-17])
    assert ahead(a, a + small) == 0
    assert ahead(a, a + 0.1) == 0  # no spread, no interval
    assert ahead(a + 1e15 * small, a - 0.1) == 1
    assert ahead(a[:2], a[:2] - [0.1, 0.11]) == 0
