"""Ablations and factorials: arms listed by hand, fractions with the resolutions of the tables."""

from __future__ import annotations

import numpy as np
import pytest
from paribus.core.errors import InputError
from paribus.core.inference.factorial import aliases_of, orthogonal, terms_of
from paribus.studies.designs.ablation import Ablation
from paribus.studies.designs.add_one_in import AddOneIn
from paribus.studies.designs.designs import design_from
from paribus.studies.designs.factorial import Factorial
from paribus.studies.designs.fractional_factorial import FractionalFactorial
from paribus.studies.designs.fractions import LETTERS, fraction_of, smallest_fraction
from paribus.studies.designs.leave_one_out import LeaveOneOut
from paribus.studies.files.drafts import default_recipe
from paribus.studies.files.study_files import study_from

PARTS = {
    "regularisers.dropout": ["none", {"p": 0.5}],
    "normaliser": ["none", "batch-norm"],
    "activation, initialiser": [["tanh", "xavier"], ["relu", "he"]],
}
PATHS = ("regularisers.dropout", "normaliser", "activation", "initialiser")


def has(design) -> list[str]:
    """Return which components each arm has, as digits."""
    rows = []
    for arm in design.arms(default_recipe()):
        r = arm.recipe
        pair = (r.activation.kind, r.initialiser.kind)
        assert pair in {("tanh", "xavier"), ("relu", "he")}  # never half a component
        flags = (r.regularisers != (), r.normaliser is not None, pair[0] == "relu")
        rows.append("".join(str(int(flag)) for flag in flags))
    return rows


def test_each_component_is_left_out_once():
    assert has(LeaveOneOut.of(PARTS)) == ["111", "011", "101", "110"]


def test_each_component_is_added_once():
    assert has(AddOneIn.of(PARTS)) == ["000", "100", "010", "001"]


def test_an_ablation_holds_both():
    design = Ablation.of(PARTS)
    assert has(design) == ["111", "011", "101", "110", "001", "010", "100", "000"]
    assert design.size == 8
    arms = design.arms(default_recipe())
    assert {arm.paths for arm in arms} == {PATHS}
    assert [(arm.start, arm.changed) for arm in arms[2:4]] == [
        ("full", ("normaliser",)),
        ("full", ("activation", "initialiser")),
    ]


def test_of_two_components_the_one_added_is_the_other_left_out():
    two = dict(list(PARTS.items())[:2])
    arms = Ablation.of(two).arms(default_recipe())
    assert len(arms) == len({arm.recipe for arm in arms}) == 4
    one = dict(list(PARTS.items())[:1])
    assert len(Ablation.of(one).arms(default_recipe())) == 2


@pytest.mark.parametrize("cls", [LeaveOneOut, AddOneIn, Ablation])
def test_components_that_are_none_are_refused(cls):
    base = default_recipe()
    with pytest.raises(InputError, match=r"design\.axes\.depth has 3 levels; .* takes two"):
        cls.of({"depth": [1, 2, 3]}).arms(base)
    with pytest.raises(InputError, match="needs at least one component"):
        cls.of({}).arms(base)
    with pytest.raises(InputError, match="range"):
        cls.of({"bias": {"low": 0.0, "high": 1.0}}).arms(base)
    with pytest.raises(InputError, match="is the same recipe as"):
        cls.of({"depth": [2, 2], "normaliser": ["none", "batch-norm"]}).arms(base)


def test_a_factorial_is_a_grid_that_says_what_it_is_for():
    axes = {"depth": [1, 2, 3], "bias": [0.0, 0.1]}
    arms = Factorial.of(axes).arms(default_recipe())
    assert [(arm.recipe.depth, arm.recipe.bias) for arm in arms] == [
        (depth, bias) for depth in (1, 2, 3) for bias in (0.0, 0.1)
    ]


TWOS = {
    "depth": [1, 2],
    "bias": [0.0, 0.1],
    "epochs": [2, 3],
    "batch_size": [16, 32],
    "activation": ["tanh", "relu"],
}


def levels(design) -> np.ndarray:
    """Return the level of every factor of every arm as 0 or 1."""
    arms = design.arms(default_recipe())
    return np.array(
        [[int(arm.has(axis.path, axis.levels[1])) for axis in design.axes] for arm in arms]
    )


