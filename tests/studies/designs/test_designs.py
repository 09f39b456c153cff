"""What every design must do, and what each says of itself."""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st
from paribus.core.components import members
from paribus.core.errors import InputError
from paribus.core.families.initialisers import Gaussian, He
from paribus.studies.designs.design_function import Arm, DesignFunction
from paribus.studies.designs.designs import Design, design_from
from paribus.studies.designs.fork import Fork
from paribus.studies.designs.grid import Grid
from paribus.studies.designs.one_at_a_time import OneAtATime
from paribus.studies.designs.random_sample import RandomSample
from paribus.studies.files.drafts import default_recipe, with_value
from paribus.studies.files.study_files import load_study, study_from

AXES = {
    "depth": [1, 2, 3],
    "initialiser": ["xavier", {"kind": "gaussian", "std": 0.1}],
    "regularisers.dropout.p": [0.1, 0.5],
}


TWO = {path: levels[-2:] for path, levels in AXES.items()}
NUISANCE = {"optimiser.learning_rate": {"levels": [0.1, 1.0], "role": "nuisance"}}
SAMPLED = ("random", "sobol", "latin-hypercube")
COMPONENTS = ("leave-one-out", "add-one-in", "ablation", "factorial", "fractional-factorial")
SETTINGS = {
    **{kind: {"samples": 6} for kind in SAMPLED},
    "fractional-factorial": {"resolution": 3},
    "search": {"samples": 6, "start": 6, "sampler": "gp"},
}


def an_example_of(kind: str) -> DesignFunction:
    """Return a design that has arms."""
    if kind == "fork":
        changes = {"optimiser.learning_rate": [0.5, 1.0], "regularisers.dropout.p": [0.1, 0.5]}
        return Fork.of(changes, at=[3, 5])
    axes = {"tuned": AXES | NUISANCE} | dict.fromkeys(COMPONENTS, TWO)
    return members(Design)[kind].of(axes.get(kind, AXES), **SETTINGS.get(kind, {}))


@pytest.mark.parametrize("kind", members(Design))
def test_every_design_is_a_pure_function_with_distinct_arms(kind):
    design = an_example_of(kind)
    base = default_recipe()
    arms = design.arms(base)
    assert arms == design.arms(base)
    assert len({(arm.recipe, arm.origin) for arm in arms}) == len(arms) <= design.size
    replicates = design.tuning if kind == "tuned" else range(3)
    wants = design.wants(base, 3)
    assert [(want.arm, want.replicates) for want in wants] == [(arm, replicates) for arm in arms]
    if not design.adaptive:
        assert {want.until for want in wants} == {None}
        assert design.epochs(base) == sum(arm.recipe.epochs for arm in arms)
        assert not design.selects_on
    for arm in arms:
        assert set(arm.paths) <= {axis.path for axis in design.axes}
        for level in arm.levels:  # an arm has its levels: putting them again changes nothing
            assert arm.has(level.path, level.label)
    stored = tomllib.loads(tomli_w.dumps(design.to_table()))
    assert design_from(stored).to_table() == design.to_table()
    assert {arm.recipe for arm in design_from(stored).arms(base)} == {arm.recipe for arm in arms}


def test_levels_are_values_that_are_read_off_the_recipe():
    arm = Grid.of(AXES).arms(default_recipe())[2]
    assert [(x.path, x.value, x.label) for x in arm.levels] == [
        ("depth", 1, "1"),
        ("initialiser", Gaussian(0.1), "gaussian(std=0.1)"),
        ("regularisers.dropout.p", 0.1, "0.1"),
    ]
    assert arm.level("batch_size").value == 32  # on every axis, varied or not
    assert arm.level("regularisers.l2.strength").label == "none"
    assert arm.has("initialiser", {"kind": "gaussian", "std": 0.1})
    assert not arm.has("initialiser", "gaussian")
    assert not arm.has("initialiser.mode", "fan-in")  # a gaussian has none
    assert Arm(with_value(default_recipe(), "batch_size", "full")).has("batch_size", "full")


