"""Tuning per arm on a function with known answers."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from paribus.core.errors import InputError
from paribus.studies.designs.design_function import Score
from paribus.studies.designs.grid import Grid
from paribus.studies.designs.tuned import FIRST_TUNING, Tuned
from paribus.studies.files.drafts import default_recipe, with_value
from small import small_study

RATE = "optimiser.learning_rate"
RANGE = {"low": 0.001, "high": 1.0, "scale": "log", "role": "nuisance"}
AXES = {"activation": ["tanh", "relu"], RATE: RANGE}
BASE = default_recipe()
BEST = {"tanh": (0.1, 0.5), "relu": (0.01, 0.3)}
"""The learning rate at which each activation's loss is least, and that loss."""


def planted(recipe):
    best, least = BEST[recipe.activation.kind]
    return least * math.exp(math.log10(recipe.optimiser.learning_rate / best) ** 2)


def scored(arm, replicate, loss=None, status="ok"):
    loss = planted(arm.recipe) if loss is None else loss
    return Score(
        arm.recipe, replicate, 5, status, {} if status != "ok" else {"validation_loss": loss}
    )


def tuning_scores(design, loss=None):
    wants = design.wants(BASE, 2)
    return [scored(want.arm, k, loss) for want in wants for k in want.replicates]


def chosen(design, scores):
    wants = design.wants(BASE, 2, scores)[design.size :]
    assert all(want.replicates == range(2) for want in wants)
    return {w.arm.recipe.activation.kind: w.arm.recipe.optimiser.learning_rate for w in wants}


def test_every_arm_is_given_its_own_best_rate_where_a_shared_one_would_reverse_the_order():
    design = Tuned.of(AXES, points=7, tuning_replicates=3)
    first = design.wants(BASE, 2)
    assert {w.replicates for w in first} == {range(FIRST_TUNING, FIRST_TUNING + 3)}
    rates = {
        kind: [
            w.arm.recipe.optimiser.learning_rate
            for w in first
            if w.arm.recipe.activation.kind == kind
        ]
        for kind in BEST
    }
    assert rates["tanh"] == rates["relu"] == [0.001, 0.003162, 0.01, 0.03162, 0.1, 0.3162, 1.0]
    scores = tuning_scores(design)
    assert chosen(design, scores) == {"tanh": 0.1, "relu": 0.01}
    fixed = {
        arm.recipe.activation.kind: planted(arm.recipe)
        for arm in Grid.of({"activation": ["tanh", "relu"]}).arms(with_value(BASE, RATE, 0.1))
    }
    assert fixed["tanh"] < fixed["relu"]  # at a shared rate tanh is the better one
    assert BEST["relu"][1] < BEST["tanh"][1]  # tuned, ReLU is
    assert design.most(2) == 7 * 2 * 3 + 2 * 2 == len(scores) + 4


def test_nothing_is_chosen_before_all_tuning_is_known():
    design = Tuned.of(AXES, points=3, tuning_replicates=2)
    scores = tuning_scores(design)
    for known in range(len(scores)):
        assert design.wants(BASE, 2, scores[:known]) == design.wants(BASE, 2)
    complete = design.wants(BASE, 2, scores)
    assert design.wants(BASE, 2, scores[::-1]) == complete
    evaluation = [scored(want.arm, k, 1e-9) for want in complete[-2:] for k in range(2)]
    assert design.wants(BASE, 2, scores + evaluation) == complete  # what is judged chooses nothing


def test_ties_go_to_the_first_and_divergence_stands_last():
    design = Tuned.of(AXES, points=3, tuning_replicates=2)
    assert chosen(design, tuning_scores(design, 1.0)) == {"tanh": 0.001, "relu": 0.001}
    lost = [
        scored(want.arm, k, status="diverged" if k == FIRST_TUNING and rate > 0.1 else "ok")
        for want in design.wants(BASE, 2)
        for k in want.replicates
        for rate in [want.arm.recipe.optimiser.learning_rate]
    ]
    for score in lost:  # the largest rate is by far the best where it does not diverge
        if score.recipe.optimiser.learning_rate > 0.1 and score.scores:
            score.scores["validation_loss"] = 1e-6
    assert chosen(design, lost) == {"tanh": 0.03162, "relu": 0.03162}
    every = [
        scored(want.arm, k, status="diverged")
        for want in design.wants(BASE, 2)
        for k in want.replicates
    ]
    assert chosen(design, every) == {"tanh": 0.001, "relu": 0.001}


def test_an_optimum_at_the_edge_is_known():
    narrow = {"activation": ["tanh", "relu"], RATE: RANGE | {"high": 0.1}}
    design = Tuned.of(narrow, points=3)
    curves = design.curves(BASE, tuning_scores(design))
    assert [[level.label for level in curve.at_edge] for curve in curves] == [["0.1"], []]
    levels = {
        "activation": ["tanh", "relu"],
        RATE: {"levels": [0.1, 0.001, 0.01], "role": "nuisance"},
    }
    design = Tuned.of(levels)
    curves = design.curves(BASE, tuning_scores(design))
    assert [[level.label for level in curve.at_edge] for curve in curves] == [["0.1"], []]
    assert design.curves(BASE, ())[0].at_edge == ()


def test_several_nuisances_are_combined_and_whole_numbers_stay_whole():
    axes = AXES | {"batch_size": {"low": 8, "high": 64, "scale": "log", "role": "nuisance"}}
    design = Tuned.of(axes, points=4)
    arms = design.arms(BASE)
    assert len(arms) == design.size == 2 * 4 * 4
    assert sorted({arm.recipe.batch_size for arm in arms}) == [8, 16, 32, 64]
    assert arms[0].paths == tuple(axes)


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"activation": ["tanh"]}, 'needs an axis with role = "nuisance"'),
        ({"split.validation": {"levels": [0.1, 0.2], "role": "nuisance"}}, "data are held"),
        ({"width": {"low": 2, "high": 9}, RATE: RANGE}, "width is a range; a tuned needs levels"),
        ({RATE: RANGE | {"low": -1.0}}, "a range takes low < high, above 0 on a log scale"),
    ],
)
def test_what_cannot_be_tuned_is_told_in_one_line(axes, message):
    with pytest.raises(InputError, match=message):
        Tuned.of(axes).arms(BASE)


def test_a_metric_on_the_rows_that_are_selected_on_is_refused():
    tuned = Tuned.of(AXES, points=3)
    small_study(design=tuned, metric="validation_accuracy").check_data()
    same_rows = small_study(design=tuned, metric="validation_accuracy", luck=(("split", 0),))
    with pytest.raises(InputError, match="design 'tuned' chooses levels by validation_loss there"):
        same_rows.check_data()
    replace(same_rows, metric="test_accuracy").check_data()
    with pytest.raises(InputError, match=r"baseline: unknown axis 'optimiser.learning_rate'"):
        small_study(design=tuned, baseline=((RATE, 0.1),))
    many = Tuned.of(AXES, points=3, tuning_replicates=100_000)
    with pytest.raises(InputError, match="may ask for up to 600,040 trials; at most 200,000"):
        small_study(design=many, replicates=20)
