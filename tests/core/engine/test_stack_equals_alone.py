"""The master test: a stack equals its trials trained alone, bit for bit."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paribus.core.components import Component, members, stack_fields
from paribus.core.engine.updates import SWEEP
from paribus.core.families.activations import (
    ELU,
    GELU,
    Activation,
    PReLU,
    ReLU,
    Swish,
    Tanh,
    UserFunction,
)
from paribus.core.families.augmentations import (
    Augmentation,
    PixelNoise,
    Rotation,
    Translation,
    Zoom,
)
from paribus.core.families.initialisers import Gaussian, Initialiser
from paribus.core.families.losses import Loss, SquaredError
from paribus.core.families.normalisers import BatchNorm, LayerNorm, Normaliser
from paribus.core.families.optimisers import SGD, Adam, Momentum, Optimiser
from paribus.core.families.parametrisations import MaximalUpdate, Parametrisation
from paribus.core.families.pretraining import AutoencoderPretraining, Pretraining, RBMPretraining
from paribus.core.families.regularisers import (
    L1,
    L2,
    Averaging,
    ClipNorm,
    Dropout,
    EarlyStopping,
    InputNoise,
    MaxNorm,
    Regulariser,
)
from paribus.core.families.residual import Residual
from paribus.core.families.schedules import Cosine, ReduceOnPlateau, Schedule, StepDecay
from paribus.core.measures.layers import LayerStatistics
from paribus.core.recipe import Recipe
from small import recipe, trained

FAMILIES = {
    "activation": Activation,
    "initialiser": Initialiser,
    "loss": Loss,
    "optimiser": Optimiser,
    "schedule": Schedule,
    "normaliser": Normaliser,
    "residual": Residual,
    "parametrisation": Parametrisation,
    "pretraining": Pretraining,
}
SETTINGS = {
    "residual": {"hidden": (5, 5, 5)},
    "rbm": {"pretraining": RBMPretraining(epochs=2, batch_size=7, visible="gaussian")},
    "autoencoder": {"pretraining": AutoencoderPretraining(2, 7, 0.05)},
    "least-squares": {"epochs": 1, "loss": SquaredError()},
}
"""What a member needs of the rest of a recipe, by its family or kind."""
MEMBERS = [
    (family, cls)
    for family, union in FAMILIES.items()
    for cls in members(union).values()
    if cls is not UserFunction  # which needs a file: see test_formulas
]


def shifted(component: Component, position: int) -> Component:
    """Move every float field of a component a little, by a share of its own for each position."""
    share = 0.97 ** (position % 5)
    floats = {
        f.name: getattr(component, f.name) * share
        for f in fields(component)
        if isinstance(getattr(component, f.name), float)
    }
    return replace(component, **floats)


def varied(base: Recipe, position: int) -> Recipe:
    """Give one trial of a stack numeric fields of its own, so that stacking has to keep them."""
    parts = (*FAMILIES, "momentum_schedule")
    moved = {
        name: part and shifted(part, position) for name in parts for part in [getattr(base, name)]
    }
    regularisers = tuple(shifted(r, position) for r in base.regularisers)
    augmentations = tuple(shifted(a, position) for a in base.augmentations)
    return replace(
        base,
        **moved,
        regularisers=regularisers,
        augmentations=augmentations,
        bias_std=0.1 * (position % 3),
    )


def test_every_float_field_is_varied():
    base = recipe(optimiser=Adam(), schedule=StepDecay(), regularisers=(L2(0.1), Dropout(0.3)))
    one, other = varied(base, 0), varied(base, 1)
    for name in ("optimiser", "schedule", "initialiser"):
        assert stack_fields([getattr(one, name)]) != stack_fields([getattr(other, name)])
    assert one.regularisers != other.regularisers
    assert one.structure == other.structure


def same_bits(stacked, alone, position: int) -> None:
    """Compare everything that training and probing left behind."""
    assert np.array_equal(stacked.parameters(position), alone.parameters(0))
    assert stacked.outcome(position) == alone.outcome(0)
    for mine, own in ((stacked.epochs, alone.epochs), (stacked.layers, alone.layers)):
        table, single = mine.columns(), own.columns()
        for name, values in single.items():
            if name != "trial":
                part = table[name][table["trial"] == position]
                np.testing.assert_array_equal(part, values, err_msg=name)


def check(base: Recipe, size: int, chosen: list[int]) -> None:
    """Train a stack and some of its trials alone, and compare."""
    recipes = [varied(base, i) for i in range(size)]
    replicates = [i % 7 for i in range(size)]
    probe = LayerStatistics("log", 20)
    stacked = trained(recipes, replicates, probe)
    for position in chosen:
        same_bits(stacked, trained([recipes[position]], [replicates[position]], probe), position)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("family", "cls"), MEMBERS, ids=lambda x: getattr(x, "kind", x))
def test_every_member_of_every_family(family, cls, dtype):
    settings = SETTINGS.get(family, {}) | SETTINGS.get(cls.kind, {})
    base = recipe(**{family: cls(), "dtype": dtype} | settings)
    for size in (1, 2, 7, 64):
        check(base, size, sorted({0, size // 2, size - 1}))


@pytest.mark.parametrize("cls", members(Augmentation).values(), ids=lambda cls: cls.kind)
def test_every_augmentation(cls):
    base = recipe(augmentations=(Zoom(2.0) if cls is Zoom else cls(),))
    for size in (1, 2, 7):
        check(base, size, sorted({0, size // 2, size - 1}))


@pytest.mark.parametrize("cls", members(Regulariser).values(), ids=lambda cls: cls.kind)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_regulariser(cls, dtype):
    strength = next(f.name for f in fields(cls) if f.type == "float")
    base = recipe(regularisers=(cls(**{strength: 0.3}),), dtype=dtype)
    for size in (1, 2, 7, 64):
        check(base, size, sorted({0, size // 2, size - 1}))


COMBINATIONS = {
    "normalised after, learned": {"normaliser": BatchNorm("after"), "activation": PReLU()},
    "layer norm, learned": {"normaliser": LayerNorm("after"), "activation": Swish(learned=True)},
    "residual, dropped, normalised": {
        "hidden": (5, 5, 5, 5),
        "residual": Residual(2, 0.7),
        "normaliser": BatchNorm(),
        "regularisers": (Dropout(0.3, (0.1, 0.2, 0.3, 0.4)), InputNoise(0.2)),
    },
    "widths and clips": {
        "parametrisation": MaximalUpdate(3),
        "optimiser": Adam(0.01),
        "regularisers": (ClipNorm(0.1), L1(0.01, "proximal"), MaxNorm(0.8), L2(0.1)),
    },
    "stops early, averaged": {
        "regularisers": (EarlyStopping(1), Averaging(0.5)),
        "optimiser": SGD(0.9),
        "epochs": 8,
    },
    "plateau": {
        "schedule": ReduceOnPlateau(0.5, 1, 0.1),
        "optimiser": Momentum(0.5),
        "momentum_schedule": Cosine(),
        "epochs": 8,
    },
    "smooth": {"activation": GELU("tanh"), "normaliser": LayerNorm(), "batch_size": 1},
    "augmented, noisy": {
        "augmentations": (Rotation(20.0), Translation(0.3), PixelNoise(0.2)),
        "regularisers": (InputNoise(0.1),),
        "batch_size": 10,
    },
    "one unit": {"hidden": (1, 1), "activation": ELU(0.5), "normaliser": LayerNorm("after")},
}


@pytest.mark.parametrize("settings", COMBINATIONS.values(), ids=COMBINATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_members_together(settings, dtype):
    base = recipe(dtype=dtype, **settings)
    for size in (2, 7):
        check(base, size, list(range(size)))


@pytest.mark.parametrize("optimiser", [SGD(0.05), Adam(0.001)], ids=str)
def test_networks_larger_than_an_optimiser_sweep(optimiser):
    """Beyond 65,536 parameters a trial's row is swept in blocks of columns."""
    base = recipe(hidden=(300, 220), optimiser=optimiser, regularisers=(L2(0.01),), epochs=1)
    stacked = trained([varied(base, i) for i in range(3)], [0, 1, 2])
    assert stacked.parameters(0).size > SWEEP
    for position in range(3):
        alone = trained([varied(base, position)], [position])
        assert np.array_equal(stacked.parameters(position), alone.parameters(0))


