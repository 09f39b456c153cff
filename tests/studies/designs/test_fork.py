"""Branches of the base recipe: which there are, and which are refused before training."""

from __future__ import annotations

import pytest
from paribus.core.errors import InputError
from paribus.core.trial import Origin, Trial
from paribus.studies.designs.designs import design_from
from paribus.studies.designs.fork import Fork
from paribus.studies.designs.one_at_a_time import OneAtATime
from paribus.studies.files.drafts import default_recipe, recipe_from, with_value
from paribus.studies.files.study_files import load_study
from small import ids, small_study

RATE = "optimiser.learning_rate"
BASE = default_recipe()  # 20 epochs, learning rate 0.1


def test_every_level_is_a_branch_at_every_epoch():
    arms = Fork.of({RATE: [0.5, 1.0], "batch_size": [4]}, at=[10, 15]).arms(BASE)
    assert [arm.label for arm in arms] == [
        "base recipe",
        "optimiser.learning_rate=0.5 from epoch 10",
        "optimiser.learning_rate=1 from epoch 10",
        "batch_size=4 from epoch 10",
        "optimiser.learning_rate=0.5 from epoch 15",
        "optimiser.learning_rate=1 from epoch 15",
        "batch_size=4 from epoch 15",
    ]
    assert arms[0].origin is None
    assert arms[4].origin == Origin(BASE, 15)
    assert arms[1].recipe == arms[4].recipe == with_value(BASE, RATE, 0.5)


def test_one_epoch_needs_no_list():
    axes = {RATE: [0.5]}
    table = {"design": {"kind": "fork", "at": 10, "axes": axes}}
    assert design_from(table) == Fork.of(axes, at=[10])
    assert Fork.of(axes, at=10).to_table()["design"]["at"] == [10]


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ([], "design.at is missing"),
        (-1, r"design.at = -1 must be an epoch, a whole number ≥ 0"),
        (2.0, r"design.at = 2.0 must be an epoch"),
        (True, r"design.at = True must be an epoch"),
        ("ten", r"design.at = 'ten' must be an epoch"),
        ([3, 3], r"design.at = \[3, 3\] must be an epoch, .* or a list of different ones"),
        (float("nan"), "design.at = nan must be an epoch"),
    ],
)
def test_epochs_that_cannot_be(at, told):
    with pytest.raises(InputError, match=told):
        Fork.of({RATE: [0.5]}, at=at)


@pytest.mark.parametrize(
    ("axes", "told"),
    [
        ({"depth": [3]}, r"\(depth=3 from epoch 10\): a fork keeps the shape of its network"),
        ({"width": [31]}, "keeps the shape"),
        ({"normaliser": ["batch-norm"]}, r"\(normaliser=batch-norm.*keeps the shape"),
        ({"activation": ["prelu"]}, "keeps the shape"),
        ({"epochs": [9]}, r"\(epochs=9 from epoch 10\): it trains 9 epochs, which leaves none"),
        ({"task": ["wine"]}, r"\(task=wine from epoch 10\): a fork keeps the rows and inputs"),
        ({"split.train_examples": [200]}, "keeps the rows and inputs"),
        ({"preparations.feature-subset.features": [20]}, "keeps the rows and inputs"),
        ({"initialiser": ["he"]}, r"\(initialiser=he.*acts before the first step alone"),
        ({"bias_std": [0.1]}, "acts before the first step alone"),
        ({RATE: [0.1]}, r"learning_rate=0.1\) is the same recipe as \(base recipe\)"),
        (
            {"optimiser": [{"kind": "sgd", "learning_rate": 0.1}]},
            r"is the same recipe as \(base recipe\)",
        ),
        ({RATE: [{"low": 0.1}]}, "learning_rate"),
    ],
)
def test_what_cannot_go_on_or_would_go_on_unchanged(axes, told):
    with pytest.raises(InputError, match=told):
        Fork.of(axes, at=10).arms(BASE)


def test_axes_may_be_coupled():
    coupled = {"optimiser.learning_rate, batch_size": [[0.2, 64], [0.05, 16]]}
    arms = Fork.of(coupled, at=3).arms(BASE)[1:]
    rates = [(arm.recipe.optimiser.learning_rate, arm.recipe.batch_size) for arm in arms]
    assert rates == [(0.2, 64), (0.05, 16)]


def test_no_epoch_beyond_the_base_recipes():
    assert len(Fork.of({RATE: [0.5]}, at=19).arms(BASE)) == 2
    with pytest.raises(InputError, match=r"design.at = 21: the base recipe trains 20 epochs"):
        Fork.of({RATE: [0.5]}, at=[3, 21]).arms(BASE)


def test_every_mistake_is_a_message_of_its_own(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(
        'question = "?"\n[design]\nkind = "fork"\nat = [10, 15]\n[design.axes]\ndepth = [3, 4]\n'
    )
    with pytest.raises(InputError) as caught:
        load_study(str(path))
    assert len(caught.value.messages) == 2
    loaded = load_study(str(path), ["design.at=5", "depth=2", "optimiser.learning_rate=[0.5]"])
    assert [arm.label for arm in loaded.arms][1:] == ["optimiser.learning_rate=0.5 from epoch 5"]


def test_a_fork_has_an_id_of_its_own_and_what_is_none_keeps_its_own():
    recipe = recipe_from({"epochs": 4})
    base, changed = recipe, with_value(recipe, RATE, 0.5)
    plain = Trial(changed, "data", 3, 2)
    forks = [Trial(changed, "data", 3, 2, origin=Origin(base, t)) for t in (0, 1)]
    other = Trial(changed, "data", 3, 2, origin=Origin(with_value(base, RATE, 0.2), 1))
    trials = [plain, *forks, other]
    assert len({t.trial_id for t in trials}) == len({t.arm_id for t in trials}) == 4
    assert forks[1].source == Trial(base, "data", 3, 2)
    assert plain.source is None
    twin = small_study(design=OneAtATime.of({RATE: [0.5]}))
    forked = small_study(design=Fork.of({RATE: [0.5]}, at=1))
    assert len(ids(twin) & ids(forked)) == 2  # the base recipe's trials are those of any study
