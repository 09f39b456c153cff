"""Forks of every field of a recipe against a plain training of one network."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from typing import ClassVar

import numpy as np
import pytest
from paribus.core.components import Component, members
from paribus.core.engine.examples import Examples
from paribus.core.engine.forks import spread
from paribus.core.engine.training import Training
from paribus.core.errors import InputError
from paribus.core.families.activations import Activation, UserFunction
from paribus.core.families.augmentations import Augmentation
from paribus.core.families.initialisers import Initialiser
from paribus.core.families.links import Link
from paribus.core.families.losses import Loss, SquaredError
from paribus.core.families.normalisers import BatchNorm, Normaliser
from paribus.core.families.optimisers import (
    SGD,
    Adam,
    AMSGrad,
    LeastSquares,
    Momentum,
    Nadam,
    Optimiser,
)
from paribus.core.families.parametrisations import Parametrisation
from paribus.core.families.pretraining import Pretraining
from paribus.core.families.regularisers import EarlyStopping, Regulariser
from paribus.core.families.residual import Residual
from paribus.core.families.schedules import ReduceOnPlateau, Schedule
from paribus.core.measures.layers import LayerStatistics
from paribus.core.measures.outcomes import Outcomes
from paribus.core.recipe import Recipe
from paribus.core.trial import Trial
from plain_training import REPLICATE, SEED, Plain
from small import Somewhere


@dataclass(frozen=True)
class Elsewhere(Component):
    """Stands for other data, another split or another preparation."""

    kind: ClassVar[str] = "elsewhere"


BASE = Recipe(
    Somewhere(),
    Somewhere(),
    hidden=(3, 3),
    batch_size=5,
    epochs=3,
    dtype="float64",
    bias_std=0.3,
    optimiser=Adam(0.02, epsilon=1e-3),
)
FAMILIES = {
    "activation": Activation,
    "initialiser": Initialiser,
    "loss": Loss,
    "optimiser": Optimiser,
    "schedule": Schedule,
    "momentum_schedule": Schedule,
    "normaliser": Normaliser,
    "residual": Residual,
    "parametrisation": Parametrisation,
    "pretraining": Pretraining,
    "regularisers": Regulariser,
    "augmentations": Augmentation,
}
PLAIN = {
    "hidden": [(4,), (3,), (3, 3, 3)],
    "batch_size": [4, 13, 0],
    "epochs": [5, 2, 1],
    "dtype": ["float32"],
    "bias": [0.5],
    "bias_std": [1.0],
    "task": [Elsewhere()],
    "split": [Elsewhere()],
    "preparations": [(Elsewhere(),)],
}
"""Other values of the fields that hold no member of a family of the engine."""
STARTS = {"adadelta": {"epsilon": 1e-3}, "lion": {"learning_rate": 0.01}, "l1": {"strength": 0.01}}
POINTS = [(-1, 0), (1, 0), (1, 2)]
"""An epoch and a step: before anything, at an epoch's end, inside an epoch of three steps."""


def data(changed: bool = False) -> Examples:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((30, 4))
    y = np.eye(2)[(x[:, 0] * x[:, 1] > 0).astype(int)]
    rows = np.random.default_rng(6).permutation(30)
    if changed:
        x, rows = x + 0.5 * rng.standard_normal(x.shape), np.roll(rows, 7)
    return Examples(x, y, rows[None, :13], rows[None, 13:22], rows[None, 22:], image=(2, 2))


DATA, OTHER_DATA = data(), data(changed=True)


def made(cls: type[Component]) -> Component:
    """Return a member at which every field has an effect."""
    given = dict(STARTS.get(cls.kind, {}))
    if cls.kind in ("adam", "adamw", "amsgrad", "nadam"):
        given = {"epsilon": 1e-3, "learning_rate": 0.02}
    for f in fields(cls):
        if f.name == "strength":
            given.setdefault(f.name, 0.1)
        if f.name in ("patience", "margin"):
            given[f.name] = 1 if f.name == "patience" and "plateau" in cls.kind else f.default
    if cls is EarlyStopping:
        given = {"patience": 50}
    return cls(**given)


