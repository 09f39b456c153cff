from __future__ import annotations

import dataclasses
from typing import get_args

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from paribus.core.components import Component, members
from paribus.core.errors import InputError
from paribus.core.families.activations import ReLU
from paribus.core.families.optimisers import SGD, Adam
from paribus.core.families.regularisers import L2, Dropout
from paribus.core.recipe import OPTIONAL, SEVERAL
from paribus.studies.files.drafts import default_recipe, recipe_from, recipe_table, with_value
from paribus.studies.files.schema import FAMILIES, component
from paribus.studies.preparations.corruptions import LabelNoise
from paribus.studies.preparations.scalings import Standardisation

MEMBERS = [(family, cls) for family, union in FAMILIES.items() for cls in members(union).values()]


@pytest.mark.parametrize(("family", "cls"), MEMBERS, ids=lambda x: getattr(x, "kind", x))
def test_every_member_is_reached_by_name_and_by_table(family, cls):
    assert component(family, cls.kind, "here") == cls()
    assert component(family, {"kind": cls.kind}, "here") == cls()
    assert component(family, cls(), "here") == cls()


@pytest.mark.parametrize(("family", "cls"), MEMBERS, ids=lambda x: getattr(x, "kind", x))
def test_every_member_refuses_a_typo_a_quoted_number_true_and_nan(family, cls):
    with pytest.raises(InputError, match="unknown key 'typpo'"):
        component(family, {"kind": cls.kind, "typpo": 1}, "here")
    for f in dataclasses.fields(cls):
        if f.type in ("float", "int"):
            for bad in ("0.1", True, float("nan"), float("inf")):
                with pytest.raises(InputError, match=f"here.{f.name}"):
                    component(family, {"kind": cls.kind, f.name: bad}, "here")


@pytest.mark.parametrize("family", FAMILIES)
def test_an_unknown_kind_names_what_is_allowed_and_the_nearest(family):
    kinds = list(members(FAMILIES[family]))
    with pytest.raises(InputError) as caught:
        component(family, kinds[0][:-1] + "x", f"recipe.{family}")
    (message,) = caught.value.messages
    assert message.startswith(f"recipe.{family}: unknown {family}")
    assert all(kind in message for kind in kinds)
    assert f"did you mean {kinds[0]!r}?" in message


@pytest.mark.parametrize("bad", [3, None, [], {"rate": 1}, {"kind": 3}, True])
def test_what_is_no_component_at_all(bad):
    with pytest.raises(InputError, match="must be a name"):
        component("optimiser", bad, "here")


def test_a_component_of_another_family_is_refused():
    with pytest.raises(InputError, match="unknown activation 'sgd'"):
        component("activation", SGD(), "here")


def test_paths():
    base = default_recipe()
    assert with_value(base, "activation", "relu").activation == ReLU()
    assert with_value(base, "optimiser.learning_rate", 1).optimiser == SGD(1.0)
    assert with_value(base, "depth", 3).hidden == (30, 30, 30)
    assert with_value(base, "depth", 0).hidden == ()
    assert with_value(with_value(base, "depth", 4), "width", 7).hidden == (7,) * 4
    assert with_value(base, "hidden", [5, 2]).hidden == (5, 2)
    assert with_value(base, "batch_size", "full").batch_size == 0
    one = with_value(base, "regularisers.l2.strength", 0.5)
    assert one.regularisers == (L2(0.5),)
    two = with_value(one, "regularisers.dropout", {"p": 0.1})
    assert two.regularisers == (Dropout(0.1), L2(0.5))
    kept = with_value(two, "regularisers.l2.normalisation", "per-example")
    assert kept.regularisers == (Dropout(0.1), L2(0.5, "per-example"))
    assert with_value(two, "regularisers.l2", "none").regularisers == (Dropout(0.1),)
    noisy = with_value(base, "preparations.label-noise.fraction", 0.3)
    assert noisy.preparations == (LabelNoise(0.3),)
    both = with_value(noisy, "preparations.standardisation", "standardisation")
    assert both.preparations == (LabelNoise(0.3), Standardisation())
    assert with_value(both, "preparations.label-noise", "none").preparations == (Standardisation(),)
    assert with_value(both, "preparations", {}).preparations == ()
    assert with_value(both, "preparations", "none").preparations == ()
    layers = with_value(base, "regularisers.dropout.per_layer", [0.2, 0.5])
    assert layers.regularisers == (Dropout(per_layer=(0.2, 0.5)),)
    adam = with_value(base, "optimiser", {"kind": "adam", "beta1": 0.5})
    assert with_value(adam, "optimiser.beta2", 0.9).optimiser == Adam(beta1=0.5, beta2=0.9)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("actvation", "relu", "did you mean 'activation'"),
        ("epochs.more", 1, "unknown key"),
        ("optimiser.rate", 1, "unknown key 'rate'"),
        ("optimiser.learning_rate", "fast", "must be a number"),
        ("depth", -1, "whole number ≥ 0"),
        ("depth", True, "whole number"),
        ("width", 0, "whole number ≥ 1"),
        ("width", 2.5, "whole number"),
        ("hidden", [3, 0], "list of whole numbers"),
        ("hidden", 3, "list of whole numbers"),
        ("epochs", 1.5, "whole number"),
        ("epochs", -2, "≥ 0"),
        ("batch_size", "half", "whole number"),
        ("dtype", "float8", "'float32' or 'float64'"),
        ("bias_std", float("nan"), "finite number"),
        ("bias_std", 10**400, "bias_std = 1000"),
        ("regularisers", 3, "must be a table"),
        ("regularisers.l3", {}, "unknown regulariser 'l3'"),
        ("normaliser.momentum", 0.9, "set normaliser = 'batch-norm' or 'layer-norm' first"),
        ("residual.scale", 0.5, "recipe.residual.scale: the recipe has no residual; set residual"),
        ("residual", {}, "must be a name"),
        ("normaliser", {"kind": "batch-norm", "momentum": 2}, "momentum = 2.0 is not allowed; it"),
        ("initialiser", {"kind": "he", "gain": 0}, "he.gain = 0.0 is not allowed; it must be > 0"),
        ("initialiser", {"kind": "orthogonal", "gain": -1}, "orthogonal.gain = -1.0"),
        ("optimiser.learning_rate", -0.1, "must be > 0"),
        ("regularisers.dropout.p", 1.2, "p = 1.2 is not allowed; it must be ≥ 0 and ≤ 1"),
        ("regularisers.dropout.per_layer", [0.1, 1.2], "must be a list of numbers, each ≥ 0 and"),
        ("regularisers.dropout.per_layer", [0.1], "1 probabilities for 2 hidden layers"),
        ("regularisers.early-stopping.patience", 0, "must be ≥ 1"),
        ("augmentations.zoom.factor", 0.5, "must be ≥ 1 and ≤ 4"),
        ("activation", {"kind": "expression", "formula": "z^2"}, r"a power is written \*\*"),
        ("activation", "function", "activation.path must be FILE.py:NAME"),
        ("schedule", "none", "unknown schedule 'none'"),
        ("width", 100_001, "recipe.width: at most 1,000 layers of 100,000 units are allowed"),
        ("regularisers.l2.strength", -1, "must be ≥ 0"),
        ("regularisers.dropout", 0.5, "must be 'dropout', a table or 'none'"),
        ("regularisers.dropout", {"kind": "l2"}, "must be 'dropout', a table or 'none'"),
        ("regularisers.dropout", L2(), "must be 'dropout', a table or 'none'"),
        ("regularisers.dropout", "l2", "must be 'dropout', a table or 'none'"),
        ("preparations", ["standardisation"], "must be a table: class-skew"),
        ("preparations.lable-noise", {}, "did you mean 'label-noise'"),
        ("preparations.label-noise.fraction", 1.5, "≤ 1"),
        ("preparations.label-noise.share", 0.1, "unknown key 'share'; allowed: fraction"),
        ("preparations.random-labels.method", "dealt", "'drawn' or 'permuted'"),
    ],
)
def test_what_a_path_refuses(path, value, told):
    with pytest.raises(InputError, match=told):
        with_value(default_recipe(), path, value)


