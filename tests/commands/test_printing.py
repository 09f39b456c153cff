from __future__ import annotations

import json

from paribus.commands.printing import escaped, print_error, print_json


def test_text_is_kept_but_for_control_characters():
    assert escaped("λ ≥ 0\n\tßn 中") == "λ ≥ 0\n\tßn 中"
    assert escaped("\x00\r\x1b]0;\x07\x7f\x85\udcff") == (
        "\\u0000\\u000d\\u001b]0;\\u0007\\u007f\\u0085\\udcff"
    )


def test_json_stays_json(capsys):
    value = {"name": "\x1b\x7f\x9b\\u001b λ"}
    print_json(value)
    told = capsys.readouterr().out
    assert json.loads(told) == value
    assert told.replace("\n", "").isprintable()


def test_a_mistake_is_one_line(capsys):
    print_error("one\ntwo\r\nthree")
    assert capsys.readouterr() == ("", "error: one two three\n")
