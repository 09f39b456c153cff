"""What is an extension of a study, and what is another study."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from paribus.cluster.folder.extension import identity, question
from paribus.cluster.launch.running import run_study
from paribus.core.errors import InputError
from paribus.studies.designs.grid import Grid
from paribus.studies.designs.one_at_a_time import OneAtATime
from paribus.studies.files.drafts import with_value
from small import small_study

ONE_CHANGE = OneAtATime.of({"activation": ["tanh", "relu"], "depth": [2, 3]})


def with_base(study, path, value):
    return replace(study, recipe=with_value(study.recipe, path, value))


def test_a_field_that_a_recipe_got_later_refuses_no_folder(tmp_path):
    """Tables are compared by what they mean: what one does not name has its default."""
    run = run_study(small_study(), tmp_path, workers=0)
    file = run.path / "plans" / "0001.json"
    table = json.loads(file.read_text())
    for field in ("pretraining", "momentum_schedule", "bias", "augmentations"):
        del table["study"]["recipe"][field]
    for key in ("measures", "fallback"):
        table["study"].pop(key, None)
    del table["study"]["probe"]["steps"]
    file.write_text(json.dumps(table))
    again = run_study(small_study(), tmp_path, workers=0)
    assert again.trained == 0
    assert again.status().complete


def test_the_base_of_one_change_at_a_time_belongs_to_the_study(tmp_path):
    """Its arms have most fields from the base, so another base is another study."""
    study = small_study(design=ONE_CHANGE)
    assert run_study(study, tmp_path, workers=0).trained == 6
    for path, value in (("activation", "relu"), ("depth", 3), ("batch_size", 50)):
        with pytest.raises(InputError, match=rf"recipe\.({path}|hidden)"):
            run_study(with_base(study, path, value), tmp_path, workers=0)
    wider = replace(study, design=OneAtATime.of({"activation": ["tanh", "relu"], "depth": [2, 4]}))
    assert run_study(wider, tmp_path, workers=0).trained == 2
    assert len(run_study(study, tmp_path, workers=0).trials) == 6


def test_the_base_of_a_grid_is_free_where_every_arm_has_a_level(tmp_path):
    study = small_study()
    run_study(study, tmp_path, workers=0)
    assert run_study(with_base(study, "depth", 7), tmp_path, workers=0).trained == 0
    less = replace(with_base(study, "depth", 3), design=Grid.of({"activation": ["tanh", "relu"]}))
    fewer = run_study(less, tmp_path, workers=0)
    assert (fewer.trained, len(fewer.trials)) == (0, 4)
    with pytest.raises(InputError, match=r"recipe\.epochs: holds 2, asked 3"):
        run_study(with_base(study, "epochs", 3), tmp_path, workers=0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 1}, "seed: holds 0, asked 1"),
        ({"luck": (("split", 0),)}, r"luck\.split: holds 'replicate', asked 0"),
    ],
)
def test_other_luck_is_another_study(tmp_path, changes, message):
    run_study(small_study(), tmp_path, workers=0)
    with pytest.raises(InputError, match=message):
        run_study(small_study(**changes), tmp_path, workers=0)


def test_words_may_change_and_are_kept(tmp_path):
    run_study(small_study(), tmp_path, workers=0)
    run = run_study(small_study(explanation="Because."), tmp_path, workers=0)
    assert run.trained == 0
    assert run.study.explanation == "Because."
    assert identity(run.plans[0].study) == identity(run.plans[1].study)


def test_levels_ask_the_same_as_values_and_as_labels():
    study = small_study(baseline=(("depth", 2),))
    labelled = study.to_table() | {"baseline": {"depth": "2"}}
    assert question(labelled) == question(study.to_table())
    assert question(small_study().to_table()) != question(study.to_table())
