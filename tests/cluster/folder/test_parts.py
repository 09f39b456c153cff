"""What is read of a run's parts, and parts that are older than the code."""

from __future__ import annotations

import io
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from paribus.cluster.folder.names import SCHEMA_PART
from paribus.cluster.folder.parquet import decode, encode, encode_commit
from paribus.cluster.folder.parts import Parts
from paribus.cluster.folder.run import Run, open_run
from paribus.cluster.folder.run_folder import RunFolder
from paribus.cluster.folder.store import LocalStore
from paribus.cluster.folder.trials_table import recipe_columns, trials_table
from paribus.cluster.launch.running import run_study
from paribus.cluster.planning import rounds
from paribus.cluster.work import export
from paribus.core.engine.training import Training
from paribus.core.errors import ResourceError
from paribus.core.measures.layers import LayerStatistics
from paribus.reports.page.report import write_report
from paribus.reports.sections.answer import answer
from paribus.reports.sections.methods import methods
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.frames import results_of
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import with_value
from small import small_study

OLD = Path(__file__).with_name("written_by_0_1")
JOBS = 50


class CountingFile(io.FileIO):
    """A file that counts the bytes read of it."""

    def __init__(self, path: Path, counts: Counter[str], name: str) -> None:
        super().__init__(path)
        self._counts, self._name = counts, name

    def read(self, size: int = -1) -> bytes:
        """Read and count."""
        data = super().read(size)
        self._counts[self._name] += len(data)
        return data


class CountingStore(LocalStore):
    """A store that counts how often each file is opened or read whole, and how many bytes."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.whole, self.opened, self.bytes = Counter(), Counter(), Counter()

    def read(self, name: str) -> bytes:
        """Read whole and count."""
        self.whole[name] += 1
        return super().read(name)

    def open(self, name: str) -> CountingFile:
        """Open and count."""
        self.opened[name] += 1
        return CountingFile(self._path(name), self.bytes, name)


def counted(path: Path) -> tuple[Run, CountingStore]:
    """Open a run whose store counts."""
    run, store = Run(path), CountingStore(path)
    run.folder = RunFolder(store)
    return run, store


def parts_of(path: Path, table: str) -> list[Path]:
    """Return the parts of a table that hold rows."""
    return sorted((path / table).glob("j-*.parquet"))


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Return the folder of a run with a job for each of 50 trials."""
    study = small_study(
        design=Grid.of({"activation": ["tanh", "relu"]}),
        recipe=with_value(small_study().recipe, "epochs", 1),
        replicates=JOBS // 2,
        probe=LayerStatistics("initial", 20),
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("LONGEST_STACK", 0.0), ("SMALLEST_STACK", 1), ("LONGEST_JOB", 0.0)):
            patch.setattr(rounds, name, value)
        patch.setattr(rounds, "MOST_JOBS", 10**9)
        path = tmp_path_factory.mktemp("many")
        run = run_study(study, path, workers=0)
    assert len(parts_of(run.path, "trials")) == JOBS
    return run


def test_status_reads_the_ends_of_commits_and_nothing_else(many):
    run, store = counted(many.path)
    status = run.status()
    assert (status.ok, status.jobs_left) == (JOBS, 0)
    assert not [name for name in store.whole if name.endswith(".parquet")]
    sizes = {f"trials/{p.name}": p.stat().st_size for p in parts_of(many.path, "trials")}
    assert store.opened == Counter(dict.fromkeys(sizes, 1))
    assert all(store.bytes[name] < 0.75 * size for name, size in sizes.items())
    opened = store.opened.copy()
    assert run.status() == status
    assert store.opened == opened  # what has not changed is not read again


def test_running_again_reads_each_end_once_and_no_part(many):
    _, store = counted(many.path)
    folder = RunFolder(store)
    plans = folder.prepare(many.study)
    assert folder.work_left(plans) == []
    assert not [name for name in store.whole if name.endswith(".parquet")]
    rows = {name: times for name, times in store.opened.items() if SCHEMA_PART not in name}
    assert len(rows) == 3 * JOBS
    assert set(rows.values()) == {1}


def test_a_part_that_is_replaced_is_read_anew(tmp_path):
    run = run_study(small_study(), tmp_path, workers=0)
    parts = run.folder.parts
    job = min(parts.committed())
    commit = run.path / "trials" / f"{job}.parquet"
    table = decode(commit.read_bytes())
    failed = table.set_column(
        table.schema.names.index("status"), "status", [["failed"] * table.num_rows]
    )
    siblings = parts.committed()[job].siblings
    run.folder.store.write(f"trials/{job}.parquet", encode_commit(failed, siblings))
    assert run.status().failed == table.num_rows


