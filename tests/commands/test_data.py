from __future__ import annotations

import json

from command_line import paribus


def test_tasks_are_listed_with_where_their_data_are(tmp_path):
    listed = json.loads(paribus(tmp_path, "data", "list", "--json").stdout)
    assert listed["digits"]["where"] == "built in"
    assert listed["table"]["where"] == "your file"
    lines = paribus(tmp_path, "data", "list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(listed)


def test_a_misspelt_data_set(tmp_path):
    paribus(tmp_path, "data", "fetch", "mnst").refused("did you mean 'mnist'?")
