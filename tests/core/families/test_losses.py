"""Values and gradients of losses that the notes or papers give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.core.components import stack_fields
from paribus.core.families.losses import (
    AbsoluteError,
    BinaryHinge,
    Huber,
    MulticlassHinge,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    SquaredError,
)
from paribus.core.families.optimisers import SGD
from small import examples, finished, on_task, recipe, trained


def loss_of(loss, z, y):
    z = np.array(z, dtype=np.float64).reshape(-1, 1, 1)
    y = np.array(y, dtype=np.float64).reshape(-1, 1, 1)
    value = np.empty((1, 1))
    fields = {name: values[:, None] for name, values in stack_fields([loss]).items()}
    loss.value_and_gradient(fields, z, y, value, np.empty((2, *z.shape)))
    return value[0, 0], z.ravel()


def slope_of(loss, z, y, step=1e-6):
    """Return the gradient by central differences."""
    z = np.array(z, dtype=np.float64)
    moved = [[loss_of(loss, z + sign * step * e, y)[0] for sign in (1, -1)] for e in np.eye(len(z))]
    return np.array([(ahead - behind) / (2 * step) for ahead, behind in moved])


def softmax(z):
    e = np.exp(np.array(z) - np.max(z))
    return e / e.sum()


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


def test_softmax_cross_entropy_is_that_of_the_logits_and_its_gradient_p_minus_y():
    z, y = np.array([0.3, -1.2, 2.0, 0.1]), np.array([0.0, 0.0, 1.0, 0.0])
    value, gradient = loss_of(SoftmaxCrossEntropy(), z, y)
    assert value == pytest.approx(-(y @ np.log(softmax(z))), rel=1e-14)
    assert value == pytest.approx(-np.log(softmax(z)[2]), rel=1e-14)
    np.testing.assert_allclose(gradient, softmax(z) - y, rtol=1e-13)
    np.testing.assert_allclose(gradient, slope_of(SoftmaxCrossEntropy(), z, y), rtol=1e-7)


def test_the_loss_depends_on_the_right_class_alone_and_the_gradient_does_not():
    """The notes say the former of cross-entropy; of δ it would be wrong."""
    y = [0, 0, 1]
    even = np.log([0.25, 0.25, 0.5])
    uneven = np.log([0.45, 0.05, 0.5])
    (one, g), (two, h) = (loss_of(SoftmaxCrossEntropy(), z, y) for z in (even, uneven))
    assert one == pytest.approx(two, rel=1e-14)
    assert one == pytest.approx(np.log(2))
    assert g[2] == pytest.approx(h[2])
    np.testing.assert_allclose(g[:2], [0.25, 0.25])
    np.testing.assert_allclose(h[:2], [0.45, 0.05])


@pytest.mark.parametrize("t", [0.0, 1.0, 0.3])
def test_binary_cross_entropy_is_the_notes_formula(t):
    for z in (-2.0, 0.4, 3.0):
        a = 1 / (1 + np.exp(-z))
        value, gradient = loss_of(SigmoidCrossEntropy(), [z], [t])
        assert value == pytest.approx(-t * np.log(a) - (1 - t) * np.log(1 - a), rel=1e-13)
        assert gradient[0] == pytest.approx(a - t, rel=1e-13)


def test_nielsens_cost_sums_over_sigmoid_outputs_and_its_delta_is_a_minus_y():
    """δᴸ = a − y without σ′, unlike the quadratic cost's; and no softmax."""
    z = np.random.default_rng(1).standard_normal(10) * 3
    y, a = np.eye(10)[4], 1 / (1 + np.exp(-z))
    value, delta = loss_of(SigmoidCrossEntropy(), z, y)
    assert value == pytest.approx(-(y * np.log(a) + (1 - y) * np.log(1 - a)).sum())
    np.testing.assert_allclose(delta, a - y, rtol=1e-12)
    assert abs(a.sum() - 1) > 0.5
    assert not np.allclose(delta, loss_of(SoftmaxCrossEntropy(), z, y)[1], atol=0.05)
    slower = loss_of(SquaredError("sigmoid"), z, y)[1]
    np.testing.assert_allclose(slower, (a - y) * a * (1 - a), rtol=1e-12)


def test_a_saturated_wrong_sigmoid_learns_slowly_from_squares_and_fast_from_cross_entropy():
    """Nielsen, ch. 3: at z = −5 with target 1, δ = −.0066 against −.9933."""
    assert loss_of(SquaredError("sigmoid"), [-5.0], [1])[1][0] == pytest.approx(-0.0066, abs=1e-4)
    assert loss_of(SigmoidCrossEntropy(), [-5.0], [1])[1][0] == pytest.approx(-0.9933, abs=1e-4)


