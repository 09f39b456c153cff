"""What no result could answer is refused before anything is trained, or noted where it may be."""

import pytest
from paribus.core.errors import InputError
from paribus.studies.answers import answer_from
from paribus.studies.designs.grid import Grid
from paribus.studies.expectations import Expectation
from paribus.studies.files.drafts import recipe_from
from paribus.studies.judging import notes
from small import small_study

RECIPE = {"task": "digits", "depth": 2, "width": 6, "epochs": 2, "batch_size": 100}
SPLIT = {"kind": "random", "validation": 0.1, "test": 0.1, "train_examples": 300}


def expected(**changes):
    table = {"claim": "c", "source": "s", "measure": "test_loss", "published": 1.0}
    return (Expectation.of(table | {"arm": {"activation": "tanh", "depth": 2}} | changes),)


def refusal(**changes):
    with pytest.raises(InputError) as refused:
        small_study(**changes).check_data()
    (message,) = refused.value.messages
    return message


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"published": 0.0}, "published = 0 has no logarithm; give scale = 'linear'"),
        ({"published": -2.0, "judge": "mean", "runs": 3}, "published = -2 has no logarithm"),
        ({"measure": "test_accuracy", "published": 96.5}, "write 0.965 for 96.5 %"),
        ({"published": 0.5, "scale": "share"}, "shares from 0 to 1, which test_loss is not"),
        ({"measure": "test_accuracy", "published": -0.5, "scale": "share"}, "is no share"),
        ({"judge": "sd", "runs": 1}, "one run has no spread"),
        ({"rejects": [{}]}, "rejects has an empty table"),
        ({"arm": {"activation": "tanhh"}}, "unknown level of activation 'tanhh'; allowed: relu, "),
        ({"rejects": [{"activation": "tanhh"}]}, "unknown level of activation 'tanhh'"),
        (
            {"measure": "rms_delta", "layer": 1, "quantity": "at", "step": 77},
            "no layer is measured at step = 77; probe.steps = 'log'",
        ),
    ],
)
def test_an_expectation_that_no_result_could_meet_is_refused(changes, said):
    message = refusal(expectations=expected(**changes))
    assert message.startswith("small: expectation 'c': ")
    assert said in message


def test_an_expectation_needs_the_set_that_it_speaks_of():
    recipe = recipe_from(RECIPE | {"split": SPLIT | {"test": 0.0}})
    said = refusal(recipe=recipe, expectations=expected())
    assert said.endswith("measure = 'test_loss' would have no value: the split leaves no test set")


def test_what_is_right_or_an_arm_of_another_study_is_not_refused():
    for changes in (
        {"published": 0.0, "scale": "linear"},
        {"published": 0.0, "judge": "median", "runs": 3},
        {"measure": "test_accuracy", "published": 0.965, "scale": "share"},
        {"arm": {"activation": "gelu"}},
        {"measure": "rms_delta", "layer": 1, "quantity": "at", "step": 2},
    ):
        small_study(expectations=expected(**changes)).check_data()


def test_an_expectation_of_several_arms_is_noted():
    (note,) = notes(small_study(expectations=expected(arm={"depth": 2}), replicates=6))
    assert note == (
        "expectation 'c': it is not judged, for 2 arms have its levels; name a level of "
        "activation, too"
    )
    crossing = {"quantity": "crossing", "axis": "depth", "value": 1.0}
    curve = expected(arm={"activation": "tanh"}, **crossing)
    assert not notes(small_study(expectations=curve, replicates=6))


def test_losses_of_different_kinds_are_not_compared():
    losses = Grid.of({"loss": ["softmax-cross-entropy", "squared-error"]})
    assert "mixes losses" in refusal(design=losses, metric="test_loss")
    small_study(design=losses, metric="test_accuracy").check_data()


def test_a_contrast_is_an_arm_beside_the_baseline():
    baseline = (("activation", "tanh"), ("depth", 2))
    said = refusal(baseline=baseline, contrast=(("activation", "tanh"),))
    assert "no arm but the baseline (activation=tanh, depth=2) has activation = 'tanh'" in said
    small_study(baseline=baseline, contrast=(("activation", "relu"),)).check_data()


def test_an_answer_has_what_it_speaks_of():
    recipe = recipe_from(RECIPE | {"split": SPLIT | {"validation": 0.0}})
    said = refusal(recipe=recipe, metric="test_loss", answer=answer_from("onset"))
    assert said.endswith("answer = 'onset' has nothing to say: the split leaves no validation set")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "answer.axis is missing"),
        ({"axis": "depth", "by": ["depth"], "value": 0.5}, "answer.by: depth is the axis itself"),
        ({"axis": "depth", "value": 50.0}, "answer.value = 50 must be a share from 0 to 1"),
    ],
)
def test_a_threshold_is_one_that_the_metric_may_pass(table, said):
    assert said in refusal(answer=answer_from({"kind": "threshold", **table}))
