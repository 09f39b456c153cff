"""Factors of schedules at the steps that their formulas name."""

from __future__ import annotations

import numpy as np
import pytest
from paribus.core.components import members, stack_fields
from paribus.core.families.schedules import (
    NOTHING_SEEN,
    ConstantFactor,
    Cosine,
    Exponential,
    InverseTime,
    OneCycle,
    RangeTest,
    ReduceOnPlateau,
    Schedule,
    StepDecay,
    TrainingTime,
    WarmUp,
)
from small import recipe, trained

PER_EPOCH, EPOCHS = 10, 20


def path(schedule):
    """Return the factor at every step of twenty epochs of ten steps."""
    fields, seen = stack_fields([schedule]), np.array([NOTHING_SEEN])
    return np.array(
        [
            schedule.factor(fields, TrainingTime(s, s // PER_EPOCH, PER_EPOCH, EPOCHS), seen).item()
            for s in range(PER_EPOCH * EPOCHS)
        ]
    )


def test_schedules_at_named_steps():
    def at(epoch):
        return TrainingTime(epoch * 10, epoch, 10, 100)

    fields = {"decay": np.array([0.5, 0.1])}
    seen = np.zeros((2, 3))
    assert ConstantFactor().factor({}, at(7), seen).tolist() == [1.0]
    step = StepDecay(every=10)
    assert step.factor(fields, at(9), seen).tolist() == [1.0, 1.0]
    assert step.factor(fields, at(10), seen).tolist() == [0.5, 0.1]
    np.testing.assert_allclose(step.factor(fields, at(35), seen), [0.125, 1e-3])


def test_decays_by_their_formulas():
    t = np.arange(PER_EPOCH * EPOCHS) / PER_EPOCH
    np.testing.assert_allclose(path(Exponential(0.9)), 0.9**t, rtol=1e-12)
    np.testing.assert_allclose(path(InverseTime(0.5)), 1 / (1 + 0.5 * t), rtol=1e-12)
    share = np.arange(200) / 199
    np.testing.assert_allclose(path(Cosine(0.1)), 0.1 + 0.9 * (1 + np.cos(np.pi * share)) / 2)
    np.testing.assert_allclose(path(RangeTest(1e-4)), 1e-4 ** (1 - share), rtol=1e-9)


@pytest.mark.parametrize(
    "schedule", [StepDecay(0.5, 3), Exponential(0.8), InverseTime(0.3), Cosine()], ids=str
)
def test_large_first_and_smaller_later(schedule):
    """What the notes ask of a schedule."""
    factors = path(schedule)
    assert factors[0] == 1.0
    assert (np.diff(factors) <= 1e-15).all()
    assert factors[-1] < 0.2


def test_warm_up_rises_in_equal_steps_and_then_does_as_told():
    constant, linear, cosine = (
        path(WarmUp(2.0, after)) for after in ("constant", "linear", "cosine")
    )
    for factors in (constant, linear, cosine):
        np.testing.assert_allclose(factors[:20], np.arange(1, 21) / 20)
    assert (constant[20:] == 1.0).all()
    np.testing.assert_allclose(np.diff(linear[20:]), -1 / 179)
    assert linear[-1] == pytest.approx(0.0, abs=1e-15)
    assert cosine[-1] == pytest.approx(0.0, abs=1e-15)
    assert cosine[20 + 90] == pytest.approx(0.5, abs=0.01)


def test_one_cycle_rises_to_its_peak_and_falls_below_its_start():
    factors = path(OneCycle(peak=0.25, initial=0.1, height=2.0, final=0.001))
    assert factors[0] == pytest.approx(0.1)
    assert factors.max() == pytest.approx(2.0, rel=1e-3)
    assert abs(factors.argmax() - 0.25 * 199) <= 1
    assert factors[-1] == pytest.approx(0.001)
    assert (np.diff(factors[: factors.argmax()]) > 0).all()
    assert (np.diff(factors[factors.argmax() :]) < 0).all()


def test_reduce_on_plateau_waits_for_its_patience():
    schedule = ReduceOnPlateau(decay=0.5, patience=2, threshold=0.1)
    fields, seen = stack_fields([schedule]), np.array([NOTHING_SEEN])
    found = []
    for loss in (1.0, 0.95, 0.92, 0.5, 0.49, 0.48, 0.47, 0.46, 0.1):
        schedule.observe(fields, seen, np.array([loss]))
        found.append(schedule.factor(fields, TrainingTime(0, 0, 1, 1), seen).item())
    # .95 and .92 are no new best by a tenth, .5 is; then twice two epochs without one
    assert found == [1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]


def test_every_schedule_is_looked_at_here():
    looked = {
        ConstantFactor,
        Cosine,
        Exponential,
        InverseTime,
        OneCycle,
        RangeTest,
        ReduceOnPlateau,
        StepDecay,
        WarmUp,
    }
    assert looked == set(members(Schedule).values())


def test_a_schedule_reaches_the_update():
    """With the rate cut to nothing after one epoch, later epochs change next to nothing."""
    cut = recipe(schedule=StepDecay(decay=1e-30, every=1), epochs=5, dtype="float64")
    one = recipe(schedule=StepDecay(decay=1e-30, every=1), epochs=1, dtype="float64")
    np.testing.assert_array_equal(
        trained([cut], [0]).parameters(0), trained([one], [0]).parameters(0)
    )
