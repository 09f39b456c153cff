from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paribus.cluster.folder.names import SCHEMA_PART
from paribus.cluster.folder.run import open_run
from paribus.cluster.folder.run_folder import RunFolder
from paribus.cluster.folder.store import LocalStore
from paribus.cluster.launch.estimate import estimate
from paribus.cluster.launch.executors import SerialExecutor
from paribus.cluster.launch.running import run_study
from paribus.cluster.planning.plan import FORMAT
from paribus.cluster.work.perform import perform
from paribus.core.engine.training import Training
from paribus.core.errors import InputError, ResourceError
from paribus.core.measures.layers import LayerStatistics
from paribus.reports.page.report import write_report
from paribus.reports.statistics.frames import results_of
from paribus.studies.data.loading import examples_of
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import recipe_from, with_value
from small import ids, rows, same, small_study


def test_plain_pandas_reads_the_tables(small_run):
    trials = pd.read_parquet(small_run.path / "trials")
    assert len(trials) == trials["trial_id"].nunique() == 20
    assert set(trials["status"]) == {"ok"}
    assert trials["validation_accuracy"].between(0, 1).all()
    assert trials["depth"].tolist().count(2) == 10
    epochs = pd.read_parquet(small_run.path / "epochs")
    assert len(epochs) == 20 * 3
    layers = pd.read_parquet(small_run.path / "layers")
    assert set(layers["trial_id"]) == set(trials["trial_id"])
    at_end = epochs[epochs["epoch"] == 2].merge(trials, on="trial_id")
    assert (at_end["validation_loss_x"] == at_end["validation_loss_y"]).all()


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # Dask's own, with pandas 3.1
def test_dask_dataframe_reads_the_tables(small_run):
    import dask
    import dask.dataframe as dd

    with dask.config.set(scheduler="synchronous"):
        assert len(dd.read_parquet(small_run.path / "trials").compute()) == 20


def test_running_again_trains_nothing(tmp_path, monkeypatch):
    run_study(small_study(), tmp_path, workers=0)
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "small").rglob("*.parquet")}
    monkeypatch.setattr(Training, "run_epoch", None)  # any training would fail
    run = run_study(small_study(), tmp_path, workers=0)
    assert run.status().complete
    assert before == {p: p.stat().st_mtime_ns for p in (tmp_path / "small").rglob("*.parquet")}


def test_more_replicates_and_levels_train_only_what_is_new(tmp_path):
    run_study(small_study(), tmp_path / "a", workers=0)
    parts = {p.name: p.read_bytes() for p in (tmp_path / "a/small/trials").glob("j-*")}
    larger = small_study(
        replicates=3, design=Grid.of({"activation": ["tanh", "relu", "sigmoid"], "depth": [2, 3]})
    )
    run = run_study(larger, tmp_path / "a", workers=0)
    assert run.status().finished == 18
    for name, data in parts.items():
        assert (tmp_path / "a/small/trials" / name).read_bytes() == data
    fresh = run_study(larger, tmp_path / "b", workers=0)
    same(run.path, fresh.path)


def test_asking_for_less_keeps_rows_and_reports_what_is_asked(tmp_path):
    run_study(small_study(replicates=3), tmp_path, workers=0)
    less = run_study(small_study(replicates=1), tmp_path, workers=0)
    assert len(less.trials) == 4
    assert len(pd.read_parquet(less.path / "trials")) == 12


