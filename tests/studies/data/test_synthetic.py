from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from paribus.core.components import members
from paribus.core.errors import InputError
from paribus.studies.data.clouds import Blobs, Moons, Spirals
from paribus.studies.data.synthetic import Curve, LinearRegression, NoisyPolynomial, TeacherStudent
from paribus.studies.data.tasks import Task, dataset

DRAWN = [cls() for cls in members(Task).values() if cls.drawn]
SIZED = [t for t in DRAWN if hasattr(t, "examples")]
SIZED.append(TeacherStudent("classes", classes=4, noise=0.3))


@pytest.mark.parametrize("task", SIZED, ids=str)
def test_fewer_examples_are_a_prefix(task):
    whole = dataset(task, 5, 1)
    for examples in (17, 3):
        fewer = dataset(dataclasses.replace(task, examples=examples), 5, 1)
        assert np.array_equal(fewer.raw, whole.raw[:examples])
        assert np.array_equal(fewer.y, whole.y[:examples])


@pytest.mark.parametrize("task", DRAWN, ids=str)
def test_every_replicate_and_seed_has_its_own_draws(task):
    noisy = dataclasses.replace(task, noise=0.5)
    data = [dataset(noisy, seed, replicate) for seed, replicate in ((0, 1), (0, 2), (1, 1), (0, 1))]
    assert np.array_equal(data[0].raw, data[3].raw)
    assert np.array_equal(data[0].y, data[3].y)
    for other in data[1:3]:
        assert not np.array_equal(data[0].raw, other.raw)
        assert other.raw.shape == data[0].raw.shape


@pytest.mark.parametrize(
    ("task", "where"),
    [
        (NoisyPolynomial(examples=3000), "y"),
        (LinearRegression(examples=3000, features=3), "y"),
        (Curve(examples=3000), "y"),
        (TeacherStudent(examples=3000), "y"),
        (Blobs(examples=3000), "raw"),
        (Moons(examples=3000), "raw"),
        (Spirals(examples=3000), "raw"),
    ],
    ids=lambda x: getattr(x, "kind", x),
)
def test_noise_is_normal_and_more_of_it_scales_the_same_draws(task, where):
    clean, one, three = (
        getattr(dataset(dataclasses.replace(task, noise=noise), 3, 2), where)
        for noise in (0.0, 1.0, 3.0)
    )
    np.testing.assert_allclose(three - clean, 3 * (one - clean), atol=1e-12)
    draws = (one - clean).ravel()
    assert abs(draws.mean()) < 4 / np.sqrt(len(draws))
    assert abs(draws.std() - 1) < 4 / np.sqrt(2 * len(draws))
    assert abs((np.abs(draws) < 1).mean() - 0.6827) < 4 * 0.466 / np.sqrt(len(draws))


@pytest.mark.parametrize("kind", [LinearRegression, Blobs, TeacherStudent])
def test_fewer_features_are_the_first_ones(kind):
    wide, narrow = (kind(examples=20, features=f).dataset(1, 1) for f in (9, 4))
    assert np.array_equal(wide.raw[:, :4], narrow.raw)


def test_the_polynomials_population_risks_are_the_exact_ones():
    """By Hermite expansion: constant 27.02, linear 11.02 at (3.3, 4.0), quadratic 5.24, cubic .01.

    The exact moments come from a Gauss rule, and a large sample of the task must agree.
    """
    x, w = np.polynomial.hermite_e.hermegauss(12)
    w = w / w.sum()
    c = NoisyPolynomial.coefficients
    y = c[0] + c[1] * x + c[2] * x**2 / 2 + c[3] * x**3 / 6
    sample = NoisyPolynomial(examples=100_000).dataset(0, 0)
    for degree, risk in enumerate((27.02, 11.02, 5.24, 0.01)):
        powers = np.stack([x**i for i in range(degree + 1)], axis=1)
        best = np.linalg.solve(powers.T @ (w[:, None] * powers), powers.T @ (w * y))
        exact = w @ (y - powers @ best) ** 2 + 0.1**2
        assert exact == pytest.approx(risk, abs=0.005)
        if degree == 1:
            np.testing.assert_allclose(best, [3.3, 4.0], atol=1e-9)
        measured = sample.raw[:, 1:2] ** np.arange(degree + 1)
        found = ((sample.y[:, 0] - measured @ best) ** 2).mean()
        assert found == pytest.approx(exact, rel=0.1)


def test_linear_regression_is_the_published_one():
    """Weight decay in d2l: y = .05 + .01 Σx + N(0, .01²)."""
    data = LinearRegression(examples=2000).dataset(0, 0)
    assert data.raw.shape == (2000, 200)
    rest = data.y[:, 0] - 0.05 - 0.01 * data.raw.sum(axis=1)
    assert rest.std() == pytest.approx(0.01, rel=0.06)
    assert abs(data.raw.mean()) < 4 / np.sqrt(data.raw.size)
    assert data.raw.std() == pytest.approx(1, abs=0.01)
    assert data.y.var() == pytest.approx(200 * 0.01**2 + 0.01**2, rel=0.15)
    assert np.abs(np.corrcoef(data.raw[:, :20].T)[np.triu_indices(20, 1)]).max() < 0.1


