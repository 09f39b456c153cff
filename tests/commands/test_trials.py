from __future__ import annotations

import json

from command_line import paribus


def test_trials_are_told_to_people_and_to_scripts(finished):
    folder, _ = finished
    trials = json.loads(paribus(folder, "trials", "vanishing-gradient", "--json").stdout)
    assert len(trials) == 6
    assert {t["status"] for t in trials} == {"ok"}
    csv = paribus(folder, "trials", "vanishing-gradient", "--csv").stdout.splitlines()
    assert len(csv) == 7
    assert "relu" in paribus(folder, "trials", "vanishing-gradient").stdout
