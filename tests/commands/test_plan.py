from __future__ import annotations

import json

import pytest
from command_line import paribus


def test_a_plan_tells_what_a_run_would_do_and_writes_nothing(tmp_path):
    planned = json.loads(paribus(tmp_path, "plan", "vanishing-gradient", "--json").stdout)
    assert planned["trials"] == 180
    assert {"jobs_left", "stacks_left", "time", "memory_per_worker", "disk"} <= set(planned)
    lines = paribus(tmp_path, "plan", "vanishing-gradient").stdout.splitlines()
    assert "trials             180" in lines
    assert [line[:17].rstrip() for line in lines] == [key.replace("_", " ") for key in planned]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("epochs=nan", "whole number"),
        ("epochs=" + "9" * 5000, "whole number"),
        ("task=noisy-polynomial", "needs classes"),
        ("replicates=1000000", "from 1 to 200,000"),
        ("replicates=100000", "at most 200,000 fit"),
        ("depth=10000000000000", "at most 1,000"),
        ("grid=3", "set one of its keys"),
    ],
)
def test_settings_that_cannot_be(tmp_path, setting, told):
    paribus(tmp_path, "plan", "vanishing-gradient", "--set", setting).refused(told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        *(
            (f"{key} = 3", "must be a table")
            for key in ("grid", "recipe", "baseline", "probe", "fallback")
        ),
        ("overrides = 3", "unknown key 'overrides'"),
        ('[probe]\nstep = "log"', "probe: unknown key 'step'; allowed: examples, steps"),
        ('[baseline]\noptimizer = { kind = "sgd" }', "unknown axis 'optimizer'"),
    ],
)
def test_sections_that_cannot_be(tmp_path, text, told):
    (tmp_path / "s.toml").write_text(f'question = "?"\n{text}\n')
    done = paribus(tmp_path, "plan", "s.toml", "--set", "depth=3")
    assert done.returncode == 2
    assert told in done.stderr


HALVING = """
question = "Which rate?"
replicates = 4
metric = "test_accuracy"
[recipe]
epochs = 9
[design]
kind = "halving"
[design.axes]
"optimiser.learning_rate" = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]
"""


def test_a_halving_tells_its_epochs_beside_those_of_the_full_grid(tmp_path):
    (tmp_path / "h.toml").write_text(HALVING)
    told = json.loads(paribus(tmp_path, "plan", "h.toml", "--json").stdout)
    assert told["trials"] == 36
    assert told["epochs"] == "108 of 324 with every arm to its end"  # 4 (9 + 3·2 + 2·6)
    assert "epochs" not in json.loads(paribus(tmp_path, "plan", "overfitting", "--json").stdout)