def test_a_fraction_by_hand():
    three = {path: TWOS[path] for path in ("depth", "bias", "epochs")}
    design = FractionalFactorial.of(three, generators=["C = AB"])
    assert levels(design).tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0], [1, 1, 1]]
    assert (design.resolution, design.size) == (3, 4)
    assert design.aliases == {
        "A": ("BC",),
        "B": ("AC",),
        "C": ("AB",),
        "AB": ("C",),
        "AC": ("B",),
        "BC": ("A",),
    }
    other = FractionalFactorial.of(three, generators=["3 = -1 2"])
    assert levels(other).tolist() == [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]
    assert other.aliases["A"] == ("-BC",)
    assert design_from(other.to_table()) == other


@pytest.mark.parametrize("resolution", [3, 4, 5])
def test_fractions_are_orthogonal_and_their_aliases_are_those_of_their_signs(resolution):
    design = FractionalFactorial.of(TWOS, resolution=resolution)
    table = levels(design)
    assert len(table) == design.size == {3: 8, 4: 16, 5: 16}[resolution]
    assert orthogonal(table)
    terms, signs = terms_of(table)
    names = ["".join(LETTERS[factor] for factor, _ in term) for term in terms]
    aliases = {names[i]: {names[j] for j in others} for i, others in enumerate(aliases_of(signs))}
    said = {term: {x.lstrip("-") for x in others} for term, others in design.aliases.items()}
    assert said == aliases
    clear = all(not aliases[name] for name in "ABCDE")
    assert clear == (resolution > 3)


@pytest.mark.parametrize(
    ("factors", "resolution", "arms"),
    [
        *((3, 3, 4), (4, 4, 8), (5, 3, 8), (5, 5, 16), (6, 3, 8), (6, 4, 16), (6, 6, 32)),
        *((7, 3, 8), (7, 4, 16), (7, 7, 64), (8, 4, 16), (8, 5, 64), (9, 4, 32), (9, 6, 128)),
        *((10, 4, 32), (10, 5, 128), (11, 5, 128), (15, 3, 16), (16, 4, 32)),
    ],
)
def test_the_smallest_fractions_are_those_of_box_and_hunter(factors, resolution, arms):
    fraction = smallest_fraction(factors, resolution)
    assert fraction.resolution >= resolution
    assert 1 << factors - len(fraction.generators) == arms


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"generators": ["E = ABCD"], "resolution": 6}, "give resolution 5, less than 6"),
        ({"generators": ["E = AB", "D = AB"]}, "give resolution 2, less than 3"),
        ({"resolution": 6}, "no fraction of 5 factors has resolution 6"),
        ({"resolution": 2}, "design.resolution = 2 must be 3 or more"),
        ({"resolution": -1}, "design.resolution = -1"),
        ({"resolution": "4"}, "must be a number"),
        ({"generators": "E = AB"}, "must be a list of texts"),
        ({"generators": [3]}, "must be a list of texts"),
        ({"generators": ["E"]}, "must read as 'D = ABC'"),
        ({"generators": ["E = A"]}, "must read as 'D = ABC'"),
        ({"generators": ["E = AI"]}, "must read as 'D = ABC'"),
        ({"generators": ["F = ABC"]}, "names a factor that is not there; the 5 axes are A to E"),
        ({"generators": ["5 = 1 6"]}, "names a factor that is not there"),
        ({"generators": ["E = AAB"]}, "names a factor twice"),
        ({"generators": ["E = EAB"]}, "names a factor twice"),
        ({"generators": ["E = ABC", "E = ABD"]}, "E is defined more than once"),
        ({"generators": ["D = ABC", "E = ABD"]}, "D is defined by another"),
        ({"axes": TWOS | {"depth": [1, 2, 3]}}, r"design\.axes\.depth has 3 levels; a fract"),
        ({"axes": {"depth": [1, 2]}}, "needs at least two factors"),
        ({"axes": TWOS | {"bias": {"low": 0.0, "high": 1.0}}}, "bias is a range"),
        ({"kind": "factorial", "axes": {"depth": [1], "bias": [0.0, 0.1]}}, "takes two or more"),
        ({"kind": "factorial", "axes": {"depth": [1, 2]}}, "needs at least two factors"),
    ],
)
def test_factorials_that_cannot_be_are_refused_in_one_line(settings, message):
    table = {"kind": "fractional-factorial", "axes": TWOS} | settings
    with pytest.raises(InputError, match=message) as refused:
        study_from({"question": "?", "design": table}, "x")
    assert len(refused.value.messages) == 1


def test_a_fraction_of_three_generators_has_all_their_products():
    fraction = fraction_of(["E = ABC", "F = BCD", "G = ACD"], 7)
    assert len(fraction.words) == 7
    assert fraction.resolution == 4
    assert fraction.aliases["AB"] == ("CE", "FG")
