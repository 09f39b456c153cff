"""Data sets as blocks: planted orders, data sets that lack an arm, and studies without any."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.reports.sections.data_sets import section
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.blocks import blocks_of
from paribus.reports.statistics.frames import results_of
from paribus.studies.designs.grid import Grid

TASKS = ["digits", "wine", "breast-cancer", "moons", "blobs", "spirals"]


@pytest.fixture(scope="module")
def results(small_run):
    return results_of(small_run)


def planted(results, gain, tasks=TASKS):
    """Return made-up results: data sets of other difficulty, to which ReLU adds ``gain``."""
    design = Grid.of({"task": tasks, "activation": ["tanh", "relu", "sigmoid"]})
    study = replace(results.study, design=design, replicates=3, baseline=())
    rng = np.random.default_rng(0)
    rows = []
    for i, arm in enumerate(study.arms):
        kind, activation = arm.recipe.task.kind, arm.recipe.activation.kind
        for k in range(3):
            value = 0.1 * tasks.index(kind) + gain * (activation == "relu")
            rows.append((f"{i}-{k}", i, k, value + 0.01 * rng.standard_normal(), kind, activation))
    made = results.trials.iloc[[0] * len(rows)].reset_index(drop=True)
    names = ["trial_id", "arm", "replicate", "validation_accuracy", "axis:task", "axis:activation"]
    columns = {
        name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)
    }
    return replace(results, study=study, trials=made.assign(**columns))


def test_a_data_set_is_a_block_and_no_arm(results):
    made = blocks_of(planted(results, 0.05))
    assert [level.label for (level,) in made.treatments] == ["tanh", "relu", "sigmoid"]
    assert made.values.shape == (6, 3)
    assert made.ranks[1] == 1.0
    assert made.test.p < 0.05
    assert made.test.blocks == 6


def test_easy_data_sets_are_no_evidence(results):
    """Difficulties from 0 to .5 do not count, as ranks are within data sets."""
    assert blocks_of(planted(results, 0.0)).test.p > 0.1


def test_few_data_sets_have_ranks_and_no_test(results):
    made = blocks_of(planted(results, 0.05, TASKS[:4]))
    assert made.test is None
    assert made.ranks[1] == 1.0


def test_a_data_set_that_an_arm_lacks_is_left_out(results):
    changed = planted(results, 0.05)
    gone = replace(changed, trials=changed.trials[changed.trials["arm"] != 4])
    made = blocks_of(gone)
    assert made.left_out == 1
    assert [task.label for task in made.tasks] == ["digits", *TASKS[2:]]


def test_a_diverged_arm_ranks_last(results):
    changed = planted(results, 0.05)
    lost = changed.trials["axis:activation"] == "relu"
    changed.trials.loc[lost, ["status", "validation_accuracy"]] = ["diverged", np.nan]
    assert blocks_of(changed).ranks[1] == 3.0


def test_one_data_set_or_nothing_beside_data_sets_has_no_section(results):
    assert blocks_of(results) is None
    assert section(analyse(results)) is None


def test_the_section_says_who_ranks_best(results):
    body = str(section(analyse(planted(results, 0.05))).body)
    assert "over 6 data sets, ReLU has the best average rank, 1 of 3" in body
    assert "The arms differ" in body
    few = str(section(analyse(planted(results, 0.05, TASKS[:4]))).body)
    assert "Fewer than 5 data sets are too few for a test." in few
    assert "Nemenyi" not in few
