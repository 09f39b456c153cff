"""Forks in the sentences of a report: every answer and counterfactual names the epoch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.cluster.launch.running import run_study
from paribus.reports.findings.counterfactuals import counterfactuals
from paribus.reports.findings.finding import Evidence, Finding
from paribus.reports.findings.observed import Observed
from paribus.reports.sections.answer import answer
from paribus.reports.sections.findings import counterfactual
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.frames import results_of
from paribus.reports.statistics.thresholds import passings
from paribus.studies.answers import Onset, Threshold
from paribus.studies.designs.fork import Fork
from small import small_study

RATE = "optimiser.learning_rate"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The base recipe, and forks from the start and from epoch 1 with two other rates."""
    design = Fork.of({RATE: [0.5, 2.0]}, at=[0, 1])
    study = small_study(design=design, replicates=3, metric="validation_loss")
    return results_of(run_study(study, tmp_path_factory.mktemp("forks"), workers=0))


def epochs_and_rates(results) -> list[tuple[int | None, float]]:
    arms = results.study.arms
    return [(a.origin.epoch if a.origin else None, a.level(RATE).value) for a in arms]


def test_the_onset_names_the_epoch_of_a_fork(results):
    study = replace(results.study, answer=Onset())
    said = answer(analyse(replace(results, study=study))).qualification
    (fork,) = [results.arm(i) for i in results.named if results.arm(i).origin]
    assert f"after epoch {fork.origin.epoch} the lowest loss is" in said


def test_a_threshold_is_found_for_each_epoch_with_the_twin_beside(results):
    """The loss is rate / place; forks from the start pass 1 at 0.6, later ones at 1.0."""
    place = {None: 0.6, 0: 0.6, 1: 1.0}
    known = epochs_and_rates(results)
    loss = [known[arm][1] / place[known[arm][0]] for arm in results.trials["arm"]]
    study = replace(results.study, answer=Threshold(RATE))
    trials = results.trials.assign(validation_loss=loss)
    trials.loc[trials["arm"] == known.index((1, 2.0)), "status"] = "diverged"
    planted = replace(results, study=study, trials=trials)
    early, late = passings(planted, study.answer)
    assert (early.origin.epoch, late.origin.epoch) == (0, 1)
    assert early.interval.estimate == pytest.approx(0.6)
    assert late.interval.estimate == pytest.approx(1.0)
    said = answer(analyse(planted))
    assert "0.600 after epoch 0" in said.sentence
    assert "0.600 [0.600, 0.600] after epoch 0" in said.qualification
    assert "1 after epoch 1" in said.sentence
    assert "1 [1, 1] after epoch 1" in said.qualification
    assert "is 2 (3 of 3) after epoch 1." in said.qualification


def test_a_counterfactual_of_a_fork_names_the_epoch_and_no_other_epoch_is_one(results):
    known, observed = epochs_and_rates(results), Observed(results)
    shows = np.array([rate == 2.0 and epoch == 0 for epoch, rate in known])
    made = counterfactuals(observed, observed.arm >= 0, shows[observed.arm], shows)
    ((arm, other),) = made.items()
    assert known[arm] == (0, 2.0)
    assert known[other.arm][0] in (None, 0)
    everything_early = np.array([epoch != 1 for epoch, _ in known])
    made = counterfactuals(
        observed, observed.arm >= 0, everything_early[observed.arm], everything_early
    )
    assert {known[arm][0] for arm in made} == {None}  # forks from epoch 1 differ in that, too
    evidence = Evidence("t", "number", 1.0, 0.5)
    finding = Finding("code", 1, "note", arm, 3, 3, evidence, other)
    assert "after epoch 0, all else equal, do not show it." in counterfactual(results, finding)
