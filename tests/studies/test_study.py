from __future__ import annotations

import tomllib

import pytest
import tomli_w
from paribus.core.errors import InputError
from paribus.studies.catalogue import catalogue
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import default_recipe
from paribus.studies.files.study_files import (
    load_study,
    parse_setting,
    study_from,
)
from small import small_study


def test_a_grid_is_every_combination_once_in_order():
    arms = Grid.of({"depth": [1, 2], "activation": ["tanh", "relu"]}).arms(default_recipe())
    assert [arm.label for arm in arms] == [
        "depth=1, activation=tanh",
        "depth=1, activation=relu",
        "depth=2, activation=tanh",
        "depth=2, activation=relu",
    ]
    assert [arm.recipe.depth for arm in arms] == [1, 1, 2, 2]
    assert len(Grid().arms(default_recipe())) == 1


@pytest.mark.parametrize(
    ("axes", "told"),
    [
        ({"depth": []}, "is empty"),
        ({"depth": 3}, "must be a list"),
        ({"depth": "23"}, "must be a list"),
        ({"dept": [1]}, "did you mean 'depth'"),
        ({"activation": ["relu", "tahn"]}, "did you mean 'tanh'"),
        ({"depth": [2, 2]}, "is the same recipe as"),
        ({"optimiser.learning_rate": [0.1, -1]}, "must be > 0"),
    ],
)
def test_grids_that_cannot_be(axes, told):
    with pytest.raises(InputError, match=told):
        Grid.of(axes).arms(default_recipe())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "Bad Name"}, "lower-case"),
        ({"name": "../up"}, "lower-case"),
        ({"name": "a" * 81}, "lower-case"),
        ({"replicates": 0}, "replicates = 0"),
        ({"replicates": True}, "replicates = True"),
        ({"seed": -1}, "seed = -1"),
        ({"metric": "accuracy"}, "unknown metric 'accuracy'"),
        ({"margin": float("nan")}, "margin"),
        ({"worked_example": "none-such"}, "unknown worked_example"),
        ({"baseline": (("depht", "2"),)}, "did you mean 'depth'"),
        ({"baseline": (("depth", "9"),)}, "unknown level '9'"),
    ],
)
def test_studies_that_cannot_be(changes, told):
    with pytest.raises(InputError, match=told):
        small_study(**changes)


@pytest.mark.parametrize("name", catalogue())
def test_the_catalogue_reads_explains_and_survives_being_stored(name):
    study = load_study(name)
    assert study.name == name
    assert study.question.endswith("?")
    assert len(study.explanation) > 300
    assert study.source
    assert study.baseline_arm in study.arms
    assert len(study.arms) > 1
    stored = tomllib.loads(tomli_w.dumps(study.to_table()))
    again = study_from(stored, name)
    assert again.arms == study.arms
    assert again.to_table() == study.to_table()


def file(tmp_path, text):
    path = tmp_path / "My Study.toml"
    path.write_text(text)
    return str(path)


def test_a_file_of_ones_own(tmp_path):
    study = load_study(
        file(
            tmp_path,
            """
            question = "Which rate?"
            replicates = 3
            [recipe]
            hidden = [20]
            [recipe.optimiser]
            kind = "adam"
            [grid]
            "optimiser.learning_rate" = [0.001, 0.01]
            [grid.regularisers.l2]
            strength = [0.0, 0.1]
            """,
        )
    )
    assert study.name == "my-study"
    assert [arm.label for arm in study.arms][1] == (
        "optimiser.learning_rate=0.001, regularisers.l2.strength=0.1"
    )
    assert study.arms[0].recipe.hidden == (20,)


