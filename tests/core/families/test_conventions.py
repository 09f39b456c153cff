"""Every convention on which the notes disagree is a named setting with one documented default."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from paribus.core.engine.architecture import Architecture
from paribus.core.families.initialisers import LeCun
from paribus.core.families.losses import SquaredError
from paribus.core.families.optimisers import SGD, AdaGrad, Adam, Momentum, RMSProp
from paribus.core.families.regularisers import L1, L2, DecoupledDecay
from paribus.studies.data.images import Digits
from paribus.studies.data.tasks import dataset
from paribus.studies.files.drafts import recipe_from
from small import recipe, trained


@pytest.mark.parametrize(
    ("cls", "field", "default", "other"),
    [
        (SquaredError, "factor", "half", "one"),
        (L2, "normalisation", "half", "per-example"),
        (RMSProp, "form", "inside", "outside"),
        (Momentum, "form", "inside", "outside"),
    ],
)
def test_a_convention_is_a_choice_whose_first_is_the_default(cls, field, default, other):
    assert getattr(cls(), field) == default
    [found] = [f for f in fields(cls) if f.name == field]
    assert cls(**{field: other}) != cls()
    assert found.default == default
    assert field in (cls.__doc__ or "") or default in (cls.__doc__ or "")


def test_the_forms_of_weight_decay_are_three_names():
    """½λ‖W‖² and λ/(2n)‖W‖² are forms of L2, decoupled decay is a kind of its own."""
    base = recipe(optimiser=Adam(0.01), dtype="float64", epochs=2)
    ends = [
        trained([replace(base, regularisers=(r,))], [0]).parameters(0)
        for r in (L2(0.3), L2(0.3, "per-example"), DecoupledDecay(0.3))
    ]
    for i in range(3):
        for j in range(i):
            assert np.abs(ends[i] - ends[j]).max() > 1e-4
    same = L2(0.3 * 25, "per-example")  # 25 training examples
    found = trained([replace(base, regularisers=(same,))], [0]).parameters(0)
    np.testing.assert_allclose(found, ends[0], rtol=1e-9)


@pytest.mark.parametrize("penalty", [L2(0.5), L1(0.05), DecoupledDecay(0.5)], ids=str)
def test_biases_never_decay(penalty):
    """The first step moves biases at N(0, 1) to the same bits with a penalty and without."""
    base = recipe(bias_std=1.0, batch_size=0, epochs=1, optimiser=SGD(0.1), dtype="float64")
    plain, decayed = (
        trained([settings], [0]).parameters(0)
        for settings in (base, replace(base, regularisers=(penalty,)))
    )
    weights = Architecture.of(base, 6, 3).weights
    assert np.array_equal(plain[weights:], decayed[weights:])
    assert (plain[:weights] != decayed[:weights]).all()


def test_biases_start_at_zero_and_nielsens_are_a_setting():
    assert recipe().bias_std == 0.0
    for std in (0.0, 1.0):
        settings = recipe(hidden=(400, 400), initialiser=LeCun(), bias_std=std, epochs=0)
        theta = trained([settings], [0]).parameters(0)
        biases = np.concatenate(
            [b.ravel() for b in Architecture.of(settings, 6, 3).views(theta[None]).biases]
        )
        assert biases.std() == pytest.approx(std, abs=0.1)


def test_where_epsilon_stands_is_said_in_the_formula():
    """Its effect is measured in test_optimisers."""
    for cls, formula in (
        (AdaGrad, "√r + epsilon"),
        (RMSProp, "√(r + epsilon)"),
        (Adam, "√r̂ + epsilon"),
    ):
        assert formula in cls.__doc__


def test_pixels_are_scaled_to_the_unit_interval():
    data = dataset(Digits(), 0, 0)
    assert (data.raw.min(), data.raw.max(), data.divisor) == (0.0, 16.0, 16.0)
    assert data.inputs("float64").max() == 1.0
    assert recipe_from({}).preparations == ()  # nothing else is done to them unasked
