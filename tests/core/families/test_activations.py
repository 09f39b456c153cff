"""Values, slopes and limits of activations that the notes or papers give."""

from __future__ import annotations

import numpy as np
import pytest
from paribus.core.components import cast, members, stack_fields
from paribus.core.families.activations import (
    ELU,
    GELU,
    SELU,
    Activation,
    Expression,
    HardLimit,
    HardSigmoid,
    HardTanh,
    Identity,
    LeakyReLU,
    PReLU,
    ReLU,
    Sigmoid,
    Softplus,
    Softsign,
    Swish,
    Tanh,
    UserFunction,
)
from paribus.core.families.losses import SquaredError
from paribus.core.families.optimisers import SGD
from small import recipe, set_up, trained

GRID = np.arange(-80, 81) / 10.0
"""The notes' plots: from −8 to 8 in steps of .1."""


def applied(activation, *z):
    points = np.array(z, dtype=np.float64).reshape(1, 1, -1)
    out, slope, spare = (np.empty_like(points) for _ in range(3))
    fields = cast(stack_fields([activation]), points.dtype, 2)
    with np.errstate(over="ignore"):
        activation.apply(fields, points, out, spare)
        activation.derivative(fields, points, out, slope, spare)
    return out.ravel(), slope.ravel()


def test_sigmoid_slope_peaks_at_a_quarter():
    a, slope = applied(Sigmoid(), 0.0, -1000.0, 1000.0, 2.0)
    assert a.tolist()[:3] == [0.5, 0.0, 1.0]
    assert slope[0] == 0.25
    assert slope.max() == 0.25
    assert slope.tolist()[1:3] == [0.0, 0.0]
    a, slope = applied(Sigmoid(), *GRID)
    assert GRID[slope.argmax()] == 0.0
    np.testing.assert_allclose(slope, a * (1 - a), rtol=1e-12)
    np.testing.assert_allclose(slope, np.exp(-GRID) / (1 + np.exp(-GRID)) ** 2, rtol=1e-10)