def test_three_mistakes_make_three_messages_that_name_file_and_key(tmp_path):
    path = file(
        tmp_path,
        """
        question = "?"
        replicate = 3
        [recipe]
        activation = "tahn"
        epochs = "many"
        """,
    )
    with pytest.raises(InputError) as caught:
        load_study(path)
    messages = caught.value.messages
    assert len(messages) == 3
    assert all(message.startswith(path) for message in messages)
    assert any("replicates" in m for m in messages)
    assert any("recipe.activation" in m and "'tanh'" in m for m in messages)
    assert any("recipe.epochs = 'many'" in m for m in messages)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("question = ", "not valid TOML"),
        ("", "question is missing"),
        ("question = 3", "must be text"),
        ('question = "?"\nrecipe = 3', "must be a table"),
        ('question = "?"\n[probe]\nsteps = "never"', "'log' or 'epochs'"),
        ('question = "?"\n[[expectation]]\nclaim = "x"', "is missing"),
        ('question = "?"\n[recipe]\n[grid]\n"task" = ["digitz"]', "did you mean 'digits'"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, text, told):
    with pytest.raises(InputError, match=told):
        load_study(file(tmp_path, text))


def test_missing_and_misnamed_studies(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        load_study(str(tmp_path / "none.toml"))
    with pytest.raises(InputError, match="did you mean 'overfitting'"):
        load_study("overfiting")
    (tmp_path / "huge.toml").write_text("#" * (2**20 + 1))
    with pytest.raises(InputError, match="larger than"):
        load_study(str(tmp_path / "huge.toml"))
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        load_study(str(tmp_path / "binary.toml"))


def test_settings_override_any_field():
    study = load_study(
        "vanishing-gradient",
        [
            "replicates=2",
            "depth=3",
            "epochs=1",
            'activation=["relu", "tanh"]',
            'grid.initialiser=["he"]',
            "optimiser.learning_rate=0.5",
            "name=mine",
        ],
    )
    assert (study.name, study.replicates, study.recipe.epochs) == ("mine", 2, 1)
    assert [arm.label for arm in study.arms] == [
        "activation=relu, initialiser=he",
        "activation=tanh, initialiser=he",
    ]
    assert study.arms[0].recipe.depth == 3
    assert study.arms[0].recipe.optimiser.learning_rate == 0.5


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("replicates", "KEY=VALUE"),
        ("=3", "KEY=VALUE"),
        ("replicates=0", "replicates = 0"),
        ("epochs=-3", "must be ≥ 0"),
        ("dept=[1]", "did you mean 'depth'"),
        ("grid.depth=[]", "is empty"),
        ("recipe.epochs=many", "whole number"),
    ],
)
def test_settings_that_cannot_be_used(setting, told):
    with pytest.raises(InputError, match=told):
        load_study("vanishing-gradient", [setting])


def test_settings_are_read_as_toml_and_else_as_text():
    assert parse_setting("x=[1, 2]") == ("x", [1, 2])
    assert parse_setting("x=1e-3") == ("x", 0.001)
    assert parse_setting("x=true") == ("x", True)
    assert parse_setting("x=relu") == ("x", "relu")
    assert parse_setting('x="a=b"') == ("x", "a=b")


@pytest.mark.parametrize(
    ("measure", "message"),
    [("curve", "this one has classes"), ("boundary", "2 inputs and classes, not one with 64")],
)
def test_measures_that_do_not_fit_the_data_are_refused_before_training(measure, message):
    settings = ["recipe.task=digits", f'measures=["{measure}"]', "figures=[]"]
    study = load_study("vanishing-gradient", settings)
    with pytest.raises(InputError, match=f"vanishing-gradient: measure '{measure}' .*{message}"):
        study.check_data()


def test_trials_are_paired_and_named():
    study = small_study()
    trials = study.trials
    assert len(trials) == len({t.trial_id for t in trials}) == 8
    assert {t.replicate for t in trials} == {0, 1}
    assert small_study().trials == trials
    assert not {t.trial_id for t in small_study(seed=1).trials} & {t.trial_id for t in trials}
    renamed = small_study(name="other", question="Another?", replicates=3).trials
    assert {t.trial_id for t in trials} < {t.trial_id for t in renamed}


@pytest.mark.parametrize("name", catalogue())
def test_the_catalogue_compares_one_change(name):
    """Ceteris paribus: the contrast differs from the baseline in a single thing."""
    study = load_study(name)
    contrast = dict(study.contrast)
    assert sum(contrast[path] != value for path, value in study.baseline) == 1
