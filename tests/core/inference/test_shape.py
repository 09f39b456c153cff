"""Skew and two modes: few false alarms, and networks stuck at chance are seen."""

from __future__ import annotations

import numpy as np
import pytest
from paribus.core.inference.shape import Shape, shape_of

SAMPLES = 2000


def flagged(samples: np.ndarray, grain: float | None = None) -> float:
    """Return the share of samples with a skew or a second mode."""
    return float(np.mean([not shape_of(sample, grain).plain for sample in samples]))


@pytest.mark.parametrize("n", [5, 6, 8, 10, 20, 40])
def test_false_alarms_are_rare(n):
    rng = np.random.default_rng(n)
    noise = 3 * np.sqrt(0.05 * 0.95 / SAMPLES)
    assert flagged(rng.standard_normal((SAMPLES, n))) < 0.05
    assert flagged(rng.standard_t(3, (SAMPLES, n))) < 0.10
    counts = rng.binomial(72, 0.93, (SAMPLES, n)) / 72
    assert flagged(counts) < 0.05 + noise
    assert flagged(counts, 1 / 72) < 0.05 + noise


@pytest.mark.parametrize("n", [5, 10, 20])
@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5])
def test_runs_stuck_at_chance_are_seen(n, rate):
    rng = np.random.default_rng(n)
    stuck = rng.random((500, n)) < rate
    stuck = stuck[(stuck.sum(axis=1) > 0) & (stuck.sum(axis=1) < n)]
    good, chance = (
        m + s * rng.standard_normal(stuck.shape) for m, s in ((0.93, 0.02), (0.1, 0.01))
    )
    shapes = [shape_of(sample) for sample in np.where(stuck, chance, good)]
    seen = [shape.modes == 2 for shape in shapes]
    assert np.mean(seen) > 0.98
    for shape, row in zip(shapes, stuck, strict=True):
        if shape.modes == 2:
            assert 0.1 < shape.gap < 0.93
            assert shape.below + shape.above == pytest.approx(1)
            assert shape.below == pytest.approx(row.mean())


def test_a_closer_second_mode_needs_more_runs():
    """Power at a distance of 8 standard deviations, 30 % of runs."""
    rng = np.random.default_rng(3)
    power = {}
    for n in (5, 10, 20):
        low = rng.random((500, n)) < 0.3
        samples = rng.standard_normal((500, n)) - 8 * low
        power[n] = flagged(samples[low.any(axis=1) & ~low.all(axis=1)])
    assert power[5] < power[10] < power[20]
    assert power[10] > 0.6
    assert power[20] > 0.9


@pytest.mark.parametrize(("n", "least"), [(10, 0.2), (20, 0.5), (40, 0.8)])
def test_skew_is_seen(n, least):
    rng = np.random.default_rng(n)
    assert np.mean([shape_of(x).skewed for x in rng.lognormal(0, 1, (500, n))]) > least


def test_steps_of_one_example_are_no_modes():
    assert shape_of([71 / 72, 71 / 72, 70 / 72, 70 / 72, 70 / 72]).modes == 1
    assert shape_of([1.0, 1.0, 1.0, 1.0, 71 / 72], grain=1 / 72).modes == 1
    assert shape_of([0.3 - 0.2, 0.1, 0.1, 0.1, 0.1]).modes == 1
    assert shape_of([0.1, 0.1, 1.0, 1.0, 1.0], grain=1 / 72).modes == 2


def test_little_is_said_of_little():
    assert shape_of([0.1, 0.9, 0.9, 0.9]) == Shape(4, False, 1)
    assert shape_of([0.0] * 9) == Shape(9, False, 1)
    assert shape_of([0.5] * 9) == Shape(9, False, 1)
    assert shape_of([1.0, np.nan, 2.0, np.inf, 3.0, 4.0]).n == 4