def test_curves_at_known_places():
    for function, top in (("sine", np.sin), ("square", lambda u: np.where(np.sin(u) >= 0, 1, -1))):
        data = Curve(function, frequency=2.0).dataset(0, 0)
        np.testing.assert_allclose(data.y, top(4 * np.pi * data.raw), atol=1e-12)
        assert data.raw.min() >= 0.0
        assert data.raw.max() < 1.0
    data = Curve("triangle", examples=5000).dataset(0, 0)
    x = data.raw[:, 0]
    rising = x < 0.25
    np.testing.assert_allclose(data.y[rising, 0], 4 * x[rising], atol=1e-9)
    falling = (x > 0.25) & (x < 0.75)
    np.testing.assert_allclose(data.y[falling, 0], 2 - 4 * x[falling], atol=1e-9)


def test_the_teacher_is_a_network_whose_outputs_have_mean_square_one():
    squares = [TeacherStudent(examples=50, units=50).dataset(0, k).y ** 2 for k in range(100)]
    assert np.mean(squares) == pytest.approx(1.0, abs=0.15)
    few = TeacherStudent(examples=500, features=4, units=1).dataset(7, 0)
    share = (few.y == 0).mean()  # one relu unit is off for half of all inputs
    assert abs(share - 0.5) < 0.1
    assert len(np.unique(np.sign(few.y))) == 2
    two = TeacherStudent(examples=500, features=4, units=2).dataset(7, 0)
    second = two.y * np.sqrt(2 / 1) - few.y  # the first unit is the same, the second adds to it
    assert abs((np.abs(second) < 1e-12).mean() - 0.5) < 0.1


def test_a_teacher_of_classes_says_the_largest_output():
    number = TeacherStudent(examples=400).dataset(1, 1).y
    classes = TeacherStudent("classes", examples=400, classes=3).dataset(1, 1)
    assert classes.classes == ("0", "1", "2")
    assert np.array_equal(classes.y.sum(axis=1), np.ones(400))
    two = TeacherStudent("classes", examples=400, classes=2).dataset(1, 1)
    kept = classes.labels < 2  # where the third is not largest, the first two decide
    assert np.array_equal(classes.labels[kept], two.labels[kept])
    assert np.corrcoef(number[:, 0], two.labels == 0)[0, 1] > 0.2


@pytest.mark.parametrize("task", [Blobs(classes=7), Moons(), Spirals(classes=3)], ids=str)
def test_classes_come_in_turn(task):
    data = task.dataset(0, 3)
    counts = data.y.sum(axis=0)
    assert counts.max() - counts.min() <= 1
    assert len(data.classes) == data.y.shape[1]


def test_blobs_lie_around_the_same_centres_whatever_the_noise():
    near = Blobs(examples=60, noise=0.0).dataset(0, 0)
    for label in range(3):
        assert len(np.unique(near.raw[near.labels == label], axis=0)) == 1
    more = Blobs(examples=60, classes=5, noise=0.0).dataset(0, 0)
    assert np.array_equal(more.raw[more.labels == 2][0], near.raw[near.labels == 2][0])


def test_moons_and_spirals_lie_on_their_curves():
    data = Moons(noise=0.0).dataset(0, 0)
    upper, lower = data.raw[data.labels == 0], data.raw[data.labels == 1]
    np.testing.assert_allclose((upper**2).sum(axis=1), 1.0)
    assert upper[:, 1].min() >= 0.0
    np.testing.assert_allclose(((lower - [1.0, 0.5]) ** 2).sum(axis=1), 1.0)
    assert lower[:, 1].max() <= 0.5
    data = Spirals(noise=0.0, turns=1.5).dataset(0, 0)
    radius = np.linalg.norm(data.raw, axis=1)
    angle = 2 * np.pi * (1.5 * radius + data.labels / 2)
    wanted = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    np.testing.assert_allclose(data.raw, wanted, atol=1e-12)


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda: LinearRegression(examples=1_000_000, features=10_000), "10,000,000,000 is more"),
        (lambda: TeacherStudent(examples=100_000, features=1000, units=1000), "units = 100,000,"),
        (lambda: Blobs(examples=10, classes=11), "11 classes are more than the 10 examples"),
        (lambda: Spirals(examples=10, classes=11), "11 classes are more than the 10 examples"),
        (lambda: Curve(frequency=0.0), "must be > 0"),
        (lambda: Moons(noise=-1.0), "must be ≥ 0"),
        (lambda: NoisyPolynomial(noise=1e300), "must be ≥ 0 and ≤"),
    ],
)
def test_tasks_that_cannot_be(build, told):
    with pytest.raises(InputError, match=told):
        build()
