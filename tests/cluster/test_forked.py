"""Studies of forks: branches have the bits of going on by hand, whatever happens to the run."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from faulty import CrashError, Faulty
from paribus.cluster.folder.run import open_run
from paribus.cluster.folder.run_folder import RunFolder
from paribus.cluster.folder.store import LocalStore
from paribus.cluster.launch.executors import SerialExecutor
from paribus.cluster.launch.running import run_study
from paribus.cluster.planning.plan import FORMAT, plan_from
from paribus.cluster.planning.rounds import next_plan
from paribus.cluster.work import stages
from paribus.cluster.work.branches import Lineage
from paribus.core.engine.training import Training
from paribus.core.measures.outcomes import Outcomes
from paribus.core.trial import Trial
from paribus.reports.page.report import write_report
from paribus.reports.sections.answer import answer
from paribus.reports.sections.methods import methods
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.frames import results_of
from paribus.studies.data.loading import examples_of
from paribus.studies.designs.fork import Fork
from paribus.studies.designs.one_at_a_time import OneAtATime
from paribus.studies.files.drafts import with_value
from small import rows, same, small_study

RATE = "optimiser.learning_rate"
EPOCHS, AT = 5, 2
AXES = {RATE: [0.5, 0.01], "batch_size": [40], "regularisers.dropout.p": [0.3]}
TABLES = {"trials": [], "epochs": ["epoch"], "layers": ["step", "layer"]}
SCORES = ["train_loss", "validation_loss", "test_loss", "validation_accuracy", "test_accuracy"]


def study(axes=AXES, at=AT, base=(), **changes):
    recipe = with_value(small_study().recipe, "epochs", EPOCHS)
    for path, value in base:
        recipe = with_value(recipe, path, value)
    return small_study(**{"recipe": recipe, "design": Fork.of(axes, at=at), **changes})


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_study(study(), tmp_path_factory.mktemp("forks"), workers=0)


def by_hand(trial: Trial, *measures) -> Training:
    """Train a fork alone, with the engine's interface only."""
    source = Training([trial.source], examples_of([trial.source]), *measures)
    while source.epoch < trial.origin.epoch and not source.finished:
        source.run_epoch()
    branch = Training([trial], examples_of([trial]), *measures)
    branch.fork(source.state())
    while not branch.finished:
        branch.run_epoch()
    return branch


def test_branches_have_the_bits_of_going_on_by_hand(run):
    trials = run.trials.set_index("trial_id")
    forks = [trial for trial in study().trials if trial.origin]
    assert len(forks) == 8
    for trial in forks:
        alone = by_hand(trial, study().probe)
        row = trials.loc[trial.trial_id]
        last = alone.outcome(0).last
        assert [row[name] for name in SCORES] == [last[name] for name in SCORES]
        for table, keys in TABLES.items():
            if table == "trials":
                continue
            mine = getattr(run, table).query("trial_id == @trial.trial_id").sort_values(keys)
            other = pd.DataFrame(alone.records[table].columns()).sort_values(keys)
            shared = [c for c in other if c in mine]
            assert len(shared) > 3
            np.testing.assert_array_equal(mine[shared].to_numpy(), other[shared].to_numpy())


def test_the_tables_of_a_branch_are_whole_and_say_what_it_forks_from(run):
    trials = pd.read_parquet(run.path / "trials")
    twins = trials[trials["arm"] == "base recipe"].set_index("replicate")
    forks = trials[trials["arm"] != "base recipe"]
    assert set(forks["forked_at"]) == {AT}
    assert twins[["forked_at", "forked_from"]].isna().all().all()
    assert list(forks["forked_from"]) == list(twins["trial_id"].loc[forks["replicate"]])
    assert trials["message"].isna().all()
    assert run.epochs.groupby("trial_id")["epoch"].apply(list).map(len).eq(EPOCHS + 1).all()
    epochs = run.epochs.merge(forks, on="trial_id").merge(
        run.epochs, left_on=["forked_from", "epoch"], right_on=["trial_id", "epoch"]
    )
    apart = epochs["train_loss_x"] != epochs["train_loss"]  # the twin's columns come last
    assert not apart[epochs["epoch"] <= AT].any()
    assert apart[epochs["epoch"] > AT].all()
    steps = forks.set_index("arm")["updates"]  # 300 rows: 3 batches of 100, 8 of up to 40
    assert set(steps.loc["batch_size=40 from epoch 2"]) == {AT * 3 + (EPOCHS - AT) * 8}
    assert set(steps.loc["optimiser.learning_rate=0.5 from epoch 2"]) == {EPOCHS * 3}
    assert set(forks["examples_seen"]) == {EPOCHS * 300}
    layers = run.layers.merge(forks, on="trial_id").groupby("arm")["epoch"].min()
    assert layers["batch_size=40 from epoch 2"] >= AT  # its steps are others than its twin's
    assert layers.drop("batch_size=40 from epoch 2").eq(0).all()


