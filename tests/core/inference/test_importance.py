"""Shares of variance: planted functions of known shares, and noise that explains nothing."""

from __future__ import annotations

import numpy as np
import pytest
from paribus.core.inference.importance import decompose

A, B = np.array([0.0, 1.0, 2.0]), np.array([0.0, 2.0, 1.0, 3.0])
FUNCTIONS = {
    "additive": A[:, None] + B,
    "interacting": A[:, None] * B,
    "one factor": A[:, None] + 0 * B,
    "nothing": np.zeros((3, 4)),
}


def shares(f, noise):
    """Return the true shares of a, b, both together and luck."""
    mean = f.mean()
    a, b = f.mean(axis=1) - mean, f.mean(axis=0) - mean
    both = f - mean - a[:, None] - b
    variance = f.var() + noise
    return np.array([np.mean(a**2), np.mean(b**2), np.mean(both**2), noise]) / variance


def measured(f, replicates, uneven, count=300):
    """Return estimates and whether intervals cover, with luck of variance 1 that all arms share."""
    rng = np.random.default_rng(replicates)
    sd = np.linspace(0.2, 1.8, f.size).reshape(f.shape) if uneven else np.ones(f.shape)
    truth = shares(f, 1.0 + np.mean(sd**2))
    found, covers, above = [], [], []
    for _ in range(count):
        luck = rng.standard_normal(replicates)
        made = decompose(
            f[..., None] + luck + sd[..., None] * rng.standard_normal((*f.shape, replicates))
        )
        parts = [*made.effects, made.luck]
        found.append([part.share for part in parts])
        covers.append([p.low <= t <= p.high for p, t in zip(parts, truth, strict=True)])
        above.append([part.low > 0 for part in made.effects])
    return truth, np.mean(found, axis=0), np.mean(covers, axis=0), np.mean(above, axis=0)


@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("replicates", [3, 5, 10])
def test_known_shares_are_recovered_and_covered(name, replicates, uneven):
    truth, mean, coverage, above = measured(FUNCTIONS[name], replicates, uneven)
    assert mean == pytest.approx(truth, abs=0.05 if replicates == 3 else 0.025)
    assert (coverage > 0.90).all()
    absent = truth[:3] == 0
    assert (above[absent] <= 0.03).all()  # false positives
    if replicates == 10:
        assert (above[~absent] > 0.9).all()


def test_shares_without_noise_are_those_of_the_function():
    a, b, c = np.meshgrid(A, B, [0.0, 1.0], indexing="ij")
    f = a + b + 2 * a * b * c
    made = decompose(np.stack([f, f, f], axis=-1))
    assert [part.factors for part in made.effects] == [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]
    assert made.effects[0].share == pytest.approx(np.var(f.mean(axis=(1, 2))) / f.var())
    assert made.higher.share > 0.01
    assert made.luck.share == pytest.approx(0, abs=1e-12)
    parts = [*made.effects, made.higher, made.luck]
    assert sum(part.share for part in parts) == pytest.approx(1)
    assert made.effects[0].low == pytest.approx(made.effects[0].high)


def test_two_replicates_give_shares_and_no_interval():
    made = decompose(np.random.default_rng(0).standard_normal((2, 3, 2)))
    assert np.isfinite([part.share for part in made.effects]).all()
    assert np.isnan([part.low for part in made.effects]).all()


def test_values_that_never_differ_have_no_shares():
    made = decompose(np.full((2, 2, 4), 0.3))
    assert {part.share for part in (*made.effects, made.luck)} == {0.0}
    rounding = np.array([0.3, 0.1 + 0.2, 0.3, 0.3]) + 1e6
    made = decompose(np.broadcast_to(rounding, (2, 2, 4)))
    assert {part.share for part in (*made.effects, made.luck)} == {0.0}


def test_a_large_mean_costs_no_digits():
    values = np.random.default_rng(3).standard_normal((3, 2, 5))
    shares = [[p.share for p in decompose(values + shift).effects] for shift in (0.0, 1e6)]
    assert shares[1] == pytest.approx(shares[0], abs=1e-6)


def test_what_cannot_be_taken_apart_is_refused():
    with pytest.raises(ValueError, match="at least 2 replicates"):
        decompose(np.zeros((3, 1)))
    with pytest.raises(ValueError, match="at least 2 replicates"):
        decompose(np.zeros(3))
    with pytest.raises(ValueError, match="finite"):
        decompose([[1.0, np.nan], [2.0, 3.0]])
