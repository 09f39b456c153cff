"""Vanishing and exploding gradients: the notes' laws of how a gradient passes through layers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.core.engine.examples import Examples
from paribus.core.families.activations import Expression, Identity, ReLU, Sigmoid, Tanh
from paribus.core.families.initialisers import Gaussian, He, LeCun, Xavier
from paribus.core.families.losses import SquaredError
from paribus.core.families.normalisers import BatchNorm, LayerNorm
from paribus.core.families.optimisers import SGD
from paribus.core.families.regularisers import ClipNorm, ClipValue
from paribus.core.families.residual import Residual
from paribus.core.measures.layers import LayerStatistics
from scipy import special, stats
from small import finished, recipe, set_up


def sigma(z):
    return 1 / (1 + np.exp(-z))


def slope(z):
    return sigma(z) * (1 - sigma(z))


def chain(weights, biases, x, y=1.0):
    """Return ∂C/∂bⱼ of T chains of single sigmoid neurons, shape (T, layers)."""
    count, layers = weights.shape
    settings = recipe(
        hidden=(1,) * (layers - 1), activation=Sigmoid(), loss=SquaredError(link="sigmoid")
    )
    network, _, gradient = set_up(
        settings,
        [weights[:, [j]][:, :, None] for j in range(layers)],
        [biases[:, [j]] for j in range(layers)],
        1,
    )
    network.forward(x.reshape(count, 1, 1))
    y = np.full((1, count, 1), y)
    settings.loss.value_and_gradient({}, network.output, y, network.loss, network.output_spare)
    network.backward(x.reshape(count, 1, 1))
    return np.concatenate([b[:, :, 0] for b in gradient.biases], axis=1)


def test_the_sixteenth_rule():
    """|wσ′| < ¼ for |w| < 1: |∂C/∂b₁| < |∂C/∂b₃|/16 in every chain; not so for large weights."""
    rng = np.random.default_rng(0)
    biases, x = rng.standard_normal((4000, 4)), rng.random(4000)
    for weights, always in (
        (rng.uniform(-1, 1, (4000, 4)), True),
        (8.0 * rng.standard_normal((4000, 4)), False),
    ):
        g = np.abs(chain(weights, biases, x))
        assert bool((g[:, 0] <= g[:, 2] / 16).all()) == always
    normal = np.abs(chain(rng.standard_normal((4000, 4)), biases, x))
    assert (normal[:, 0] <= normal[:, 2] / 16).mean() > 0.9  # the usual N(0, 1) weights


def test_the_sixteenth_is_attained():
    """σ′ = ¼ at z = 0 and w = 1: the bound is "at most", not "below"."""
    weights = np.ones((1, 4))
    g = chain(weights, np.array([[-1.0, -0.5, -0.5, -0.5]]), np.ones(1))[0]
    np.testing.assert_allclose(g[:-1] / g[1:], 0.25, rtol=1e-14)
    assert g[0] / g[2] == 1 / 16


def test_the_chain_is_the_product_with_slopes_and_not_with_values():
    """∂C/∂b₁ = σ′(z₁)w₂σ′(z₂)w₃σ′(z₃)w₄σ′(z₄)∂C/∂a₄; eq. 119 as printed lacks the prime."""
    rng = np.random.default_rng(1)
    w, b, x = rng.standard_normal((50, 4)), rng.standard_normal((50, 4)), rng.random(50)
    z, a = [], x
    for j in range(4):
        z.append(w[:, j] * a + b[:, j])
        a = sigma(z[-1])
    product = slope(z[0]) * (a - 1.0)
    for j in (1, 2, 3):
        product *= w[:, j] * slope(z[j])
    found = chain(w, b, x)[:, 0]
    np.testing.assert_allclose(found, product, rtol=1e-12)
    printed = product / slope(z[0]) * sigma(z[0])
    assert not np.allclose(found, printed, rtol=0.1)


def width_where_it_explodes(w, b, step=1e-6):
    """Return the measure of {a ∈ [0, 1]: |wσ′(wa + b)| ≥ 1}, by a scan."""
    a = np.arange(0.0, 1.0, step) + step / 2
    return float((np.abs(w * slope(w * a + b)) >= 1).mean())


def bound(w):
    """Eq. 123 of the notes' source, for |w| ≥ 4."""
    w = np.abs(w)
    return 2 / w * np.log(w * (1 + np.sqrt(1 - 4 / w)) / 2 - 1)


