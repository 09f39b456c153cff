from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from paribus.cluster.folder.run import open_run
from paribus.cluster.launch.running import run_study
from paribus.core.errors import InputError
from paribus.reports.statistics.frames import results_of
from paribus.studies.data.tasks import dataset
from paribus.studies.files.places import resolved, with_places
from paribus.studies.files.study_files import load_study

STUDY = """
question = "Which kind?"
replicates = 2
[recipe]
task = { kind = "table", path = "flowers.csv" }
width = 3
epochs = 1
batch_size = 8
[grid]
"optimiser.learning_rate" = [0.1, 0.2]
"""


def flowers(folder: Path, study: str = STUDY) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{'no' if a > b else 'yes'}" for a, b in rng.random((60, 2))]
    (folder / "flowers.csv").write_text("\n".join(["a,b,target", *rows]))
    (folder / "kinds.toml").write_text(study)
    return str(folder / "kinds.toml")


def test_a_relative_path_is_looked_for_in_the_folder_and_then_where_the_command_started(
    tmp_path, monkeypatch
):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder, name in ((here, "one"), (here, "both"), (there, "both"), (there, "two")):
        folder.mkdir(exist_ok=True)
        (folder / name).touch()
    monkeypatch.chdir(here)
    assert resolved("two", there) == str(there / "two")
    assert resolved("both", there) == str(there / "both")
    assert resolved("one", there) == str(here / "one")
    assert resolved("one", None) == str(here / "one")
    assert resolved("none", there) == str(there / "none")
    assert resolved("one", Path("../there")) == str(here / "one")
    assert resolved("two", Path("../there")) == str(here / "../there" / "two")
    assert resolved(str(here / "one"), there) == str(here / "one")
    assert resolved("", there) == ""


def test_every_path_of_a_study_is_resolved_and_nothing_else(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).touch()
    a, b = (str(tmp_path / name) for name in ("a.csv", "b.csv"))
    table = {
        "question": "a.csv",
        "recipe": {"task": {"kind": "table", "path": "a.csv", "target": "a.csv"}, "width": 3},
        "grid": {"task": ["digits", {"kind": "table", "path": "b.csv"}], "depth": [1, 2]},
        "baseline": {"task": {"kind": "table", "path": "b.csv"}},
        "expectation": [{"claim": "a.csv", "arm": {"task.path": "a.csv"}}],
    }
    placed = with_places(table, tmp_path)
    assert placed["recipe"]["task"] == {"kind": "table", "path": a, "target": "a.csv"}
    assert placed["grid"] == {"task": ["digits", {"kind": "table", "path": b}], "depth": [1, 2]}
    assert placed["baseline"]["task"]["path"] == b
    assert placed["expectation"] == [{"claim": "a.csv", "arm": {"task.path": a}}]
    assert placed["question"] == "a.csv"
    assert with_places({"task.path": ["a.csv", "b.csv"]}, tmp_path) == {"task.path": [a, b]}


def test_a_study_file_finds_its_table_wherever_the_command_is_started(tmp_path, monkeypatch):
    path = flowers(tmp_path / "project")
    monkeypatch.chdir(tmp_path)
    study = load_study("project/kinds.toml")
    assert study.recipe.task.path == str(tmp_path / "project" / "flowers.csv")
    assert dataset(study.recipe.task, 0, 0).raw.shape == (60, 2)
    flowers(tmp_path / "other")
    changed = load_study(path, ["task.path=other/flowers.csv"])
    assert changed.recipe.task.path == str(tmp_path / "other" / "flowers.csv")
    lost = load_study(path, ["task.path=lost.csv"])
    with pytest.raises(InputError, match="a relative path starts at the study file's folder or at"):
        dataset(lost.recipe.task, 0, 0)


def test_what_is_stored_is_where_the_table_lies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = run_study(load_study(flowers(tmp_path / "project")), tmp_path / "results", workers=0)
    lies = str(tmp_path / "project" / "flowers.csv")
    assert run.study.recipe.task.path == lies
    assert run.plans[0].arms[0].arm.recipe.task.path == lies


@pytest.mark.parametrize("axis", ["", 'task = [{ kind = "table", path = "flowers.csv" }]\n'])
def test_a_project_that_was_moved_keeps_its_results(tmp_path, axis):
    """Nothing is trained again, and the results stay readable."""
    study = STUDY + axis
    first = run_study(load_study(flowers(tmp_path / "old", study)), tmp_path, workers=0)
    assert first.status().finished == 4
    (tmp_path / "old").rename(tmp_path / "new")
    again = run_study(load_study(str(tmp_path / "new" / "kinds.toml")), tmp_path, workers=0)
    status = again.status()
    assert (status.planned, status.finished, status.jobs_left) == (4, 4, 0)
    assert len(results_of(open_run(again.path)).trials) == 4
    assert len(again.plans) == 2
    run_study(load_study(str(tmp_path / "new" / "kinds.toml")), tmp_path, workers=0)
    assert len(open_run(again.path).plans) == 2
