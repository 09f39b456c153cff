from __future__ import annotations

import numpy as np
import pytest
from paribus.studies.data.logic import TRUTH, Gate, Parity

GATES = {
    "xor": lambda a, b: a != b,
    "xnor": lambda a, b: a == b,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "nand": lambda a, b: not (a and b),
    "nor": lambda a, b: not (a or b),
    "implies": lambda a, b: not a or b,
}


@pytest.mark.parametrize("gate", TRUTH)
def test_every_gate_is_its_truth_table(gate):
    data = Gate(gate, copies=1).dataset(0, 0)
    assert data.raw.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    wanted = [bool(GATES[gate](bool(a), bool(b))) for a, b in data.raw]
    assert data.labels.tolist() == wanted


def test_copies_repeat_the_corners_and_fewer_are_a_prefix():
    many, few = (Gate("and", copies=c, noise=0.2).dataset(4, 1) for c in (30, 7))
    assert np.array_equal(many.raw[:28], few.raw)
    assert np.array_equal(many.y[:28], few.y)
    assert np.array_equal(many.y, np.tile(Gate("and", copies=1).dataset(0, 0).y, (30, 1)))


def test_more_noise_scales_the_same_draws():
    clean, one, two = (Gate(copies=500, noise=s).dataset(2, 3) for s in (0.0, 0.1, 0.2))
    np.testing.assert_allclose(two.raw - clean.raw, 2 * (one.raw - clean.raw), atol=1e-15)
    assert (one.raw - clean.raw).std() == pytest.approx(0.1, rel=0.03)
    assert not np.array_equal(one.raw, Gate(copies=500, noise=0.1).dataset(2, 4).raw)


@pytest.mark.parametrize("bits", [1, 2, 5, 10])
def test_parity_holds_every_row_once_is_balanced_and_flips_with_every_bit(bits):
    data = Parity(bits).dataset(0, 0)
    assert data.raw.shape == (2**bits, bits)
    numbers = data.raw @ (2 ** np.arange(bits)[::-1])
    assert numbers.tolist() == list(range(2**bits))
    assert data.y.sum(axis=0).tolist() == [2 ** (bits - 1)] * 2
    for bit in range(bits):
        flipped = numbers ^ (1 << bit)
        assert np.array_equal(data.labels[flipped], 1 - data.labels)


def test_parity_of_two_bits_is_xor():
    gate, parity = Gate("xor", copies=1).dataset(0, 0), Parity(2).dataset(0, 0)
    assert np.array_equal(parity.y, gate.y)
    assert np.array_equal(parity.inputs("float32"), gate.inputs("float32"))
