"""What a study cannot be judged by is refused before anything is trained."""

from __future__ import annotations

import pytest
from paribus.core.errors import InputError
from paribus.studies.designs.designs import design_from
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import recipe_from
from paribus.studies.judging import notes
from paribus.studies.luck import luck_from
from small import small_study

TABLE = {"task": "digits", "depth": 2, "width": 6, "epochs": 2, "batch_size": 100}
PATIENT = {"regularisers": {"early-stopping": {"patience": 50}}}
WATCHFUL = {"schedule": "reduce-on-plateau"}
SPLIT = {"kind": "random", "validation": 0.3, "test": 0.1}
APART = SPLIT | {"selection": 0.1}


def study(metric, split=SPLIT, design=None, **recipe):
    table = TABLE | {"split": split} | recipe
    return small_study(
        recipe=recipe_from(table),
        metric=metric,
        design=design or Grid.of({"activation": ["tanh", "relu"]}),
    )


@pytest.mark.parametrize("selecting", [PATIENT, WATCHFUL])
@pytest.mark.parametrize("metric", ["validation_loss", "validation_accuracy"])
def test_an_arm_is_not_judged_on_the_set_that_it_selects_on(selecting, metric):
    with pytest.raises(InputError, match=r"judged on the set that was selected on.*selection = "):
        study(metric, **selecting).check_data()
    study(metric, APART, **selecting).check_data()
    study("test_loss", **selecting).check_data()


def test_one_arm_that_selects_is_enough():
    one = Grid.of({"regularisers.early-stopping": ["none", {"patience": 9}]})
    with pytest.raises(InputError, match="early stopping"):
        study("validation_loss", design=one).check_data()


def test_the_best_of_many_epochs_is_not_judged_where_it_was_chosen():
    with pytest.raises(InputError, match="best of many epochs"):
        study("best_validation_loss").check_data()
    study("best_validation_loss", APART).check_data()
    study("best_test_accuracy").check_data()


def test_a_design_does_not_judge_by_what_it_selects_on():
    table = {"kind": "halving", "axes": {"optimiser.learning_rate": [0.1, 0.2, 0.3, 0.4]}}
    halving = design_from({"design": table | {"survivors": 1, "eta": 2}})
    with pytest.raises(InputError, match="design 'halving' chooses arms by validation_loss"):
        study("validation_accuracy", design=halving).check_data()
    study("test_accuracy", design=halving).check_data()


def test_a_margin_is_in_the_unit_of_its_metric():
    with pytest.raises(InputError, match=r"500 points of validation accuracy; write 0\.05"):
        small_study(margin=5)
    assert small_study(margin=2, metric="validation_loss").margin == 2


def test_the_estimand_is_one_of_two():
    with pytest.raises(InputError, match="unknown estimand 'date'"):
        small_study(estimand="date")


def test_other_data_need_other_examples():
    fixed = {"estimand": "data", "luck": luck_from({"split": 0})}
    with pytest.raises(InputError, match="scored on the same"):
        small_study(**fixed).check_data()
    small_study(estimand="data").check_data()


def test_too_few_pairs_are_said_before_anything_runs():
    assert "fewer than 6 pairs" in notes(small_study(replicates=5))[0]
    assert notes(small_study(replicates=6)) == []
    assert notes(small_study(replicates=2, design=Grid())) == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("whence", "unknown answer 'whence'"),
        ("published", r"needs an \[\[expectation\]\]"),
        ({"kind": "threshold", "axis": "width"}, "several levels"),
        ({"kind": "threshold", "axis": "widht"}, "width"),
        ({"kind": "threshold", "axis": "depth", "by": ["colour"]}, "unknown axis 'colour'"),
        ({"kind": "onset", "value": 1}, "unknown key 'value'"),
        (7, "must be a name or a table"),
    ],
)
def test_answers_that_a_study_cannot_give_are_refused(answer, message):
    from paribus.studies.answers import answer_from

    with pytest.raises(InputError, match=message):
        small_study(answer=answer_from(answer))
