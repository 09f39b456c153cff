from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from paribus.core.components import members
from paribus.core.engine.architecture import Architecture
from paribus.core.engine.initial import initial_arena
from paribus.core.families.activations import ReLU
from paribus.core.families.initialisers import (
    LSUV,
    Constant,
    Gaussian,
    He,
    Initialiser,
    LeCun,
    Orthogonal,
    Sparse,
    Uniform,
    Xavier,
    Zeros,
)
from paribus.core.families.optimisers import SGD, Adam
from paribus.core.families.parametrisations import MaximalUpdate
from paribus.core.streams import unit_normals
from paribus.core.trial import Trial
from scipy import stats
from small import examples, recipe, trained

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
    (He(mode="fan-out"), 2 / FAN_OUT),
    (Uniform(limit=0.3), 0.03),
    (Orthogonal(gain=2.0), 4 / FAN_IN),
    (LSUV(), 1 / FAN_IN),
]
FIXED = [(Zeros(), 0.0), (Constant(0.3), 0.3)]


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
    if getattr(initialiser, "distribution", initialiser.kind) == "uniform":
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
    covered = {type(case) for case, _ in (*CASES, *FIXED)} | {Sparse}
    assert covered == set(members(Initialiser).values())


def trials(*recipes, replicate=0):
    return [Trial(r, "d", 5, replicate) for r in recipes]


def initial(*recipes):
    return initial_arena(trials(*recipes), Architecture.of(recipes[0], 6, 3))


def views(settings):
    return Architecture.of(settings, 6, 3).views(initial(settings))


def test_initialisers_scale_the_same_draws():
    wide = recipe(initialiser=Gaussian(std=1.0), bias_std=1.0, dtype="float64")
    small = recipe(initialiser=Gaussian(std=0.1), bias_std=0.5, dtype="float64")
    a, b = initial(wide, small)
    weights = 6 * 5 + 5 * 4 + 4 * 3
    np.testing.assert_allclose(a[:weights] * 0.1, b[:weights], rtol=1e-12)
    np.testing.assert_allclose(a[weights:] * 0.5, b[weights:], rtol=1e-12)


def test_uniform_and_normal_starts_are_paired_in_rank():
    normal, uniform = (LeCun(distribution=d).weights(draws()) for d in ("normal", "uniform"))
    assert np.array_equal(np.argsort(normal, axis=None), np.argsort(uniform, axis=None))


def test_bias_variance_is_the_recipes():
    settings = recipe(hidden=(300, 300), bias_std=1.0)
    biases = np.concatenate([b.ravel() for b in views(settings).biases])
    assert biases.var() == pytest.approx(1.0, abs=0.2)
    assert not any(b.any() for b in views(recipe(hidden=(300, 300))).biases)
    assert all((b == 0.3).all() for b in views(recipe(bias=0.3, dtype="float64")).biases)


def test_the_output_layer_draws_the_same_at_every_depth():
    shallow, deep = recipe(hidden=(4,)), recipe(hidden=(4, 4, 4))
    one, other = views(shallow), views(deep)
    assert np.array_equal(one.weights[-1], other.weights[-1])
    assert np.array_equal(one.weights[0], other.weights[0])


def test_replicates_differ_and_stack_mates_do_not_matter():
    settings = recipe()
    architecture = Architecture.of(settings, 6, 3)
    alone = initial_arena(trials(settings, replicate=3), architecture)
    mates = trials(settings, replicate=1) + trials(settings, replicate=3)
    together = initial_arena(mates, architecture)
    assert np.array_equal(together[1], alone[0])
    assert not np.array_equal(together[0], together[1])


@pytest.mark.parametrize(("initialiser", "value"), FIXED, ids=str)
def test_fixed_weights(initialiser, value):
    assert (initialiser.weights(draws()) == value).all()


@pytest.mark.parametrize("shape", [(150, 200), (200, 150), (30, 30), (3, 1), (1, 3)])
def test_orthogonal_rows_or_columns(shape):
    """WWᵀ or WᵀW = gain²·I, and the factor is uniform: no sign is preferred."""
    w = Orthogonal(gain=1.5).weights(unit_normals(0, 0, 0, *shape)[:, 1:])
    product = w @ w.T if shape[0] <= shape[1] else w.T @ w
    np.testing.assert_allclose(product, 2.25 * np.eye(len(product)), atol=1e-12)
    firsts = [Orthogonal().weights(unit_normals(0, k, 0, 2, 2)[:, 1:])[0, 0] for k in range(200)]
    assert 70 < sum(value > 0 for value in firsts) < 130


