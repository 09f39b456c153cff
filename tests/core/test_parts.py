"""Values of activations, losses, schedules and regularisers that the notes or papers give."""

from __future__ import annotations

import numpy as np
import pytest
from paribus.core.activations import ReLU, Sigmoid, Tanh
from paribus.core.components import cast, stack_fields
from paribus.core.losses import SigmoidCrossEntropy, SoftmaxCrossEntropy, SquaredError
from paribus.core.regularisers import L2, Dropout
from paribus.core.schedules import Constant, Progress, Step
from paribus.core.streams import MaskStream
from small import recipe, trained


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


def test_tanh_is_a_scaled_sigmoid_and_its_slope_peaks_at_one():
    z = np.linspace(-4, 4, 33)
    a, slope = applied(Tanh(), *z)
    doubled, _ = applied(Sigmoid(), *(2 * z))
    np.testing.assert_allclose(a, 2 * doubled - 1, atol=1e-15)
    assert slope.max() == slope[16] == 1.0


def test_relu_has_slope_zero_at_the_kink():
    a, slope = applied(ReLU(), -2.0, 0.0, 3.0)
    assert a.tolist() == [0.0, 0.0, 3.0]
    assert slope.tolist() == [0.0, 0.0, 1.0]


def test_relu_lets_nan_through_so_that_divergence_is_seen():
    assert np.isnan(applied(ReLU(), np.nan)[0][0])


@pytest.mark.parametrize(
    ("x", "output"),
    [((0, 0), 4.54e-5), ((0, 1), 0.99995), ((1, 0), 0.99995), ((1, 1), 1 - 9e-14)],
)
def test_perceptron_or(x, output):
    """S4: σ, w = (20, 20), b = −10."""
    found = applied(Sigmoid(), 20.0 * x[0] + 20.0 * x[1] - 10.0)[0][0]
    assert found == pytest.approx(output, rel=1e-3, abs=1e-14)


def loss_of(loss, z, y):
    z = np.array(z, dtype=np.float64).reshape(-1, 1, 1)
    y = np.array(y, dtype=np.float64).reshape(-1, 1, 1)
    value = np.empty((1, 1))
    fields = {name: values[:, None] for name, values in stack_fields([loss]).items()}
    loss.value_and_gradient(fields, z, y, value, np.empty((2, *z.shape)))
    return value[0, 0], z.ravel()


def test_softmax_does_not_care_for_a_shift():
    plain, gradient = loss_of(SoftmaxCrossEntropy(), [1.0, 2.0, 3.0], [0, 0, 1])
    for shift in (-1e4, 1e4):
        moved, same = loss_of(SoftmaxCrossEntropy(), np.array([1, 2, 3]) + shift, [0, 0, 1])
        assert moved == pytest.approx(plain, rel=1e-9)
        np.testing.assert_allclose(same, gradient, rtol=1e-9)
    assert gradient.sum() == pytest.approx(0.0, abs=1e-15)


def test_cross_entropies_of_a_coin():
    assert loss_of(SoftmaxCrossEntropy(), [0, 0], [1, 0])[0] == pytest.approx(np.log(2))
    value, gradient = loss_of(SigmoidCrossEntropy(), [0.0, 0.0], [1, 0])
    assert value == pytest.approx(2 * np.log(2))  # summed over outputs, as Nielsen has it
    assert gradient.tolist() == [-0.5, 0.5]


def test_the_half_in_squared_error_is_a_setting_and_changes_the_gradient_twofold():
    half, gradient = loss_of(SquaredError(), [1.4, 2.0], [0.8, 0.0])
    one, double = loss_of(SquaredError(factor="one"), [1.4, 2.0], [0.8, 0.0])
    assert one == pytest.approx(2 * half)
    np.testing.assert_allclose(double, 2 * gradient)
    assert loss_of(SquaredError(), [1.4], [0.8])[0] == pytest.approx(0.18)  # S0's graph


