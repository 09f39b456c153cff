"""Sobol points and Latin hypercubes, on functions and counts that are known."""

from __future__ import annotations

import numpy as np
import pytest
from paribus.core.errors import InputError
from paribus.studies.designs.latin_hypercube import LatinHypercube
from paribus.studies.designs.random_sample import RandomSample
from paribus.studies.designs.sobol import Sobol
from paribus.studies.files.drafts import default_recipe

CUBE = {path: {"low": 0.0, "high": 1.0} for path in ("bias", "bias_std")}
CUBE["optimiser.learning_rate"] = {"low": 1e-4, "high": 1.0, "scale": "log"}


def points(cls, samples: int, seed: int = 0) -> np.ndarray:
    """Return the arms as points of the unit cube, shape (samples, 3)."""
    arms = cls.of(CUBE, samples=samples, seed=seed).arms(default_recipe())
    recipes = [arm.recipe for arm in arms]
    rates = [1 + np.log10(r.optimiser.learning_rate) / 4 for r in recipes]
    return np.array([[r.bias, r.bias_std, u] for r, u in zip(recipes, rates, strict=True)])


def error(cls, seed: int) -> float:
    """Return how far the mean of Σ over a product of smooth factors is from its integral, 1."""
    return abs(float(np.prod(1 + (points(cls, 64, seed) - 0.5), axis=1).mean()) - 1)


def test_sobol_points_integrate_far_better_than_random_ones():
    sobol, random = ([error(cls, seed) for seed in range(12)] for cls in (Sobol, RandomSample))
    assert np.median(sobol) < np.median(random) / 10
    assert max(sobol) < 0.01


def test_sobol_points_are_one_in_every_cell_of_an_even_cut():
    cells = np.floor(points(Sobol, 64) * 64)
    for axis in cells.T:
        assert sorted(axis) == list(range(64))


def test_more_sobol_points_go_on_where_fewer_ended():
    few, more, many = (points(Sobol, n) for n in (5, 70, 300))
    assert (more[:5] == few).all()
    assert (many[:70] == more).all()
    assert not (points(Sobol, 5, seed=1) == few).any()


def test_levels_get_even_shares():
    axes = {"activation": ["tanh", "relu"], "width": {"low": 3, "high": 6}} | CUBE
    for cls in (Sobol, LatinHypercube):
        arms = cls.of(axes, samples=64).arms(default_recipe())
        for path, levels in (("activation", 2), ("width", 4)):
            held = [arm.level(path).label for arm in arms]
            assert {held.count(label) for label in held} == {64 // levels}, cls


@pytest.mark.parametrize("samples", [1, 7, 30])
def test_a_latin_hypercube_has_one_point_in_every_stratum_of_every_axis(samples):
    cells = np.floor(points(LatinHypercube, samples) * samples)
    for axis in cells.T:
        assert sorted(axis) == list(range(samples))


def test_another_number_of_samples_is_another_hypercube():
    few, more = points(LatinHypercube, 8), points(LatinHypercube, 9)
    assert not (few == more[:8]).all(axis=1).any()


@pytest.mark.parametrize("cls", [Sobol, LatinHypercube])
def test_spaces_that_cannot_be_sampled_are_refused(cls):
    base = default_recipe()
    assert len(cls.of({"depth": [1, 2, 3]}, samples=3).arms(base)) == 3
    with pytest.raises(InputError, match="little more than 3 recipes, fewer than samples = 4"):
        cls.of({"depth": [1, 2, 3]}, samples=4).arms(base)
    with pytest.raises(InputError, match="needs at least one axis"):
        cls.of({}, samples=4).arms(base)
    with pytest.raises(InputError, match=r"batch_size = 1.5 must be a whole number"):
        cls.of({"batch_size": {"low": 1.5, "high": 4}}, samples=4).arms(base)
    with pytest.raises(InputError, match=r"design\.seed = -1"):
        cls.of(CUBE, seed=-1)


def test_a_condition_that_never_holds_is_refused_before_its_range_is_looked_at():
    axes = {
        "optimiser.kind": ["sgd", "adam"],
        "depth": {"levels": [1, 2], "when": {"optimiser.kind": "sgd"}},
        "bias": {"low": 0.0, "high": 1.0, "when": {"optimiser.kind": "adam", "depth": 1}},
    }
    with pytest.raises(InputError, match="bias is never varied"):
        Sobol.of(axes, samples=4).arms(default_recipe())
