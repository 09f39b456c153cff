from __future__ import annotations

import json
import shutil

import pytest
from command_line import paribus


def test_a_run_is_named_by_its_study_or_its_folder(finished):
    folder, _ = finished
    status = paribus(folder, "status", "vanishing-gradient", "--json")
    assert json.loads(status.stdout)["complete"] is True
    assert paribus(folder, "status", "results/vanishing-gradient").stdout == (
        "results/vanishing-gradient: 6 of 6 trials finished "
        "(6 ok, 0 diverged, 0 stopped, 0 failed), 0 jobs left\n"
    )


def test_one_job_is_one_job(finished, tmp_path):
    folder, _ = finished
    shutil.copytree(folder / "results", tmp_path / "results")
    parts = sorted((tmp_path / "results/vanishing-gradient/trials").glob("*.parquet"))
    parts[-1].unlink()
    assert paribus(tmp_path, "status", "vanishing-gradient").stdout.endswith(", 1 job left\n")


def test_a_folder_beside_does_not_hide_a_run(finished):
    folder, _ = finished
    (folder / "vanishing-gradient").mkdir()
    try:
        assert paribus(folder, "status", "vanishing-gradient").returncode == 0
    finally:
        (folder / "vanishing-gradient").rmdir()


@pytest.mark.parametrize("command", ["status", "trials", "report"])
@pytest.mark.parametrize(
    ("run", "told"),
    [
        ("nothing", "nothing is not a results folder"),
        (".", "is not a results folder"),
        ("x" * 5000, "is not a results folder"),
        ("two\nlines", "two lines is not a results folder"),
        ("\x1b[31mred", "\\u001b[31mred is not a results folder"),
        ("a\0b", "run = 'a\\x00b': a path cannot hold the character NUL"),
    ],
)
def test_what_is_no_run_is_refused_in_one_line(tmp_path, command, run, told):
    paribus(tmp_path, command, run).refused(told)
    assert not list(tmp_path.iterdir())


def test_results_in_a_place_that_cannot_be(tmp_path):
    done = paribus(tmp_path, "status", "nothing", "--results", "a\0b")
    done.refused("error: --results = 'a\\x00b': a path cannot hold the character NUL")
