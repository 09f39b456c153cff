from __future__ import annotations

import json

from command_line import paribus


def test_the_machine_is_described_for_people_and_for_scripts(tmp_path):
    findings = json.loads(paribus(tmp_path, "doctor", "--json").stdout)
    assert "numpy" in findings
    lines = paribus(tmp_path, "doctor").stdout.splitlines()
    assert [line[:18].rstrip() for line in lines] == list(findings)
