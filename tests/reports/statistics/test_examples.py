"""Examples gained and lost: counts that agree with accuracies, and planted exchanges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.cluster.launch.running import run_study
from paribus.core.measures.outcomes import Outcomes
from paribus.reports.sections.examples import section
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.examples import (
    Answers,
    answers_of,
    examples_of,
    exchange,
    most_exchanged,
    uncertainty,
)
from paribus.reports.statistics.frames import results_of
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import with_value
from small import small_study


def measured(folder, **changes):
    design = Grid.of({"activation": ["tanh", "relu"]})
    settings = {"design": design, "measures": (Outcomes(),), "replicates": 3} | changes
    return results_of(run_study(small_study(**settings), folder, workers=0))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return measured(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="module")
def fixed(tmp_path_factory):
    """Results whose replicates all have the same split."""
    return measured(tmp_path_factory.mktemp("results"), luck=(("split", 0),))


def test_gains_less_losses_are_the_difference_of_the_accuracies(results):
    (made,) = examples_of(results).exchanges
    accuracy = results.trials.groupby("arm")["validation_accuracy"].mean()
    net = (made.gained - made.lost) / made.examples
    assert net == pytest.approx(accuracy[1] - accuracy[0])
    assert made.pairs == 3


def test_splits_that_differ_leave_examples_and_seeds_together(results, fixed):
    assert examples_of(results).uncertainty is None
    made = examples_of(fixed).uncertainty
    accuracy = fixed.trials.groupby("arm")["validation_accuracy"].mean()
    assert made.mean == pytest.approx(accuracy[1] - accuracy[0])
    assert (made.replicates, made.examples) == (3, int(fixed_examples(fixed)))


def fixed_examples(results):
    outcomes = results.run.frame("outcomes")
    return (outcomes["set"] == "validation").sum() / len(results.trials)


def test_the_test_set_answers_where_the_metric_asks_for_it(results):
    study = replace(results.study, metric="test_accuracy")
    made = examples_of(replace(results, study=study))
    assert made.set == "test"


def test_nothing_is_said_where_nothing_was_measured(small_run):
    assert section(analyse(results_of(small_run))) is None


def planted():
    """Return answers of two arms, in 3 replicates, to 5 examples: 2 gained, 1 lost, 1 not asked."""
    right = np.ones((2, 3, 5), dtype=bool)
    right[0, :, 0] = right[0, 0, 1] = False
    right[1, :, 2] = False
    asked = np.ones_like(right)
    asked[:, 1:, 4] = False
    predicted = np.where(right, np.arange(5.0), 9.0)
    predicted[~asked] = np.nan
    rows = np.array([10, 11, 12, 13, 14])
    return Answers("validation", rows, np.arange(3), predicted, right & asked, asked)


def test_planted_exchanges_are_counted():
    answers = planted()
    made = exchange(answers, 0, 1)
    assert (made.gained, made.lost) == pytest.approx((4 / 3, 1.0))
    assert made.p == 1.0  # 2 gained and 1 lost in the first pair
    assert made.churn.differ == 0.0
    gained, other, lost = most_exchanged(answers, 0, 1)
    assert (gained.example, gained.label, gained.gained, gained.asked) == (10, 0.0, 3, 3)
    assert (other.example, other.gained) == (11, 1)
    assert (lost.example, lost.lost, lost.label) == (12, 3, 2.0)
    assert uncertainty(answers, 0, 1) is None  # example 14 is asked once


def test_a_trial_without_answers_leaves_its_pair():
    answers = planted()
    asked = answers.asked.copy()
    asked[1, 2] = False
    made = exchange(replace(answers, asked=asked), 0, 1)
    assert made.pairs == 2
    nobody = replace(answers, asked=asked & (np.arange(2) == 0)[:, None, None])
    assert exchange(nobody, 0, 1) is None


def test_the_class_of_an_example_that_nobody_has_right_is_unknown():
    answers = planted()
    unknown = replace(answers, right=answers.right & (np.arange(5) != 0))
    assert np.isnan(unknown.classes[0])
    assert unknown.classes[1:].tolist() == [1, 2, 3, 4]


def test_the_section_says_what_is_gained_and_lost(results, fixed):
    body = str(section(analyse(results)).body)
    assert "Exploratory: in a pair of replicates, of" in body
    assert "(means over 3 pairs)" in body
    assert "seeds" not in body
    assert "For other examples of the same kind and other seeds" in str(
        section(analyse(fixed)).body
    )


def test_over_folds_each_example_is_answered_once(tmp_path):
    study = small_study()
    recipe = with_value(study.recipe, "split", {"kind": "k-fold", "folds": 2, "test": 0.7})
    folded = measured(tmp_path, recipe=recipe, replicates=2)
    answers = answers_of(folded)
    assert answers.set == "validation"
    assert answers.asked.shape[1] == 2
    (made,) = examples_of(folded).exchanges
    accuracy = folded.trials.groupby("arm")["validation_accuracy"].mean()
    net = (made.gained - made.lost) / made.examples
    assert net == pytest.approx(accuracy[1] - accuracy[0], abs=0.002)
