from __future__ import annotations

import numpy as np
import pytest
from paribus.core.dataset import Dataset
from paribus.core.errors import InputError
from paribus.core.trial import Trial
from paribus.studies.data.loading import examples_of, prepared_rows, sizes_of
from paribus.studies.data.tasks import dataset, fingerprint
from paribus.studies.files.drafts import recipe_from
from paribus.studies.preparations.scalings import (
    Standardisation,
    TargetStandardisation,
    scaled_inputs,
)


def examples(task: object, dtype: str = "float64", replicate: int = 0, **preparations):
    table = {"task": task, "loss": "squared-error", "dtype": dtype, "preparations": preparations}
    recipe = recipe_from(table)
    return examples_of([Trial(recipe, fingerprint(recipe.task), 0, replicate)])


def test_inputs_are_standardised_by_their_training_rows_alone():
    found = examples("wine", standardisation={})
    train, validation = found.x[found.train[0]], found.x[found.validation[0]]
    np.testing.assert_allclose(train.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(train.std(axis=0), 1.0)
    assert not np.allclose(validation.mean(axis=0), 0.0, atol=1e-3)
    recipe = recipe_from({"task": "wine"})
    data = dataset(recipe.task, 0, 0)
    rows = prepared_rows(recipe, data, (0, 0))
    own = data.raw[rows[0]]
    for part, numbers in zip(rows[:3], (found.train, found.validation, found.test), strict=True):
        np.testing.assert_allclose(
            found.x[numbers[0]], (data.raw[part] - own.mean(axis=0)) / own.std(axis=0), atol=1e-9
        )
        assert np.array_equal(found.y[numbers[0]], data.y[part])


def test_constant_inputs_are_left_alone_and_the_divisor_does_not_matter():
    raw = np.random.default_rng(0).integers(0, 9, (10_000, 3)).astype(np.uint8)
    raw[:9000, 1] = 7  # varies outside the training rows only
    raw[:, 2] = 0
    train, rows = np.arange(9000), np.arange(10_000)
    one, other = (
        scaled_inputs(data, rows, Standardisation().input_scale(data, train), "float64")
        for data in (Dataset(raw, raw, divisor=d) for d in (1.0, 255.0))
    )
    assert np.array_equal(one[:, 1], raw[:, 1])
    assert not other[:, 2].any()
    np.testing.assert_allclose(one[:, 0], other[:, 0])
    np.testing.assert_allclose(one[:9000, 0].std(), 1.0)


def test_the_first_features_only():
    whole, two = (examples("wine", **p) for p in ({}, {"feature-subset": {"features": 2}}))
    assert np.array_equal(two.x, whole.x[:, :2])
    assert np.array_equal(two.train, whole.train)
    both = examples("wine", **{"feature-subset": {"features": 2}, "standardisation": {}})
    every = examples("wine", standardisation={})
    assert np.array_equal(both.x, every.x[:, :2])
    recipe = recipe_from({"preparations": {"feature-subset": {"features": 9}}})
    assert sizes_of(recipe).features == 9
    with pytest.raises(InputError, match="65 is more than the 64 inputs"):
        sizes_of(recipe_from({"preparations": {"feature-subset": {"features": 65}}}))


def test_targets_in_units_of_the_clean_training_targets():
    found = examples("diabetes", **{"target-standardisation": {}})
    train = found.y[found.train[0]]
    assert train.mean() == pytest.approx(0.0, abs=1e-12)
    assert train.std() == pytest.approx(1.0)
    data = dataset(recipe_from({"task": "diabetes"}).task, 0, 0)
    back = found.y * data.y[found.train[0]].std() + data.y[found.train[0]].mean()
    np.testing.assert_allclose(back, data.y)
    noisy = examples("diabetes", **{"target-standardisation": {}, "outliers": {"size": 7.0}})
    held_out = np.concatenate([found.validation[0], found.test[0]])
    assert np.array_equal(noisy.y[held_out], found.y[held_out])
    moved = np.abs(noisy.y - found.y)[found.train[0]]
    np.testing.assert_allclose(moved[moved > 1e-9], 7.0)
    with pytest.raises(InputError, match="predicts a number"):
        sizes_of(recipe_from({"preparations": {"target-standardisation": {}}}))
    mean, sd = TargetStandardisation().target_scale(np.ones((3, 1)))
    assert (mean[0], sd[0]) == (0.0, 1.0)  # constant targets are left
