"""Cross-validation and fixed luck from the study to the tables."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from paribus.cluster.folder.run import open_run
from paribus.cluster.folder.run_folder import RunFolder
from paribus.cluster.folder.store import LocalStore
from paribus.cluster.launch.estimate import estimate
from paribus.cluster.launch.running import run_study
from paribus.cluster.planning.plan import plan_from
from paribus.cluster.planning.rounds import next_plan
from paribus.cluster.work.perform import perform
from paribus.core.engine.examples import stack_key
from paribus.core.engine.training import Training
from paribus.core.errors import InputError
from paribus.studies.data.loading import examples_of, sizes_of
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import recipe_from
from small import ids, rows, same, small_study

K_FOLD = {"kind": "k-fold", "folds": 3, "test": 0.7}  # 539 rows: 180, 180 and 179


def folded(**changes):
    """Return a study of two arms, two replicates and three folds of unequal sizes."""
    table = {"task": "digits", "hidden": [6, 6], "epochs": 2, "batch_size": 60, "split": K_FOLD}
    design = Grid.of({"activation": ["tanh", "relu"]})
    return small_study(**({"recipe": recipe_from(table), "design": design} | changes))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_study(folded(), tmp_path_factory.mktemp("folds"), workers=0)


def test_every_fold_is_a_row_of_the_tables(run):
    frame = pd.read_parquet(run.path / "trials")
    assert list(frame.columns[3:6]) == ["replicate", "fold", "seed"]
    wanted = [(r, f) for r in range(2) for f in range(3)]
    for _, arm in frame.groupby("arm"):
        assert sorted(zip(arm["replicate"], arm["fold"], strict=True)) == wanted
    assert set(frame["split_folds"]) == {3}
    assert frame["split_stratified"].dtype == bool
    assert set(frame["status"]) == {"ok"}
    assert run.status().complete
    assert len(run.epochs) == 12 * 3
    assert set(run.layers["trial_id"]) == ids(folded())


def test_stack_mates_have_data_of_the_same_sizes():
    study = folded()
    plan = next_plan(study)
    stacks = [stack for job in plan.jobs for stack in job.stacks]
    assert sorted(m for stack in stacks for m in stack) == [
        (a, r, f) for a in range(2) for r in range(2) for f in range(3)
    ]
    for stack in stacks:
        keys = {stack_key(plan.trial(m), sizes_of(plan.trial(m).recipe, m.fold)) for m in stack}
        assert len(keys) == 1
        assert examples_of([plan.trial(m) for m in stack]).sizes == sizes_of(
            plan.trial(stack[0]).recipe, stack[0].fold
        )
    again = plan_from(json.loads(plan.to_bytes()))
    assert again.jobs == plan.jobs
    assert again.asked.keys() == ids(study)


def test_folds_do_not_depend_on_their_stack(run):
    frame = rows(run.path, "trials").set_index("trial_id")
    trial = folded().trials[4]
    training = Training([trial], examples_of([trial]), folded().probe)
    while not training.finished:
        training.run_epoch()
    row = frame.loc[trial.trial_id]
    assert (row["replicate"], row["fold"]) == (1, 1)
    assert row["validation_loss"] == training.outcome(0).last["validation_loss"]


def test_a_killed_job_goes_on_to_the_same_bits(tmp_path, run):
    study, folder = folded(), RunFolder(LocalStore(tmp_path / "small"))
    plans = folder.prepare(study)
    for present in folder.work_left(plans):
        plan, job = present.plan, present.job
        for index, members in enumerate(job.stacks):
            trials = [plan.trial(member) for member in members]
            training = Training(trials, examples_of(trials), study.probe)
            training.run_epoch()
            training.run_epoch()
            folder.save_state(job.job_id, index, training.state())
        perform(folder, plan, job)
    same(open_run(tmp_path / "small").path, run.path)


def test_more_replicates_add_whole_replicates(tmp_path, run):
    run_study(folded(replicates=1), tmp_path, workers=0)
    more = run_study(folded(), tmp_path, workers=0)
    same(more.path, run.path)
    plans = more.plans
    assert [sum(job.trials for job in plan.jobs) for plan in plans] == [6, 6]
    assert {m.replicate for job in plans[1].jobs for s in job.stacks for m in s} == {1}


def test_an_estimate_counts_folds(tmp_path):
    found = estimate(folded(), tmp_path, 2)
    assert (found["replicates"], found["folds"], found["trials"]) == (2, 3, 12)
    assert "folds" not in estimate(small_study(), tmp_path, 2)


def test_without_folds_there_is_no_column(small_run):
    assert "fold" not in pd.read_parquet(small_run.path / "trials")


@pytest.mark.parametrize(
    ("held", "asked", "told"),
    [
        ((), (("split", 4),), "luck.split: holds 'replicate', asked 4"),
        ((("split", 4),), (), "luck.split: holds 4, asked 'replicate'"),
        ((("split", 4),), (("split", 5),), "luck.split: holds 4, asked 5"),
    ],
)
def test_other_luck_is_another_study(tmp_path, held, asked, told):
    run_study(small_study(luck=held, replicates=1), tmp_path, workers=0)
    with pytest.raises(InputError, match=told):
        run_study(small_study(luck=asked, replicates=1), tmp_path, workers=0)


def test_fixed_luck_is_run_extended_and_read_again(tmp_path):
    luck = (("initialisation", 3), ("order", 0))
    run_study(small_study(luck=luck, replicates=1), tmp_path / "a", workers=0)
    run = run_study(small_study(luck=luck), tmp_path / "a", workers=0)
    assert run.study.luck == luck
    assert run.status().complete
    assert set(run.trials["trial_id"]) == ids(small_study(luck=luck))
    same(run.path, run_study(small_study(luck=luck), tmp_path / "b", workers=0).path)
    start = run.layers[run.layers["step"] == 0].merge(run.trials, on="trial_id")
    norms = start.groupby(["arm", "layer"])["weight_norm"].nunique()
    assert (norms == 1).all()  # one start for all replicates of an arm
    assert run.trials.groupby("arm")["validation_loss"].nunique().eq(2).all()
    assert np.isfinite(run.trials["validation_loss"]).all()
