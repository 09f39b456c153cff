"""What is said of weights, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from paribus.core.errors import InputError
from paribus.core.measures.weights import FirstWeights, WeightSizes
from small import recipe, trained


def test_first_weights_are_those_of_the_first_units():
    done = trained([recipe()] * 2, [0, 1], FirstWeights(3))
    columns = done.records["first_weights"].columns()
    for trial in (0, 1):
        mine = columns["trial"] == trial
        weights = done.parameters(trial)[:30].reshape(5, 6)
        assert mine.sum() == 18
        unit, which = columns["unit"][mine] - 1, columns["input"][mine] - 1
        np.testing.assert_array_equal(columns["weight"][mine], weights[unit, which])
    assert (
        len(trained([recipe()], [0], FirstWeights(99)).records["first_weights"].columns()["unit"])
        == 30
    )


def test_weight_sizes_by_hand():
    done = trained([recipe(dtype="float64")], [0], WeightSizes(0.1))
    columns = done.records["weights"].columns()
    theta, start = done.parameters(0), 0
    for row, count in enumerate((30, 20, 12)):
        w = theta[start : start + count]
        assert columns["weights"][row] == count
        assert columns["small_share"][row] == np.mean(np.abs(w) < 0.1)
        assert columns["l1_norm"][row] == pytest.approx(np.abs(w).sum(), rel=1e-12)
        assert columns["l2_norm"][row] == pytest.approx(np.linalg.norm(w), rel=1e-12)
        start += count
    assert 0 < columns["small_share"].max() < 1


def test_bad_settings_are_refused():
    with pytest.raises(
        InputError, match=r"weights\.threshold = 0\.0 is not allowed; it must be > 0"
    ):
        WeightSizes(0.0)
    with pytest.raises(InputError, match=r"first-weights\.units = 0 is not allowed"):
        FirstWeights(0)
