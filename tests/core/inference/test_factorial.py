"""Main effects, interactions and changes by components, on planted truths."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from paribus.core.inference.ablation import changes_of
from paribus.core.inference.factorial import (
    aliases_of,
    contrasts,
    halves,
    orthogonal,
    terms_of,
)
from paribus.core.inference.sign_flips import paired_effects


def full(*sizes: int) -> np.ndarray:
    """Return every combination of so many levels."""
    return np.array(list(itertools.product(*map(range, sizes))))


def estimated(levels: np.ndarray, values: np.ndarray) -> dict:
    """Return every term with its contrast per replicate."""
    terms, signs = terms_of(levels)
    return dict(zip(terms, contrasts(values, halves(signs)).T, strict=True))


A, B, C = ((0, 1),), ((1, 1),), ((2, 1),)


def test_planted_effects_are_recovered_exactly_whatever_the_replicate_adds():
    levels = full(2, 2, 2)
    x = 2 * levels - 1
    rng = np.random.default_rng(7)
    luck = rng.normal(0, 100, (6, 1))  # the same in all arms of a replicate
    truth = 3 * x[:, 0] - 0.5 * x[:, 1] + 2 * x[:, 0] * x[:, 2]
    made = estimated(levels, truth + luck)
    assert made[A] == pytest.approx(np.full(6, 6.0))
    assert made[B] == pytest.approx(np.full(6, -1.0))
    assert made[A + C] == pytest.approx(np.full(6, 4.0))
    for term in (C, A + B, B + C):
        assert made[term] == pytest.approx(np.zeros(6), abs=1e-12)


def test_an_effect_is_a_mean_over_the_other_factors_with_more_levels_too():
    levels = full(3, 2)
    values = np.array([[0.0, 1.0, 10.0, 12.0, 20.0, 23.0]])
    made = estimated(levels, values)
    assert made[((0, 1),)] == pytest.approx(10.5)
    assert made[((0, 2),)] == pytest.approx(21.0)
    assert made[((1, 1),)] == pytest.approx(2.0)
    assert made[((0, 2), (1, 1))] == pytest.approx(1.0)  # (3 − 1) / 2


def test_a_half_fraction_names_what_it_confounds_and_adds_their_effects_up():
    levels = full(2, 2, 2)
    half = levels[np.prod(2 * levels - 1, axis=1) > 0]  # C = AB
    assert orthogonal(half)
    terms, signs = terms_of(half)
    named = {terms[i]: [terms[j] for j in others] for i, others in enumerate(aliases_of(signs))}
    assert named[A] == [B + C]
    assert named[A + B] == [C]
    x = 2 * half - 1
    made = estimated(half, (3 * x[:, 0] + 2 * x[:, 1] * x[:, 2])[None])
    assert made[A] == made[B + C] == pytest.approx(2 * (3 + 2))


def test_a_missing_arm_is_missing_only_where_it_counts():
    values = np.arange(12.0).reshape(2, 6)
    values[1, 5] = np.nan  # third level of the first factor
    made = estimated(full(3, 2), values)
    assert np.isfinite(made[((0, 1),)]).all()
    assert np.isnan(made[((0, 2),)]).tolist() == [False, True]


def test_an_arm_without_a_value_is_beyond_all_others_and_two_are_alike():
    levels, inf = full(2, 2), np.inf
    for worst in (inf, -inf):
        one, pair, two = (
            estimated(levels, np.array([values]))
            for values in ([1.0, 2, 3, worst], [1.0, worst, 3, worst], [1.0, 2, worst, worst])
        )
        assert one[A] == one[B] == one[A + B] == worst
        assert (pair[A], pair[B], pair[A + B]) == (1.0, worst, -1.0)
        assert (two[A], two[B], two[A + B]) == (worst, 0.5, -0.5)


def test_unequal_pairs_of_levels_are_not_orthogonal():
    levels = full(2, 2, 2)
    assert orthogonal(levels)
    assert orthogonal(full(3, 2))
    assert not orthogonal(levels[1:])
    assert not orthogonal(np.array([[0, 0], [1, 0], [0, 1]]))  # one at a time


def test_intervals_of_all_terms_together_cover_the_truth_as_often_as_they_say():
    levels, studies, replicates = full(2, 2, 2), 600, 10
    rng = np.random.default_rng(20261121)
    _, signs = terms_of(levels)
    x = 2 * levels - 1
    truth = 0.4 * x[:, 0] + 0.3 * x[:, 0] * x[:, 1]
    noise = rng.normal(size=(studies, replicates, 8)) + rng.normal(size=(studies, replicates, 1))
    weights = halves(signs)
    covered = 0
    for values in truth + noise:
        told = paired_effects(contrasts(values, weights).T)
        each = zip(told, truth @ weights, strict=True)
        covered += all(effect.low <= value <= effect.high for effect, value in each)
    assert abs(covered / studies - 0.95) < 0.03  # 3.4 standard errors


def test_what_a_component_does_alone_and_beside_the_others():
    arms = np.array([[1, 1, 1], [0, 1, 1], [1, 0, 1], [1, 1, 0]])
    arms = np.concatenate([arms, 1 - arms])
    changes, weights = changes_of(arms)
    assert [change for _, change in changes] == ["bare", "full", "others"] * 3
    value = 5 * arms[:, 0] + 2 * arms[:, 1] - 3 * arms[:, 0] * arms[:, 1]
    luck = np.array([[0.0], [40.0]])
    made = dict(zip(changes, contrasts(value + luck, weights).T.tolist(), strict=True))
    assert made[0, "bare"] == [5, 5]
    assert made[0, "full"] == [2, 2]
    assert made[0, "others"] == [-3, -3]
    assert made[2, "bare"] == made[2, "full"] == [0, 0]


def test_two_components_share_their_arms():
    changes, weights = changes_of(full(2, 2))
    assert len(changes) == 6
    assert contrasts([[1.0, 2.0, 4.0, 9.0]], weights).tolist() == [[3, 7, 4, 1, 5, 4]]