def test_one_at_a_time_leaves_the_base_recipe_in_the_middle():
    arms = OneAtATime.of(AXES).arms(with_value(default_recipe(), "depth", 2))
    assert [arm.label for arm in arms] == [
        "base recipe",
        "depth=1",
        "depth=3",
        "initialiser=gaussian(std=0.1)",
        "regularisers.dropout.p=0.1",
        "regularisers.dropout.p=0.5",
    ]
    assert arms[1].recipe.initialiser == arms[0].recipe.initialiser
    assert arms[1].level("initialiser").label == "xavier"


def rates(design: RandomSample) -> list[float]:
    return [arm.recipe.optimiser.learning_rate for arm in design.arms(default_recipe())]


RATE = {"low": 1e-4, "high": 1.0, "scale": "log"}


def test_random_draws_evenly_on_the_scale_of_each_axis():
    axes = {"optimiser.learning_rate": RATE, "width": {"low": 3, "high": 6}, "depth": [1, 4]}
    arms = RandomSample.of(axes, samples=800).arms(default_recipe())
    logs = np.log10([arm.recipe.optimiser.learning_rate for arm in arms])
    assert -4 <= logs.min() < -3.95 < -0.05 < logs.max() <= 0
    assert abs(logs.mean() + 2) < 5 * 4 / math.sqrt(12 * 800)
    for values in ([arm.recipe.width for arm in arms], [arm.recipe.depth for arm in arms]):
        shares = np.unique(values, return_counts=True)[1] / 800
        expected = 1 / len(shares)
        assert len(shares) == (4 if max(values) == 6 else 2)
        assert np.abs(shares - expected).max() < 5 * math.sqrt(expected / 800)


def test_more_samples_add_to_fewer_and_another_axis_changes_no_draw():
    few = rates(RandomSample.of({"optimiser.learning_rate": RATE}, samples=5))
    more = rates(RandomSample.of({"optimiser.learning_rate": RATE}, samples=9))
    both = rates(RandomSample.of({"depth": [1, 2], "optimiser.learning_rate": RATE}, samples=5))
    other = rates(RandomSample.of({"optimiser.learning_rate": RATE}, samples=5, seed=1))
    assert more[:5] == few == both
    assert not set(other) & set(few)


def test_the_field_says_whether_a_range_is_of_whole_numbers():
    design = RandomSample.of({"optimiser.learning_rate": {"low": 1, "high": 3}}, samples=20)
    drawn = rates(design)
    assert all(1 < rate < 3 and rate != round(rate) for rate in drawn)


@pytest.mark.parametrize(
    ("path", "ends", "message"),
    [
        ("optimiser.learning_rate", (-1, 1), r"learning_rate = -1.0 is not allowed"),
        ("batch_size", (1.5, 64), r"batch_size = 1.5 must be a whole number"),
        ("batch_size", (8, 64.2), r"batch_size = 64.2 must be a whole number"),
        ("activation", (1, 2), r"design\.activation"),
    ],
)
def test_ends_of_a_range_that_no_recipe_may_have_are_refused(path, ends, message):
    design = RandomSample.of({path: dict(zip(("low", "high"), ends, strict=True))}, samples=2)
    with pytest.raises(InputError, match=message):
        design.arms(default_recipe())


