"""Generalisation error as the notes define it, and what it depends on, against exact results."""

from __future__ import annotations

import numpy as np
import pytest
from small import last, on_task

FEATURES = 5


def table(train=20, test=100, noise=0.5, features=FEATURES, **settings):
    return {
        "task": {
            "kind": "linear-regression",
            "examples": train + test,
            "features": features,
            "weight": 1.0,
            "bias": 0.3,
            "noise": noise,
        },
        "split": {"kind": "random", "validation": 0.0, "test": test / (train + test)},
        "hidden": [],
        "loss": {"kind": "squared-error", "factor": "one"},
        "optimiser": "least-squares",
        "batch_size": 0,
        "epochs": 1,
        "dtype": "float64",
        **settings,
    }


def solved(replicates, **settings):
    """Return ‖w − w*‖² + (b − b*)², training and test MSE, (replicates,) each."""
    run = on_task([table(**settings)], replicates)
    theta = np.array([run.parameters(k) for k in range(replicates)])
    excess = ((theta[:, :-1] - 1.0) ** 2).sum(axis=1) + (theta[:, -1] - 0.3) ** 2
    return excess, last(run, "train_loss")[:, 0], last(run, "test_loss")[:, 0]


def test_the_test_loss_estimates_the_error_over_all_inputs():
    """E_G = Σ p(x)(f̂ − f)²; for x ~ N(0, I) it is ‖w − w*‖² + (b − b*)², and noise² is added."""
    excess, train, test = solved(20, test=20_000)
    np.testing.assert_allclose(test - 0.25, excess, rtol=0.15, atol=0.01)
    assert (train < test).all()  # the training error is another thing
    _, _, few = solved(300, test=50)
    _, _, many = solved(300, test=800)
    assert few.std() > many.std()
    assert few.mean() == pytest.approx(many.mean(), rel=0.05)  # unbiased at any size


@pytest.mark.parametrize(
    ("train", "noise", "features"),
    [(20, 0.5, 5), (40, 0.5, 5), (20, 1.0, 5), (20, 0.5, 10), (80, 0.5, 10)],
)
def test_parameters_examples_and_noise_decide_the_error(train, noise, features):
    """With d inputs and a bias E‖w − w*‖² = noise²·d/(n − d − 2), and training loses d + 1 of n."""
    run = on_task([table(train=train, noise=noise, features=features)], 400)
    theta = np.array([run.parameters(k) for k in range(400)])
    error = ((theta[:, :-1] - 1.0) ** 2).sum(axis=1)
    exact = noise**2 * features / (train - features - 2)
    assert error.mean() == pytest.approx(exact, rel=0.15)
    residual = last(run, "train_loss").mean()
    assert residual == pytest.approx(noise**2 * (1 - (features + 1) / train), rel=0.06)


def test_too_many_parameters_interpolate_and_err_most_where_they_just_can():
    """n = 20: the error peaks at 19 inputs and a bias, and falls again beyond, at least norm."""
    runs = {d: solved(100, features=d, noise=1.0)[1:] for d in (2, 10, 16, 19, 22, 30)}
    train = {d: np.median(run[0]) for d, run in runs.items()}
    test = {d: np.median(run[1]) for d, run in runs.items()}
    assert train[2] > train[10] > train[16] > 0.05
    assert max(train[d] for d in (19, 22, 30)) < 1e-20
    assert test[2] < test[10] < test[16] < test[19]
    assert test[19] > 3 * max(test[22], test[30])
