from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paribus.core.component_json import canonical_json
from paribus.core.engine.architecture import Architecture
from paribus.core.engine.initial import initial_arena
from paribus.core.engine.training import Training
from paribus.core.families.regularisers import Dropout
from paribus.core.streams import Purpose
from paribus.core.trial import Trial, digest
from small import examples, recipe

ALL = tuple((purpose.word, 0) for purpose in Purpose)
luck = st.dictionaries(st.sampled_from([p.word for p in Purpose]), st.integers(0, 2**32 - 1))


def test_ids_without_fixed_luck_and_folds_are_those_of_old():
    trial = Trial(recipe(), "data", 3, 2)
    assert trial.arm_id == "a-2e5d55006a661cbb"
    assert trial.trial_id == "t-549eb95add8a73ad"
    assert trial.trial_id == f"t-{digest(canonical_json([trial.arm_id, 3, 2]))[:16]}"


@given(luck, st.integers(0, 9), st.integers(0, 9))
def test_fixed_luck_and_folds_have_ids_of_their_own(fixed, replicate, fold):
    plain = Trial(recipe(), "data", 3, replicate)
    other = Trial(recipe(), "data", 3, replicate, tuple(fixed.items()), fold)
    assert (plain.trial_id == other.trial_id) == (not fixed and fold == 0)
    assert plain.arm_id == other.arm_id


@given(luck, st.tuples(*[st.integers(0, 200_000)] * 2), st.tuples(*[st.integers(0, 200_000)] * 2))
def test_each_replicate_and_fold_has_an_integer_of_its_own(fixed, one, other):
    first, second = (Trial(recipe(), "d", 0, r, tuple(fixed.items()), f) for r, f in (one, other))
    for purpose in Purpose:
        a, b = first.part(purpose), second.part(purpose)
        if purpose.word in fixed:
            assert a == b == fixed[purpose.word]
        elif purpose in (Purpose.DATA, Purpose.SPLIT):  # folds divide the same data
            assert (a, b) == (one[0], other[0])
        else:
            assert (a == b) == (one == other)


def trained(trials: list[Trial]) -> Training:
    training = Training(trials, examples([0] * len(trials)))
    while not training.finished:
        training.run_epoch()
    return training


@pytest.mark.parametrize("free", [None, Purpose.INITIALISATION, Purpose.ORDER, Purpose.MASKS])
def test_what_is_not_fixed_alone_makes_the_difference(free):
    """Two replicates on the same rows, all their draws fixed but for one purpose."""
    dropped = recipe(regularisers=(Dropout(0.4),), epochs=1)
    fixed = tuple((word, k) for word, k in ALL if free is None or word != free.word)
    trials = [Trial(dropped, "data", 3, k, fixed) for k in (0, 1)]
    done = trained(trials)
    same = np.array_equal(done.parameters(0), done.parameters(1))
    assert same == (free is None)
    start = initial_arena(trials, Architecture.of(dropped, 6, 3))
    assert np.array_equal(*start) == (free is not Purpose.INITIALISATION)


@pytest.mark.parametrize("purpose", [Purpose.INITIALISATION, Purpose.ORDER, Purpose.MASKS])
def test_a_fixed_integer_is_that_replicates_luck(purpose):
    """Luck 4 for every purpose but one, and 7 for that one, is put together from both."""
    dropped = recipe(regularisers=(Dropout(0.4),), epochs=1)
    mixed = Trial(dropped, "data", 3, 4, ((purpose.word, 7),))
    others = tuple((p.word, 4) for p in Purpose if p is not purpose)
    assert np.array_equal(
        trained([mixed]).parameters(0),
        trained([Trial(dropped, "data", 3, 7, others)]).parameters(0),
    )


def test_a_stack_of_mixed_luck_equals_its_trials_alone():
    dropped = recipe(regularisers=(Dropout(0.3),))
    lucks = [(), (("initialisation", 1),), (("order", 5),), (("masks", 0), ("order", 0)), ALL]
    trials = [Trial(dropped, "data", 3, k % 3, lucks[k % 5], k % 4) for k in range(20)]
    stack = trained(trials)
    assert len({stack.parameters(k).tobytes() for k in range(20)}) > 10
    for position, trial in enumerate(trials):
        alone = trained([trial])
        assert np.array_equal(stack.parameters(position), alone.parameters(0))
        assert stack.outcome(position) == alone.outcome(0)


def test_folds_of_a_replicate_start_differently():
    trials = [Trial(recipe(), "data", 3, 1, (), fold) for fold in range(3)]
    architecture = Architecture.of(recipe(), 6, 3)
    starts = initial_arena(trials, architecture)
    assert len({start.tobytes() for start in starts}) == 3
    assert np.array_equal(starts[0], initial_arena([Trial(recipe(), "d", 3, 1)], architecture)[0])