def variants(member: Component) -> list[Component]:
    """Return the member with each of its fields changed in turn, as far as it has other values."""
    found = []
    for f in fields(member):
        value = getattr(member, f.name)
        tries: list[object] = []
        if isinstance(value, float):
            tries = [1.5 * value, 0.5 * value, 0.05]
        elif isinstance(value, bool):
            tries = [not value]
        elif isinstance(value, int):
            tries = [value + 1]
        elif isinstance(value, str):
            others = {"formula": ["1.5 * tanh(z)"], "link": list(members(Link))}
            tries = others.get(f.name) or list(f.metadata["bounds"].options)
        elif isinstance(value, tuple):
            tries = [(0.2, 0.4)]
        for other in tries:
            if other != value:
                try:
                    found.append(replace(member, **{f.name: other}))
                except InputError:
                    continue
                break
    return found


def put(base: Recipe, name: str, member: Component | None) -> Recipe:
    if name in ("regularisers", "augmentations"):
        return replace(base, **{name: () if member is None else (member,)})
    return replace(base, **{name: member})


def cases() -> dict[str, tuple[Recipe, Recipe]]:
    """Return a source and what it is changed to, by name: every member and every field of each."""
    found: dict[str, tuple[Recipe, Recipe]] = {}
    for name, union in FAMILIES.items():
        base = BASE if name != "momentum_schedule" else replace(BASE, optimiser=Momentum(0.05))
        for kind, cls in members(union).items():
            if cls in (UserFunction, LeastSquares):  # a file; a case of its own below
                continue
            member = made(cls)
            try:
                source = put(base, name, member)
            except InputError:
                assert name == "momentum_schedule"  # one that watches, or that reaches 1
                continue
            found[f"{name}: to {kind}"] = base, source
            found[f"{name}: from {kind}"] = source, base
            for other in variants(member):
                try:
                    changed = put(base, name, other)
                except InputError:
                    continue
                found[f"{name}: {member} to {other}"] = source, changed
    for name, values in PLAIN.items():
        for value in values:
            found[f"{name}: {value}"] = BASE, replace(BASE, **{name: value})
    return found


CASES = cases()


def test_every_field_of_a_recipe_is_forked():
    assert {f.name for f in fields(Recipe)} == FAMILIES.keys() | PLAIN.keys()
    for family, union in FAMILIES.items():
        for cls in members(union).values():
            names = {f.name for f in fields(cls)}
            changed = set()
            for source, other in CASES.values():
                old, new = (getattr(recipe, family) for recipe in (source, other))
                if isinstance(old, tuple):
                    old, new = (*old, None)[0], (*new, None)[0]
                if type(old) is type(new) is cls:
                    changed |= {n for n in names if getattr(old, n) != getattr(new, n)}
            reachable = names if cls not in (UserFunction, LeastSquares) else set()
            if family != "momentum_schedule":
                assert reachable <= changed, (family, cls)


def layout(recipe: Recipe) -> tuple:
    normaliser = recipe.normaliser
    running = bool(normaliser and normaliser.running)
    return recipe.hidden, bool(normaliser), running, bool(recipe.activation.learned_field)


def data_of(recipe: Recipe) -> Examples:
    elsewhere = Elsewhere() in (recipe.task, recipe.split, *recipe.preparations)
    return OTHER_DATA if elsewhere else DATA


def training_of(recipe: Recipe, *measures) -> Training:
    return Training([Trial(recipe, "data", SEED, REPLICATE)], data_of(recipe), *measures)


def run_to(training: Training, point: tuple[int, int]) -> None:
    while training.epoch < point[0]:
        training.run_epoch()
    if point[1]:
        training.run_steps(point[1])


def finish(training: Training) -> Training:
    while not training.finished:
        training.run_epoch()
    return training