def test_a_fork_before_the_first_step_is_the_plain_arm(tmp_path):
    axes = {RATE: [0.5], "regularisers.dropout.p": [0.3]}
    forked = run_study(study(axes, at=0), tmp_path / "fork", workers=0)
    plain_study = study(design=OneAtATime.of(axes))
    plain = run_study(plain_study, tmp_path / "plain", workers=0)
    for table, keys in TABLES.items():
        mine, other = (
            keyed_by_arm(r, table).drop(columns=["forked_at", "forked_from"], errors="ignore")
            for r in (forked, plain)
        )
        mine["arm"] = mine["arm"].str.removesuffix(" from epoch 0")
        order = ["arm", "replicate", *keys]
        pd.testing.assert_frame_equal(
            mine.sort_values(order, ignore_index=True),
            other.sort_values(order, ignore_index=True),
            check_exact=True,
        )


def keyed_by_arm(run, table):
    frame = rows(run.path, table)
    if table != "trials":
        frame = frame.merge(run.trials[["trial_id", "arm", "replicate"]], on="trial_id")
    return frame.drop(columns=["trial_id", "arm_id"], errors="ignore")


def test_forks_do_not_depend_on_their_stack(run):
    trials = [t for t in study().trials if t.origin and t.recipe.batch_size == 100]
    trials = [t for t in trials if not t.recipe.regularisers]
    measures = (study().probe, Outcomes())
    together = Lineage(trials, measures).trained()
    for position, trial in enumerate(trials):
        alone = by_hand(trial, *measures)
        assert together.outcome(position) == alone.outcome(0)
        np.testing.assert_array_equal(together.parameters(position), alone.parameters(0))
        for name, record in alone.records.items():
            columns = together.records[name].columns()
            mine = columns["trial"] == position
            for column, values in record.columns().items():
                if column != "trial":
                    np.testing.assert_array_equal(columns[column][mine], values)


def test_two_workers_give_the_same_tables(run, tmp_path):
    same(run.path, run_study(study(), tmp_path, workers=2).path)


def test_a_crash_at_any_write_resumes_to_the_same(run, tmp_path, monkeypatch):
    """Every epoch is kept, those of the sources too, so that it is gone on from each."""
    monkeypatch.setattr(stages, "SAVE_EVERY", -1.0)
    wanted, crashes, kept = study(), 0, set()
    while True:
        folder = RunFolder(Faulty(tmp_path / "small", crashes))
        try:
            left = folder.work_left(folder.prepare(wanted))
            for _ in SerialExecutor(folder).run(left, lambda job, trials: None):
                pass
            break
        except CrashError:
            crashes += 1
        store = LocalStore(tmp_path / "small")
        states = [name for name in store.names("_states") if name.endswith(".npz")]
        kept |= {int(np.load(store.root / name)["epoch"]) for name in states}
        assert crashes < 100
    assert min(kept) < AT < max(kept)
    same(run.path, tmp_path / "small")
    assert not RunFolder(LocalStore(tmp_path / "small")).store.names("_states")


def test_a_state_of_the_sources_is_gone_on_from():
    forks = [t for t in study({RATE: [0.5, 0.01]}).trials if t.origin]
    lineage = Lineage(forks)
    begun = lineage.begun()
    assert len(begun.trials) == 2  # each replicate's source once, for two forks of each
    begun.run_epoch()
    begun.run_epoch()
    resumed = Lineage(forks).resumed(begun.state())
    assert (resumed.epoch, resumed.trials) == (1, begun.trials)
    other = Lineage(forks[:2]).resumed(begun.state())
    assert other.epoch in (-1, 1)
    whole = Lineage(forks).trained()
    while not resumed.finished:
        resumed.run_epoch()
        resumed = lineage.gone_on(resumed)
    for position in range(len(forks)):
        assert resumed.outcome(position) == whole.outcome(position)


STOPPING = {"regularisers.early-stopping.patience": 1, "epochs": 30, RATE: 0.3}
DIVERGING = {RATE: 1e38}