def test_sparse_units_have_few_inputs_chosen_independently_of_their_size():
    w = Sparse(std=0.7, connections=15).weights(draws())
    assert ((w != 0).sum(axis=1) == 15).all()
    values = w[w != 0]
    assert stats.kstest(values, stats.norm(0, 0.7).cdf).pvalue > 1e-3
    counts = (w != 0).sum(axis=0)
    assert counts.mean() == pytest.approx(FAN_OUT * 15 / FAN_IN)
    assert stats.chisquare(counts).pvalue > 1e-3
    assert ((Sparse(connections=500).weights(draws()) != 0).sum(axis=1) == FAN_IN).all()


def test_lsuv_gives_every_layer_pre_activations_of_variance_one():
    settings = recipe(initialiser=LSUV(), hidden=(20, 20, 20), activation=ReLU(), dtype="float64")
    data = examples([0])
    architecture = Architecture.of(settings, 6, 3)
    parameters = architecture.views(initial_arena(trials(settings), architecture, data))
    h = data.x[data.train[0]].T
    for w in parameters.weights:
        z = w[0] @ h
        assert z.std() == pytest.approx(1.0, rel=1e-9)
        h = np.maximum(z, 0.0)


@pytest.mark.parametrize("bias_std", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lsuv_counts_random_biases_in(bias_std, dtype):
    """The spread of z = Wh + b over units and examples is 1 in every layer, output included."""
    settings = recipe(
        initialiser=LSUV(), hidden=(20, 20), activation=ReLU(), bias_std=bias_std, bias=0.5
    )
    data = examples([0])
    architecture = Architecture.of(settings, 6, 3)
    arena = initial_arena(trials(replace(settings, dtype=dtype)), architecture, data)
    parameters = architecture.views(arena)
    h = data.x[data.train[0]].T
    for w, b in zip(parameters.weights, parameters.biases, strict=True):
        z = w[0] @ h + b[0]
        assert z.std() == pytest.approx(1.0, rel=1e-5)
        h = np.maximum(z, 0.0)


def test_maximal_update_shrinks_the_output_weights_and_keeps_the_rest():
    """Output weights of variance 1/fan_in² relative to 1/fan_in at the base width."""
    wide = recipe(hidden=(64, 64), initialiser=LeCun(), dtype="float64")
    plain, scaled = views(wide), views(replace(wide, parametrisation=MaximalUpdate(16)))
    np.testing.assert_allclose(scaled.weights[-1], plain.weights[-1] / 2.0)
    for index in (0, 1):
        assert np.array_equal(scaled.weights[index], plain.weights[index])
    architecture = Architecture.of(replace(wide, parametrisation=MaximalUpdate(16)), 6, 3)
    runs = {
        optimiser.kind: [rate for _, rate in architecture.rates(optimiser)]
        for optimiser in (SGD(), Adam())
    }
    # input weights, hidden weights, output weights, hidden biases, output biases
    assert runs == {"sgd": [4.0, 1.0, 0.25, 4.0, 1.0], "adam": [1.0, 0.25, 1.0]}


def test_maximal_update_at_the_base_width_is_the_standard_parametrisation():
    base = recipe(hidden=(7, 7), epochs=3)
    same = replace(base, parametrisation=MaximalUpdate(7))
    assert np.array_equal(trained([base], [0]).parameters(0), trained([same], [0]).parameters(0))


def test_lsuv_reads_inputs_through_versions_of_the_targets():
    """Row r of a later version of the targets has the inputs r mod rows."""
    settings = recipe(initialiser=LSUV(), dtype="float64")
    data = examples([0, 1])
    doubled = replace(data, y=np.concatenate([data.y, data.y]), train=data.train.copy())
    doubled.train[1] += len(data.x)
    architecture = Architecture.of(settings, 6, 3)
    both = trials(settings) + trials(settings, replicate=1)
    one, other = (initial_arena(both, architecture, d) for d in (data, doubled))
    assert np.array_equal(one, other)


def test_lsuv_and_maximal_update_go_together():
    settings = recipe(hidden=(64,), initialiser=LSUV(), dtype="float64")
    scaled = replace(settings, parametrisation=MaximalUpdate(16))
    outputs = []
    for one in (settings, scaled):
        architecture = Architecture.of(one, 6, 3)
        arena = initial_arena(trials(one), architecture, examples([0]))
        outputs.append(architecture.views(arena).weights[-1])
    np.testing.assert_allclose(outputs[1], outputs[0] / 2.0)
