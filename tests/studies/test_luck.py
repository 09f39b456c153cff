from __future__ import annotations

import tomllib

import numpy as np
import pytest
import tomli_w
from paribus.core.engine.architecture import Architecture
from paribus.core.engine.initial import initial_arena
from paribus.core.errors import InputError
from paribus.core.families.regularisers import Dropout
from paribus.core.streams import Purpose
from paribus.studies.data.loading import examples_of
from paribus.studies.files.drafts import recipe_from, with_value
from paribus.studies.files.study_files import load_study, study_from
from paribus.studies.luck import luck_from, purposes_drawn, purposes_varied
from small import ids, small_study

EVERYTHING = tuple((purpose.word, 0) for purpose in Purpose)


def test_luck_is_kept_in_the_order_of_its_purposes():
    found = luck_from({"masks": 2, "order": "replicate", "split": 0})
    assert found == (("split", 0), ("masks", 2))
    assert luck_from({}) == ()


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"splt": 0}, "unknown purpose 'splt'.*did you mean 'split'"),
        ({"split": -1}, "luck.split = -1 must be 'replicate' or a whole number from 0"),
        ({"split": 2**32}, "must be 'replicate' or a whole number"),
        ({"split": True}, "luck.split = True"),
        ({"split": 0.5}, "luck.split = 0.5"),
        ({"split": float("nan")}, "luck.split = nan"),
        ({"split": "replicat"}, "luck.split = 'replicat'"),
        ({"split": [0]}, r"luck.split = \[0\]"),
    ],
)
def test_luck_that_cannot_be(table, told):
    with pytest.raises(InputError, match=told):
        luck_from(table)
    with pytest.raises(InputError, match=told):
        small_study(luck=tuple(table.items()))


def test_every_mistake_is_a_message_of_its_own():
    with pytest.raises(InputError) as caught:
        luck_from({"split": -1, "odrer": 2})
    assert len(caught.value.messages) == 2


def test_a_fixed_split_gives_all_replicates_the_same_rows_and_other_starts():
    study = small_study(luck=(("split", 0),), replicates=3)
    trials = [t for t in study.trials if t.arm_id == study.trials[0].arm_id]
    found = examples_of(trials)
    for rows in (found.train, found.validation, found.test):
        assert (rows == rows[0]).all()
    starts = initial_arena(trials, Architecture.of(trials[0].recipe, 64, 10))
    assert len({start.tobytes() for start in starts}) == 3
    free = examples_of(
        [t for t in small_study(replicates=3).trials if t.arm_id == trials[0].arm_id]
    )
    assert np.array_equal(free.train[0], found.train[0])  # integer 0 is replicate 0's split
    assert not np.array_equal(free.train[1], found.train[1])


def test_fixed_data_are_drawn_once_and_may_be_split_anew():
    table = {"task": "noisy-polynomial", "loss": "squared-error", "batch_size": 10}
    settings = {"recipe": recipe_from(table), "metric": "validation_loss"}
    found = examples_of(list(small_study(luck=(("data", 5),), **settings).trials[:2]))
    assert len(found.x) == 200
    assert not np.array_equal(*found.train)
    other = examples_of(list(small_study(luck=(("split", 5),), **settings).trials[:2]))
    assert len(other.x) == 400
    assert np.array_equal(other.train[0] + 200, other.train[1])


def test_fixed_luck_has_ids_of_its_own_and_saying_the_default_has_not():
    assert ids(small_study(luck=(("split", "replicate"),))) == ids(small_study())
    assert not ids(small_study(luck=(("split", 0),))) & ids(small_study())


def test_what_a_recipe_draws():
    words = [p.word for p in purposes_drawn(small_study().recipe)]
    assert words == ["split", "initialisation", "order"]
    dropped = with_value(small_study().recipe, "regularisers.dropout.p", 0.2)
    assert isinstance(dropped.regularisers[0], Dropout)
    assert Purpose.MASKS in purposes_drawn(dropped)
    whole = with_value(small_study().recipe, "batch_size", "full")
    assert Purpose.ORDER not in purposes_drawn(whole)
    assert Purpose.DATA in purposes_drawn(with_value(whole, "task", "noisy-polynomial"))
    assert Purpose.SPLIT not in purposes_drawn(with_value(whole, "split", "official"))
    assert purposes_varied(whole, (("split", 3),)) == [Purpose.INITIALISATION]
    assert purposes_varied(dropped, EVERYTHING) == []


def test_replicates_that_would_be_one_and_the_same_are_refused():
    with pytest.raises(InputError, match=r"initialisation, order, split.*the 2 replicates"):
        small_study(luck=(("split", 0), ("initialisation", 0), ("order", 0)))
    assert small_study(luck=EVERYTHING, replicates=1).luck == EVERYTHING
    assert small_study(luck=(("split", 0), ("order", 0))).replicates == 2


def test_luck_is_read_from_files_and_settings_and_stored(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text('question = "?"\n[luck]\nsplit = 3\norder = "replicate"\n')
    study = load_study(str(path))
    assert study.luck == (("split", 3),)
    assert load_study(str(path), ["luck.split=replicate", "luck.order=1"]).luck == (("order", 1),)
    assert study_from(tomllib.loads(tomli_w.dumps(study.to_table())), "s").luck == study.luck
    for setting, told in (
        ("luck.splt=0", "did you mean 'split'"),
        ("luck.split=-1", "whole number from 0"),
        ("luck=3", "this is a table"),
    ):
        with pytest.raises(InputError, match=told):
            load_study(str(path), [setting])
    path.write_text('question = "?"\nluck = 3\n')
    with pytest.raises(InputError, match="luck = 3 must be a table"):
        load_study(str(path))