@pytest.mark.parametrize("w", [4.5, 6.894, -6.894, 10.0, 40.0])
def test_gradients_explode_on_a_narrow_range_of_inputs_only(w):
    """The bound is attained where the range lies inside [0, 1], as at b = −w/2, and nowhere else
    exceeded."""
    rng = np.random.default_rng(2)
    widths = [width_where_it_explodes(w, b, 1e-4) for b in rng.uniform(-abs(w), abs(w), 200)]
    assert max(widths) <= bound(w) + 2e-4
    assert width_where_it_explodes(w, -w / 2) == pytest.approx(bound(w), abs=3e-6)
    assert width_where_it_explodes(w, 2 * abs(w)) == 0.0


def test_the_range_is_widest_at_the_known_weight():
    """0 at |w| = 4, .44774 at 6.894, and narrower on both sides."""
    assert bound(4.0) == pytest.approx(0.0, abs=1e-12)
    assert width_where_it_explodes(3.99, -3.99 / 2) == 0.0
    w = np.linspace(4.0, 60.0, 560_001)
    widths = bound(w)
    assert widths.max() == pytest.approx(0.44774, abs=5e-6)
    assert w[widths.argmax()] == pytest.approx(6.894, abs=1e-3)
    assert width_where_it_explodes(6.894, -3.447) == pytest.approx(0.44774, abs=1e-5)


def identity_error(w1, w2, b, offset=0.0):
    """Return the largest |w₂σ(w₁x + b) + offset − x| on [0, 1], through the engine."""
    x = np.linspace(0, 1, 2001)
    settings = recipe(hidden=(1,), activation=Sigmoid())
    network, _, _ = set_up(settings, [[[w1]], [[w2]]], [[b], [offset]], len(x))
    network.forward(x[None, None])
    return np.abs(network.output[0, 0] - x).max()


def test_a_neuron_with_an_offset_is_nearly_the_identity():
    """w₂ = 4/w₁, b = −w₁/2 and offset ½ − w₂/2 err by w₁²/96, by Taylor."""
    for w1 in (0.4, 0.2, 0.1, 0.05):
        w2 = 4 / w1
        error = identity_error(w1, w2, -w1 / 2, 0.5 - w2 / 2)
        assert error == pytest.approx(w1**2 / 96, rel=0.01)
    assert identity_error(0.1, 40.0, -0.05, -19.5) == pytest.approx(1.04e-4, rel=0.01)


def test_a_neuron_without_an_offset_stays_off_by_a_twentieth():
    """The notes' exercise as printed: best found w₂ = 1, w₁ = 5.648, b = −w₁/2."""
    assert identity_error(5.648, 1.0, -2.824) == pytest.approx(0.0561, abs=5e-5)
    rng = np.random.default_rng(0)
    x = np.linspace(0, 1, 101)
    w1, w2 = 10 ** rng.uniform(-2, 1.5, 40_000), 10 ** rng.uniform(-0.5, 2, 40_000)
    b = -w1 * rng.uniform(-1, 2, 40_000)
    errors = np.abs(w2[:, None] * sigma(w1[:, None] * x + b[:, None]) - x).max(axis=1)
    assert errors.min() > 0.0560  # none of many others is better


def probed(activation, initialiser, hidden=(100,) * 8, replicates=10, **settings):
    """Return the layer measures at the start on normal inputs, (replicates, layers) each."""
    rng = np.random.default_rng(6)
    x, rows = rng.standard_normal((60, 100)), np.arange(60)[None]
    data = Examples(x, np.eye(10)[rng.integers(0, 10, 60)], rows, rows[:, :0], rows)
    chosen = recipe(
        hidden=hidden,
        activation=activation,
        initialiser=initialiser,
        epochs=0,
        dtype="float64",
        **settings,
    )
    done = finished([chosen], data, replicates, LayerStatistics("initial", 60))
    shape = (replicates, len(hidden) + 1)
    return {k: v.reshape(shape) for k, v in done.layers.columns().items()}


def per_layer(values):
    """Return the geometric factor from one hidden layer to the next, towards the output."""
    hidden = np.log(values[:, :-1])
    return np.exp(np.diff(hidden, axis=1).mean(axis=1))


