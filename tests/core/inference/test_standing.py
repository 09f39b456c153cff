from __future__ import annotations

import math

import pytest
from paribus.core.inference.standing import (
    Standing,
    enough,
    standing_in_band,
    standing_of_value,
)


def test_an_interval_with_an_open_end_never_excludes_by_it():
    assert standing_of_value(5.0, 0.0, 1.0) is Standing.OUTSIDE
    assert standing_of_value(0.5, 0.0, 1.0) is Standing.INSIDE
    assert standing_of_value(5.0, -math.inf, math.inf) is Standing.OPEN
    assert standing_of_value(math.nan, 0.0, 1.0) is Standing.OPEN


@pytest.mark.parametrize(
    ("low", "high", "standing"),
    [
        (1.0, 2.0, Standing.INSIDE),
        (0.9, 2.0, Standing.OPEN),
        (2.1, 3.0, Standing.OUTSIDE),
        (0.0, 0.9, Standing.OUTSIDE),
        (0.5, 2.5, Standing.OPEN),
        (-math.inf, math.inf, Standing.OPEN),
    ],
)
def test_a_band_is_held_left_or_straddled(low, high, standing):
    assert standing_in_band(low, high, 1.0, 2.0) is standing


def test_more_claims_need_more_replicates():
    assert not any(enough(n, 0.05) for n in (0, 1, 2, 3))
    assert [enough(n, 0.05 / 9) for n in (4, 5, 6, 100)] == [False, False, True, True]