def test_a_branch_whose_origin_stopped_early_ends_as_it_did(tmp_path):
    stopping = study({RATE: [0.5]}, at=12, base=STOPPING.items(), replicates=6, metric="test_loss")
    run = run_study(stopping, tmp_path, workers=0)
    trials = run.trials
    twins = trials[trials["forked_at"].isna()].set_index("trial_id")
    forks = trials[trials["forked_at"].notna()].set_index("forked_from")
    before = twins["epochs_trained"] <= 12
    assert before.any()
    assert not before.all()
    for name in [*SCORES, "epochs_trained", "best_epoch", "updates"]:
        assert forks.loc[twins.index[before], name].equals(twins.loc[before, name])
    told = forks.loc[twins.index[before]]
    for ended, message in zip(told["epochs_trained"], told["message"], strict=True):
        assert message == f"its origin ended in epoch {ended}, so there was no fork at 12"
    assert forks.loc[twins.index[~before], "message"].isna().all()
    assert (forks["status"] == "ok").all()
    said = dict(methods(analyse(results_of(run))))["Forks"]
    assert "1 branch ended before its fork, as its twin did." in said
    assert before.sum() == 1


def test_a_branch_whose_origin_diverged_diverged_with_it(tmp_path):
    run = run_study(study({RATE: [0.1]}, base=DIVERGING.items()), tmp_path, workers=0)
    trials = run.trials
    assert set(trials["status"]) == {"diverged"}
    assert trials.groupby("replicate")["diverged_step"].nunique().eq(1).all()
    assert trials.groupby("replicate")["updates"].nunique().eq(1).all()
    forks = trials[trials["forked_at"].notna()]
    assert (
        forks["message"]
        .str.fullmatch("its origin ended in epoch 1, so there was no fork at 2")
        .all()
    )
    assert write_report(run).is_file()


def test_a_branch_that_diverges_by_itself_says_when(tmp_path):
    trials = run_study(
        study({RATE: [1e38], "optimiser": [{"kind": "sgd", "learning_rate": 2e38}]}),
        tmp_path,
        workers=0,
    ).trials
    forks = trials[trials["forked_at"].notna()]
    assert set(forks["status"]) == {"diverged"}
    assert set(forks["diverged_epoch"]) == {AT + 1}
    assert forks["message"].isna().all()
    assert (forks["updates"] == forks["diverged_step"]).all()


def test_a_forked_trial_is_exported_with_its_bits(run):
    row = run.trials[run.trials["forked_at"].notna()].iloc[0]
    model = run.export(row["trial_id"])
    assert model.about["forked_from"] == row["forked_from"]
    assert model.about["forked_at"] == AT
    assert model.about["scores"]["test_loss"] == row["test_loss"]


def test_another_branch_trains_only_what_is_new(run, tmp_path):
    first = run_study(study({RATE: [0.5]}), tmp_path, workers=0)
    assert first.trained == 4
    more = run_study(study(), tmp_path, workers=0)
    assert more.trained == 6
    whole, part = (r.trials.set_index("trial_id")[SCORES] for r in (run, more))
    pd.testing.assert_frame_equal(part.sort_index(), whole.sort_index(), check_exact=True)
    again = run_study(study(), tmp_path, workers=0)
    assert (again.trained, len(again.plans)) == (0, 2)
    later = run_study(study(at=[AT, 4]), tmp_path, workers=0)
    assert later.trained == 8
    assert len(later.trials) == 18


def test_a_study_without_forks_becomes_one_with_them(tmp_path):
    plain = run_study(study(design=OneAtATime.of({RATE: [0.5]})), tmp_path, workers=0)
    assert "forked_at" not in plain.trials
    forked = run_study(study({RATE: [0.5]}), tmp_path, workers=0)
    assert forked.trained == 2  # the base recipe's trials are there
    assert pd.read_parquet(forked.path / "trials")["forked_at"].notna().sum() == 2


def test_a_plan_records_what_arms_are_forked_from():
    plan = next_plan(study())
    again = plan_from(json.loads(plan.to_bytes()))
    assert again.format == FORMAT
    assert [planned.arm for planned in again.arms] == [planned.arm for planned in plan.arms]
    assert again.asked == plan.asked
    assert again.asked.keys() == {trial.trial_id for trial in study().trials}
    recipes = {planned.arm.recipe.batch_size: planned for planned in again.arms}
    assert recipes[40].origin[1] == AT


def test_the_report_names_when_branches_leave(run):
    analysis = analyse(results_of(run))
    said = answer(replace_contrast(analysis, run)).sentence
    assert "after epoch 2" in said
    rows_of_methods = dict(methods(analysis))
    assert "after epoch 2" in rows_of_methods["Forks"]
    assert analysis.effects
    assert {effect.n for effect in analysis.effects.values()} == {2}
    html = write_report(run).read_text(encoding="utf-8")
    assert "learning rate = 0.5 after epoch 2" in html


def replace_contrast(analysis, run):
    study = replace(run.study, contrast=((RATE, 0.5),))
    return analyse(replace(analysis.results, study=study))


def test_open_run_reads_forks_back(run):
    assert open_run(run.path).study.design == study().design