def test_a_space_with_fewer_recipes_than_samples_is_refused():
    assert len(RandomSample.of({"depth": [1, 2, 3]}, samples=3).arms(default_recipe())) == 3
    with pytest.raises(InputError, match="fewer than samples = 4"):
        RandomSample.of({"depth": [1, 2, 3]}, samples=4).arms(default_recipe())


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"design": {"kind": "gird"}}, "unknown kind 'gird'.*did you mean 'grid'"),
        ({"design": {"kind": "grid", "sample": 3}}, "design: unknown key 'sample'"),
        ({"design": {"kind": "random", "samples": 0}}, "design.samples = 0"),
        ({"design": {"kind": "random", "samples": "3"}}, "must be a number"),
        ({"design": {"kind": "random", "samples": True}}, "must be a number"),
        ({"design": {"kind": "grid"}, "grid": {"depth": [1]}}, "not both"),
        ({"design": {"kind": "grid", "axes": 3}}, "must be a table of axes"),
        (
            {"design": {"kind": "grid", "axes": {"depth": []}}},
            "design.axes.depth is empty|is empty",
        ),
        ({"grid": {"depth": {"levels": [1], "roll": "x"}}}, "unknown key 'roll'"),
        ({"grid": {"depth": {"levels": [1], "role": "nuisanse"}}}, "did you mean 'nuisance'"),
        ({"grid": {"width": {"low": 3, "high": 2}}}, "low < high"),
        ({"grid": {"bias": {"low": -1.0, "high": 2.0, "scale": "log"}}}, "above 0 on a log scale"),
        ({"grid": {"bias": {"low": 0.0}}}, "must both be finite numbers"),
        ({"grid": {"bias": {"low": 0.0, "high": math.inf}}}, "must both be finite numbers"),
    ],
)
def test_designs_that_cannot_be(table, message):
    with pytest.raises(InputError, match=message):
        design_from(table)


def test_a_grid_refuses_a_range_it_cannot_walk():
    design = Grid.of({"width": {"low": 3, "high": 6}})
    with pytest.raises(InputError, match=r"grid\.width is a range; a grid needs levels"):
        design.arms(default_recipe())


def test_axes_keep_their_role_and_scale_in_a_file():
    axis = {"levels": [0.1, 1.0], "role": "nuisance", "scale": "log"}
    table = {"question": "?", "grid": {"optimiser": {"learning_rate": axis}, "depth": [1, 2]}}
    study = study_from(table, "x")
    rate, depth = study.design.axes
    assert (rate.path, rate.role, rate.spacing) == ("optimiser.learning_rate", "nuisance", "log")
    assert (depth.role, depth.spacing, depth.words) == ("scientific", "linear", "hidden layers")
    assert study_from(study.to_table(), "x") == study


def test_a_study_file_names_a_design(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        """
        question = "Which change matters?"
        [recipe]
        initialiser = "he"
        [design]
        kind = "one-at-a-time"
        [design.axes]
        depth = [2, 4]
        initialiser = ["he", "xavier"]
        [contrast]
        depth = 4
        """
    )
    study = load_study(str(path))
    assert [arm.label for arm in study.arms] == ["base recipe", "depth=4", "initialiser=xavier"]
    assert study.baseline_arm.recipe.initialiser == He()
    assert study.contrast_arm == study.arms[1]
    deeper = load_study(str(path), ["depth=[2, 4, 8]"])
    assert len(deeper.arms) == 4
    fixed = load_study(str(path), ["initialiser=xavier"])
    assert fixed.axes == ("depth",)
    drawn = load_study(str(path), ["design.kind=random", "design.samples=3"])
    assert len(drawn.arms) == 3


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5, unique=True))
@settings(max_examples=25, deadline=None)
def test_one_at_a_time_has_an_arm_for_every_other_level(depths):
    arms = OneAtATime.of({"depth": depths}).arms(default_recipe())
    assert len(arms) == 1 + len(set(depths) - {2})


ROOT = Path(__file__).parents[3]


def test_the_readme_lists_every_design():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("| design |")[2].partition("\n\n")[0]
    cells = [row.split("|")[1] for row in table.splitlines()[1:]]
    assert sorted(re.findall(r"`(.*?)`", " ".join(cells))) == sorted(members(Design))


def test_designs_of_the_documentation_are_designs():
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/designs.md")]
    blocks = [b for text in texts for b in re.findall(r"```toml\n(.*?)```", text, re.DOTALL)]
    tables = [tomllib.loads(block) for block in blocks if "[design]" in block]
    studies = [study_from({"question": "?"} | table, "x") for table in tables]
    assert {study.design.kind: len(study.arms) for study in studies} == {
        "one-at-a-time": 4,
        "sobol": 32,
        "halving": 30,
        "search": 11,
        "grid": 18,
        "ablation": 8,
        "fork": 7,
        "fractional-factorial": 8,
        "tuned": 21,
    }
