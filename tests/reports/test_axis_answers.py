"""Answers about an axis, and about components, on results whose answer is planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.cluster.launch.running import run_study
from paribus.core.errors import InputError
from paribus.reports.sections.answer import answer
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.frames import results_of
from paribus.reports.statistics.optima import optima
from paribus.reports.statistics.trends import slopes
from paribus.studies.answers import Components, Optimum, Trend
from paribus.studies.designs.ablation import Ablation
from paribus.studies.designs.grid import Grid
from small import small_study

RATE = "optimiser.learning_rate"
RATES = [0.01, 0.02, 0.04, 0.08]
REPLICATES = 8


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    study = small_study(
        design=Grid.of({RATE: RATES, "depth": [2, 3]}),
        replicates=REPLICATES,
        metric="validation_loss",
        answer=Optimum(RATE, by=("depth",)),
    )
    return results_of(run_study(study, tmp_path_factory.mktemp("axis"), workers=0))


def planted(results, loss, **more):
    """Return the results with ``loss(rate, depth, replicate)`` as their validation loss."""
    trials = results.trials

    def value(row):
        arm = results.arm(row["arm"])
        return loss(arm.level(RATE).value, arm.level("depth").value, row["replicate"])

    trials = trials.assign(validation_loss=trials.apply(value, axis=1).astype(float))
    return replace(results, trials=trials, study=replace(results.study, **more))


def luck(rate, depth, k):
    """Return a small deviation that differs between arms and between replicates."""
    return 0.01 * np.sin(37.0 * k + 1000.0 * rate + 11.0 * depth)


def test_the_best_level_is_named_with_those_that_may_be_as_good(results):
    """With 2 layers .04 is best; with 3 layers .04 and .08 are alike and the axis ends there."""

    def loss(rate, depth, k):
        if depth == 2:
            return 1.0 + abs(np.log2(rate / 0.04)) + luck(rate, depth, k)
        return 2.0 + (rate < 0.04) - 0.003 * (rate == 0.08) + luck(rate, depth, k)

    known = planted(results, loss)
    two, three = optima(known, known.study.answer)
    assert [results.arm(arm).level(RATE).value for arm in two.possible] == [0.04]
    assert [results.arm(arm).level(RATE).value for arm in three.possible] == [0.04, 0.08]
    assert not two.at_edge
    said = answer(analyse(known))
    assert said.sentence.startswith("The lowest validation loss is ")
    assert "with learning rate = 0.04 and 2 hidden layers" in said.sentence
    assert "2 hidden layers: The median is 1.00" in said.qualification
    assert "No other level of the learning rate may be the best." in said.qualification
    assert "may be the best, too." in said.qualification
    assert ("is at the edge of what was tried" in said.qualification) is three.at_edge


def test_a_best_level_at_the_end_of_the_axis_may_be_beaten_beyond_it(results):
    known = planted(results, lambda rate, depth, k: 1.0 / rate + luck(rate, depth, k))
    assert all(best.at_edge for best in optima(known, known.study.answer))
    said = answer(analyse(known)).qualification
    assert said.count("Learning rate = 0.08 is at the edge of what was tried") == 2


def test_the_best_of_nothing_is_nowhere(results):
    gone = planted(results, lambda *_: np.nan)
    gone = replace(gone, trials=gone.trials.assign(status="diverged"))
    assert "nowhere" in answer(analyse(gone)).sentence


def test_a_trend_is_the_slope_for_each_doubling(results):
    """With 2 layers the loss halves with each doubling of the rate; with 3 it stays."""

    def loss(rate, depth, k):
        return (0.04 / rate if depth == 2 else 1.0) * np.exp(luck(rate, depth, k))

    known = planted(results, loss, answer=Trend(RATE, by=("depth",)))
    falls, stays = slopes(known, known.study.answer, analyse(known).conditions)
    assert falls.doubling
    assert falls.mean == pytest.approx(-np.log(2), abs=0.01)
    assert falls.low < -np.log(2) < falls.high < 0
    assert (falls.same, falls.n) == (REPLICATES, REPLICATES)
    assert stays.low < 0 < stays.high
    said = answer(analyse(known))
    assert "With each doubling of learning rate, the validation loss falls " in said.sentence
    assert "-fold with 2 hidden layers; does not clearly change with 3 hidden" in said.sentence


def test_a_trend_that_turns_is_called_bent(results):
    turn = planted(
        results,
        lambda rate, depth, k: 1.0 + np.log2(rate / 0.03) ** 2 + luck(rate, depth, k),
        answer=Trend(RATE),
    )
    (slope,) = slopes(turn, turn.study.answer, analyse(turn).conditions)
    assert slope.bent
    assert "It is not straight" in answer(analyse(turn)).qualification


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Optimum(), "answer.axis is missing"),
        (Trend("activation"), "must be a setting with several levels"),
        (Trend("depth", by=("depth",)), "is the axis itself"),
        (Optimum("detph"), "did you mean 'depth'"),
        (Components(), "needs a design of kind leave-one-out"),
    ],
)
def test_answers_that_do_not_fit_are_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        small_study(design=Grid.of({"depth": [2, 3]}), answer=wrong)


def test_words_are_no_numbers():
    with pytest.raises(InputError, match="with numbers as levels"):
        small_study(design=Grid.of({"activation": ["relu", "tanh"]}), answer=Trend("activation"))


def test_the_component_that_helps_most_is_named_alone_and_in_the_whole(tmp_path):
    """Depth is worth .3 alone and .1 in the whole, batch norm .1 and .2, the biases nothing."""
    axes = {"depth": [1, 3], "normaliser": ["none", "batch-norm"], "bias": [0.0, 0.1]}
    study = small_study(
        design=Ablation.of(axes),
        replicates=REPLICATES,
        metric="validation_accuracy",
        answer=Components(),
    )
    results = results_of(run_study(study, tmp_path, workers=0))

    def accuracy(row):
        arm = results.arm(row["arm"])
        deep = arm.level("depth").value == 3
        normalised = arm.level("normaliser").value is not None
        both = -0.2 if deep and normalised else 0.0
        small = 0.01 * np.sin(37.0 * row["replicate"] + 5.0 * row["arm"])
        return 0.4 + 0.3 * deep + 0.3 * normalised * 1.2 + both + small

    trials = results.trials
    made = trials.assign(validation_accuracy=trials.apply(accuracy, axis=1))
    said = answer(analyse(replace(results, trials=made)))
    assert said.sentence.startswith(
        "Added alone, the validation accuracy improves most with batch norm"
    )
    assert "the full recipe owes most to batch norm" in said.sentence
    assert "Added alone, 2 of 3 components clearly change" in said.qualification
    assert "In the full recipe, 2 of 3 components clearly change" in said.qualification
    assert "For the worse" not in said.qualification


def test_nothing_helps_where_nothing_differs(tmp_path):
    axes = {"depth": [1, 3], "bias": [0.0, 0.1]}
    study = small_study(
        design=Ablation.of(axes), replicates=REPLICATES, metric="train_loss", answer=Components()
    )
    results = results_of(run_study(study, tmp_path, workers=0))
    rng = np.random.default_rng(3)
    made = results.trials.assign(train_loss=np.exp(rng.normal(size=len(results.trials))))
    said = answer(analyse(replace(results, trials=made))).sentence
    assert "nothing clearly improves the training loss" in said
    assert "nothing is clearly missed" in said


def test_many_best_values_are_gathered_by_level(results):
    """Of three rows, two agree in their level; where all do, the headline says it once."""
    from paribus.reports.answers.optimum import gathered_words

    known = planted(results, lambda rate, depth, k: abs(rate - 0.04) + 1 + luck(rate, depth, k))
    two, three = optima(known, known.study.answer)
    assert gathered_words([two, three]) == "with learning rate = 0.04 in all 2 cases"
    apart = planted(
        results, lambda rate, depth, k: abs(rate - 0.02 * (depth - 1)) + 1 + luck(0, 0, k)
    )
    said = gathered_words(optima(apart, apart.study.answer))
    assert said == (
        "with learning rate = 0.02 (2 hidden layers); with learning rate = 0.04 (3 hidden layers)"
    )
