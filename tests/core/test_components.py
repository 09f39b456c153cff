from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paribus.core.component_json import canonical_json, to_json
from paribus.core.components import Component, number, stack_fields, structure
from paribus.core.errors import InputError
from paribus.core.families.initialisers import LSUV, Gaussian, LeCun, Xavier
from paribus.core.families.optimisers import SGD, Adam, Momentum
from paribus.core.families.regularisers import L2, Dropout
from paribus.core.families.schedules import StepDecay
from small import recipe


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda: SGD(learning_rate=0), "must be > 0"),
        (lambda: SGD(learning_rate=float("nan")), "finite"),
        (lambda: SGD(learning_rate=float("inf")), "finite"),
        (lambda: SGD(learning_rate=True), "must be a number"),
        (lambda: SGD(learning_rate="0.1"), "must be a number"),
        (lambda: Adam(beta1=1.0), "≥ 0 and < 1"),
        (lambda: Dropout(p=1.2), "≥ 0 and ≤ 1"),
        (lambda: StepDecay(every=0), "≥ 1"),
        (lambda: StepDecay(every=2.5), "whole number"),
        (lambda: Xavier(distribution="cauchy"), "'normal' or 'uniform'"),
        (lambda: recipe(batch_size=-1), "≥ 0"),
        (lambda: recipe(hidden=(3, 0)), "≥ 1"),
        (lambda: recipe(dtype="float16"), "'float32' or 'float64'"),
        (lambda: recipe(regularisers=(L2(), L2(strength=1.0))), "twice"),
    ],
)
def test_impossible_values_are_refused_with_what_is_allowed(build, told):
    with pytest.raises(InputError, match=told):
        build()


def test_whole_numbers_become_floats_so_that_identity_has_one_spelling():
    assert canonical_json(SGD(learning_rate=1)) == canonical_json(SGD(learning_rate=1.0))
    assert isinstance(SGD(learning_rate=1).learning_rate, float)


def test_regularisers_have_one_order_whatever_order_they_are_given_in():
    one = recipe(regularisers=(L2(strength=0.1), Dropout(p=0.2)))
    other = recipe(regularisers=(Dropout(p=0.2), L2(strength=0.1)))
    assert canonical_json(one) == canonical_json(other)


def test_structure_leaves_floats_out_and_keeps_everything_else():
    same = recipe(optimiser=SGD(0.1), bias_std=0.0, initialiser=Gaussian(std=1.0)).structure
    assert same == recipe(optimiser=SGD(9.0), bias_std=2.0, initialiser=Gaussian()).structure
    assert same != recipe(optimiser=Momentum(), initialiser=Gaussian()).structure
    assert same != recipe(hidden=(5, 5), initialiser=Gaussian()).structure
    assert same != recipe(epochs=3, initialiser=Gaussian()).structure
    assert same != recipe(dtype="float64", initialiser=Gaussian()).structure
    assert same != recipe(regularisers=(L2(),), initialiser=Gaussian()).structure
    assert structure(LeCun(distribution="uniform")) != structure(LeCun())
    assert structure(StepDecay(every=3)) != structure(StepDecay(every=4))


@dataclasses.dataclass(frozen=True)
class Grown(Component):
    """A component that got a field later."""

    kind: ClassVar[str] = "grown"
    rate: float = 0.1
    extra: float = dataclasses.field(default=0.0, metadata={"later": True})


def test_a_field_added_later_leaves_old_ids_alone_at_its_default():
    assert canonical_json(Grown()) == '{"kind":"grown","rate":0.1}'
    assert canonical_json(Grown(extra=1.0)) == '{"extra":1.0,"kind":"grown","rate":0.1}'
    assert to_json(Grown()) == {"kind": "grown", "rate": 0.1, "extra": 0.0}


@given(st.floats(1e-9, 1e9), st.floats(1e-9, 1e9))
def test_distinct_values_have_distinct_json(a, b):
    one, other = (canonical_json(SGD(learning_rate=x)) for x in (a, b))
    assert (one == other) == (a == b)


def test_fields_are_stacked_in_float64():
    fields = stack_fields([Adam(learning_rate=0.1), Adam(learning_rate=0.3)])
    assert fields["learning_rate"].dtype == np.float64
    assert fields["learning_rate"].tolist() == [0.1, 0.3]
    assert stack_fields([StepDecay(decay=0.5)]).keys() == {"decay"}  # every is part of the kind


def test_a_component_reads_well():
    assert str(Gaussian(std=2.0)) == "gaussian(std=2)"
    assert str(SGD()) == "sgd"


def test_declared_ranges_are_inclusive_or_not_as_they_say():
    assert Dropout(p=0.0).p == 0.0
    assert Dropout(p=1.0).p == 1.0
    assert recipe(epochs=0).epochs == 0
    assert number(1.0, above=0.0).metadata["bounds"].allows(0.5)


def test_a_revision_beyond_the_first_is_part_of_the_identity_alone():
    @dataclasses.dataclass(frozen=True)
    class Mended(Component):
        kind: ClassVar[str] = "mended"
        revision: ClassVar[int] = 2

    assert canonical_json(Mended()) == '{"kind":"mended","revision":2}'
    assert to_json(Mended()) == {"kind": "mended"}
    assert canonical_json(LSUV()) == '{"kind":"lsuv","revision":2}'
    assert "revision" not in canonical_json(recipe())
