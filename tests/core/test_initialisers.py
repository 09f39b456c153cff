from __future__ import annotations

import math

import numpy as np
import pytest
from paribus.core.components import members
from paribus.core.initialisers import Gaussian, He, Initialiser, LeCun, Xavier
from paribus.core.network import layers_of
from paribus.core.stack import initial_arena
from paribus.core.streams import unit_normals
from paribus.core.trial import Trial
from scipy import stats
from small import recipe

FAN_IN, FAN_OUT = 200, 150
CASES = [
    (Gaussian(std=0.3), 0.09),
    (LeCun(), 1 / FAN_IN),
    (LeCun(gain=2.0, distribution="uniform"), 4 / FAN_IN),
    (Xavier(), 2 / (FAN_IN + FAN_OUT)),
    (Xavier(distribution="uniform"), 2 / (FAN_IN + FAN_OUT)),
    (He(), 2 / FAN_IN),
    (He(gain=0.5), 0.5 / FAN_IN),
    (He(distribution="uniform"), 2 / FAN_IN),
]


def draws():
    return unit_normals(0, 0, 0, FAN_OUT, FAN_IN)[:, 1:]


@pytest.mark.parametrize(("initialiser", "variance"), CASES, ids=str)
def test_measured_variance_and_mean(initialiser, variance):
    w = initialiser.weights(draws())
    n = w.size
    assert w.shape == (FAN_OUT, FAN_IN)
    assert w.dtype == np.float64
    assert np.var(w) == pytest.approx(variance, rel=5 * math.sqrt(2 / n))
    assert abs(w.mean()) < 5 * math.sqrt(variance / n)


@pytest.mark.parametrize(("initialiser", "variance"), CASES, ids=str)
def test_distribution(initialiser, variance):
    w = initialiser.weights(draws()).ravel()
    sd = math.sqrt(variance)
    if getattr(initialiser, "distribution", "normal") == "uniform":
        reference = stats.uniform(-math.sqrt(3) * sd, 2 * math.sqrt(3) * sd)
        assert np.abs(w).max() <= math.sqrt(3) * sd
    else:
        reference = stats.norm(0, sd)
    assert stats.kstest(w, reference.cdf).pvalue > 1e-3


def test_the_uniform_xavier_limit_is_the_published_one():
    w = Xavier(distribution="uniform").weights(draws())
    limit = math.sqrt(6 / (FAN_IN + FAN_OUT))
    assert np.abs(w).max() == pytest.approx(limit, rel=1e-3)


def test_every_member_is_covered():
    assert {type(case) for case, _ in CASES} == set(members(Initialiser).values())


def trials(*recipes, replicate=0):
    return [Trial(r, "d", 5, replicate) for r in recipes]


def test_initialisers_scale_the_same_draws():
    wide = recipe(initialiser=Gaussian(std=1.0), bias_std=1.0, dtype="float64")
    small = recipe(initialiser=Gaussian(std=0.1), bias_std=0.5, dtype="float64")
    a, b = initial_arena(trials(wide, small), (6, 5, 4, 3))
    weights = 6 * 5 + 5 * 4 + 4 * 3
    np.testing.assert_allclose(a[:weights] * 0.1, b[:weights], rtol=1e-12)
    np.testing.assert_allclose(a[weights:] * 0.5, b[weights:], rtol=1e-12)


def test_uniform_and_normal_starts_are_paired_in_rank():
    normal, uniform = (LeCun(distribution=d).weights(draws()) for d in ("normal", "uniform"))
    assert np.array_equal(np.argsort(normal, axis=None), np.argsort(uniform, axis=None))


def test_bias_variance_is_the_recipes():
    settings = recipe(hidden=(300, 300), bias_std=1.0)
    arena = initial_arena(trials(settings), (6, 300, 300, 3))
    biases = np.concatenate([b.ravel() for b in layers_of(arena, (6, 300, 300, 3)).biases])
    assert biases.var() == pytest.approx(1.0, abs=0.2)
    zero = initial_arena(trials(recipe(hidden=(300, 300))), (6, 300, 300, 3))
    assert not any(b.any() for b in layers_of(zero, (6, 300, 300, 3)).biases)


def test_the_output_layer_draws_the_same_at_every_depth():
    shallow, deep = recipe(hidden=(4,)), recipe(hidden=(4, 4, 4))
    one = layers_of(initial_arena(trials(shallow), (6, 4, 3)), (6, 4, 3))
    other = layers_of(initial_arena(trials(deep), (6, 4, 4, 4, 3)), (6, 4, 4, 4, 3))
    assert np.array_equal(one.weights[-1], other.weights[-1])
    assert np.array_equal(one.weights[0], other.weights[0])


def test_replicates_differ_and_stack_mates_do_not_matter():
    settings = recipe()
    alone = initial_arena(trials(settings, replicate=3), (6, 5, 4, 3))
    mates = trials(settings, replicate=1) + trials(settings, replicate=3)
    together = initial_arena(mates, (6, 5, 4, 3))
    assert np.array_equal(together[1], alone[0])
    assert not np.array_equal(together[0], together[1])