def refusal(source: Recipe, changed: Recipe, point: tuple[int, int]) -> str:
    """Return what a fork is refused for, nothing where it must go on."""
    epoch, step = point
    if layout(source) != layout(changed):
        return "a fork keeps its shape"
    if epoch + (step > 0) > changed.epochs:
        return "is fewer"
    moved = data_of(source) is not data_of(changed) or source.batch_size != changed.batch_size
    return "no row is repeated or skipped" if step and moved else ""


@pytest.mark.parametrize("point", POINTS, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_a_fork_is_the_plain_training_or_is_refused(name, point):
    source, changed = CASES[name]
    first, second = training_of(source), training_of(changed)
    run_to(first, (min(point[0], 0), 0))
    start = first.parameters(0)  # pretraining, if there is any, is behind it
    run_to(first, point)
    if told := refusal(source, changed, point):
        with pytest.raises(ValueError, match=told):
            second.fork(first.state())
        return
    second.fork(first.state())
    if changed.pretraining and point[0] < 0:
        second.run_epoch()
        start = second.parameters(0)
        source = changed
    finish(second)
    plain = Plain(source, DATA, start)
    begun = max(point, (0, 0))
    plain.run((0, 0), begun)
    plain.follow(changed, data_of(changed))
    if point[0] < 0:
        plain.plateau = [np.inf, 0, 1.0]
        plain.observe()
    plain.run(begun, (changed.epochs, 0))
    if changed.regulariser(EarlyStopping) and not np.isfinite(plain.best[0]):
        plain.observe()
    theta, close = second.parameters(0), 2e-3 if changed.dtype == "float32" else 2e-5
    assert theta.dtype == changed.dtype
    np.testing.assert_allclose(theta, plain.final, rtol=close, atol=close)
    if plain.running:
        running = np.concatenate([part for pair in plain.running for part in pair])
        np.testing.assert_allclose(second.statistics(0), running, rtol=close, atol=close)


SOURCES = list(dict.fromkeys(source for source, _ in CASES.values()))


@pytest.mark.parametrize("source", SOURCES, ids=lambda r: ", ".join(map(str, r.parts)))
def test_the_unchanged_twin_has_the_bits_of_the_training_never_interrupted(source):
    measures = LayerStatistics("log", 10), Outcomes()
    whole = finish(training_of(source, *measures))
    for point in POINTS:
        first, twin = training_of(source, *measures), training_of(source, *measures)
        run_to(first, point)
        twin.fork(first.state())
        finish(twin)
        assert twin.outcome(0) == whole.outcome(0)
        assert np.array_equal(twin.parameters(0), whole.parameters(0))
        assert np.array_equal(twin.statistics(0), whole.statistics(0))
        for table, record in whole.records.items():
            for column, values in record.columns().items():
                np.testing.assert_array_equal(twin.records[table].columns()[column], values)


@pytest.mark.parametrize("source", SOURCES, ids=lambda r: ", ".join(map(str, r.parts)))
def test_several_forks_go_on_from_one_source(source):
    measures = LayerStatistics("log", 10), Outcomes()
    whole = finish(training_of(source, *measures))
    first = training_of(source, *measures)
    run_to(first, (1, 0))
    trials = [Trial(source, "data", SEED, REPLICATE)] * 3
    forks = Training(trials, DATA.select(np.zeros(3, int)), *measures)
    forks.fork(spread(first.state(), np.zeros(3, int)))
    finish(forks)
    for position in range(3):
        assert forks.outcome(position) == whole.outcome(0)
        assert np.array_equal(forks.parameters(position), whole.parameters(0))
        for table, record in whole.records.items():
            columns = forks.records[table].columns()
            mine = columns.get("trial", np.zeros(0)) == position
            for column, values in record.columns().items():
                if column != "trial":
                    np.testing.assert_array_equal(columns[column][mine], values)


def test_a_source_that_has_ended_is_the_end_of_all_its_forks():
    """Of two sources the first diverges; three forks of them stand in another order."""
    calm, wild = replace(BASE, optimiser=SGD(0.1)), replace(BASE, optimiser=SGD(1e300))
    sources = [Trial(r, "data", SEED, REPLICATE) for r in (wild, calm)]
    first = Training(sources, DATA.select(np.zeros(2, int)))
    run_to(first, (2, 0))
    assert first.live == 1
    faster = replace(BASE, optimiser=SGD(0.2))
    positions = np.array([1, 0, 1])
    trials = [Trial(r, "data", SEED, REPLICATE) for r in (faster, faster, calm)]
    forks = Training(trials, DATA.select(np.zeros(3, int)))
    forks.fork(spread(first.state(), positions))
    assert forks.live == 2
    finish(forks)
    assert forks.outcome(1) == first.outcome(0)
    finish(first)
    assert forks.outcome(2) == first.outcome(1)
    assert forks.outcome(0).last != forks.outcome(2).last


@pytest.mark.parametrize("cls", [Adam, AMSGrad, Nadam])
@pytest.mark.parametrize(("beta1", "beta2"), [(0.5, 0.999), (0.9, 0.9), (0.99, 0.99)])
def test_another_beta_keeps_the_averages(cls, beta1, beta2):
    """The first step after the fork, by hand: averages kept, corrected by the new β and all steps.

    That is what PyTorch does when ``betas`` of a parameter group are set.
    """
    source = replace(BASE, optimiser=cls(0.02), batch_size=0)
    first = training_of(source)
    start = first.parameters(0)
    run_to(first, (3, 0))
    slots = first.state().part("stack")
    s, r = 0.1 * slots["slot.mean"][0], 0.001 * slots["slot.square"][0]
    largest = 0.001 * slots["slot.largest"][0] if cls is AMSGrad else 0.0 * r
    changed = replace(source, optimiser=cls(0.02, beta1, beta2), epochs=4)
    second = training_of(changed)
    second.fork(first.state())
    before = second.parameters(0)
    slots = second.state().part("stack")
    np.testing.assert_allclose((1 - beta1) * slots["slot.mean"][0], s, rtol=1e-12)
    np.testing.assert_allclose((1 - beta2) * slots["slot.square"][0], r, rtol=1e-12)
    assert slots["taken"].tolist() == [3]
    run_to(second, (4, 0))
    g = (second.state().part("stack")["slot.mean"] - beta1 * slots["slot.mean"])[0]
    s, r = beta1 * s + (1 - beta1) * g, beta2 * r + (1 - beta2) * g**2
    r = np.maximum(largest, r)
    direction = s / (1 - beta1**4)
    if cls is Nadam:
        direction = beta1 * s / (1 - beta1**5) + (1 - beta1) * g / (1 - beta1**4)
    step = 0.02 * direction / (np.sqrt(r / (1 - beta2**4)) + 1e-8)
    np.testing.assert_allclose(before - second.parameters(0), step, rtol=1e-7)
    assert not np.array_equal(start, before)


def test_a_state_from_before_anything_ran_is_a_fresh_start():
    source, changed = BASE, replace(BASE, optimiser=replace(BASE.optimiser, beta1=0.5))
    second = training_of(changed)
    second.fork(training_of(source).state())
    assert np.array_equal(finish(second).parameters(0), finish(training_of(changed)).parameters(0))


def test_forks_of_forks_count_the_steps_taken():
    """Once three steps an epoch, then one, then four: the count only ever grows by one a step."""
    training, taken = training_of(BASE), []
    for batch, epochs in ((5, 1), (0, 2), (4, 4)):
        following = training_of(replace(BASE, batch_size=batch, epochs=epochs))
        following.fork(training.state())
        finish(following)
        taken.append(int(following.state().part("stack")["taken"][0]))
        assert following.outcome(0).status == "ok"
        training = following
    assert taken == [3, 4, 12]


def test_the_exact_solution_is_found_in_the_epoch_that_is_left():
    source = replace(BASE, loss=SquaredError(), epochs=1, optimiser=SGD(0.1))
    solved = replace(source, optimiser=LeastSquares())
    first = training_of(source)
    first.run_epoch()
    second = training_of(solved)
    second.fork(first.state())
    direct = finish(training_of(solved))
    assert np.array_equal(finish(second).parameters(0), direct.parameters(0))
    first.run_steps(2)
    with pytest.raises(ValueError, match="no row is repeated or skipped"):
        training_of(solved).fork(first.state())


def test_a_fork_that_is_over_has_the_scores_of_its_last_epoch():
    """An end at the epoch of the state is the end of a training of so many epochs."""
    first = training_of(BASE)
    run_to(first, (2, 0))
    short = replace(BASE, epochs=2)
    second = training_of(short, Outcomes())
    second.fork(first.state())
    assert second.finished
    direct = finish(training_of(short, Outcomes()))
    assert second.outcome(0).last == direct.outcome(0).last
    for column, values in direct.records["outcomes"].columns().items():
        np.testing.assert_array_equal(second.records["outcomes"].columns()[column], values)
    stopping = replace(short, regularisers=(EarlyStopping(3),))
    third = training_of(stopping)
    third.fork(first.state())
    assert third.outcome(0).last == third.outcome(0).best == direct.outcome(0).last


def test_a_longer_fork_of_a_finished_training_measures_its_own_end_alone():
    first = finish(training_of(BASE, Outcomes()))
    second = training_of(replace(BASE, epochs=4), Outcomes())
    second.fork(first.state())
    assert len(second.records["outcomes"].columns()["trial"]) == 0
    finish(second)
    assert len(second.records["outcomes"].columns()["trial"]) == 9 + 8


def test_a_trial_that_stopped_early_stays_as_it_ended():
    stopping = replace(
        BASE, epochs=30, optimiser=SGD(3.0), regularisers=(EarlyStopping(1),), batch_size=0
    )
    first = finish(training_of(stopping))
    assert first.outcome(0).epochs_trained < 30
    second = training_of(replace(stopping, regularisers=()))
    second.fork(first.state())
    assert second.outcome(0) == first.outcome(0)
    assert second.outcome(0).last["epoch"] == first.outcome(0).best["epoch"]


def test_steps_of_another_length_are_not_mixed_in_the_layer_table():
    first = training_of(BASE, LayerStatistics("epochs", 10))
    run_to(first, (2, 0))
    second = training_of(replace(BASE, batch_size=0), LayerStatistics("epochs", 10))
    second.fork(first.state())
    finish(second)
    assert set(second.layers.columns()["step"]) == {2, 3}


def test_a_plateau_waits_anew_where_the_loss_is_another():
    """A best loss of .1 squared error would never be reached by a cross-entropy of .6."""
    source = replace(BASE, schedule=ReduceOnPlateau(0.5, 2), loss=SquaredError("softmax"))
    first = training_of(source)
    run_to(first, (2, 0))
    second = training_of(replace(source, loss=BASE.loss))
    second.fork(first.state())
    seen = second.state().part("stack")["seen"]
    assert seen["best"][0] == np.inf
    assert seen["factor"][0] == first.state().part("stack")["seen"]["factor"][0]


def test_states_are_plain_arrays_that_a_file_can_hold(tmp_path):
    first = training_of(replace(BASE, normaliser=BatchNorm()), LayerStatistics("log", 10))
    run_to(first, (1, 2))
    np.savez(tmp_path / "state.npz", allow_pickle=False, **first.state().arrays)
    with np.load(tmp_path / "state.npz", allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    second = training_of(replace(BASE, normaliser=BatchNorm()), LayerStatistics("log", 10))
    second.restore(type(first.state())(arrays))
    assert np.array_equal(finish(second).parameters(0), finish(first).parameters(0))
    assert json.loads(arrays["recipes"][0])["optimiser"]["kind"] == "adam"