def test_output_units_are_linear_sigmoid_tanh_or_softmax():
    z, y = [0.3, -1.2, 2.0], [0.0, 0.0, 0.0]
    for link, unit in (
        ("identity", np.array),
        ("sigmoid", lambda v: 1 / (1 + np.exp(-np.array(v)))),
        ("tanh", np.tanh),
        ("softmax", softmax),
    ):
        out = unit(z)
        value, gradient = loss_of(SquaredError(link), z, y)
        assert value == pytest.approx(0.5 * (out**2).sum(), rel=1e-13)
        np.testing.assert_allclose(gradient, slope_of(SquaredError(link), z, y), atol=1e-8)
    for shift in (-1e4, 1e4):
        moved = loss_of(SquaredError("softmax"), np.array(z) + shift, y)[0]
        assert moved == pytest.approx(value, rel=1e-9)


def test_absolute_error_has_its_minus():
    """One note prints |y f|; |y − f| is right."""
    value, gradient = loss_of(AbsoluteError(), [1.4, -2.0, 3.0], [0.8, 0.5, 3.0])
    assert value == pytest.approx(0.6 + 2.5)
    assert gradient.tolist() == [1.0, -1.0, 0.0]


def test_the_half_in_squared_error_is_a_setting_and_changes_the_gradient_twofold():
    half, gradient = loss_of(SquaredError(), [1.4, 2.0], [0.8, 0.0])
    one, double = loss_of(SquaredError(factor="one"), [1.4, 2.0], [0.8, 0.0])
    assert one == pytest.approx(2 * half)
    np.testing.assert_allclose(double, 2 * gradient)
    assert loss_of(SquaredError(), [1.4], [0.8])[0] == pytest.approx(0.18)  # S0's graph


def test_without_the_half_training_is_that_of_twice_the_rate():
    """What a study that copies a protocol gets wrong by a factor of two without noticing."""

    def end(factor, rate):
        loss = SquaredError(factor=factor)
        return trained([recipe(loss=loss, optimiser=SGD(rate), dtype="float64")], [0])

    whole, half = end("one", 0.02), end("half", 0.04)
    np.testing.assert_allclose(whole.parameters(0), half.parameters(0), rtol=1e-12)
    scores = [run.outcome(0).last["test_loss"] for run in (whole, half)]
    assert scores[0] == pytest.approx(2 * scores[1])
    wrong = end("half", 0.02).parameters(0)
    assert np.abs(wrong - whole.parameters(0)).max() > 1e-3


@pytest.mark.parametrize("delta", [1.0, 0.5, 3.0])
def test_huber_is_smooth_where_its_pieces_meet(delta):
    loss = Huber(delta=delta)
    for sign in (1.0, -1.0):
        for r in (0.3 * delta, 0.999 * delta):
            value, slope = loss_of(loss, [sign * r], [0.0])
            assert value == pytest.approx(0.5 * r * r)
            assert slope[0] == pytest.approx(sign * r)
        for r in (1.001 * delta, 7.0 * delta):
            value, slope = loss_of(loss, [sign * r], [0.0])
            assert value == pytest.approx(delta * r - 0.5 * delta**2)
            assert slope[0] == sign * delta
        sides = [loss_of(loss, [sign * delta * (1 + e)], [0.0]) for e in (-1e-9, 0.0, 1e-9)]
        values, slopes = ([part[k] for part in sides] for k in (0, 1))
        assert np.ptp(values) < 1e-8 * delta**2
        assert np.ptp(slopes) < 1e-8 * delta
        assert values[1] == pytest.approx(0.5 * delta**2)


def test_huber_lies_between_its_two_limits():
    z, y = [0.4, -3.0, 9.0], [0.0, 0.0, 0.0]
    assert loss_of(Huber(delta=1e6), z, y)[0] == pytest.approx(loss_of(SquaredError(), z, y)[0])
    small = loss_of(Huber(delta=1e-6), z, y)[0] / 1e-6
    assert small == pytest.approx(loss_of(AbsoluteError(), z, y)[0], rel=1e-5)


def test_hinges_by_hand():
    for z, y, value, gradient in (
        ([0.3], [1], 0.7, [-1.0]),
        ([2.0], [1], 0.0, [0.0]),
        ([0.5], [0], 1.5, [1.0]),
        ([-1.5], [0], 0.0, [0.0]),
        ([0.3, 0.5], [1, 0], 2.2, [-1.0, 1.0]),
    ):
        found, slope = loss_of(BinaryHinge(), z, y)
        assert found == pytest.approx(value)
        assert slope.tolist() == gradient
    for z, y, value, gradient in (
        ([2.0, 1.5, -1.0], [1, 0, 0], 0.5, [-1.0, 1.0, 0.0]),
        ([2.0, 1.5, -1.0], [0, 0, 1], 4.0 + 3.5, [1.0, 1.0, -2.0]),
        ([2.0, 0.5, -1.0], [1, 0, 0], 0.0, [0.0, 0.0, 0.0]),
        ([0.0, 0.0, 0.0], [0, 1, 0], 2.0, [1.0, -2.0, 1.0]),
    ):
        found, slope = loss_of(MulticlassHinge(), z, y)
        assert found == pytest.approx(value)
        assert slope.tolist() == gradient


