"""Slopes along the levels of a factor, on planted truths: exact values, false claims, coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paribus.core.inference.factorial import contrasts
from paribus.core.inference.sign_flips import paired_effects
from paribus.core.inference.slopes import slope_weights

PLACES = np.log2([1.0, 3.0, 10.0, 30.0, 100.0])
LAWS = {
    "normal": lambda rng, size: rng.normal(size=size),
    "t3": lambda rng, size: rng.standard_t(3, size),
    "counts": lambda rng, size: rng.binomial(40, 0.9, size) / 4.0,
    "two groups": lambda rng, size: (
        np.where(rng.random(size) < 0.3, -3.0, 0.5) + 0.3 * rng.normal(size=size)
    ),
}


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=9, unique=True), st.floats(-5, 5))
def test_the_weights_give_the_least_squares_slope_and_drop_what_arms_share(places, slope):
    x = np.array(places, float)
    weights = slope_weights(x)
    rng = np.random.default_rng(abs(places[0]))
    y = slope * x + rng.normal(size=len(x))
    assert weights @ y == pytest.approx(np.polyfit(x, y, 1)[0], abs=1e-6)
    assert weights @ (y + 1e3) == pytest.approx(weights @ y, abs=1e-6)


@pytest.mark.parametrize("law", LAWS)
def test_a_flat_axis_is_rarely_called_a_trend_and_intervals_cover(law):
    """Noise of every arm of its own, luck that a replicate's arms share, and a planted slope."""
    rng, weights = np.random.default_rng(11), slope_weights(PLACES)[:, None]
    claimed, covered, simulated = 0, 0, 400
    for _ in range(simulated):
        noise = LAWS[law](rng, (10, len(PLACES))) + 5.0 * rng.normal(size=(10, 1))
        (flat,) = paired_effects(contrasts(noise, weights).T)
        (steep,) = paired_effects(contrasts(noise + 0.7 * PLACES, weights).T)
        claimed += flat.low > 0 or flat.high < 0
        covered += steep.low <= 0.7 <= steep.high
    assert claimed / simulated <= 0.085  # 2.5 sd above .05 are .077
    assert covered / simulated >= 0.915
