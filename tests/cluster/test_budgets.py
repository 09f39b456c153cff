"""Budgets: what one call may train, and that any number of calls end as one without would."""

from __future__ import annotations

import math
from collections import Counter

import pandas as pd
import pytest
from paribus.cluster.folder.names import rung_name
from paribus.cluster.folder.run_folder import RunFolder
from paribus.cluster.folder.store import LocalStore
from paribus.cluster.launch.progress import Quiet
from paribus.cluster.launch.running import run_study
from paribus.cluster.planning import rounds
from paribus.cluster.planning.budgets import Budget, in_order
from paribus.cluster.planning.present import present_jobs
from paribus.core.errors import InputError
from paribus.reports.sections.trust import checks
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.frames import results_of
from paribus.studies.designs.grid import Grid
from paribus.studies.designs.successive_halving import SuccessiveHalving
from paribus.studies.files.drafts import with_value
from small import same, small_study

RATES = {"optimiser.learning_rate": [0.001, 0.1, 0.5, 0.01], "depth": [2, 3]}


def grid(**changes):
    return small_study(**{"replicates": 5, **changes})


def halving(**changes):
    """Eight arms of two shapes: eight until epoch 1, four until 3, two until 5."""
    design = SuccessiveHalving.of(RATES, eta=2, rungs=[1, 3])
    recipe = with_value(small_study().recipe, "epochs", 5)
    return small_study(**{"design": design, "recipe": recipe, "replicates": 3, **changes})


class Ticks:
    """A clock that goes on by a second whenever it is read."""

    def __init__(self):
        self.now = 0.0

    def seconds(self):
        self.now += 1.0
        return self.now


def budgeted(study, folder, calls=200, **budget):
    """Run with a budget, again and again until all is done; return the run after each call."""
    runs = []
    for _ in range(calls):
        runs.append(run_study(study, folder, workers=0, clock=Ticks(), **budget))
        assert not runs[-1].trials["trial_id"].duplicated().any()
        assert bool(runs[-1].used_up) != runs[-1].status().complete
        if not runs[-1].used_up:
            break
    return runs


def replicates_of(run):
    """The number of finished arms by replicate."""
    return run.trials.groupby("replicate")["arm_id"].nunique().to_dict()


def test_a_budget_of_trials_trains_whole_replicates_first(tmp_path):
    first = run_study(grid(), tmp_path, workers=0, trials=10)
    assert first.used_up == "10 trials"
    assert first.trained == 10
    assert replicates_of(first) == {0: 4, 1: 4, 2: 2}
    assert (first.status().finished, first.status().planned) == (10, 20)
    second = run_study(grid(), tmp_path, workers=0, trials=3)
    assert replicates_of(second) == {0: 4, 1: 4, 2: 4, 3: 1}
    assert run_study(grid(), tmp_path, workers=0, trials=7).used_up == ""
    same(tmp_path / "small", run_study(grid(), tmp_path / "whole", workers=0).path)
    assert run_study(grid(), tmp_path, workers=0, trials=1).trained == 0


def test_a_budget_of_more_than_there_is_limits_nothing(tmp_path):
    run = run_study(grid(), tmp_path, workers=0, trials=20, minutes=600, updates=1e9)
    assert run.used_up == ""
    assert run.status().complete
    assert len(run.plans) == 1


def test_a_budget_of_updates_counts_steps(tmp_path):
    steps = 2 * 3  # two epochs of three mini-batches
    run = run_study(grid(), tmp_path, workers=0, updates=9 * steps + 1)
    assert replicates_of(run) == {0: 4, 1: 4, 2: 1}
    assert run.trials["updates"].sum() == 9 * steps
    none = run_study(grid(), tmp_path / "none", workers=0, updates=steps - 1)
    assert none.trials.empty
    assert none.used_up == "5 updates"


def test_what_a_budget_leaves_out_is_no_extension_and_the_report_says_how_much_there_is(tmp_path):
    run = run_study(grid(), tmp_path, workers=0, trials=15)
    said = {check.title: check for check in checks(analyse(results_of(run)))}
    assert said["Complete"].sentence == "15 of 20 trials are finished."
    assert said["Complete"].state == "note"
    whole = run_study(grid(), tmp_path, workers=0)
    assert len(whole.plans) > 1
    assert "Extended" not in {check.title for check in checks(analyse(results_of(whole)))}
    more = run_study(grid(replicates=6), tmp_path, workers=0)
    assert "Extended" in {check.title for check in checks(analyse(results_of(more)))}


def test_minutes_stop_at_a_state_and_any_number_of_calls_give_the_same_bits(tmp_path):
    runs = budgeted(grid(), tmp_path, minutes=0.4)
    assert len(runs) > 1
    same(runs[-1].path, run_study(grid(), tmp_path / "whole", workers=0).path)
    assert not RunFolder(LocalStore(runs[-1].path)).store.names("_states")


def test_a_job_that_stops_keeps_the_states_of_all_its_stacks_and_commits_nothing(tmp_path):
    run = run_study(grid(), tmp_path, workers=0, minutes=0.27, clock=Ticks())
    assert run.trials.empty
    assert run.used_up == "0.27 minutes"
    (present,) = present_jobs(run.plans).values()
    assert len(present.job.runs) == 4
    folder = RunFolder(LocalStore(run.path))
    assert folder.kept() == {present.job.job_id}
    epochs = [folder.load_state(present.job.job_id, stack) for stack in range(4)]
    assert [int(state.arrays["epoch"]) for state in epochs if state is not None] == [2, 1]


