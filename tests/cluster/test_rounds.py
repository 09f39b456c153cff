"""Runs that go in rounds: successive halving on real digits, in stages that keep every bit."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from faulty import CrashError, Faulty
from paribus.cluster.folder.names import rung_name
from paribus.cluster.folder.run import open_run
from paribus.cluster.folder.run_folder import RunFolder
from paribus.cluster.folder.store import LocalStore
from paribus.cluster.launch.executors import SerialExecutor
from paribus.cluster.launch.running import run_study
from paribus.cluster.planning import rounds
from paribus.cluster.planning.present import present_jobs
from paribus.reports.page.report import write_report
from paribus.studies.designs.grid import Grid
from paribus.studies.designs.successive_halving import SuccessiveHalving
from paribus.studies.files.drafts import with_value
from small import ids, rows, same, small_study

EPOCHS = 5


AXES = {"optimiser.learning_rate": [0.001, 0.1, 0.5, 0.01], "activation": ["tanh", "relu"]}


HALVING = SuccessiveHalving.of(AXES, eta=2, rungs=[2], survivors=4)


def study(**changes):
    recipe = with_value(small_study().recipe, "epochs", EPOCHS)
    return small_study(
        recipe=recipe, design=HALVING, replicates=3, metric="test_accuracy", **changes
    )


def whole(tmp_path):
    """Run the same arms as a plain grid, every trial to its end, uninterrupted."""
    grid = replace(study(), design=Grid.of(AXES))
    return run_study(grid, tmp_path / "grid", workers=0)


def compared(run, reference):
    """Check a finished halving against the plain grid, bit for bit."""
    trials = run.trials.set_index("trial_id")
    full = reference.trials.set_index("trial_id")
    assert set(trials.index) == set(full.index) == ids(study())
    assert not trials.index.duplicated().any()
    ended = trials[trials["status"] == "ok"].index
    stopped = trials[trials["status"] == "stopped"].index
    assert len(ended) == len(stopped) == 12
    scores = ["train_loss", "validation_loss", "test_accuracy", "best_epoch"]
    pd.testing.assert_frame_equal(
        trials.loc[ended, scores], full.loc[ended, scores], check_exact=True
    )
    assert set(trials.loc[stopped, "epochs_trained"]) == {2}
    for table, keys in (("epochs", ["epoch"]), ("layers", ["step", "layer"])):
        mine, plain = (
            getattr(r, table).set_index(["trial_id", *keys]).sort_index() for r in (run, reference)
        )
        pd.testing.assert_frame_equal(mine, plain.loc[mine.index], check_exact=True)
    at_rung = reference.epochs[reference.epochs["epoch"] == 2].set_index("trial_id")
    assert (trials.loc[stopped, "validation_loss"] == at_rung.loc[stopped, "validation_loss"]).all()
    losses = at_rung["validation_loss"].to_frame().join(full[["arm", "replicate"]])
    ranks = losses.pivot(index="arm", columns="replicate", values="validation_loss").rank()
    best = set(ranks.mean(axis=1).nsmallest(4).index)
    assert set(full.loc[ended, "arm"]) == best
    assert trials["epochs_trained"].sum() == 3 * HALVING.epochs(study().recipe)


def test_two_rounds_give_the_bits_of_uninterrupted_training(tmp_path):
    run = run_study(study(), tmp_path, workers=0)
    assert [len(plan.jobs) > 0 for plan in run.plans] == [True, False]
    assert run.plans[1].revised
    compared(run, whole(tmp_path))
    status = run.status()
    assert (status.planned, status.ok, status.stopped, status.jobs_left) == (24, 12, 12, 0)
    assert status.complete
    assert not RunFolder(LocalStore(run.path)).store.names("_states")
    again = run_study(study(), tmp_path, workers=0)
    assert len(again.plans) == len(run.plans)
    assert open_run(run.path).study.design == study().design
    assert write_report(run).is_file()


def test_two_workers_give_the_same_tables(tmp_path):
    one = run_study(study(), tmp_path / "one", workers=0)
    two = run_study(study(), tmp_path / "two", workers=2)
    for table in ("trials", "epochs", "layers"):
        pd.testing.assert_frame_equal(
            rows(one.path, table), rows(two.path, table), check_exact=True
        )


def carry_out(store, wanted=None):
    """Do what a run does, round after round."""
    folder, wanted = RunFolder(store), wanted or study()
    while left := folder.work_left(folder.prepare(wanted)):
        for _ in SerialExecutor(folder).run(left, lambda job, trials: None):
            pass


def test_a_crash_at_any_write_of_any_round_resumes_to_the_same(tmp_path):
    reference = whole(tmp_path)
    path = tmp_path / "crashed" / "small"
    left, crashes = 0, 0
    while True:
        try:
            carry_out(Faulty(path, left))
            break
        except CrashError:
            crashes += 1
            left = crashes  # further each time, so that every kind of write is died at
            if (path / "trials").is_dir():
                part = pd.read_parquet(path / "trials")
                assert not part["trial_id"].duplicated().any()
                assert set(part["status"]) <= {"ok", "stopped"}
        assert crashes < 200
    assert crashes > 3
    compared(open_run(path), reference)


def test_a_crash_between_the_jobs_of_a_round_changes_no_decision(tmp_path, monkeypatch):
    monkeypatch.setattr(rounds, "SHORTEST_JOB", 1e-4)
    axes = {"depth": [2, 3], "activation": ["tanh", "relu"]}
    axes |= {"optimiser.learning_rate": [0.1, 0.01]}
    wanted = replace(study(), design=SuccessiveHalving.of(axes, eta=2, rungs=[1, 3]), replicates=2)
    run = run_study(wanted, tmp_path / "whole", workers=0)
    assert sum(len(plan.jobs) for plan in run.plans) == 4
    assert run.trials.groupby("epochs_trained").size().to_dict() == {1: 8, 3: 4, 5: 4}
    path, left = tmp_path / "crashed" / "small", 7
    for _ in range(100):
        try:
            carry_out(Faulty(path, left), wanted)
            break
        except CrashError:
            assert not pd.read_parquet(path / "trials")["trial_id"].duplicated().any()
    same(path, run.path)


@pytest.mark.parametrize("lost", ["state", "rung", "both", "damaged rung"])
def test_what_is_lost_between_rounds_is_trained_again_to_the_same_bits(tmp_path, lost):
    folder = RunFolder(LocalStore(tmp_path / "small"))
    for _ in SerialExecutor(folder).run(
        folder.work_left(folder.prepare(study())), lambda job, trials: None
    ):
        pass
    states = folder.store.names("_states")
    assert any(name.endswith(".json") for name in states)
    for name in states:
        if name.endswith(".npz") and lost in ("state", "both"):
            folder.store.delete(name)
        if name.endswith(".json") and lost in ("rung", "both"):
            folder.store.delete(name)
        if name.endswith(".json") and lost == "damaged rung":
            folder.store.write(name, b'[{"half": ')
    run = run_study(study(), tmp_path, workers=0)
    compared(run, whole(tmp_path))


def test_no_trial_is_in_the_tables_before_its_fate_is_known(tmp_path):
    folder = RunFolder(LocalStore(tmp_path / "small"))
    plans = folder.prepare(study())
    for _ in SerialExecutor(folder).run(folder.work_left(plans), lambda job, trials: None):
        pass
    assert pd.read_parquet(tmp_path / "small" / "trials").empty
    assert folder.work_left(plans) == []
    assert open_run(tmp_path / "small").status().finished == 0
    job = next(iter(present_jobs(plans).values())).job
    rung = json.loads(folder.store.read(rung_name(job.job_id, job.until)))
    assert {row["epochs"] for row in rung} == {2}
    assert all(np.isfinite(row["scores"]["validation_loss"]) for row in rung)


def test_more_replicates_of_a_finished_halving_are_trained_from_the_start(tmp_path):
    run_study(study(), tmp_path, workers=0)
    more = run_study(replace(study(), replicates=4), tmp_path, workers=0)
    assert more.status().complete
    assert len(more.trials) == 32
    assert more.trials["status"].isin(["ok", "stopped"]).all()
