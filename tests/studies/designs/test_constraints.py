"""Coupled axes, axes under a condition, and combinations that are left out."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paribus.core.components import members
from paribus.core.errors import InputError
from paribus.studies.designs.designs import Design, design_from
from paribus.studies.designs.grid import Grid
from paribus.studies.designs.latin_hypercube import LatinHypercube
from paribus.studies.designs.one_at_a_time import OneAtATime
from paribus.studies.designs.random_sample import RandomSample
from paribus.studies.designs.sobol import Sobol
from paribus.studies.files.drafts import default_recipe, with_value
from paribus.studies.files.study_files import load_study, study_from

MOMENTUM = {
    "optimiser.kind": ["sgd", "momentum"],
    "optimiser.momentum": {"levels": [0.5, 0.9], "when": {"optimiser.kind": "momentum"}},
}


def labels(design) -> list[str]:
    return [arm.label for arm in design.arms(default_recipe())]


def test_a_coupled_axis_puts_several_values_together():
    arms = Grid.of({"depth, width": [[2, 64], [4, 32]], "bias": [0.0, 0.5]}).arms(default_recipe())
    assert [arm.recipe.hidden for arm in arms] == [(64, 64)] * 2 + [(32,) * 4] * 2
    assert arms[3].label == "depth=4, width=32, bias=0.5"
    assert arms[3].paths == ("depth", "width", "bias")


def test_a_value_that_is_a_list_can_be_coupled():
    design = Grid.of({"hidden, epochs": [[[9, 8], 3], [[7], 5]]})
    recipes = [arm.recipe for arm in design.arms(default_recipe())]
    assert [(r.hidden, r.epochs) for r in recipes] == [((9, 8), 3), ((7,), 5)]


def test_every_design_of_levels_takes_coupled_axes():
    axes = {"depth, width": [[2, 64], [4, 32]], "bias": [0.0, 0.5], "batch_size": [16, 32]}
    nuisance = {"optimiser.learning_rate": {"levels": [0.1, 1.0], "role": "nuisance"}}
    for kind, cls in members(Design).items():
        if kind == "fork":  # it keeps the shape, and couples what it may change
            continue
        settings = {"samples": 4} if "samples" in cls.__dataclass_fields__ else {}
        if kind == "fractional-factorial":
            settings = {"resolution": 3}
        varied = axes | (nuisance if kind == "tuned" else {})
        shapes = {arm.recipe.hidden for arm in cls.of(varied, **settings).arms(default_recipe())}
        assert {(64, 64), (32,) * 4} <= shapes, kind


def test_an_axis_is_varied_where_its_condition_holds():
    design = Grid.of(MOMENTUM)
    assert labels(design) == [
        "optimiser.kind=sgd",
        "optimiser.kind=momentum, optimiser.momentum=0.5",
        "optimiser.kind=momentum, optimiser.momentum=0.9",
    ]
    assert design.size == 3
    assert design_from({"grid": MOMENTUM}) == design
    assert design_from(design.to_table()) == design


def test_conditions_can_stand_on_one_another():
    nesterov = {"levels": [0.0, 0.1], "when": {"optimiser.momentum": 0.9}}
    axes = MOMENTUM | {"bias": nesterov, "depth": [1, 2]}
    design = Grid.of(axes)
    # sgd and 0.5: the recipe's own bias; 0.9: two of them; each with two depths
    assert len(labels(design)) == 2 * (1 + 1 + 2) <= design.size


def test_what_is_not_varied_is_what_the_arm_has_not_what_the_base_recipe_had():
    base = with_value(default_recipe(), "optimiser", {"kind": "momentum", "momentum": 0.9})
    exclude = [{"optimiser.momentum": 0.9, "depth": 1}]
    arms = Grid.of(MOMENTUM | {"depth": [1, 2]}, exclude=exclude).arms(base)
    assert [arm.label for arm in arms] == [
        "optimiser.kind=sgd, depth=1",
        "optimiser.kind=sgd, depth=2",
        "optimiser.kind=momentum, optimiser.momentum=0.5, depth=1",
        "optimiser.kind=momentum, optimiser.momentum=0.5, depth=2",
        "optimiser.kind=momentum, optimiser.momentum=0.9, depth=2",
    ]


def test_a_condition_may_name_several_levels_or_a_kind():
    tables = ["tanh", {"kind": "leaky-relu", "slope": 0.1}, {"kind": "leaky-relu", "slope": 0.3}]
    of_kind = {
        "activation": tables,
        "depth": {"levels": [1, 3], "when": {"activation": "leaky-relu"}},
    }
    assert len(labels(Grid.of(of_kind))) == 1 + 2 * 2
    several = {"epochs": [1, 2, 3], "depth": {"levels": [1, 3], "when": {"epochs": [2, 3]}}}
    assert len(labels(Grid.of(several))) == 1 + 2 * 2


def test_the_number_of_combinations_is_told_without_making_them():
    axes = {"activation": ["tanh", "relu", "sigmoid", "elu", "gelu", "softplus"]}
    for i, path in enumerate(("bias", "bias_std", "epochs", "depth", "batch_size")):
        condition = {"activation": axes["activation"][i]}
        axes[path] = {"levels": list(range(1, 101)), "when": condition}
    assert Grid.of(axes).size == 5 * 100 + 1  # and not 6 · 100⁵


def test_what_is_excluded_has_no_arm():
    exclude = [{"activation": "relu", "initialiser": "xavier"}, {"depth": 1, "bias": [0.1, 0.2]}]
    axes = {
        "activation": ["tanh", "relu"],
        "initialiser": ["xavier", "he"],
        "depth": [1, 2],
        "bias": [0.0, 0.1, 0.2],
    }
    design = Grid.of(axes, exclude=exclude)
    assert len(labels(design)) == 3 * (6 - 2)
    table = design.to_table()
    assert table["design"]["kind"] == "grid"
    assert design_from(table) == design
    changes = OneAtATime.of(axes, exclude=exclude[:1])  # the base recipe's weights are Xavier's
    assert "activation=relu" not in labels(changes)
    assert len(labels(changes)) == 1 + 1 + 1 + 2


def test_one_at_a_time_varies_what_the_base_recipe_allows():
    base = with_value(default_recipe(), "optimiser", "momentum")
    arms = OneAtATime.of(MOMENTUM).arms(base)
    assert [arm.label for arm in arms] == [
        "base recipe",
        "optimiser.kind=sgd",
        "optimiser.momentum=0.5",
    ]
    with pytest.raises(InputError, match=r"optimiser\.momentum is never varied, for its condition"):
        OneAtATime.of(MOMENTUM).arms(default_recipe())


RANGE = {"low": 0.1, "high": 0.9, "when": {"optimiser.kind": "momentum"}}


@pytest.mark.parametrize("cls", [RandomSample, Sobol, LatinHypercube])
def test_a_range_can_have_a_condition(cls):
    axes = MOMENTUM | {"optimiser.momentum": RANGE, "epochs": {"low": 1, "high": 50}}
    arms = cls.of(axes, samples=12).arms(default_recipe())
    kinds = [arm.recipe.optimiser.kind for arm in arms]
    assert {"sgd", "momentum"} == set(kinds)
    for arm, kind in zip(arms, kinds, strict=True):
        assert ("optimiser.momentum" in arm.paths) == (kind == "momentum")
        assert isinstance(arm.recipe.epochs, int)
    plain = cls.of(MOMENTUM | {"optimiser.momentum": RANGE}, samples=3)
    if cls is not LatinHypercube:  # the sgd arm is one recipe, so a second is passed over
        kinds = [arm.recipe.optimiser.kind for arm in plain.arms(default_recipe())]
        assert kinds.count("sgd") <= 1


LEVELS = {"depth": [1, 2, 3], "bias": [0.0, 0.1], "epochs": [1, 2, 3]}
tables = st.dictionaries(st.sampled_from(list(LEVELS)), st.integers(0, 1), min_size=1)


@given(st.lists(tables, max_size=3), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_constraints_are_honoured(named, seed):
    """Against a filter by hand over all combinations."""
    exclude = [{path: LEVELS[path][i] for path, i in table.items()} for table in named]
    points = [
        dict(zip(LEVELS, values, strict=True)) for values in itertools.product(*LEVELS.values())
    ]
    left = [p for p in points if not any(table.items() <= p.items() for table in exclude)]
    base = default_recipe()

    def recipes(design) -> set:
        return {
            (a.level("depth").value, a.level("bias").value, a.level("epochs").value)
            for a in design.arms(base)
        }

    wanted = {tuple(point.values()) for point in left}
    if len(left) < 2:
        with pytest.raises(InputError, match=r"leaves (no|a single) arm"):
            Grid.of(LEVELS, exclude=exclude).arms(base)
        return
    assert recipes(Grid.of(LEVELS, exclude=exclude)) == wanted
    for cls in (RandomSample, Sobol):
        assert recipes(cls.of(LEVELS, exclude=exclude, samples=2, seed=seed)) <= wanted


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"exclude": [{"depth": 3}]}, r"design\.exclude 1\.depth: unknown level 3; allowed: 1, 2"),
        ({"exclude": [{"depht": 1}]}, r"design\.exclude 1: unknown axis 'depht'.*mean 'depth'"),
        ({"exclude": [{"depth": 1}, {}]}, r"design\.exclude 2 names no level"),
        ({"exclude": {"depth": 1}}, r"must be a list of tables of levels"),
        ({"exclude": [{"depth": 1}]}, r"leaves a single arm of 2; compare at least two"),
        ({"exclude": [{"depth": 1}, {"depth": 2}]}, r"leaves no arm of 2"),
        (
            {"axes": MOMENTUM, "exclude": [{"optimiser.kind": "sgd", "optimiser.momentum": 0.5}]},
            r"design\.exclude 1 meets none of the 3 arms",
        ),
        ({"axes": {"depth, width": [[1, 2], [3]]}}, r"level \[3\] must be a list of 2 values"),
        ({"axes": {"depth, width": [1, 2]}}, r"level 1 must be a list of 2 values, one for each"),
        ({"axes": {"depth,": [[1, 2]]}}, r"a path is missing beside a comma"),
        ({"axes": {"depth, width": []}}, r"is empty"),
        ({"axes": {"depth, width": {"low": 1, "high": 2}}}, r"a coupled axis takes levels"),
        ({"axes": {"depth, width": [[1, 2]], "width": [3]}}, r"width is varied twice"),
        ({"axes": {"depth, depth": [[1, 2]]}}, r"depth is varied twice"),
        (
            {"axes": {"depth": {"levels": [1], "when": {"bias": 0.0}}, "bias": [0.0, 0.1]}},
            r"design\.axes\.depth\.when: bias must stand before depth|grid\.depth\.when: bias must",
        ),
        ({"axes": {"bias": [0.0], "depth": {"levels": [1], "when": {"bais": 0.0}}}}, "'bias'"),
        ({"axes": {"bias": [0.0], "depth": {"levels": [1], "when": {"bias": 9}}}}, "level 9"),
        ({"axes": {"bias": [0.0], "depth": {"levels": [1], "when": 3}}}, "must be a table of"),
        (
            {
                "axes": {
                    "bias": [0.0, 1.0],
                    "epochs": [1, 2],
                    "depth": {"levels": [1, 2], "when": {"bias": 1.0}},
                    "width": {"levels": [1, 2], "when": {"bias": 0.0, "depth": 1}},
                }
            },
            r"width is never varied, for its condition never holds",
        ),
        (
            {"kind": "random", "axes": {"bias": {"low": 0, "high": 1}}, "exclude": [{"bias": 1}]},
            "bias is a range; only levels can be named",
        ),
        ({"kind": "latin-hypercube", "exclude": [{"depth": 1}]}, "latin-hypercube takes no excl"),
        ({"kind": "ablation", "exclude": [{"depth": 1}]}, "ablation takes no exclude"),
        ({"kind": "factorial", "axes": MOMENTUM}, "takes no when, which optimiser.momentum has"),
    ],
)
def test_constraints_that_cannot_be_are_refused_in_one_line(table, message):
    table = {"kind": "grid", "axes": {"depth": [1, 2]}} | table
    with pytest.raises(InputError, match=message) as refused:
        study_from({"question": "?", "design": table}, "x")
    assert len(refused.value.messages) == 1


def test_settings_reach_coupled_and_conditional_axes(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        """
        question = "?"
        [grid]
        "depth, width" = [[2, 64], [4, 32]]
        "optimiser.kind" = ["sgd", "momentum"]
        "optimiser.momentum" = { levels = [0.5, 0.9], when = { "optimiser.kind" = "momentum" } }
        [baseline]
        depth = 4
        """
    )
    study = load_study(str(path))
    assert len(study.arms) == 2 * 3
    assert study.axes == ("depth", "width", "optimiser.kind", "optimiser.momentum")
    assert study.baseline_arm.recipe.hidden == (32,) * 4
    assert study_from(study.to_table(), "x").arms == study.arms
    three = load_study(str(path), ["depth, width=[[1, 9], [2, 8], [4, 7]]"])
    assert len(three.arms) == 3 * 3
    more = load_study(str(path), ["optimiser.momentum=[0.5, 0.8, 0.9]"])
    assert len(more.arms) == 2 * 4
    for setting in ("depth=3", "width=[3, 4]"):
        with pytest.raises(InputError, match="the design varies it in 'depth, width'"):
            load_study(str(path), [setting])