@pytest.mark.parametrize("budget", [{"minutes": 0.5}, {"trials": 5}, {"updates": 70}])
def test_a_halving_on_any_budget_ends_as_one_without(tmp_path, budget):
    runs = budgeted(halving(), tmp_path, **budget)
    assert len(runs) > 1
    whole = run_study(halving(), tmp_path / "whole", workers=0)
    same(runs[-1].path, whole.path)
    assert whole.status().stopped == 18
    assert whole.trials["epochs_trained"].sum() == 3 * halving().design.epochs(halving().recipe)


def test_asking_for_less_on_a_budget_trains_only_that(tmp_path):
    run_study(grid(), tmp_path, workers=0, trials=6)
    less = run_study(grid(replicates=2), tmp_path, workers=0, trials=100)
    assert less.status().complete
    assert replicates_of(less) == {0: 4, 1: 4}
    assert len(pd.read_parquet(less.path / "trials")) == 8


def test_a_rung_lost_after_a_budget_plans_no_trial_twice(tmp_path):
    run_study(halving(), tmp_path, workers=0, trials=5)
    folder = RunFolder(LocalStore(tmp_path / "small"))
    run_study(halving(), tmp_path, workers=0, trials=5)
    for name, present in present_jobs(folder.plans()).items():
        folder.store.delete(rung_name(name, present.job.until))
    run = run_study(halving(), tmp_path, workers=0)
    assert run.status().complete
    assert not run.trials["trial_id"].duplicated().any()
    same(run.path, run_study(halving(), tmp_path / "whole", workers=0).path)


def complete(jobs):
    """The number of replicates that all six arms have in these jobs."""
    members = [m for present in jobs for stack in present.job.stacks for m in stack]
    return sum(n == 6 for n in Counter(m.replicate for m in members).values())


def test_jobs_of_the_first_replicates_are_begun_first(monkeypatch):
    monkeypatch.setattr(rounds, "SHORTEST_JOB", 0.05)
    design = Grid.of({"activation": ["tanh", "relu"], "depth": [2, 3, 4]})
    plan = rounds.next_plan(grid(design=design, replicates=300))
    left = list(present_jobs([plan]).values())
    assert len(left) > 12

    ordered = in_order(left, ())
    assert complete(left[: len(left) // 2]) == 0  # the longest come first
    assert complete(ordered[: len(left) // 2]) > 60
    begun = ordered[-1].job.job_id
    assert in_order(left, {begun})[0].job.job_id == begun


def test_a_stopped_run_has_the_same_replicates_in_every_arm(tmp_path):
    runs = budgeted(grid(replicates=40), tmp_path, trials=30)
    each = [list(replicates_of(run).values()) for run in runs]
    assert [counts.count(4) for counts in each] == [7, 15, 22, 30, 37, 40]
    assert all(counts[:-1] == [4] * (len(counts) - 1) for counts in each)


class Over(Quiet):
    """A clock whose tenth hour comes once a worker tells that it is training, or has ended."""

    now = 0.0

    def seconds(self):
        return self.now

    def moved(self, job, trials):
        self.now = 36_000.0

    def ended(self, report):
        self.now = 36_000.0


def test_workers_begin_no_job_after_the_clients_time_is_over(tmp_path, monkeypatch):
    monkeypatch.setattr(rounds, "SHORTEST_JOB", 0.02)
    study = grid(replicates=40)
    clock = Over()
    run = run_study(study, tmp_path, workers=2, minutes=10, clock=clock, progress=clock)
    assert run.used_up == "10 minutes"
    assert 0 < run.trained == len(run.trials) < 160
    assert run_study(study, tmp_path, workers=0).status().complete
    same(run.path, run_study(study, tmp_path / "whole", workers=0).path)


@pytest.mark.slow
def test_workers_stop_when_the_clients_clock_says_so(tmp_path):
    study = grid(recipe=with_value(small_study().recipe, "epochs", 3000), design=Grid())
    clock = Over()
    run = run_study(study, tmp_path, workers=1, minutes=10, clock=clock, progress=clock)
    assert run.used_up == "10 minutes"
    assert run.trials.empty
    assert run.folder.kept() == {"j-0001-00000"}
    whole = run_study(study, tmp_path, workers=1, minutes=10)
    assert whole.status().complete
    same(whole.path, run_study(study, tmp_path / "whole", workers=0).path)


@pytest.mark.parametrize(
    ("budget", "told"),
    [
        ({"minutes": 0}, "minutes = 0 must be a finite number above 0"),
        ({"minutes": math.nan}, "minutes = nan"),
        ({"minutes": math.inf}, "minutes = inf"),
        ({"minutes": "10"}, "minutes = '10'"),
        ({"trials": 0}, "trials = 0 must be a whole number of at least 1"),
        ({"trials": 2.5}, "trials = 2.5"),
        ({"trials": True}, "trials = True"),
        ({"updates": -1e6}, "updates = -1000000.0 must be a finite number above 0"),
    ],
)
def test_budgets_that_cannot_be_are_refused_before_anything_is_written(tmp_path, budget, told):
    with pytest.raises(InputError, match=told):
        run_study(grid(), tmp_path, workers=0, **budget)
    assert not list(tmp_path.iterdir())
    assert Budget().limited is False