def test_tanh_is_a_scaled_sigmoid_and_its_slope_peaks_at_one():
    z = np.linspace(-4, 4, 33)
    a, slope = applied(Tanh(), *z)
    doubled, _ = applied(Sigmoid(), *(2 * z))
    np.testing.assert_allclose(a, 2 * doubled - 1, atol=1e-15)
    assert slope.max() == slope[16] == 1.0  # attained, so "below 1" is wrong
    for form in (
        (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
        (1 - np.exp(-2 * z)) / (1 + np.exp(-2 * z)),
    ):
        np.testing.assert_allclose(a, form, atol=1e-14)
    np.testing.assert_allclose(slope, 1 - a**2)


def test_the_sigmoid_is_not_zero_centred_and_shifts_the_next_layers_input():
    """Of inputs around 0 the logistic makes a mean of ½, tanh and softsign one of 0."""
    z = np.random.default_rng(0).standard_normal(1000)
    z = np.concatenate([z, -z])
    assert applied(Sigmoid(), *z)[0].mean() == pytest.approx(0.5)
    for centred in (Tanh(), Softsign(), HardTanh(), Identity()):
        assert applied(centred, *z)[0].mean() == pytest.approx(0.0, abs=1e-12)


def test_relu_has_slope_zero_at_the_kink():
    a, slope = applied(ReLU(), -2.0, 0.0, 3.0)
    assert a.tolist() == [0.0, 0.0, 3.0]
    assert slope.tolist() == [0.0, 0.0, 1.0]


def test_relu_lets_nan_through_so_that_divergence_is_seen():
    assert np.isnan(applied(ReLU(), np.nan)[0][0])


def test_a_dead_relu_unit_gets_no_gradient_and_a_leaky_one_does():
    """A unit whose z is negative for every example never learns again."""
    x, y = np.array([[[0.2, 0.5, 0.9]]]), np.ones((1, 1, 3))
    for activation, alive in ((ReLU(), False), (LeakyReLU(0.01), True)):
        settings = recipe(activation=activation, hidden=(1,), loss=SquaredError())
        network, _, gradient = set_up(settings, [[[1.0]], [[1.0]]], [[-5.0], [0.0]], 3)
        network.forward(x)
        settings.loss.value_and_gradient({}, network.output, y, network.loss, network.output_spare)
        network.backward(x.transpose(0, 2, 1))
        assert bool(gradient.weights[0].any()) == alive
        assert bool(gradient.biases[0].any()) == alive
        assert gradient.biases[1].any()


@pytest.mark.parametrize("slope", [0.01, 0.02, 0.5])
def test_leaky_relu_is_the_larger_of_two_lines_for_slopes_below_one_only(slope):
    a, derivative = applied(LeakyReLU(slope), *GRID)
    np.testing.assert_allclose(a, np.maximum(slope * GRID, GRID), rtol=1e-15)
    assert derivative[GRID <= 0].tolist() == [slope] * 81
    steep = applied(LeakyReLU(1.0 / slope), *GRID)[0]
    np.testing.assert_allclose(steep, np.minimum(GRID / slope, GRID), rtol=1e-15)
    assert not np.allclose(steep, np.maximum(GRID / slope, GRID))


def test_leaky_relu_is_not_elu_which_one_note_prints_in_its_place():
    leaky, elu = (applied(f, -1.0, -8.0)[0] for f in (LeakyReLU(0.3), ELU(0.3)))
    assert leaky.tolist() == [-0.3, -2.4]
    np.testing.assert_allclose(elu, [0.3 * (np.exp(-1) - 1), 0.3 * (np.exp(-8) - 1)])


def test_the_gradient_by_the_slope_of_prelu_is_the_negative_part():
    z = GRID.reshape(1, 1, -1).copy()
    fields, a, by = cast(stack_fields([PReLU(0.3)]), z.dtype, 2), np.empty_like(z), np.empty_like(z)
    PReLU(0.3).apply(fields, z, a, by)
    np.testing.assert_allclose(a.ravel(), np.maximum(0, GRID) + 0.3 * np.minimum(0, GRID))
    PReLU(0.3).parameter_derivative(fields, z, a, by)
    assert np.array_equal(by.ravel(), np.minimum(0, GRID))


def test_prelu_learns_its_slopes_and_leaky_relu_keeps_its_own():
    settings = recipe(activation=PReLU(0.25), optimiser=SGD(0.1), dtype="float64", epochs=3)
    learned = trained([settings], [0]).parameters(0)[-9:]  # five and four hidden units
    assert (learned != 0.25).all()
    assert len(np.unique(learned)) == 9
    fixed = recipe(activation=LeakyReLU(0.25), optimiser=SGD(0.1), dtype="float64", epochs=3)
    assert (
        trained([fixed], [0]).parameters(0).size == trained([settings], [0]).parameters(0).size - 9
    )


@pytest.mark.parametrize("alpha", [1.0, 0.4, 1.7])
def test_elu_is_continuous_and_has_the_slope_of_its_exponential_below_zero(alpha):
    a, slope = applied(ELU(alpha), *GRID)
    np.testing.assert_allclose(
        a, np.maximum(0, GRID) + np.minimum(0, alpha * (np.exp(GRID) - 1)), atol=1e-15
    )
    below = GRID < 0
    np.testing.assert_allclose(slope[below], alpha * np.exp(GRID[below]), rtol=1e-14)
    assert (slope[GRID > 0] == 1.0).all()
    near = applied(ELU(alpha), -1e-9, 0.0, 1e-9)[0]
    assert np.abs(near).max() < 2e-9 * max(1.0, alpha)
    printed = np.where(below, alpha * GRID, GRID)  # one form in the notes
    assert np.abs(printed - a).max() > 1
    assert applied(ELU(alpha), -50.0)[0][0] == pytest.approx(-alpha)


def test_softplus_is_the_logarithm_of_a_sum_of_exponentials_and_its_slope_the_sigmoid():
    z = np.concatenate([GRID, [-700.0, 700.0]])
    a, slope = applied(Softplus(), *z)
    np.testing.assert_allclose(a, np.logaddexp(0.0, z), rtol=1e-14)
    np.testing.assert_allclose(slope, applied(Sigmoid(), *z)[0], rtol=1e-13, atol=1e-300)
    assert a[-1] == 700.0


def test_swish_has_its_minimum_at_the_published_place():
    z = np.linspace(-1.3, -1.25, 50_001)
    a, slope = applied(Swish(1.0), *z)
    assert a.min() == pytest.approx(-0.2785, abs=5e-5)
    assert z[a.argmin()] == pytest.approx(-1.278, abs=5e-4)
    assert abs(slope[a.argmin()]) < 1e-5
    assert applied(Swish(0.0), 3.0, -4.0)[0].tolist() == [1.5, -2.0]


@pytest.mark.parametrize("beta", [1.0, 10.0, 1000.0])
def test_swish_approaches_relu_as_beta_grows(beta):
    """The largest distance is −min f₁/β, .2785/β."""
    z = np.linspace(-4.0, 4.0, 80_001) / beta
    gap = np.abs(applied(Swish(beta), *z)[0] - np.maximum(0, z))
    assert gap.max() == pytest.approx(0.27846 / beta, rel=1e-4)


@pytest.mark.parametrize(
    ("form", "error", "at"), [("tanh", 4.73e-4, 2.70), ("sigmoid", 2.03e-2, 2.27)]
)
def test_the_forms_of_gelu_are_as_close_as_the_notes_say(form, error, at):
    z = np.linspace(-8, 8, 16_001)
    exact = applied(GELU(), *z)[0]
    assert applied(GELU(), 1.0)[0][0] == pytest.approx(0.8413447460685429, rel=1e-14)
    gap = np.abs(applied(GELU(form), *z)[0] - exact)
    assert gap.max() == pytest.approx(error, rel=3e-3)
    places = z[gap > 0.9999 * gap.max()]
    assert np.abs(places).min() == pytest.approx(at, abs=0.02)
    assert places.min() < 0 < places.max()  # at both signs


CAPABILITIES = {
    # monotone, bounded below, bounded above, continuous slope, largest slope
    Sigmoid(): (True, True, True, True, 0.25),
    Tanh(): (True, True, True, True, 1.0),
    Identity(): (True, False, False, True, 1.0),
    HardLimit(): (True, True, True, True, 0.0),  # its slope is 0, where it has one
    ReLU(): (True, True, False, False, 1.0),
    LeakyReLU(): (True, False, False, False, 1.0),
    PReLU(): (True, False, False, False, 1.0),
    ELU(): (True, True, False, True, 1.0),
    ELU(0.4): (True, True, False, False, 1.0),
    SELU(): (True, True, False, False, 1.7581),
    Softplus(): (True, True, False, True, 1.0),
    Softsign(): (True, True, True, True, 1.0),
    Swish(): (False, True, False, True, 1.0998),
    GELU(): (False, True, False, True, 1.1290),
    GELU("tanh"): (False, True, False, True, 1.1290),
    GELU("sigmoid"): (False, True, False, True, 1.0998),
    HardSigmoid(): (True, True, True, False, 0.25),
    HardTanh(): (True, True, True, False, 1.0),
}


@pytest.mark.parametrize("activation", CAPABILITIES, ids=str)
def test_what_the_notes_ask_of_an_activation(activation):
    """Monotone, bounded, smooth, and with a slope in a suitable range."""
    monotone, below, above, smooth, steepest = CAPABILITIES[activation]
    z = np.linspace(-30, 30, 60_001) + 1e-7
    a, slope = applied(activation, *z)
    assert bool((np.diff(a) >= -1e-14).all()) == monotone
    far = applied(activation, -1e6, 1e6)[0]
    assert bool(far[0] > -10) == below
    assert bool(far[1] < 10) == above
    assert slope.max() == pytest.approx(steepest, abs=2e-3)
    assert bool(np.abs(np.diff(slope)).max() < 0.01) == smooth
    assert smooth or activation.kinks
    if activation.limits is not None:
        assert below
        assert above
        np.testing.assert_allclose(far, activation.limits, atol=1e-5)
    else:
        assert not (below and above)


def test_the_table_of_capabilities_is_whole():
    own = {Expression, UserFunction}
    assert {type(a) for a in CAPABILITIES} == set(members(Activation).values()) - own


@pytest.mark.parametrize(
    ("x", "output"),
    [((0, 0), 4.54e-5), ((0, 1), 0.99995), ((1, 0), 0.99995), ((1, 1), 1 - 9e-14)],
)
def test_perceptron_or(x, output):
    """The notes' σ unit with w = (20, 20) and b = −10."""
    found = applied(Sigmoid(), 20.0 * x[0] + 20.0 * x[1] - 10.0)[0][0]
    assert found == pytest.approx(output, rel=1e-3, abs=1e-14)
