"""Studies that vary what a recipe may do without, from the plan to the report."""

from __future__ import annotations

import pytest
from paribus.cluster.folder.run import Run
from paribus.cluster.launch.running import run_study
from paribus.core.errors import InputError
from paribus.core.families.regularisers import L2, Dropout
from paribus.reports.page.report import write_report
from paribus.reports.page.words import component_words, level_words, member_words, value_words
from paribus.reports.sections import methods as methods_section
from paribus.reports.sections.methods import methods
from paribus.reports.sections.trials import trial_table
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.frames import results_of
from paribus.reports.statistics.pairing import Draw, shared_luck
from paribus.studies.designs.design_function import Arm, Level
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import default_recipe, recipe_from, with_value
from paribus.studies.files.paths import written
from paribus.studies.files.schema import FAMILIES
from small import small_study

PARTS = {
    "width": 5,
    "epochs": 1,
    "batch_size": 100,
    "bias": 0.1,
    "split": {"kind": "random", "validation": 0.1, "test": 0.1, "train_examples": 200},
    "optimiser": "momentum",
    "momentum_schedule": "cosine",
    "parametrisation": "mup",
    "pretraining": {"kind": "autoencoder", "epochs": 1},
    "augmentations": {"rotation": {"degrees": 5}},
}
AXES = {
    "activation": ["tanh", {"kind": "prelu", "slope": 0.1}],
    "normaliser": ["none", {"kind": "batch-norm", "momentum": 0.95}, "layer-norm"],
    "residual": ["none", {"kind": "residual", "scale": 0.5}],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    study = small_study(
        recipe=recipe_from(PARTS), design=Grid.of(AXES), baseline=(("normaliser", "none"),)
    )
    return run_study(study, tmp_path_factory.mktemp("results"), workers=0)


def test_every_arm_is_trained_and_has_its_columns(run):
    frame = run.trials
    assert len(frame) == 24
    assert set(frame["status"]) == {"ok"}
    assert set(frame["normaliser"]) == {"none", "batch-norm", "layer-norm"}
    batch = frame["normaliser"] == "batch-norm"
    assert (frame.loc[batch, "normaliser_momentum"] == 0.95).all()
    assert frame.loc[~batch, "normaliser_momentum"].isna().all()
    assert frame.loc[frame["normaliser"] == "none", "normaliser_epsilon"].isna().all()
    joined = frame["residual"] == "residual"
    assert (frame.loc[joined, "residual_scale"] == 0.5).all()
    assert frame.loc[~joined, "residual_scale"].isna().all()
    prelu = frame["activation"] == "prelu"
    assert (frame.loc[prelu, "activation_slope"] == 0.1).all()
    assert frame.loc[~prelu, "activation_slope"].isna().all()
    assert set(frame["momentum_schedule"]) == {"cosine"}
    assert set(frame["pretraining_epochs"]) == {1}
    assert set(frame["rotation_degrees"]) == {5.0}
    assert set(frame["bias"]) == {0.1}


def test_methods_name_every_family_and_setting(run):
    rows = dict(methods(analyse(results_of(run))))
    assert rows["Varied"] == (
        "activation: tanh, PReLU (slope 0.1); normalisation: none, batch norm (momentum 0.95), "
        "layer norm; residual connections: none, residual connections (scale 0.5)"
    )
    equal = rows["Held equal"]
    for words in (
        "mean of initial biases: 0.1",
        "parametrisation: mup (base width 32)",
        "pretraining: autoencoder (epochs 1, ",
        "learning-rate schedule: constant",
        "momentum schedule: cosine (final 0)",
        "augmentations: rotation (degrees 5)",
    ):
        assert words in equal
    assert "normalisation" not in equal
    assert "draws of augmentations and draws of pretraining" in rows["Luck"]
    assert rows["Baseline"] == "tanh, no normalisation, no residual connections"


def test_methods_say_what_is_absent(small_run):
    equal = dict(methods(analyse(results_of(small_run))))["Held equal"]
    for words in (
        "normalisation: none",
        "residual connections: none",
        "parametrisation: standard",
        "pretraining: none",
        "momentum schedule: constant momentum",
        "augmentations: none",
        "mean of initial biases: 0",
    ):
        assert words in equal


def test_the_report_and_the_table_of_trials_are_written(run):
    table = trial_table(analyse(results_of(run)))
    assert table.heads[:3] == ["activation", "normalisation", "residual connections"]
    assert {row[1][0] for row in table.rows} == {
        "none",
        "batch norm (momentum 0.95)",
        "layer norm",
    }
    text = write_report(run).read_text(encoding="utf-8")
    assert "batch norm (momentum 0.95)" in text


@pytest.mark.parametrize(
    ("path", "level", "label", "words"),
    [
        ("normaliser", "none", "none", "no normalisation"),
        ("parametrisation", "none", "none", "standard parametrisation"),
        ("momentum_schedule", "none", "none", "constant momentum"),
        ("pretraining", {"kind": "rbm", "steps": 3}, "rbm(steps=3)", "pretraining RBM (steps 3)"),
        (
            "normaliser",
            {"kind": "layer-norm", "place": "after"},
            "layer-norm(place=after)",
            "layer norm (place after)",
        ),
        ("normaliser.momentum", 0.99, "0.99", "normaliser momentum = 0.99"),
        ("residual.scale", 0.5, "0.5", "residual scale = 0.5"),
        ("regularisers", {}, "none", "no regularisers"),
        (
            "regularisers",
            {"dropout": {"p": 0.2}, "l2": {"strength": 0.1}},
            "dropout(p=0.2) + l2(strength=0.1)",
            "dropout (p 0.2) + L2 (strength 0.1)",
        ),
        ("regularisers.dropout", {"p": 0.2}, "dropout(p=0.2)", "dropout (p 0.2)"),
        ("regularisers.dropout", "none", "none", "no dropout"),
        ("regularisers.dropout.per_layer", [0.1, 0.2], "0.1-0.2", "dropout p by layer = 0.1-0.2"),
        ("augmentations.rotation", {}, "rotation", "rotation"),
        (
            "activation",
            {"kind": "swish", "learned": True},
            "swish(learned=true)",
            "swish (learned true)",
        ),
        (
            "activation",
            {"kind": "expression", "formula": "maximum(z, 0.1 * z)"},
            "expression(formula=maximum(z, 0.1 * z))",
            "f(z) = maximum(z, 0.1 * z)",
        ),
        ("loss", "huber", "huber", "huber"),
        ("bias", 0.1, "0.1", "mean of initial biases = 0.1"),
    ],
)
def test_levels_read_well(path, level, label, words):
    try:
        named = Arm(with_value(default_recipe(), path, level)).level(path)
    except InputError:  # the base recipe has no such member
        named = Level(path, level, written(path, level))
    assert named.label == label
    assert level_words(named) == words


@pytest.mark.parametrize("family", FAMILIES)
def test_a_component_is_named_with_its_fields_or_as_none(family):
    part = getattr(default_recipe(), family)
    if not isinstance(part, tuple):
        assert component_words(part).startswith(part.kind if part else "none")


def test_a_members_name_ends_where_its_fields_begin():
    assert member_words(L2()) == "L2"
    both = (Dropout(), L2(0.1))
    several = Level("regularisers", both, written("regularisers", both))
    assert value_words(several) == "dropout + L2 (strength 0.1)"


def test_pretraining_shares_its_draws_only_where_it_is_the_same():
    def luck(*changes: dict) -> list[Draw]:
        return shared_luck([recipe_from(PARTS | change) for change in changes])

    rate = {"pretraining": {"kind": "autoencoder", "epochs": 1, "learning_rate": 0.1}}
    assert Draw.PRETRAINING in luck({}, rate, {"pretraining": "none"})
    assert Draw.PRETRAINING not in luck({}, {"pretraining": "rbm"})
    assert Draw.PRETRAINING not in luck({}, {"width": 6})
    assert Draw.AUGMENTATIONS in luck({}, {"augmentations": {}})


def test_methods_say_which_rows_decide_and_which_are_scored(tmp_path, monkeypatch):
    split = {"kind": "random", "validation": 0.2, "selection": 0.1, "train_examples": 300}
    recipe = with_value(small_study().recipe, "split", split)
    run = run_study(small_study(recipe=recipe, replicates=1), tmp_path, workers=0)
    said = dict(methods(analyse(results_of(run))))["Selection"]
    assert "look at a selection set, which is part of no other set." in said
    assert "Training scores" not in said
    monkeypatch.setattr(methods_section, "EVALUATED_TRAINING_EXAMPLES", 200)
    said = dict(methods(analyse(results_of(run))))["Selection"]
    assert said.endswith(
        "Training scores after the last and the best epoch are of all 300 training rows, those of "
        "learning curves of the first 200."
    )
