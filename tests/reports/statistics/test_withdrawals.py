"""What a report makes of arms that successive halving withdrew."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pandas as pd
import pytest
from paribus.cluster.launch.running import run_study
from paribus.reports.charts import final_scores, learning_curves
from paribus.reports.page.report import write_report
from paribus.reports.sections import withdrawn
from paribus.reports.sections.trials import trial_table
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.frames import FINAL, results_of
from paribus.reports.statistics.withdrawals import withdrawals
from paribus.studies.designs.successive_halving import SuccessiveHalving
from paribus.studies.files.drafts import with_value
from small import small_study

RATES = {"optimiser.learning_rate": [0.03, 0.3, 0.001, 0.003, 0.1, 0.01]}


@pytest.fixture(scope="module")
def halved(tmp_path_factory):
    """Six arms, of which two are withdrawn after epoch 1 and two more after epoch 2."""
    study = small_study(
        "halved",
        recipe=with_value(small_study().recipe, "epochs", 4),
        design=SuccessiveHalving.of(RATES, eta=2, rungs=[1, 2], metric="validation_accuracy"),
        metric="test_accuracy",
        replicates=4,
    )
    return run_study(study, tmp_path_factory.mktemp("results"), workers=0)


@pytest.fixture(scope="module")
def analysis(halved):
    return analyse(results_of(halved))


def test_survivors_are_compared_with_each_other_where_no_baseline_is_named(analysis):
    """A first arm that was withdrawn left the answer without a pair."""
    results = analysis.results
    status = results.trials.groupby("arm")["status"].first()
    assert status[results.baseline] == "ok"
    gone = next(arm for arm in status.index if status[arm] == "stopped")
    level = results.arm(gone).level("optimiser.learning_rate")
    named = replace(results.study, baseline=((level.path, level.value),))
    assert replace(results, study=named).baseline == gone
    trials = results.trials.assign(status=["stopped"] * len(results.trials))
    assert replace(results, trials=trials).baseline == 0


def test_rung_scores_are_no_final_scores(halved, analysis):
    stopped = analysis.results.trials["status"] == "stopped"
    assert stopped.sum() == 16
    assert analysis.results.trials.loc[stopped, list(FINAL)].isna().all(axis=None)
    assert halved.trials.loc[halved.trials["status"] == "stopped", "test_accuracy"].notna().all()
    on = {i for i, each in analysis.statuses.items() if set(each) == {"ok"}}
    assert len(on) == 2
    assert {i for i, each in analysis.estimates.items() if each.n} == on
    assert {i for i, effect in analysis.effects.items() if effect.n} <= on
    assert analysis.results.contrast in on
    assert set(final_scores.frames(analysis).scores["arm"]) == {
        final_scores.arm_names(analysis)[i] for i in on
    }
    assert analysis.ended["stopped"] == 16
    assert "Arms marked as withdrawn have no final score." in final_scores.figure(analysis).caption


def test_a_withdrawn_arm_does_not_speak_by_its_diverged_replicates(analysis):
    results = analysis.results
    arm = withdrawals(results)[0].arm
    first = results.trials["arm"].eq(arm) & results.trials["replicate"].eq(0)
    status = results.trials["status"].mask(first, "diverged")
    mixed = replace(results, trials=results.trials.assign(status=status))
    assert mixed.estimates[arm].of == mixed.estimates[arm].n == 0
    assert mixed.compared(mixed.metric)[arm].isna().all()
    alone = results.trials["status"].mask(results.trials["arm"].eq(arm), "diverged")
    worst = replace(results, trials=results.trials.assign(status=alone))
    assert worst.estimates[arm].of == 4
    assert (worst.compared(worst.metric)[arm] == -math.inf).all()


def test_what_is_measured_before_training_stays(analysis):
    trials = analysis.results.trials
    assert trials.loc[trials["status"] == "stopped", "speed_ratio"].notna().all()


def test_learning_curves_show_withdrawn_trials_up_to_their_end(halved, analysis):
    last = analysis.results.epochs.groupby("arm")["epoch"].max()
    assert sorted(last) == [1, 1, 1, 2, 4, 4]
    assert learning_curves.figure(analysis) is not None
    pd.testing.assert_series_equal(
        halved.epochs.groupby("trial_id")["epoch"].max().sort_index(),
        halved.trials.set_index("trial_id")["epochs_trained"].sort_index(),
        check_names=False,
    )


def test_the_section_says_who_was_withdrawn_where_and_with_what(halved, analysis):
    rows = withdrawals(analysis.results)
    assert [each.epoch for each in rows] == [2, 1, 1, 1]
    trials = halved.trials.assign(accuracy=halved.trials["validation_accuracy"])
    for each in rows:
        label = analysis.results.arm(each.arm).label
        mine = trials[trials["arm"] == label]
        assert set(mine["epochs_trained"]) == {each.epoch}
        assert (each.reached.n, each.replicates) == (4, 4)
        assert each.reached.mean == pytest.approx(mine["accuracy"].mean())
    body = str(withdrawn.section(analysis).body)
    assert "4 of 6 arms were withdrawn before their last epoch" in body
    assert "Validation accuracy there" in body
    assert "selected and flatter them" in body
    assert body.count("4 of 4") == 4
    assert len(re.findall(r"stopped after epoch [12]", str(trial_table(analysis)))) == 32


def test_the_report_is_written_and_one_without_withdrawals_has_no_such_section(halved, small_run):
    page = write_report(halved).read_text(encoding="utf-8")
    assert 'id="withdrawn"' in page
    assert "16 trials were withdrawn by the design" in page
    assert withdrawn.section(analyse(results_of(small_run))) is None
    assert "withdrawn" not in set(final_scores.frames(analyse(results_of(small_run))).lost["mark"])