@pytest.mark.parametrize("loss", [BinaryHinge(), MulticlassHinge(), Huber(delta=0.7)], ids=str)
def test_gradients_with_a_kink_are_the_central_differences_beside_it(loss):
    for seed in range(5):
        z, y = np.random.default_rng(seed).standard_normal(4), np.eye(4)[seed % 4]
        np.testing.assert_allclose(loss_of(loss, z, y)[1], slope_of(loss, z, y), atol=1e-8)


def test_losses_of_two_classes_bound_the_share_of_mistakes():
    """Against the margin tz: hinge and log₂(1 + e⁻ᵗᶻ) lie above 0–1, hinge is 0 beyond 1."""
    margins = np.linspace(-3, 3, 61)
    hinge = np.array([loss_of(BinaryHinge(), [m], [1])[0] for m in margins])
    logistic = np.array([loss_of(SigmoidCrossEntropy(), [m], [1])[0] for m in margins]) / np.log(2)
    mistake = (margins <= 0).astype(float)
    assert (hinge >= mistake - 1e-12).all()
    assert (logistic >= mistake - 1e-12).all()
    assert (hinge[margins >= 1 + 1e-9] == 0).all()
    assert (logistic > 0).all()
    both = [loss_of(loss, [-1.7], [0])[0] for loss in (BinaryHinge(), SigmoidCrossEntropy())]
    mirrored = [loss_of(loss, [1.7], [1])[0] for loss in (BinaryHinge(), SigmoidCrossEntropy())]
    assert both == pytest.approx(mirrored)


def test_a_batch_has_the_mean_loss_so_that_copies_change_nothing():
    """Batch reduction is the mean: twice the examples, each twice, is the same step."""
    base = recipe(hidden=(), batch_size=0, optimiser=SGD(0.5), dtype="float64")
    data = examples([0], train=20)
    twice = replace(data, train=np.repeat(data.train, 2, axis=1))
    steps = []
    for rows in (data, twice):
        ends = [finished([replace(base, epochs=k)], rows).parameters(0) for k in (0, 1)]
        steps.append(ends[1] - ends[0])
    assert np.abs(steps[0]).max() > 1e-2
    np.testing.assert_allclose(steps[1], steps[0], rtol=1e-10)


LINE = {
    "task": {
        "kind": "linear-regression",
        "examples": 60,
        "features": 3,
        "weight": 1.0,
        "noise": 0.1,
    },
    "split": {"kind": "random", "validation": 0.0, "test": 0.5},
    "hidden": [],
    "batch_size": 0,
    "dtype": "float64",
    "initialiser": "zeros",
}


def weight_error(loss, preparations=None, epochs=400, rate=0.1, weight=1.0, replicates=60):
    """Return ‖w − w*‖/‖w*‖ after full-batch descent from 0 on a linear task, by replicate."""
    table = LINE | {
        "task": LINE["task"] | {"weight": weight},
        "loss": loss,
        "epochs": epochs,
        "optimiser": {"kind": "sgd", "learning_rate": rate},
        "preparations": preparations or {},
    }
    done = on_task([table], replicates)
    theta = np.array([done.parameters(k) for k in range(replicates)])
    return np.linalg.norm(theta[:, :3] - weight, axis=1) / (abs(weight) * np.sqrt(3))


OUTLIERS = {"outliers": {"fraction": 0.1, "size": 10.0}}


def test_squares_follow_outliers_and_absolute_errors_do_not():
    """Three of thirty labels ten standard deviations off; every replicate is its own pair."""
    clean, dirty = {}, {}
    for loss in ("squared-error", "absolute-error", {"kind": "huber", "delta": 0.2}):
        name = loss if isinstance(loss, str) else loss["kind"]
        clean[name], dirty[name] = weight_error(loss), weight_error(loss, OUTLIERS)
    assert all(np.median(error) < 0.05 for error in clean.values())
    assert np.median(dirty["squared-error"]) > 20 * np.median(clean["squared-error"])
    for robust in ("absolute-error", "huber"):
        assert np.median(dirty[robust]) < 2 * np.median(clean[robust])
        assert (dirty[robust] < dirty["squared-error"]).all()  # 60 of 60: the law's share is ≥ .95
    assert np.median(clean["squared-error"]) < np.median(clean["absolute-error"])


def test_squares_are_faster_the_farther_off_the_target_is():
    """∂MAE/∂w is bounded, so its way takes as many steps as it is long; MSE's share is the same."""
    near, far = (
        {
            name: weight_error(name, epochs=30, weight=weight, replicates=20)
            for name in ("squared-error", "absolute-error")
        }
        for weight in (1.0, 30.0)
    )
    assert (far["squared-error"] < 0.5).all()
    assert (far["absolute-error"] > 0.9).all()
    np.testing.assert_allclose(far["squared-error"], near["squared-error"], rtol=0.5, atol=0.02)
    assert np.median(near["absolute-error"]) < np.median(near["squared-error"])  # near, it is not
