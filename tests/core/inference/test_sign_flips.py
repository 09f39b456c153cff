"""Joint sign-flips: exact small cases, agreement with their intervals, and measured error rates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from paribus.core.inference.sign_flips import paired_effects, sign_flips
from scipy import stats

inf, nan = math.inf, math.nan


def test_one_arm_is_the_sign_flip_test():
    d = np.random.default_rng(0).normal(0.5, 1.0, 9)
    ours = paired_effects([d])[0]

    def mean(x, axis):
        return np.abs(x.mean(axis=axis))

    theirs = stats.permutation_test(
        (d,), mean, permutation_type="samples", alternative="greater", n_resamples=inf
    )
    assert ours.p == pytest.approx(theirs.pvalue)
    assert ours.estimate == pytest.approx(d.mean())


def test_six_pairs_of_one_sign_are_the_fewest_that_reach_the_level():
    assert math.isnan(paired_effects([[1, 2, 3, 4, 5]])[0].p)
    (six,) = paired_effects([[1, 2, 3, 4, 5, 6.5]])
    assert six.p == 2 / 2**6
    assert (six.low, six.high) == pytest.approx((1.0, 6.5))  # then it is the range


def test_the_flips_are_all_there_are_or_a_lasting_sample():
    assert len(sign_flips(6)) == 32
    assert len({tuple(row) for row in sign_flips(6)} | {tuple(-row) for row in sign_flips(6)}) == 64
    many = sign_flips(30)
    assert (many == sign_flips(30)).all()
    assert (many[0] == 1).all()
    assert abs(many[1:].mean()) < 0.02
    assert len(sign_flips(30, 5000)) < len(many)


values = st.floats(-5, 5, allow_nan=False).map(lambda x: round(x, 3))


@given(arrays(float, st.tuples(st.integers(1, 4), st.integers(6, 9)), elements=values))
def test_interval_and_p_agree(differences):
    for effect in paired_effects(differences, size=5.0):
        if not effect.alike:
            excludes = effect.low > 0 or effect.high < 0
            touches = min(abs(effect.low), abs(effect.high)) < 1e-6  # by stepping down alone
            assert excludes == (effect.p <= 0.05) or touches
            assert effect.low <= effect.estimate <= effect.high


@given(arrays(float, (3, 8), elements=values), st.permutations(range(3)))
def test_the_order_of_arms_does_not_matter(differences, order):
    plain, moved = paired_effects(differences), paired_effects(differences[list(order)])
    for position, arm in enumerate(order):
        assert moved[position].p == plain[arm].p
        assert moved[position].low == pytest.approx(plain[arm].low, nan_ok=True)


def test_ranks_of_what_has_no_value():
    (most,) = paired_effects([[inf] * 9 + [0.3]])
    assert (most.estimate, most.low, most.high) == (inf, inf, inf)
    (some,) = paired_effects([[inf, inf, 0.1, 0.2, -0.1, 0.3, 0.2, 0.4, 0.1, 0.2]])
    assert some.ranked
    assert some.high == inf
    assert 0 < some.low < 0.2
    (both,) = paired_effects([[inf, -inf] * 5])
    assert (both.low, both.high) == (-inf, inf)
    assert both.p == 1.0
    signed = stats.wilcoxon([9, 9, 1, 2, -1, 3, 2, 4, 1, 2], method=stats.PermutationMethod(inf))
    assert some.p == pytest.approx(signed.pvalue, abs=0.002)


def test_missing_pairs_are_left_out():
    full = np.random.default_rng(1).normal(0.3, 1, (2, 9))
    full[0, [2, 5]] = nan
    first = paired_effects(full[:1])[0]
    assert first.n == 7
    assert first.p == paired_effects([full[0, ~np.isnan(full[0])]])[0].p


def test_rounding_is_no_spread():
    d = (np.arange(50, 60) + 1) / 72 - np.arange(50, 60) / 72
    assert 0 < np.ptp(d) < 1e-15
    (effect,) = paired_effects([d], size=0.8)
    assert effect.alike
    assert math.isnan(effect.low)
    assert effect.p == 2 / 2**10


def test_counts_that_agree_leave_the_width_of_what_was_not_seen():
    """Of n pairs that all show one count, the mean is within (1 − (α/2)^{1/n}) of the next."""
    (effect,) = paired_effects([[1 / 50] * 10], step=1 / 50)
    reach = (effect.high - effect.low) / 2 * 50
    assert reach == pytest.approx(1 - 0.025**0.1)
    rng = np.random.default_rng(2)
    for share in (0.02, 0.1, 0.3):  # the chance that a pair shows the next count
        seen = (rng.random((4000, 10)) < share).sum(axis=1) == 0
        assert seen.mean() * (share > reach) <= 0.025


def law(name, rng, shape):
    """Return centred draws that every arm's differences from the baseline are made of."""
    if name == "normal":
        return rng.normal(size=shape)
    if name == "t3":
        return rng.standard_t(3, size=shape)
    return rng.binomial(72, 0.97, size=shape) / 72 - 0.97


@pytest.mark.parametrize("name", ["normal", "t3", "counts"])
@pytest.mark.parametrize(("arms", "pairs"), [(1, 6), (1, 20), (7, 10)])
def test_false_claims_are_as_rare_as_they_say(name, arms, pairs):
    """The chance that any of the arms is said to differ is at most 5 % (2.6 sd of 200 studies)."""
    rng = np.random.default_rng(3)
    wrong = covered = 0
    for _ in range(200):
        base = law(name, rng, (1, pairs))
        step = 1 / 72 if name == "counts" else 0.0
        effects = paired_effects(law(name, rng, (arms, pairs)) - base, step=step, size=1.0)
        wrong += any(e.p <= 0.05 for e in effects)
        covered += all(e.low <= 0 <= e.high for e in effects)
    assert wrong / 200 <= 0.05 + 0.04
    assert covered / 200 >= 0.95 - 0.04


def test_effects_that_are_there_are_seen():
    rng = np.random.default_rng(4)
    seen = [
        [e.low > 0 for e in paired_effects(rng.normal([[1.5], [0.0]], 1.0, (2, 10)))]
        for _ in range(150)
    ]
    power, false = np.mean(seen, axis=0)
    assert power > 0.9
    assert false < 0.07
