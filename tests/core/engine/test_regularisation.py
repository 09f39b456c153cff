"""A made-up regulariser with every hook, and what all members promise of theirs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from paribus.cluster.planning.costs import (
    SECONDS_PER_OPERATION,
    architecture_of,
    network_bytes,
    stack_bytes,
    trial_seconds,
)
from paribus.core.components import Array, choice, members, number
from paribus.core.engine.regularisation import Regularisation
from paribus.core.engine.stack import Stack
from paribus.core.engine.training import Training
from paribus.core.errors import InputError
from paribus.core.families import regularisers
from paribus.core.families.activations import Identity
from paribus.core.families.losses import SquaredError
from paribus.core.families.optimiser_function import OptimiserFunction
from paribus.core.families.optimisers import SGD
from paribus.core.families.regulariser_function import (
    Hooks,
    Penalty,
    Pull,
    RegulariserFunction,
    StackView,
)
from paribus.core.families.regularisers import Regulariser
from paribus.core.measures.layers import LayerStatistics
from paribus.core.streams import Purpose
from paribus.core.trial import Trial
from paribus.studies.data.loading import sizes_of
from paribus.studies.files import schema
from paribus.studies.files.drafts import recipe_from
from small import examples, recipe

RATE = 0.05


@dataclass(frozen=True)
class Meddler(RegulariserFunction):
    """Meddle everywhere: a regulariser for tests, whose every hook does something of its own."""

    kind: ClassVar[str] = "meddler"
    purpose: ClassVar[Purpose | None] = Purpose.INPUT_NOISE
    masks: ClassVar[bool] = True
    push: float = number(0.1, at_least=0.0)
    clipping: str = choice("none", "half")

    def arrays(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        return {"twice": 2.0 * arrays["parameters"], "steps": np.zeros(len(arrays["parameters"]))}

    def bind(self, stack: StackView) -> Hooks:
        push = stack.fields["push"]
        along = stack.cast(push, 2)
        parameters, twice = stack.arrays["parameters"], stack.arrays["twice"]
        steps, layers = stack.arrays["steps"], stack.weights

        def draw(key, epoch, step, columns):
            numbers = iter(range(step, 1000))
            return lambda count: [np.full(count, key[1] + 10.0 * epoch + next(numbers))]

        def inputs(x, drawn):
            return x + along * np.stack([drawn[key][0] for key in stack.keys])[:, :, None]

        def masks(drawn):
            count = len(drawn[stack.keys[0]][0])
            units = stack.architecture.hidden
            return [np.full((len(stack.keys), width, count), 1.5) for width in units]

        def add(weights, gradient, strength, scratch):
            gradient += strength * weights**3

        def halve(gradient):
            gradient *= 0.5

        def decay(weights, size, scratch):
            weights -= size * weights

        def shrink(weights, size, scratch):
            weights -= 3.0 * size

        def project():
            for weights in layers:
                np.clip(weights, -0.5, 0.5, out=weights)

        def after_step(spent):
            spent[...] = np.nan  # it may be spoilt
            steps[:] += 1
            twice[...] = 2.0 * parameters

        return Hooks(
            draw=draw,
            inputs=inputs,
            masks=masks,
            targets=lambda y: 2.0 * y,
            penalty=Penalty(push, add),
            gradient=halve if self.clipping == "half" else None,
            decay=Pull(push, decay),
            shrink=Pull(push, shrink),
            project=project,
            after_step=after_step,
            scored=(twice, stack.arrays["statistics"]),
        )

    def refuses(self, recipe) -> Iterator[str]:
        if recipe.batch_size == 13:
            yield "recipe.regularisers.meddler fears batch_size = 13"

    def refuses_data(self, recipe, sizes) -> Iterator[str]:
        if sizes.train == 1313:
            yield "regularisers.meddler fears 1313 training examples"

    def nbytes(self, architecture, batches: Collection[int], itemsize: int) -> int:
        return 1_000_000 * len(batches)

    def operations(self, architecture, examples: int) -> int:
        return 1000 * examples


@pytest.fixture
def family(monkeypatch):
    """Name the made-up member in the union, as a newcomer would."""
    union = regularisers.Regulariser | Meddler
    monkeypatch.setattr(regularisers, "Regulariser", union)
    monkeypatch.setitem(schema.FAMILIES, "regularisers", union)


def linear(push: float, clipping: str = "none", **changes):
    return recipe(
        hidden=(4,),
        activation=Identity(),
        loss=SquaredError(),
        optimiser=SGD(RATE),
        regularisers=(Meddler(push, clipping),),
        dtype="float64",
        **changes,
    )


def training_of(recipes, replicates) -> Training:
    trials = [Trial(r, "data", 3, k) for r, k in zip(recipes, replicates, strict=True)]
    return Training(trials, examples(replicates))


def by_hand(start: np.ndarray, push: float, clipping: str, replicate: int, batches) -> np.ndarray:
    """Train a 6-4-3 network on batches of (epoch, step, x, y) in plain NumPy."""
    w, v = start[:24].reshape(4, 6).copy(), start[24:36].reshape(3, 4).copy()
    b, c = start[36:40].copy(), start[40:].copy()
    for epoch, step, given, y in batches:
        x = given + push * (replicate + 10.0 * epoch + step)
        h = 1.5 * (x @ w.T + b)
        delta = (h @ v.T + c - 2.0 * y) / len(x)
        below = 1.5 * (delta @ v)
        gradients = [below.T @ x + push * w**3, delta.T @ h + push * v**3]
        gradients += [below.sum(axis=0), delta.sum(axis=0)]
        share = RATE * (0.5 if clipping == "half" else 1.0)
        w, v = (
            np.clip((1 - RATE * push) * before - share * g - 3.0 * RATE * push, -0.5, 0.5)
            for before, g in zip((w, v), gradients[:2], strict=True)
        )
        b -= share * gradients[2]
        c -= share * gradients[3]
    return np.concatenate([w.ravel(), v.ravel(), b, c])


@pytest.mark.parametrize("clipping", ["none", "half"])
def test_a_made_up_regulariser_trains_as_worked_out_by_hand(family, clipping):
    """With the rate folded into δ, and not, where something changes the whole gradient."""
    recipes = [linear(push, clipping, batch_size=10, epochs=2) for push in (0.01, 0.2)]
    training = training_of(recipes, [0, 4])
    training.run_epoch()
    starts = [training.parameters(k) / 2.0 for k in range(2)]  # scores are those of twice θ
    rows = [training._cohort.stack.order(training.epoch)]
    training.run_epoch()
    rows.append(training._cohort.stack.order(training.epoch))
    training.run_epoch()
    data = examples([0, 4])
    for k, (replicate, push) in enumerate(((0, 0.01), (4, 0.2))):
        batches = [
            (epoch, step, data.x[chosen], data.y[chosen])
            for epoch in range(2)
            for step in range(3)
            for chosen in [rows[epoch][k, 10 * step : 10 * step + 10]]
        ]
        theta = by_hand(starts[k], push, clipping, replicate, batches)
        np.testing.assert_allclose(training.parameters(k), 2.0 * theta, rtol=1e-10)
    assert training._cohort.stack.arrays["steps"].tolist() == [6.0, 6.0]


def test_what_it_keeps_goes_on_from_a_state(family):
    recipes = [linear(0.1, epochs=2), linear(0.3, epochs=2)]
    straight, first = training_of(recipes, [0, 1]), training_of(recipes, [0, 1])
    first.run_steps(5)
    second = training_of(recipes, [0, 1])
    second.restore(first.state())
    for training in (straight, second):
        while not training.finished:
            training.run_epoch()
    for k in range(2):
        assert np.array_equal(straight.parameters(k), second.parameters(k))
    assert second._cohort.stack.arrays["steps"].tolist() == [8.0, 8.0]


def test_a_fork_starts_what_is_new_from_the_present_parameters(family):
    """Not from those at the start of training; what the source has too goes on."""
    base = replace(linear(0.1, epochs=3), regularisers=())
    first = training_of([base], [0])
    first.run_steps(4)
    second = training_of([linear(0.1, epochs=3)], [0])
    second.fork(first.state())
    np.testing.assert_array_equal(second.parameters(0), 2.0 * first.parameters(0))
    second.run_steps(3)
    third = training_of([linear(0.2, epochs=3)], [0])
    third.fork(second.state())
    assert third._cohort.stack.arrays["steps"].tolist() == [3.0]


def test_it_is_named_in_study_files_and_refuses_what_it_says(family):
    table = {"task": "digits", "regularisers": {"meddler": {"push": 0.5}}}
    assert recipe_from(table).regularisers == (Meddler(0.5),)
    with pytest.raises(InputError, match="fears batch_size = 13"):
        recipe_from(table | {"batch_size": 13})
    split = {"kind": "random", "validation": 0.1, "test": 0.1, "train_examples": 1313}
    with pytest.raises(InputError, match="fears 1313 training examples"):
        sizes_of(recipe_from(table | {"split": split}))
    with pytest.raises(InputError, match=r"meddler\.push"):
        recipe_from({"task": "digits", "regularisers": {"meddler": {"push": -1.0}}})


def test_it_is_costed(family):
    sizes, probe = examples([0]).sizes, LayerStatistics("none")
    settings = recipe(hidden=(40,), regularisers=(Meddler(),))
    plain = recipe(hidden=(40,))
    extra = stack_bytes(settings, sizes, 3, probe) - stack_bytes(plain, sizes, 3, probe)
    architecture = architecture_of(plain, sizes)
    room = sum(  # a masked network keeps the activations apart
        network_bytes(settings, architecture, columns, training=True)
        - network_bytes(plain, architecture, columns, training=True)
        for columns in (7, 4)
    )
    assert room == (7 + 4) * 40 * 4
    assert extra == 3 * (2_000_000 + room)
    seconds = trial_seconds(settings, sizes, probe) - trial_seconds(plain, sizes, probe)
    steps = 2 * 4
    assert seconds == pytest.approx(steps * 1000 * 7 * SECONDS_PER_OPERATION)


@pytest.mark.parametrize("cls", [*members(Regulariser).values(), Meddler], ids=lambda c: c.kind)
def test_members_say_beforehand_what_they_do(cls):
    settings = recipe(regularisers=(cls(),), dtype="float64")
    stack = Stack.fresh([Trial(settings, "d", 0, 0)], examples([0]).cast(np.dtype("float64")))
    bound = stack._regularisation
    assert isinstance(bound, Regularisation)
    assert bound.masked == cls.masks
    assert [kind for kind, _, _ in bound.drawing] == ([cls.kind] if cls.purpose else [])
    member = settings.regularisers[0]
    assert set(member.arrays(stack.arrays)) <= set(stack.arrays)
    architecture = stack.architecture
    assert member.nbytes(architecture, [], 8) <= member.nbytes(architecture, [7, 4], 8)
    assert member.operations(architecture, 7) >= 0


def test_two_that_mask_multiply_their_masks(family):
    both = recipe(regularisers=(Meddler(), regularisers.Dropout(0.5)), dtype="float64")
    stack = Stack.fresh([Trial(both, "d", 0, 0)], examples([0]).cast(np.dtype("float64")))
    masks = stack._regularisation.masks(stack.draws(0, 0, 7).next(7))
    assert [set(np.unique(mask)) for mask in masks] == [{0.0, 3.0}, {0.0, 3.0}]


@dataclass(frozen=True)
class Fading(OptimiserFunction):
    """Gradient descent whose field ``decay`` is a share of the rate and no pull on the weights."""

    kind: ClassVar[str] = "fading"
    learning_rate: float = number(0.1, above=0.0)
    decay: float = number(0.5, at_least=0.0)

    def coefficients(self, fields, rate, step):
        return (rate * fields["decay"],)

    def update(self, theta, g, slots, c, scratch):
        np.multiply(g, c[0], g)
        np.subtract(theta, g, theta)


def test_a_field_named_decay_is_no_weight_decay_of_itself():
    def parameters(optimiser):
        training = training_of([recipe(optimiser=optimiser, dtype="float64")], [0])
        while not training.finished:
            training.run_epoch()
        return training.parameters(0)

    np.testing.assert_allclose(parameters(Fading(0.2, 0.5)), parameters(SGD(0.1)), rtol=1e-12)