def test_schedules_at_named_steps():
    def at(epoch):
        return Progress(epoch * 10, epoch, 10, 100)

    fields = {"decay": np.array([0.5, 0.1])}
    seen = np.zeros((2, 3))
    assert Constant().factor({}, at(7), seen).tolist() == [1.0]
    step = Step(every=10)
    assert step.factor(fields, at(9), seen).tolist() == [1.0, 1.0]
    assert step.factor(fields, at(10), seen).tolist() == [0.5, 0.1]
    np.testing.assert_allclose(step.factor(fields, at(35), seen), [0.125, 1e-3])


def test_a_schedule_reaches_the_update():
    """With the rate cut to nothing after one epoch, later epochs change next to nothing."""
    cut = recipe(schedule=Step(decay=1e-30, every=1), epochs=5, dtype="float64")
    one = recipe(schedule=Step(decay=1e-30, every=1), epochs=1, dtype="float64")
    np.testing.assert_array_equal(
        trained([cut], [0]).parameters(0), trained([one], [0]).parameters(0)
    )


def test_l2_conventions_meet_in_one_decay():
    """Nielsen's λ = 5 at n = 50,000 and λ = .1 at n = 1,000 are both a decay of 1e-4."""
    for strength, n in ((5.0, 50_000), (0.1, 1000)):
        fields = {"strength": np.array([strength])}
        assert L2(strength, "per-example").decay(fields, n)[0] == pytest.approx(1e-4)
    assert L2(0.3).decay({"strength": np.array([0.3])}, 10)[0] == 0.3


def test_l2_without_a_gradient_shrinks_weights_by_one_minus_rate_times_decay():
    """(1 − ηλ/n)ᵗ, with zero inputs so that the data give the weights no gradient."""
    from paribus.core.optimisers import SGD
    from paribus.core.probes import Probe
    from paribus.core.training import Training
    from paribus.core.trial import Trial
    from small import examples

    settings = recipe(
        hidden=(), optimiser=SGD(0.5), regularisers=(L2(2.0, "per-example"),), dtype="float64"
    )
    data = examples([0])
    data.x[:] = 0.0
    training = Training([Trial(settings, "d", 0, 0)], data, Probe("none"))
    training.run_epoch()
    start = training.parameters(0)[:18].copy()
    training.run_epoch()
    training.run_epoch()
    steps, decay = 2 * 4, 2.0 / 25
    np.testing.assert_allclose(training.parameters(0)[:18], start * (1 - 0.5 * decay) ** steps)


def masks(p, draws):
    threshold, factor = Dropout.thresholds(np.array([p]))
    return (draws >= threshold) * factor


def test_dropout_keeps_the_expectation_and_has_the_notes_limits():
    draws = MaskStream(0, 0, 0, 0).draw(400, 500)
    for p in (0.1, 0.2, 0.5, 0.8):
        mask = masks(p, draws)
        assert mask.mean() == pytest.approx(1.0, abs=5 * np.sqrt(p / (1 - p) / mask.size))
        assert set(np.unique(mask)) == {0.0, mask.max()}
        assert (mask == 0).mean() == pytest.approx(p, abs=0.005)
    assert (masks(0.0, draws) == 1.0).all()
    assert (masks(1.0, draws) == 0.0).all()


def test_a_larger_p_drops_a_superset():
    draws = MaskStream(0, 0, 0, 0).draw(50, 60)
    small, large = (masks(p, draws) == 0 for p in (0.2, 0.6))
    assert (large | ~small).all()
    assert large.sum() > small.sum()


def test_no_dropout_equals_dropout_of_nothing():
    """p = 0 multiplies by 1, which changes no bit."""
    plain = trained([recipe()], [0])
    nothing = trained([recipe(regularisers=(Dropout(0.0),))], [0])
    assert np.array_equal(plain.parameters(0), nothing.parameters(0))


def test_dropout_is_off_when_scores_are_measured():
    done = trained([recipe(regularisers=(Dropout(1.0),), epochs=0)], [0])
    plain = trained([recipe(epochs=0)], [0])
    assert done.outcome(0).last == plain.outcome(0).last


def test_a_deep_identity_network_is_affine():
    """CANON A: affine after affine is affine; with no hidden layer the engine is a linear model."""
    done = trained([recipe(hidden=(), loss=SquaredError(), dtype="float64")], [0])
    assert done.parameters(0).size == 6 * 3 + 3