def test_some_columns_are_read_without_the_others(many):
    store = CountingStore(many.path)
    job = "j-0001-00000"
    part = Parts(store).part("trials", job, ["trial_id", "status", "no such column"])
    assert part.column_names == ["trial_id", "status"]
    assert not store.whole
    whole = parts_of(many.path, "trials")[0].read_bytes()
    assert part.equals(
        decode(whole).select(part.column_names).replace_schema_metadata(part.schema.metadata)
    )
    footer = int.from_bytes(whole[-8:-4], "little")
    assert sum(store.bytes.values()) < footer + 1000


def test_flipped_bits_in_a_column_are_an_error(tmp_path):
    run = run_study(small_study(), tmp_path, workers=0)
    part = parts_of(run.path, "trials")[0]
    data = bytearray(part.read_bytes())
    chunk = pq.read_metadata(part).row_group(0).column(0)
    assert chunk.path_in_schema == "trial_id"
    data[chunk.dictionary_page_offset + chunk.total_compressed_size // 2] ^= 0x10
    part.write_bytes(bytes(data))
    with pytest.raises(ResourceError, match="is damaged"):
        run.folder.table("trials", ["trial_id"])


def test_status_counts_only_what_is_asked(tmp_path):
    """A job that holds more than is asked is counted by its rows."""
    run_study(small_study(replicates=3), tmp_path, workers=0)
    less = run_study(small_study(replicates=1), tmp_path, workers=0)
    assert (less.status().planned, less.status().ok) == (4, 4)


YOUNGER = {
    "split_selection",
    "highest_validation_accuracy",
    "highest_accuracy_epoch",
    "train_examples_scored",
}
"""The columns of trials that were added after paribus 0.1 first wrote a run."""


def old_run(tmp_path: Path) -> Run:
    """Return a copy of a run that paribus 0.1 wrote, extended once."""
    shutil.copytree(OLD, tmp_path / "written-by-0-1")
    return open_run(tmp_path / "written-by-0-1")


def test_a_folder_of_the_former_version_opens(tmp_path):
    run = old_run(tmp_path)
    recipes = {p.arm.recipe for each in run.plans for p in each.arms}
    former = pq.read_schema(OLD / "trials" / SCHEMA_PART)
    now = trials_table(recipes).schema
    assert pa.schema([field for field in now if field.name not in YOUNGER]) == former
    assert set(now.names) - set(former.names) == YOUNGER
    assert (run.status().ok, run.status().jobs_left) == (18, 0)
    for name in ("trials", "epochs", "layers"):
        parts = pd.concat([pd.read_parquet(p) for p in parts_of(OLD, name)], ignore_index=True)
        younger = YOUNGER if name == "trials" else set()
        assert [c for c in run.frame(name).columns if c not in younger] == list(parts.columns)
        assert run.frame(name)[[*younger]].isna().all(axis=None)
        assert len(run.frame(name)) == len(parts)
    trials = {trial.trial_id: trial for trial in run.study.trials}
    for row in decode(run.folder.store.read("trials/j-0002-00000.parquet")).to_pylist():
        columns = recipe_columns(trials[row["trial_id"]].recipe)
        held = {name: value for name, value in columns.items() if name not in YOUNGER}
        assert {name: row.get(name) for name in held} == held
    assert write_report(run).is_file()


def test_a_folder_of_the_former_version_is_resumed_and_extended(tmp_path, monkeypatch):
    run = old_run(tmp_path)
    before = {p: p.read_bytes() for p in run.path.rglob("*.parquet")}
    with monkeypatch.context() as patch:
        patch.setattr(Training, "run_epoch", None)  # any training would fail
        assert run_study(run.study, tmp_path, workers=0).status().ok == 18
    for path, content in before.items():
        if path.parent.name != "trials":
            assert path.read_bytes() == content
            continue
        rows, former = pq.read_table(path), pq.read_table(io.BytesIO(content))
        assert rows.drop([*YOUNGER]) == former
        assert all(rows[name].null_count == len(rows) for name in YOUNGER)
    axes = {axis.path: list(axis.levels) for axis in run.study.design.axes}
    study = replace(run.study, design=Grid.of(axes | {"optimiser": ["sgd", "adam"]}))
    wider = run_study(study, tmp_path, workers=0)
    assert (wider.status().ok, wider.status().jobs_left) == (36, 0)
    frame = pd.read_parquet(run.path / "trials")
    assert len(frame) == 36
    assert (frame["optimiser_beta1"].notna() == (frame["optimiser"] == "adam")).all()


def without(path: Path, table: str, columns: list[str]) -> Run:
    """Take columns out of a run's files, as if its trials were made before they were recorded."""
    folder = RunFolder(LocalStore(path))
    commits = folder.parts.committed()
    empty = pq.read_table(path / table / SCHEMA_PART).drop(columns)
    folder.store.write(f"{table}/{SCHEMA_PART}", encode(empty))
    for job, commit in commits.items():
        rows = folder.parts.part(table, job).drop(columns)
        siblings = dict(commit.siblings)
        if table == "trials":
            folder.store.write(f"trials/{job}.parquet", encode_commit(rows, siblings))
        else:
            siblings[table] = folder.parts._write_sibling(table, job, rows)
            trials = folder.parts.part("trials", job)
            folder.store.write(f"trials/{job}.parquet", encode_commit(trials, siblings))
    return open_run(path)


@pytest.mark.parametrize("folds", [1, 3])
def test_columns_younger_than_a_run_are_null_and_the_report_says_so(tmp_path, folds):
    split = {"kind": "k-fold", "folds": 3, "test": 0.7} if folds > 1 else small_study().recipe.split
    recipe = with_value(small_study().recipe, "split", split)
    study = small_study(recipe=recipe, metric="test_accuracy", replicates=1)
    run = run_study(study, tmp_path, workers=0)
    clean = run.trials
    gone = ["test_accuracy", "best_test_accuracy", "best_train_loss", "bias_std"]
    run = without(run.path, "trials", gone)
    for _ in range(2):  # as the folder was left, then widened
        assert run.status().complete
        assert run.trials[gone].isna().all(axis=None)
        pd.testing.assert_frame_equal(run.trials.drop(columns=gone), clean.drop(columns=gone))
        assert set(run.lacking("trials")) == set(run.folder.parts.committed())
        assert all(columns == set(gone) for columns in run.lacking("trials").values())
        sentence = answer(analyse(results_of(run))).sentence
        assert (
            "has a test accuracy (they were made before it was recorded; `paribus run`" in sentence
        )
        assert write_report(run).is_file()
        model = run.export(run.trials["trial_id"][0])
        assert model.about["unrecorded"] == sorted(set(gone) - {"bias_std"})
        run = run_study(study, tmp_path, workers=0)


def test_training_scores_of_the_first_rows_only_are_not_compared(tmp_path, monkeypatch):
    """As those of a large set's trials, made before their training scores were of all rows."""
    run = run_study(small_study(replicates=1), tmp_path, workers=0)
    run = without(run.path, "trials", ["train_examples_scored"])
    trial = run.trials["trial_id"][0]
    assert run.export(trial).about["unrecorded"] == []
    monkeypatch.setattr(export, "EVALUATED_TRAINING_EXAMPLES", 10)
    scores = [f"{kind}train_{name}" for kind in ("best_", "") for name in ("accuracy", "loss")]
    assert run.export(trial).about["unrecorded"] == scores
    selection = dict(methods(analyse(results_of(run))))["Selection"]
    assert selection.endswith("training scores were of at most the first 10,000 rows.")


def test_layer_measures_younger_than_a_run_are_null(tmp_path, monkeypatch):
    study = small_study(metric="layer_factor", replicates=1)
    run = without(run_study(study, tmp_path, workers=0).path, "layers", ["mean_delta_norm"])
    assert run.layers["mean_delta_norm"].isna().all()
    assert "before it was recorded" in answer(analyse(results_of(run))).sentence
    assert write_report(run).is_file()
    monkeypatch.setattr(Training, "run_epoch", None)  # any training would fail
    again = run_study(study, tmp_path, workers=0)
    assert {"mean_delta_norm"} in again.lacking("layers").values()
    assert "mean_delta_norm" in pd.read_parquet(again.path / "layers")
    assert again.lacking("trials") == {}


def test_a_column_that_only_the_folder_has_stays(tmp_path):
    """As that of another client's plan, or of a later version."""
    run = run_study(small_study(), tmp_path, workers=0)
    schema = pq.read_schema(run.path / "trials" / SCHEMA_PART)
    wider = schema.append(pa.field("theirs", pa.float64())).empty_table()
    run.folder.store.write(f"trials/{SCHEMA_PART}", encode(wider))
    again = run_study(small_study(replicates=3), tmp_path, workers=0)
    assert again.status().ok == 12
    for part in (run.path / "trials").glob("*.parquet"):
        assert "theirs" in pq.read_schema(part).names
    assert again.trials["theirs"].isna().all()