def test_an_extension_that_brings_columns_widens_the_older_parts(tmp_path):
    base = small_study(design=Grid.of({"regularisers.l2.strength": [0.0]}))
    run_study(base, tmp_path, workers=0)
    schedules = small_study(
        design=Grid.of(
            {
                "regularisers.l2.strength": [0.0],
                "optimiser": ["sgd", {"kind": "adam"}],
            }
        )
    )
    run = run_study(schedules, tmp_path, workers=0)
    frame = pd.read_parquet(run.path / "trials")
    assert len(frame) == 4
    assert frame.loc[frame["optimiser"] == "sgd", "optimiser_beta1"].isna().all()
    assert (frame.loc[frame["optimiser"] == "adam", "optimiser_beta1"] == 0.9).all()
    assert run.status().complete
    for part in (run.path / "trials").glob("*.parquet"):
        assert pq.read_schema(part).names == list(frame.columns)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda s: {"recipe": with_value(s.recipe, "epochs", 3)},
            "recipe.epochs: holds 2, asked 3",
        ),
        (lambda s: {"seed": 5}, "seed: holds 0, asked 5"),
        (
            lambda s: {"recipe": with_value(s.recipe, "optimiser.learning_rate", 0.5)},
            "learning_rate",
        ),
        (
            lambda s: {"recipe": with_value(s.recipe, "preparations.standardisation", {})},
            "recipe.preparations.standardisation.kind: holds 'nothing'",
        ),
    ],
)
def test_another_study_is_refused_with_the_difference(tmp_path, change, told):
    study = small_study()
    run_study(study, tmp_path, workers=0)
    before = sorted((p, p.read_bytes()) for p in (tmp_path / "small").rglob("*") if p.is_file())
    with pytest.raises(InputError, match=told):
        run_study(small_study(**change(study)), tmp_path, workers=0)
    after = sorted((p, p.read_bytes()) for p in (tmp_path / "small").rglob("*") if p.is_file())
    assert before == after


def test_changed_data_and_a_changed_engine_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    text = "a,b,label\n" + "".join(f"{i},{i % 7},{i % 2}\n" for i in range(100))
    path.write_text(text)
    table = {"kind": "table", "path": str(path), "target": "label"}
    recipe = with_value(small_study().recipe, "task", table)
    recipe = with_value(with_value(recipe, "split", "random"), "batch_size", 10)
    study = small_study(recipe=recipe)
    run_study(study, tmp_path, workers=0)
    path.write_text(text.replace("5,5,1", "5,66,1"))
    with pytest.raises(InputError, match="the content of task"):
        run_study(small_study(recipe=recipe), tmp_path, workers=0)
    path.write_text(text)
    monkeypatch.setattr("paribus.cluster.folder.extension.NUMERICS_VERSION", 99)
    with pytest.raises(InputError, match="engine: holds numerics 2, this is 99"):
        run_study(small_study(recipe=recipe), tmp_path, workers=0)


class Crash(BaseException):
    """The machine went away."""


