"""What a study may expect, and the one sentence for each expectation that cannot be judged."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from paribus.cluster.folder.extension import question
from paribus.core.errors import InputError
from paribus.studies.expectations import Expectation
from paribus.studies.files.study_files import load_study, study_from
from small import small_study

STUDY = """
question = "?"
[recipe]
task = "digits"
depth = 2
epochs = 3
[grid]
activation = ["tanh", "relu"]
width = [4, 8]
"""


def load(tmp_path: Path, *expectations: str):
    path = tmp_path / "my.toml"
    text = textwrap.dedent(STUDY)
    for lines in expectations:
        text += '\n[[expectation]]\nclaim = "c"\n' + lines
    path.write_text(text)
    return load_study(str(path))


ONE = 'measure = "validation_loss"\npublished = 1.0\nsource = "s"\n'
LAYER = 'measure = "rms_delta"\npublished = 1.0\nsource = "s"\n'
ARM = 'arm = { activation = "tanh", width = 4 }\n'


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (ONE.replace("loss", "los"), "unknown measure 'validation_los'.*did you mean"),
        (ONE.replace('source = "s"', ""), "source is missing"),
        (ONE + 'quantity = "maximim"', "did you mean 'maximum'"),
        (ONE + 'judge = "mode"', "unknown judge 'mode'"),
        (ONE + 'level = "guess"', "unknown level 'guess'"),
        (ONE + 'quantitee = "at"', "did you mean 'quantity'"),
        (LAYER, "layer is missing"),
        (LAYER + "layer = 4", "layer = 4 lies beyond the arm's 3 layers"),
        (ONE + "layer = 1", "has none"),
        (ONE + 'quantity = "at"', "either epoch or step"),
        (ONE + 'quantity = "at"\nepoch = 4', "epoch = 4 lies beyond the recipe's epochs, 0"),
        (ONE + 'quantity = "at"\nstep = 4', "needs a layer measure"),
        (LAYER + 'layer = 1\nquantity = "at"\nstep = -4', "step = -4 must be ≥ 0"),
        (ONE + "epoch = 2", "quantity = 'value' does not read epoch = 2"),
        (ONE.replace("validation", "test") + 'quantity = "maximum"', "not recorded over epochs"),
        (ONE + 'quantity = "mean"\nepoch = 3\nlast_epoch = 2', "lies before epoch = 3"),
        (ONE + 'quantity = "mean"\nlast_epoch = 7', "last_epoch = 7 lies beyond"),
        (ONE + 'quantity = "crossing"', "needs value"),
        (ONE + 'quantity = "crossing"\nvalue = 1.0\naxis = "activation"', "two levels that are"),
        (ONE + 'quantity = "crossing"\nvalue = 1.0\naxis = "depth"', "unknown axis 'depth'"),
        (ONE.replace("validation", "train") + 'quantity = "gap"', "needs measure = 'validation_lo"),
        (ONE + 'quantity = "above"\njudge = "rate"\nupper = 1.0', "'above' needs value"),
        (ONE + 'quantity = "above"\nvalue = 1.0', "judge = 'rate' goes with"),
        (ONE + 'judge = "rate"\nupper = 1.0', "judge = 'rate' goes with"),
        (ONE + 'quantity = "increasing"\njudge = "rate"\nupper = 1.0', "needs a layer measure"),
        (ONE + 'quantity = "ordering"\njudge = "rate"\nupper = 1.0', "'ordering' needs than"),
        (ONE + 'quantity = "difference"', "'difference' needs than"),
        (ONE + 'quantity = "ratio"', "'ratio' needs than"),
        (ONE + "tolerance = -0.1", "tolerance = -0.1 must be ≥ 0"),
        (ONE + "runs = -1", "runs = -1 must be ≥ 0"),
        (ONE + 'judge = "range"\nupper = 0.5', "upper = 0.5 lies below published = 1.0"),
        (ONE + 'judge = "mean"', "'mean' needs runs"),
        (ONE + "spread = 1.0", "belong to judge = 'mean'"),
        (ONE + 'judge = "mean"\nruns = 3\nquantiles = [2.0, 1.0]', "the lower one first"),
        (ONE + 'judge = "quantiles"\nupper = 2.0\ncoverage = 1.0', "between 0 and 1"),
        (ONE + 'rejects = [{ measure = "test_los" }]', "unknown measure 'test_los'"),
        (ONE + "rejects = [{ depth = 3 }]", "unknown axis 'depth'"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_line(tmp_path, lines, told):
    with pytest.raises(InputError, match=told) as caught:
        load(tmp_path, lines + "\n" + ARM)
    assert len(caught.value.messages) == 1
    assert str(tmp_path) in caught.value.messages[0]


def test_a_family_has_one_judge_and_one_list_of_wrong_recipes(tmp_path):
    other = ONE + 'family = "f"\n' + ARM
    with pytest.raises(InputError, match="family 'f': its expectations need one judge"):
        load(tmp_path, other, other + 'judge = "median"\n')
    assert len(load(tmp_path, other, other).expectations) == 2


def test_quantities_that_can_be_judged_are_read_and_written_back(tmp_path):
    study = load(
        tmp_path,
        ONE + ARM + 'quantity = "at"\nepoch = 0',
        ONE + ARM + 'quantity = "mean"\nepoch = 2\nlast_epoch = 3',
        ONE + 'quantity = "crossing"\nvalue = 2.0\naxis = "width"\narm = { activation = "relu" }',
        ONE + ARM + 'quantity = "ordering"\njudge = "rate"\nupper = 1.0\nthan = [{ width = 8 }]',
        LAYER + ARM + 'layer = 3\nquantity = "at"\nstep = 5',
        ONE + ARM + 'judge = "mean"\nruns = 9\nquantiles = [0.5, 2.0]',
        'measure = "diverged"\npublished = 0.0\nupper = 0.1\njudge = "rate"\nsource = "s"\n' + ARM,
    )
    assert study_from(study.to_table(), "x").expectations == study.expectations
    assert study.expectations[3].than == ((("width", 8),),)


def old_table(**changes):
    """Return an expectation as it was stored before there were levels and quantities."""
    return {
        "claim": "c",
        "measure": "validation_accuracy",
        "published": 0.9,
        "arm": {"activation": "tanh"},
        "layer": 0,
        "judge": "prediction",
        "scale": "logit",
        "tolerance": 0.1,
        "upper": 0.0,
        "rejects": [{"activation": "relu"}],
        "source": "",
    } | changes


@pytest.mark.parametrize("judge", ["prediction", "median", "range"])
def test_expectations_of_old_runs_stay_readable_and_are_the_same_question(judge):
    old = old_table(judge=judge, upper=1.0 if judge == "range" else 0.0)
    read = Expectation.of(old)
    assert (read.level, read.quantity, read.family, read.source) == ("published", "value", "", "")
    assert read.scale == "share"  # where 0 and 1 are finite
    table = small_study().to_table()
    study = study_from(table | {"expectation": [old]}, "x")
    assert question(table | {"expectation": [old]}) == question(study.to_table())
