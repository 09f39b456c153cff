"""Lesions: none is the score, all is a constant answer, and the same units go everywhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.core.engine.training import Training
from paribus.core.errors import InputError
from paribus.core.families.activations import Tanh
from paribus.core.families.normalisers import BatchNorm
from paribus.core.families.regularisers import Averaging, EarlyStopping
from paribus.core.families.residual import Residual
from paribus.core.measures.lesions import Lesions, order
from paribus.core.trial import Trial
from small import examples, recipe, trained

CHANGES = {
    "plain": {},
    "normalised": {"normaliser": BatchNorm(), "regularisers": (Averaging(0.5),)},
    "residual": {"hidden": (5, 5, 5), "residual": Residual()},
    "stopped early": {"epochs": 12, "regularisers": (EarlyStopping(1),)},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_without_a_lesion_it_is_the_score(changes):
    done = trained([recipe(**changes)] * 2, [0, 1], Lesions())
    columns = done.records["lesions"].columns()
    for trial in (0, 1):
        whole = (columns["trial"] == trial) & (columns["share"] == 0.0)
        last = done.outcome(trial).last
        assert columns["accuracy"][whole] == [last["validation_accuracy"]]
        assert columns["loss"][whole] == [last["validation_loss"]]


def test_lesions_against_a_plain_computation():
    settings = recipe(activation=Tanh(), dtype="float64")
    data = examples([0])
    done = trained([settings], [0], Lesions((1.0, 0.3), draws=4))
    columns = done.records["lesions"].columns()
    assert columns["share"].tolist() == [0.0, 0.3, 0.5, 1.0]
    theta = done.parameters(0)
    w = [theta[:30].reshape(5, 6), theta[30:50].reshape(4, 5), theta[50:62].reshape(3, 4)]
    b = [theta[62:67], theta[67:71], theta[71:]]
    x, y = data.x[data.validation[0]], data.y[data.validation[0]]
    for row, share in enumerate(columns["share"]):
        scores = []
        for draw in range(4):
            alive = np.ones(9)
            alive[order(9, draw)[: round(share * 9)]] = 0.0
            h = np.tanh(x @ w[0].T + b[0]) * alive[:5]
            h = np.tanh(h @ w[1].T + b[1]) * alive[5:]
            z = h @ w[2].T + b[2]
            loss = np.log(np.exp(z).sum(axis=1)) - (z * y).sum(axis=1)
            scores.append((np.mean(z.argmax(axis=1) == y.argmax(axis=1)), loss.mean()))
        accuracy, loss = np.mean(scores, axis=0)
        assert columns["accuracy"][row] == pytest.approx(accuracy, rel=1e-12)
        assert columns["loss"][row] == pytest.approx(loss, rel=1e-12)


def test_a_larger_lesion_holds_the_smaller_one():
    """Orders differ between draws and not between trainings; shares are their beginnings."""
    assert sorted(order(20, 0)) == list(range(20))
    assert order(20, 0).tolist() == order(20, 0).tolist() != order(20, 1).tolist()


def test_what_has_no_lesion_is_refused():
    data = examples([0])
    with pytest.raises(InputError, match="measure 'lesions' needs a hidden layer"):
        Training([Trial(recipe(hidden=()), "d", 0, 0)], data, Lesions())
    without = replace(data, validation=np.empty((1, 0), np.int64))
    with pytest.raises(InputError, match="needs a validation set"):
        Training([Trial(recipe(), "d", 0, 0)], without, Lesions())
    with pytest.raises(InputError, match=r"lesions\.shares = \[1\.5\] must be a list of numbers"):
        Lesions([1.5])