def test_all_mistakes_of_a_table_are_told_at_once():
    with pytest.raises(InputError) as caught:
        recipe_from({"activation": "tahn", "epochs": -1, "optimiser": {"kind": "sgd", "x": 1}})
    assert len(caught.value.messages) == 3


def test_hidden_and_depth_together_are_refused():
    with pytest.raises(InputError, match="not both"):
        recipe_from({"hidden": [3], "depth": 2})


components = {family: st.sampled_from(sorted(members(FAMILIES[family]))) for family in FAMILIES}
optional = {family: st.just("none") | components[family] for family in OPTIONAL}


@settings(deadline=None)
@given(
    st.fixed_dictionaries({f: s for f, s in components.items() if f not in SEVERAL} | optional),
    st.lists(st.integers(1, 50), max_size=4),
    st.fixed_dictionaries({family: st.sets(components[family]) for family in SEVERAL}),
    st.sampled_from(["float32", "float64"]),
)
def test_a_recipe_survives_its_table(kinds, hidden, several, dtype):
    table = {**kinds, "hidden": hidden, "dtype": dtype}
    table |= {family: {kind: {} for kind in chosen} for family, chosen in several.items()}
    if table["activation"] == "function":
        table["activation"] = {"kind": "function", "path": "own.py:same"}
    try:
        recipe = recipe_from(table)
    except InputError:
        reject()  # parts that do not go together
    assert recipe_from(recipe_table(recipe)) == recipe


def test_parts_that_need_one_another_may_be_put_in_any_order():
    table = {"optimiser": "momentum", "momentum_schedule": "cosine", "depth": 3, "epochs": 1}
    table["regularisers"] = {"dropout": {"per_layer": [0.1, 0.2, 0.3]}}
    recipe = recipe_from(table)
    assert recipe.depth == 3
    solved = recipe_from(
        table,
        overrides=[
            ("optimiser", "least-squares"),
            ("loss", "squared-error"),
            ("momentum_schedule", "none"),
            ("regularisers", {}),
        ],
    )
    assert solved.optimiser.solves
    with pytest.raises(InputError, match="needs an optimiser with momentum, not 'sgd'"):
        recipe_from(table, overrides=[("optimiser", "sgd")])


def test_families_hold_components_with_distinct_kinds():
    for union in FAMILIES.values():
        kinds = members(union)
        assert all(issubclass(cls, Component) for cls in kinds.values())
        assert all(cls.__doc__ for cls in kinds.values())
        assert len(kinds) == len(get_args(union) or (union,))
    regularisers = members(FAMILIES["regularisers"])
    assert not set(regularisers) & set(FAMILIES)  # both name columns of the trials table


def test_another_kind_keeps_what_both_have():
    """A grid over optimiser.kind keeps the learning rate and drops what is Adam's alone."""
    base = recipe_from({"optimiser": {"kind": "adam", "learning_rate": 0.002, "beta1": 0.5}})
    assert with_value(base, "optimiser.kind", "sgd").optimiser == SGD(0.002)
    assert with_value(base, "optimiser.kind", "adam") == base
    assert with_value(base, "activation.kind", "relu").activation == ReLU()
    with pytest.raises(InputError, match="did you mean 'adam'"):
        with_value(base, "optimiser.kind", "adamm")