def test_front_layers_learn_slower_when_vanishing_and_faster_when_exploding():
    """The sign of the slope; one note copies the text on vanishing for exploding."""
    vanishing = probed(Sigmoid(), LeCun())["rms_delta"]
    assert (np.diff(vanishing[:, :-1], axis=1) > 0).all()
    exploding = probed(Tanh(), Gaussian(0.3))["rms_delta"]
    assert (np.diff(exploding[:, :-1], axis=1) < 0).mean() > 0.95
    assert (exploding[:, 0] > 3 * exploding[:, -2]).all()


def test_an_activation_with_a_large_slope_explodes_where_the_sigmoid_vanishes():
    """The notes' question: with |wσ′| > 1 it is the other way round; steepness 8 has σ′ = 2."""
    steep = Expression("sigmoid(8*z) - 0.5")
    assert (per_layer(probed(Sigmoid(), LeCun())["rms_delta"]) > 3).all()
    assert (per_layer(probed(steep, LeCun())["rms_delta"]) < 1 / 1.05).all()


@pytest.mark.parametrize("w", [0.5, 1.0, 1.5])
def test_the_layer_factor_of_linear_layers_is_their_gain(w):
    """f′·w above or below 1: E‖δ⁽ˡ⁾‖² = gain²·E‖δ⁽ˡ⁺¹⁾‖², exponential either way."""
    found = per_layer(probed(Identity(), LeCun(w), replicates=40)["rms_delta"])
    assert np.median(found) == pytest.approx(1 / w, rel=0.03)


def test_the_sigmoids_layer_factor_is_that_of_the_mean_field():
    """χ₁ = .0420 at σ_w² = σ_b² = 1: √χ₁ is 1/4.88, approached as q goes from 2 to q* = 1.302."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    q, factors = 2.0, []  # |x|²/n = 1 and the bias make the first layer's variance 2
    for _ in range(200):
        factors.append(1 / np.sqrt(weights @ slope(np.sqrt(q) * nodes) ** 2))
        q = weights @ sigma(np.sqrt(q) * nodes) ** 2 + 1.0
    assert q == pytest.approx(1.302, abs=5e-4)
    assert factors[-1] ** -2 == pytest.approx(0.0420, abs=5e-5)
    assert factors[-1] == pytest.approx(4.88, abs=5e-3)

    def measured(bias_std):
        rms = probed(Sigmoid(), LeCun(), (300,) * 6, 10, bias_std=bias_std)["rms_delta"]
        return np.median(rms[:, 1:-1] / rms[:, :-2], axis=0)

    np.testing.assert_allclose(measured(1.0), factors[:5], rtol=0.03)
    assert (measured(0.0)[1:] < 0.93 * factors[-1]).all()


DEEP = (100,) * 30


def test_relu_alone_cures_nothing_only_with_variance_two_over_n():
    """Xavier loses √2 a layer, 3.1e-5 over 30, He keeps, large weights explode (He 2015)."""
    share = {}
    for initialiser in (He(), Xavier(), Gaussian(0.3)):
        second = probed(ReLU(), initialiser, DEEP, 8)
        share[initialiser.kind] = np.median(
            second["preactivation_sd"][:, -2] / second["preactivation_sd"][:, 0]
        )
    assert 0.3 < share["he"] < 3
    assert 0.3 < share["xavier"] / 2**-14.5 < 3  # 29 layers from the first to the thirtieth
    assert pytest.approx(3.1e-5, rel=0.02) == 2.0**-15
    assert share["gaussian"] > 1e8


def test_the_same_holds_of_the_gradient():
    for initialiser, factor in ((He(), 1.0), (Xavier(), np.sqrt(2.0))):
        delta = probed(ReLU(), initialiser, DEEP, 8)["rms_delta"]
        assert np.median(per_layer(delta)) == pytest.approx(factor, rel=0.05)


@pytest.mark.parametrize("std", [0.05, 0.1, 0.1 * np.sqrt(2.0), 0.2, 0.3])
def test_too_large_a_scale_explodes_and_too_small_a_one_vanishes(std):
    """ReLU multiplies by std·√(n/2) a layer, whatever else: 1 at √(2/n) only."""
    sd = probed(ReLU(), Gaussian(std), (100,) * 10, 10)["preactivation_sd"]
    found = np.exp(np.diff(np.log(sd[:, :-1]), axis=1).mean())
    assert found == pytest.approx(std * np.sqrt(50), rel=0.07)


FRONT = {"hidden": (30,) * 6, "replicates": 5}


def test_every_cure_of_the_notes_brings_the_gradient_back_to_the_front():
    """Of a deep sigmoid network with Nielsen's start, one thing changed at a time."""

    def front(activation=None, initialiser=None, **settings):
        found = probed(activation or Sigmoid(), initialiser or LeCun(), **FRONT, **settings)
        return found["rms_delta"][:, 0] / found["rms_delta"][:, -2]

    plain = front()
    assert np.median(plain) < 1e-3
    cures = {
        "relu": front(ReLU(), He()),
        "tanh": front(Tanh(), LeCun()),
        "scale": front(initialiser=LeCun(4.0)),
        "batch norm": front(normaliser=BatchNorm()),
        "layer norm": front(normaliser=LayerNorm()),
        "residual": front(residual=Residual()),
    }
    for name, cured in cures.items():
        assert (cured > 3 * plain).all(), name
    assert all((cures[name] > 0.1).all() for name in ("relu", "tanh", "residual"))
    assert np.median(cures["scale"]) > 100 * np.median(plain)


