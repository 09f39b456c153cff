from __future__ import annotations

import json
import os

import pytest
from command_line import paribus


def test_a_study_is_explained(tmp_path):
    assert "18 arms × 10 replicates" in paribus(tmp_path, "show", "vanishing-gradient").stdout
    assert json.loads(paribus(tmp_path, "show", "overfitting", "--json").stdout)["metric"]
    (tmp_path / "one.toml").write_text('question = "?"\nreplicates = 1\n')
    assert "1 arm × 1 replicate; primary metric" in paribus(tmp_path, "show", "one.toml").stdout


def test_a_list_for_a_field_of_numbers_is_one_value_and_a_list_of_lists_its_levels(tmp_path):
    (tmp_path / "s.toml").write_text('question = "?"\n')
    path = "recipe.regularisers.dropout.per_layer"
    words = ["show", "s.toml", "--json", "--set"]
    one = json.loads(paribus(tmp_path, *words, f"{path}=[0.2,0.5]").stdout)
    assert one["recipe"]["regularisers"]["dropout"]["per_layer"] == [0.2, 0.5]
    two = json.loads(paribus(tmp_path, *words, f"{path}=[[0.2,0.5],[0.1,0.1]]").stdout)
    assert two["grid"] == {"regularisers.dropout.per_layer": [[0.2, 0.5], [0.1, 0.1]]}


def test_a_file_does_not_steer_the_terminal(tmp_path):
    (tmp_path / "s.toml").write_text(
        r'question = "\u001b[31mred?"' + "\n" + r'source = "a\u009bb\u007f"' + "\n"
    )
    shown = paribus(tmp_path, "show", "s.toml").stdout
    assert shown.startswith("\\u001b[31mred?\n")
    assert "Source: a\\u009bb\\u007f\n" in shown
    told = paribus(tmp_path, "show", "s.toml", "--json").stdout
    assert told.replace("\n", "").isprintable()
    assert json.loads(told)["source"] == "a\x9bb\x7f"


@pytest.mark.parametrize(
    ("study", "told"),
    [
        ("none.toml", "none.toml cannot be read"),
        ("a\0b.toml", "a\\u0000b.toml cannot be read"),
        ("folder.toml", "folder.toml cannot be read: it is not a regular file"),
        ("pipe.toml", "pipe.toml cannot be read: it is not a regular file"),
        ("x" * 5000, "unknown study"),
        ("\x1b[31mred", "unknown study '\\x1b[31mred'"),
    ],
)
def test_what_is_no_study_is_refused_in_one_line(tmp_path, study, told):
    (tmp_path / "folder.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")  # opening it would wait for a writer
    paribus(tmp_path, "show", study).refused(told)
