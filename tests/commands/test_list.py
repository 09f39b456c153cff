from __future__ import annotations

import json

from command_line import paribus
from paribus.studies.catalogue import catalogue
from paribus.studies.files.study_files import load_study


def test_every_ready_made_study_is_listed_with_its_question(tmp_path):
    listed = json.loads(paribus(tmp_path, "list", "--json").stdout)
    assert listed == {name: load_study(name).question for name in catalogue()}
    lines = paribus(tmp_path, "list").stdout.splitlines()
    assert [line.split(maxsplit=1) for line in lines] == [list(item) for item in listed.items()]
    assert not list(tmp_path.iterdir())