def test_clipping_bounds_the_step_on_a_cliff():
    """Twelve layers of weights twice too large: a step of rate · limit, not of thousands."""
    rng = np.random.default_rng(0)
    x, rows = rng.standard_normal((40, 20)), np.arange(40)[None]
    data = Examples(x, rng.standard_normal((40, 1)), rows, rows[:, :0], rows, labelled=False)
    base = recipe(
        hidden=(20,) * 12,
        activation=ReLU(),
        initialiser=He(2.0),
        loss=SquaredError(),
        optimiser=SGD(0.1),
        batch_size=0,
        epochs=0,
        dtype="float64",
    )
    start = finished([base], data).parameters(0)
    moved = {
        name: finished([replace(base, epochs=1, regularisers=clips)], data).parameters(0) - start
        for name, clips in (("norm", (ClipNorm(1.0),)), ("value", (ClipValue(1.0),)))
    }
    assert np.linalg.norm(moved["norm"]) == pytest.approx(0.1)
    assert np.abs(moved["value"]).max() == pytest.approx(0.1)
    plain = finished([replace(base, epochs=1)], data).parameters(0) - start
    assert np.linalg.norm(plain) > 1e3


def test_a_product_of_gaussian_matrices_grows_at_its_lyapunov_exponent():
    """101 matrices 4 × 4 of N(0, 1), as the identity network of a hundred hidden layers.

    λ₁ = ½(ψ(2) + log 2) = .558 a matrix, the mean of ½ log χ²₄; its variance ¼ψ′(2) gives the
    spread, so that the mean over replicates is known to its standard error.
    """
    exponent = 0.5 * (special.digamma(2.0) + np.log(2.0))
    assert exponent == pytest.approx(0.558, abs=5e-4)
    spread = np.sqrt(101 * special.polygamma(1, 2.0)) / 2 / np.log(10)
    rows = np.arange(4)[None]
    data = Examples(np.eye(4), np.zeros((4, 4)), rows, rows[:, :0], rows, labelled=False)
    log_largest = {}
    for std in (1.0, 0.5):
        settings = recipe(
            hidden=(4,) * 100,
            activation=Identity(),
            initialiser=Gaussian(std),
            loss=SquaredError(factor="one"),
            epochs=0,
            dtype="float64",
        )
        done = finished([settings], data, 60)
        products = []
        for k in range(60):
            product = np.eye(4)
            for w in done.parameters(k)[: 101 * 16].reshape(101, 4, 4):
                product = w @ product
            loss = done.outcome(k).last["train_loss"]
            assert loss == pytest.approx((product**2).sum() / 4, rel=1e-9)  # the engine's own
            products.append(np.log10(np.abs(product).max()))
        log_largest[std] = np.array(products)
    found, expected = log_largest[1.0], 101 * exponent / np.log(10)
    assert expected == pytest.approx(24.47, abs=0.01)
    assert abs(found.mean() - expected) < 3 * spread / np.sqrt(60) + 0.3  # ± an entry's own size
    assert stats.chi2.cdf(59 * found.var(ddof=1) / spread**2, 59) == pytest.approx(0.5, abs=0.499)
    assert found.min() > 15
    # with variance 1/n it dwindles instead: wrong by 101 log₁₀ 2 = 30 orders of magnitude
    np.testing.assert_allclose(found - log_largest[0.5], 101 * np.log10(2.0), rtol=1e-9)
