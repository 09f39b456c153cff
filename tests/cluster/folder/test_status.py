"""The status that is told at once agrees with the one that reads all it can."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from paribus.cluster.folder.names import COMMIT, RUNS, SIBLINGS, STATUSES, part_name
from paribus.cluster.folder.parquet import encode_commit
from paribus.cluster.folder.run import open_run
from paribus.cluster.folder.run_folder import RunFolder
from paribus.cluster.folder.status import commit_in, quick_status, text_in
from paribus.cluster.folder.store import LocalStore
from paribus.cluster.launch.running import run_study
from paribus.cluster.planning.plan import FORMAT
from paribus.cluster.work.perform import perform
from paribus.core.engine.outcome import Status
from paribus.core.errors import InputError
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import with_value
from small import small_study


def agrees(path: Path) -> None:
    assert quick_status(path) == open_run(path).status()


def test_of_a_finished_run_with_trials_that_diverged(tmp_path):
    recipe = with_value(small_study().recipe, "activation", "relu")
    wild = {"optimiser.learning_rate": [0.1, 1e6], "loss": ["squared-error"]}
    run = run_study(small_study(recipe=recipe, design=Grid.of(wild)), tmp_path, workers=0)
    assert run.status().diverged > 0
    agrees(run.path)


def test_of_a_run_that_was_planned_interrupted_and_damaged(tmp_path):
    folder = RunFolder(LocalStore(tmp_path / "small"))
    study = small_study(replicates=3000)
    plans = folder.prepare(study)
    agrees(tmp_path / "small")
    jobs = folder.work_left(plans)
    for present in jobs[:2]:
        perform(folder, present.plan, present.job)
    agrees(tmp_path / "small")
    assert quick_status(tmp_path / "small").ok > 0
    name = jobs[0].job.job_id
    part = tmp_path / "small" / "epochs" / f"{name}.parquet"
    part.write_bytes(part.read_bytes()[:-1])  # a sibling of another size commits nothing
    agrees(tmp_path / "small")
    commit = tmp_path / "small" / "trials" / f"{jobs[1].job.job_id}.parquet"
    commit.write_bytes(commit.read_bytes()[:-5])
    agrees(tmp_path / "small")
    assert quick_status(tmp_path / "small").ok == 0


def test_of_more_and_of_fewer_trials_than_there_were(tmp_path):
    run_study(small_study(replicates=2), tmp_path, workers=0)
    folder = RunFolder(LocalStore(tmp_path / "small"))
    folder.prepare(small_study(replicates=3))
    agrees(tmp_path / "small")
    folder.prepare(small_study(replicates=1))  # jobs hold trials that are asked no more
    assert quick_status(tmp_path / "small") is None
    assert open_run(tmp_path / "small").status().complete


def test_a_client_that_did_not_know_less_was_asked_commits_all(tmp_path):
    folder = RunFolder(LocalStore(tmp_path / "small"))
    plans = folder.prepare(small_study(replicates=4))
    jobs = folder.work_left(plans)
    folder.prepare(small_study(replicates=1))  # another client, while the first one trains
    for present in jobs:
        perform(folder, present.plan, present.job)
    run = run_study(small_study(replicates=4), tmp_path, workers=0)
    assert (run.trained, run.status().ok) == (0, len(run.trials))
    assert run.trials["trial_id"].is_unique
    assert run.status().complete
    agrees(run.path)


def test_failed_trials_are_tried_again_with_all_that_their_job_committed(tmp_path):
    folder = RunFolder(LocalStore(tmp_path / "small"))
    jobs = folder.work_left(folder.prepare(small_study(replicates=4)))
    folder.prepare(small_study(replicates=1))  # another client, while the first one trains
    for present in jobs:
        perform(folder, present.plan, present.job)
    name, footer = min(folder.parts.committed().items())
    whole = folder.parts.part(COMMIT, name)
    place = whole.schema.names.index("status")
    failed = whole.set_column(place, "status", [[Status.FAILED] * whole.num_rows])
    data = encode_commit(failed, footer.siblings, runs=footer.runs)
    folder.store.write(part_name(COMMIT, name), data)
    run = run_study(small_study(replicates=4), tmp_path, workers=0, retry_failed=True)
    assert run.trained == whole.num_rows
    assert (run.status().ok, len(run.trials)) == (16, 16)
    assert run.folder.parts.part(COMMIT, name).num_rows == whole.num_rows
    agrees(run.path)


def test_of_a_plan_of_a_newer_paribus(tmp_path):
    run = run_study(small_study(), tmp_path, workers=0)
    plan = run.path / "plans" / "0001.json"
    plan.write_text(plan.read_text().replace(f'"format": {FORMAT}', '"format": 9'))
    assert quick_status(run.path) is None
    with pytest.raises(InputError, match="newer paribus"):
        open_run(run.path).status()


def test_of_a_run_of_the_former_format(tmp_path):
    former = Path(__file__).parent / "written_by_0_1"
    shutil.copytree(former, tmp_path / "former")
    (run,) = [p.parent for p in (tmp_path / "former").rglob("study.toml")]
    assert quick_status(run) is None


def test_what_a_commit_says_is_what_arrow_reads(small_run):
    for job, footer in small_run.folder.parts.committed().items():
        about = commit_in(small_run.folder.store, job)
        said = {SIBLINGS: footer.siblings, STATUSES: footer.statuses, RUNS: footer.runs}
        assert about == said
        data = (small_run.path / part_name(COMMIT, job)).read_bytes()
        assert text_in(data[: len(data) // 2], STATUSES) is None


@pytest.mark.parametrize("length", [0, 1, 127, 128, 300, 20_000])
def test_texts_of_any_length(length):
    value, bits = b"v" * length, length
    size = bytearray()
    while bits >= 0x80:
        size.append(bits & 0x7F | 0x80)
        bits >>= 7
    size.append(bits)
    assert text_in(b"\x19\x1c\x18\x03key\x18" + bytes(size) + value + b"\x00", b"key") == value
