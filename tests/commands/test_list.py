from __future__ import annotations

import json

from command_line import paribus
from paribus.studies.catalogue import CHAPTERS, catalogue, entries
from paribus.studies.files.study_files import load_study


def test_every_entry_is_listed_with_its_question_under_its_chapter(tmp_path):
    listed = json.loads(paribus(tmp_path, "list", "--json").stdout)
    assert listed == {name: entry.question for name, entry in entries().items()}
    assert [listed[name] for name in catalogue()] == [load_study(n).question for n in catalogue()]
    lines = [line for line in paribus(tmp_path, "list").stdout.splitlines() if line]
    heads = [line for line in lines if not line.startswith(" ")]
    chapters = dict.fromkeys(entry.chapter for entry in entries().values())
    assert heads == [CHAPTERS[chapter] for chapter in chapters]
    rows = [line for line in lines if line.startswith(" ")]
    assert [line[3:].split(maxsplit=1) for line in rows] == [list(item) for item in listed.items()]
    assert [line[1] == "*" for line in rows] == [bool(entries()[n].exhibit) for n in listed]
    assert not list(tmp_path.iterdir())
