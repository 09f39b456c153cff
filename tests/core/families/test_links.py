"""Links as a family: what every member promises, and a made-up one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from paribus.core.component_json import canonical_json, from_json, to_json
from paribus.core.components import Array, members
from paribus.core.engine.training import Training
from paribus.core.errors import InputError
from paribus.core.families import links
from paribus.core.families.links import Link, LinkFunction, link_of
from paribus.core.families.losses import Loss, SquaredError
from paribus.core.families.optimisers import SGD
from paribus.core.models.model import Model
from paribus.core.models.scales import Inputs, Targets
from paribus.core.trial import Trial
from paribus.studies.data.loading import sizes_of
from paribus.studies.files.component_table import component_table
from paribus.studies.files.drafts import recipe_from
from small import CLASSES, FEATURES, examples, recipe

KINDS = list(members(Link))


@dataclass(frozen=True)
class ExponentialLink(LinkFunction):
    """Exponential: ŷ = eᶻ, a link for tests, which no study needs."""

    kind: ClassVar[str] = "exponential"
    limits: ClassVar[tuple[float, float] | None] = (0.0, math.inf)

    def apply(self, z: Array, spare: Array) -> None:
        np.exp(z, z)

    def through(self, output: Array, gradient: Array, spare: Array) -> None:
        np.multiply(gradient, output, gradient)

    def logits(self, z: Array) -> Array:
        return z


@pytest.fixture
def exponential(monkeypatch) -> SquaredError:
    """Name the made-up link in the union, as a newcomer would."""
    monkeypatch.setattr(links, "Link", links.Link | ExponentialLink)
    return SquaredError("exponential")


def test_identities_and_messages_are_what_they_were():
    assert KINDS == ["identity", "sigmoid", "tanh", "softmax"]
    text = '{"factor":"half","kind":"squared-error","link":"sigmoid"}'
    assert canonical_json(SquaredError("sigmoid")) == text
    assert from_json(Loss, to_json(SquaredError("tanh"))) == SquaredError("tanh")
    told = r"it must be 'identity' or 'sigmoid' or 'tanh' or 'softmax'"
    with pytest.raises(InputError, match=told):
        SquaredError("exponential")
    with pytest.raises(InputError, match=told):
        recipe_from({"loss": {"kind": "squared-error", "link": "exponential"}})


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_lie_within_the_limits_and_gradients_are_the_central_differences(kind):
    link, rng = link_of(kind), np.random.default_rng(0)
    z, weights = rng.standard_normal((3, 2, 5)), rng.standard_normal((3, 2, 5))
    direction, step, spare = rng.standard_normal((3, 2, 5)), 1e-6, np.empty((2, 5))

    def applied(point):
        output = point.copy()
        with np.errstate(over="ignore"):
            link.apply(output, spare)
        return output

    gradient = weights.copy()
    link.through(applied(z), gradient, spare)
    ahead, behind = applied(z + step * direction), applied(z - step * direction)
    slope = ((ahead - behind) * weights).sum() / (2 * step)
    assert (gradient * direction).sum() == pytest.approx(slope, rel=1e-7)
    if link.limits is None:
        assert np.array_equal(applied(z), z)
    else:
        far = applied(np.array([-1e3, 0.0, 1e3]).reshape(3, 1, 1).repeat(2, 1).repeat(5, 2))
        assert (far.min(), far.max()) == link.limits


def test_a_made_up_link_trains_as_worked_out_by_hand(exponential):
    settings = recipe(
        hidden=(), loss=exponential, optimiser=SGD(0.002), batch_size=0, epochs=3, dtype="float64"
    )
    data = examples([0])
    training = Training([Trial(settings, "d", 0, 0)], data)
    training.run_epoch()
    theta = training.parameters(0)
    w, b = theta[:18].reshape(3, 6).copy(), theta[18:].copy()
    while not training.finished:
        training.run_epoch()
    x, y = data.x[data.train[0]], data.y[data.train[0]]
    for _ in range(3):
        output = np.exp(x @ w.T + b)
        delta = (output - y) * output / len(x)
        w -= 0.002 * delta.T @ x
        b -= 0.002 * delta.sum(axis=0)
    np.testing.assert_allclose(training.parameters(0), [*w.ravel(), *b], rtol=1e-10)
    loss = 0.5 * ((np.exp(x @ w.T + b) - y) ** 2).sum(axis=1).mean()
    assert training.outcome(0).last["train_loss"] == pytest.approx(loss, rel=1e-10)


def test_a_made_up_link_is_listed_refused_and_gives_probabilities(exponential):
    (row,) = (row for row in component_table()["loss"] if row.kind == "squared-error")
    assert "'exponential'" in row.fields[0].range
    table = {"task": "linear-regression", "loss": {"kind": "squared-error", "link": "exponential"}}
    with pytest.raises(InputError, match="gives outputs from 0 to inf, but the targets of task"):
        sizes_of(recipe_from(table))
    settings = recipe(hidden=(), loss=exponential, dtype="float64")
    training = Training([Trial(settings, "d", 0, 0)], examples([0]))
    training.run_epoch()
    targets = Targets(("a", "b", "c"), np.zeros(CLASSES), np.ones(CLASSES))
    inputs = Inputs(FEATURES, np.zeros(FEATURES), np.ones(FEATURES))
    model = Model(
        training._cohort.stack.architecture,
        exponential,
        training.parameters(0),
        training.statistics(0),
        inputs,
        targets,
    )
    x = examples([0]).x
    powers = np.exp(model.outputs(x))
    np.testing.assert_allclose(
        model.predict_proba(x), powers / powers.sum(axis=1, keepdims=True), rtol=1e-12
    )
    numbers = replace(model, targets=replace(targets, classes=()))
    np.testing.assert_allclose(numbers.predict(x), powers, rtol=1e-12)