class FailingStore(LocalStore):
    """A store that dies before its Nth write, or leaves half a temporary file behind."""

    def __init__(self, root: Path, left: int) -> None:
        super().__init__(root)
        self.left = left

    def write(self, name: str, data: bytes) -> None:
        """Write, or die."""
        if self.left == 0:
            path = self._path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            (path.parent / "_half").write_bytes(data[: len(data) // 2])
            raise Crash
        self.left -= 1
        super().write(name, data)


def carry_out(store, study) -> None:
    folder = RunFolder(store)
    left = folder.work_left(folder.prepare(study))
    for _ in SerialExecutor(folder).run(left, lambda job, trials: None):
        pass


def test_a_crash_at_any_write_leaves_readable_tables_and_resumes_to_the_same(tmp_path):
    study = small_study()
    clean = run_study(study, tmp_path / "clean", workers=0).path
    writes, path = 0, tmp_path / "crashed" / "small"
    while True:
        shutil.rmtree(path, ignore_errors=True)
        try:
            carry_out(FailingStore(path, writes), study)
            break
        except Crash:
            if (path / "trials").is_dir() and list((path / "trials").glob("*.parquet")):
                trials = pd.read_parquet(path / "trials")
                assert set(trials["trial_id"]) <= set(rows(clean, "trials")["trial_id"])
                for table in ("epochs", "layers"):
                    held = pd.read_parquet(path / table)["trial_id"]
                    assert set(trials["trial_id"]) <= set(held)
            carry_out(LocalStore(path), study)
            same(path, clean)
        writes += 1
    assert writes > 6


def test_a_second_attempt_writes_the_same_bytes(tmp_path):
    study = small_study()
    run = run_study(study, tmp_path, workers=0)
    folder, plan = run.folder, run.plans[0]
    job = plan.jobs[0]
    before = {
        t: (run.path / t / f"{job.job_id}.parquet").read_bytes() for t in ("epochs", "layers")
    }
    assert not perform(folder, plan, job).worked  # committed
    assert not perform(folder, plan, job, again=True).worked  # no better than what is there
    (run.path / "trials" / f"{job.job_id}.parquet").unlink()
    assert perform(folder, plan, job).worked
    for table, data in before.items():
        assert (run.path / table / f"{job.job_id}.parquet").read_bytes() == data


@given(st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_truncated_part_is_not_believed(small_run, data):
    folder = RunFolder(LocalStore(small_run.path))
    job = data.draw(st.sampled_from(sorted(folder.parts.committed())))
    table = data.draw(st.sampled_from(["trials", "epochs", "layers"]))
    part = small_run.path / table / f"{job}.parquet"
    whole = part.read_bytes()
    cut = data.draw(st.integers(0, len(whole) - 1))
    try:
        part.write_bytes(whole[:cut])
        assert job not in folder.parts.committed()
    finally:
        part.write_bytes(whole)
    assert job in folder.parts.committed()


def test_a_damaged_part_is_trained_anew(tmp_path):
    run = run_study(small_study(), tmp_path, workers=0)
    clean = rows(run.path, "layers")
    part = next((run.path / "layers").glob("j-*"))
    part.write_bytes(part.read_bytes()[:-100])
    assert not open_run(run.path).status().complete
    again = run_study(small_study(), tmp_path, workers=0)
    assert again.status().complete
    pd.testing.assert_frame_equal(rows(run.path, "layers"), clean, check_exact=True)


def test_flipped_bits_are_an_error_not_a_number(tmp_path):
    run = run_study(small_study(), tmp_path, workers=0)
    part = next((run.path / "layers").glob("j-*"))
    data = bytearray(part.read_bytes())
    data[len(data) // 3] ^= 0x10
    part.write_bytes(bytes(data))
    with pytest.raises(ResourceError, match="is damaged"):
        _ = open_run(run.path).layers


def test_foreign_files_do_no_harm(tmp_path):
    run = run_study(small_study(), tmp_path, workers=0)
    (run.path / "trials" / "_half").write_bytes(b"PAR1")
    (run.path / "trials" / ".DS_Store").write_bytes(b"x")
    (run.path / "trials" / "x.parquet").mkdir()
    (run.path / "trials" / "notes.txt").write_text("mine")
    (run.path / "trials" / "zero.parquet").write_bytes(b"")
    assert run.status().finished == 8
    assert len(open_run(run.path).trials) == 8


class Hasty:
    """A clock that runs so fast that every epoch is worth a state."""

    now = 0.0

    def seconds(self) -> float:
        """Return a time far from the one before."""
        self.now += 100.0
        return self.now


def test_a_saved_state_is_gone_after_the_commit_and_a_damaged_one_is_ignored(tmp_path):
    study = small_study()
    folder = RunFolder(LocalStore(tmp_path / "small"))
    (plan,) = folder.prepare(study)
    job = plan.jobs[0]
    (tmp_path / "small" / "_states").mkdir()
    (tmp_path / "small" / "_states" / f"{job.job_id}-0.npz").write_bytes(b"nonsense")

    saved = []
    original = RunFolder.save_state
    RunFolder.save_state = lambda self, *args: (saved.append(args), original(self, *args))[1]
    try:
        perform(folder, plan, job, clock=Hasty())
    finally:
        RunFolder.save_state = original
    assert saved
    assert not list((tmp_path / "small" / "_states").iterdir())


def test_a_job_goes_on_from_its_saved_state(tmp_path):
    """Kill a job after a state was saved: it goes on from there, to the same bits."""
    study = small_study()
    clean = run_study(study, tmp_path / "clean", workers=0).path
    folder = RunFolder(LocalStore(tmp_path / "small"))
    (plan,) = folder.prepare(study)

    epochs = []
    original = Training.run_epoch

    def dying(self):
        if len(epochs) == 2:
            raise Crash
        epochs.append(self.epoch)
        original(self)

    Training.run_epoch = dying
    try:
        with pytest.raises(Crash):
            perform(folder, plan, plan.jobs[0], clock=Hasty())
        assert list((tmp_path / "small" / "_states").iterdir())
        epochs.clear()
        Training.run_epoch = lambda self: (epochs.append(self.epoch), original(self))[1]
        perform(folder, plan, plan.jobs[0])
        assert epochs[0] == 1  # not from the start
    finally:
        Training.run_epoch = original
    for present in folder.work_left([plan]):
        perform(folder, plan, present.job)
    same(tmp_path / "small", clean)


def test_what_goes_wrong_in_training_fails_the_trials_with_the_reason(tmp_path, monkeypatch):
    def broken(self):
        raise MemoryError("no room for this\nstack")

    monkeypatch.setattr(Training, "run_epoch", broken)
    run = run_study(small_study(), tmp_path, workers=0)
    assert run.status().failed == 8
    assert set(run.trials["message"]) == {"MemoryError: no room for this stack"}
    assert run.trials["validation_loss"].isna().all()
    monkeypatch.undo()
    assert run_study(small_study(), tmp_path, workers=0).status().failed == 8
    healed = run_study(small_study(), tmp_path, workers=0, retry_failed=True)
    assert healed.status().ok == 8


def test_a_full_disk_is_said_plainly_and_nothing_is_lost(tmp_path, monkeypatch):
    study, written = small_study(), []
    original = LocalStore.write

    def full(self, name, data):
        if name.startswith("layers/j-") and written:
            raise OSError(28, "No space left on device")
        written.append(name)
        original(self, name, data)

    monkeypatch.setattr(LocalStore, "write", full)
    with pytest.raises(ResourceError, match=r"the disk is full; what is finished is kept"):
        run_study(study, tmp_path, workers=0)
    monkeypatch.undo()
    assert not open_run(tmp_path / "small").status().complete
    assert run_study(study, tmp_path, workers=0).status().complete


def test_a_folder_that_takes_no_files_is_refused_before_training(tmp_path):
    (tmp_path / "results").write_text("a file, not a folder")
    with pytest.raises(ResourceError, match="cannot write to"):
        run_study(small_study(), tmp_path / "results", workers=0)


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="is not a results folder"):
        open_run(tmp_path)


def test_plans_of_a_newer_paribus_and_damaged_ones_are_refused(tmp_path):
    run = run_study(small_study(), tmp_path, workers=0)
    plan = run.path / "plans" / "0001.json"
    text = plan.read_text()
    plan.write_text(text.replace(f'"format": {FORMAT}', f'"format": {FORMAT + 1}'))
    with pytest.raises(InputError, match="newer paribus"):
        open_run(run.path).status()
    for damaged in (text[:-50], text.replace('"folds": 1', '"folds": "x"')):
        assert damaged != text
        plan.write_text(damaged)
        with pytest.raises(InputError, match="is damaged"):
            open_run(run.path).status()


def test_stores_keep_names_inside(tmp_path):
    store = LocalStore(tmp_path)
    for name in ("../out", "a/../../out", "/absolute"):
        with pytest.raises(ValueError, match="leaves the run folder"):
            store.write(name, b"")


def test_the_schema_part_sorts_first(small_run):
    for table in ("trials", "epochs", "layers"):
        parts = sorted(p.name for p in (small_run.path / table).iterdir())
        assert parts[0] == SCHEMA_PART


def test_representations_are_short_and_escaped(small_run):
    assert "20 of 20 trials" in repr(small_run)
    assert "<script" not in small_run._repr_html_()
    assert len(small_run._repr_html_()) < 2000


def test_two_clients_that_extend_at_once_both_get_their_trials(tmp_path, monkeypatch):
    """The second to write its plan finds the number taken and plans again after the first."""
    run_study(small_study(), tmp_path, workers=0)
    levels = {"activation": ["tanh", "relu"], "depth": [2, 3, 4]}
    more, wider = small_study(replicates=3), small_study(design=Grid.of(levels))
    original, raced = LocalStore.create, []

    def slow(self, name, data):
        if not raced:
            raced.append(name)
            RunFolder(LocalStore(tmp_path / "small")).prepare(more)
        return original(self, name, data)

    monkeypatch.setattr(LocalStore, "create", slow)
    run = run_study(wider, tmp_path, workers=0)
    assert run.status().complete
    assert len(run.plans) == 3
    again = run_study(more, tmp_path, workers=0)
    assert again.status().complete
    assert len(again.trials) == 12
    frame = pd.read_parquet(run.path / "trials")
    assert frame["trial_id"].is_unique
    assert len(frame) == 16


def test_a_file_is_created_once(tmp_path):
    store = LocalStore(tmp_path)
    assert store.create("plans/1", b"first")
    assert not store.create("plans/1", b"second")
    assert store.read("plans/1") == b"first"
    assert [p.name for p in (tmp_path / "plans").iterdir()] == ["1"]


def test_asking_for_less_than_was_begun_trains_only_what_is_asked(tmp_path):
    study = small_study(replicates=2000)
    RunFolder(LocalStore(tmp_path / "small")).prepare(study)  # planned, then interrupted
    few = small_study(replicates=1)
    planned = estimate(few, tmp_path, 1)
    assert planned["finished"] == 0
    run = run_study(few, tmp_path, workers=0)
    assert run.status().complete
    assert run.status().jobs_left == 0
    trained = pd.read_parquet(run.path / "trials")["trial_id"]
    assert set(trained) == ids(few)  # whole leftover jobs would leave mixed counts
    assert len(trained) == len(ids(few))
    more = run_study(small_study(replicates=2), tmp_path, workers=0)
    assert set(pd.read_parquet(run.path / "trials")["trial_id"]) == ids(small_study(replicates=2))
    assert more.status().complete


@pytest.mark.parametrize("table", ["trials", "epochs", "layers"])
@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_a_lost_schema_part_is_written_again(tmp_path, table, damage):
    run = run_study(small_study(), tmp_path, workers=0)
    part = run.path / table / SCHEMA_PART
    if damage == "gone":
        part.unlink()
    else:
        part.write_bytes(part.read_bytes()[:20])
    assert open_run(run.path).status().complete
    assert len(getattr(open_run(run.path), table))
    run_study(small_study(), tmp_path, workers=0)
    assert pq.read_table(part).num_rows == 0


def extended() -> dict:
    return {"design": Grid.of({"activation": ["tanh"], "optimiser": ["sgd", "adam"]})}


def test_a_crash_while_columns_are_added_is_repaired(tmp_path):
    base = small_study(design=Grid.of({"activation": ["tanh"]}))
    path = tmp_path / "small"
    for writes in range(1, 8):
        shutil.rmtree(path, ignore_errors=True)
        run_study(base, tmp_path, workers=0)
        with pytest.raises(Crash) if writes < 7 else contextlib.nullcontext():
            carry_out(FailingStore(path, writes - 1), small_study(**extended()))
        run = run_study(small_study(**extended()), tmp_path, workers=0)
        assert run.status().complete
        names = {tuple(pq.read_schema(p).names) for p in (path / "trials").glob("*.parquet")}
        assert len(names) == 1


def test_an_extension_ignores_foreign_and_damaged_parts(tmp_path):
    run = run_study(small_study(design=Grid.of({"activation": ["tanh"]})), tmp_path, workers=0)
    (run.path / "trials" / "zero.parquet").write_bytes(b"")
    for table in ("trials", "epochs", "layers"):
        part = next((run.path / table).glob("j-*"))
        shutil.copy(part, part.with_name("j-copy.parquet"))
    (run.path / "plans" / "notes.json").write_text("mine")
    again = run_study(small_study(**extended()), tmp_path, workers=0)
    assert again.status().complete
    assert again.trials["trial_id"].is_unique


@pytest.mark.parametrize("damage", ["truncated", "flipped", "other arrays", "other trials"])
def test_a_damaged_or_foreign_state_means_starting_afresh(tmp_path, damage):
    clean = run_study(small_study(), tmp_path / "clean", workers=0).path
    folder = RunFolder(LocalStore(tmp_path / "small"))
    (plan,) = folder.prepare(small_study())
    job = plan.jobs[0]
    other = [plan.trial(m) for m in job.stacks[-1]]
    stack = [plan.trial(m) for m in job.stacks[0]]
    chosen = other if damage == "other trials" else stack
    training = Training(chosen, examples_of(chosen), LayerStatistics("log", 100))
    training.run_epoch()
    folder.save_state(job.job_id, 0, training.state())
    path = tmp_path / "small" / "_states" / f"{job.job_id}-0.npz"
    data = bytearray(path.read_bytes())
    if damage == "truncated":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "flipped":
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(data)
    elif damage == "other arrays":
        np.savez(path, epoch=np.array(1))
    perform(folder, plan, job)
    for present in folder.work_left([plan]):
        perform(folder, plan, present.job)
    same(tmp_path / "small", clean)


def test_questions_changed_after_looking_are_recorded(tmp_path):
    first = run_study(small_study(margin=0.01), tmp_path, workers=0)
    assert results_of(first).asked_in_advance
    assert len(run_study(small_study(margin=0.01), tmp_path, workers=0).plans) == 1
    later = run_study(small_study(margin=0.05), tmp_path, workers=0)
    assert len(later.plans) == 2
    assert not later.plans[1].jobs
    assert not results_of(later).asked_in_advance
    text = write_report(later).read_text(encoding="utf-8")
    assert "set after results were there" in text
    assert "set in advance" not in text


def test_a_moved_file_is_still_the_same_data(tmp_path):
    text = "a,target\n" + "".join(f"{i % 9},{i % 2}\n" for i in range(100))
    table = {
        "task": {"kind": "table", "path": str(tmp_path / "one.csv")},
        "split": "random",
        "batch_size": 20,
        "epochs": 1,
    }
    (tmp_path / "one.csv").write_text(text)
    run_study(small_study(recipe=recipe_from(table), design=Grid()), tmp_path, workers=0)
    (tmp_path / "one.csv").rename(tmp_path / "two.csv")
    table["task"]["path"] = str(tmp_path / "two.csv")
    run = run_study(small_study(recipe=recipe_from(table), design=Grid()), tmp_path, workers=0)
    assert run.status().complete
    assert len(pd.read_parquet(run.path / "trials")) == 2


def test_two_files_are_two_levels_and_a_third_extends_the_study(tmp_path):
    paths = []
    for k in range(3):
        paths.append(tmp_path / f"t{k}.csv")
        rows = "".join(f"{i % 9 + k},{i % 2}\n" for i in range(100))
        paths[-1].write_text("a,target\n" + rows)
    recipe = recipe_from({"split": "random", "batch_size": 20, "epochs": 1})

    def study(count):
        tasks = [{"kind": "table", "path": str(path)} for path in paths[:count]]
        return small_study(recipe=recipe, design=Grid.of({"task": tasks}))

    assert len(run_study(study(2), tmp_path, workers=0).trials) == 4
    more = run_study(study(3), tmp_path, workers=0)
    assert more.status().complete
    assert more.trials["arm_id"].nunique() == 3
    paths[1].write_text(paths[1].read_text().replace("7,0", "77,0"))
    with pytest.raises(InputError, match="content of task"):
        run_study(study(3), tmp_path, workers=0)