@given(
    hidden=st.lists(st.integers(1, 9), max_size=4),
    batch=st.integers(0, 25),
    optimiser=st.sampled_from([SGD(0.1), Adam(0.01)]),
    regularisers=st.sampled_from([(), (L2(0.01),), (L2(0.1), Dropout(0.4))]),
    activation=st.sampled_from([Tanh(), ReLU()]),
    order=st.permutations(range(5)),
    dtype=st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=40, deadline=None)
def test_any_shape_in_any_order(hidden, batch, optimiser, regularisers, activation, order, dtype):
    base = recipe(
        hidden=tuple(hidden),
        batch_size=batch,
        optimiser=optimiser,
        regularisers=regularisers,
        activation=activation,
        dtype=dtype,
        epochs=1,
        schedule=StepDecay(every=1),
    )
    recipes = [varied(base, i) for i in range(5)]
    straight = trained(recipes, [0, 1, 2, 3, 4])
    shuffled = trained([recipes[i] for i in order], list(order))
    for position, index in enumerate(order):
        assert np.array_equal(shuffled.parameters(position), straight.parameters(index))
    alone = trained([recipes[2]], [2])
    assert np.array_equal(straight.parameters(2), alone.parameters(0))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_diverging_neighbour_changes_nothing(place):
    good = recipe(activation=ReLU(), epochs=3)
    recipes = [replace(good, initialiser=Gaussian(std=s)) for s in (0.3, 0.5, 0.7)]
    wild = replace(recipes[place], optimiser=SGD(1e30))
    mixed = [wild if i == place else r for i, r in enumerate(recipes)]
    probe = LayerStatistics("log", 20)
    stacked = trained(mixed, [0, 1, 2], probe)
    assert stacked.outcome(place).status == "diverged"
    assert stacked.live == 2
    for position in {0, 1, 2} - {place}:
        same_bits(stacked, trained([recipes[position]], [position], probe), position)


def test_probing_does_not_touch_training():
    probed = trained([recipe()] * 3, [0, 1, 2], LayerStatistics("log", 25))
    plain = trained([recipe()] * 3, [0, 1, 2])
    for position in range(3):
        assert np.array_equal(probed.parameters(position), plain.parameters(position))
