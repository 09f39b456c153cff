from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paribus.core.component_json import canonical_json
from paribus.core.components import members
from paribus.core.engine.training import Training
from paribus.core.errors import InputError
from paribus.core.measures.layers import LayerStatistics
from paribus.core.recipe import Recipe
from paribus.core.trial import Trial
from paribus.studies.data.loading import examples_of, inputs_vary, rows_of, sizes_of
from paribus.studies.data.tasks import Task, dataset, fingerprint, fixed_inputs
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import recipe_from, with_value
from paribus.studies.preparations.preparations import targets
from paribus.studies.study import Study


def trial(recipe: Recipe, replicate: int) -> Trial:
    return Trial(recipe, fingerprint(recipe.task), 11, replicate)


def trained(trials: list[Trial]) -> Training:
    training = Training(trials, examples_of(trials), LayerStatistics("log", 50))
    while not training.finished:
        training.run_epoch()
    return training


def levels(table: dict, path: str, values: list) -> list[Recipe]:
    return [with_value(recipe_from(table), path, value) for value in values]


DIGITS = {"task": "digits", "width": 5, "epochs": 1, "batch_size": 100}
HOUSES = {"task": "diabetes", "width": 4, "epochs": 1, "loss": "squared-error"}
STACKS = [
    (DIGITS, "preparations.label-noise.fraction", [0.0, 0.2, 0.9]),
    (DIGITS | {"preparations": {"random-labels": {}}}, "optimiser.learning_rate", [0.1, 0.2]),
    (DIGITS | {"preparations": {"standardisation": {}}}, "optimiser.learning_rate", [0.1, 0.2]),
    (
        DIGITS | {"preparations": {"standardisation": {}, "feature-subset": {"features": 40}}},
        "preparations.label-noise.fraction",
        [0.1, 0.3],
    ),
    (
        DIGITS | {"split": "stratified"},
        "preparations.class-skew",
        [{"rare": 5, "share": s, "examples": 400} for s in (0.1, 1.0)],
    ),
    (DIGITS, "preparations.truncation", [{"feature": 0, "share": 0.5}]),
    (
        HOUSES | {"preparations": {"target-standardisation": {}}},
        "preparations.target-noise.sd",
        [0],
    ),
    (
        HOUSES | {"preparations": {"target-standardisation": {}, "standardisation": {}}},
        "preparations.outliers.size",
        [0.0, 3.0, 30.0],
    ),
    (
        {"task": "moons", "width": 4, "epochs": 1, "preparations": {"standardisation": {}}},
        "preparations.label-noise.fraction",
        [0.1, 0.4],
    ),
    ({"task": "moons", "width": 4, "epochs": 1}, "task.noise", [0.0, 0.2]),
]


@pytest.mark.parametrize(("table", "path", "values"), STACKS, ids=range(len(STACKS)))
def test_a_stack_of_prepared_trials_equals_its_trials_alone(table, path, values):
    trials = [trial(recipe, k) for k in (0, 1) for recipe in levels(table, path, values)]
    assert len({t.recipe.structure for t in trials}) == 1
    together = trained(trials)
    for position, one in enumerate(trials):
        alone = trained([one])
        assert together.outcome(position) == alone.outcome(0)
        assert together.outcome(position).status == "ok"
        assert np.array_equal(together.parameters(position), alone.parameters(0))
    ids = {t.trial_id for t in trials}
    assert len(ids) == len(trials)


@given(st.data())
@settings(deadline=None, max_examples=25)
def test_every_row_number_leads_to_the_trials_inputs_vary_and_targets(data):
    """However many copies of inputs and versions of targets a stack holds."""
    task = data.draw(st.sampled_from(["blobs", "wine"]))
    kinds = st.sets(st.sampled_from(["label-noise", "random-labels", "standardisation"]))
    trials = []
    for _ in range(data.draw(st.integers(1, 6))):
        chosen = {kind: {} for kind in data.draw(kinds)} | {"feature-subset": {"features": 2}}
        recipe = recipe_from({"task": task, "dtype": "float64", "preparations": chosen})
        trials.append(trial(recipe, data.draw(st.integers(0, 2))))
    found = examples_of(trials)
    assert len(found.y) % len(found.x) == 0
    for position, own in enumerate(trials):
        data_set = dataset(own.recipe.task, 11, own.replicate)
        rows = rows_of(own, data_set)
        y = targets(own.recipe, data_set, rows[0], own.key)
        alone = examples_of([own])
        for part, one, numbers in zip(
            rows,
            (alone.train, alone.validation, alone.test, alone.selection),
            (found.train, found.validation, found.test, found.selection),
            strict=True,
        ):
            assert np.array_equal(found.y[numbers[position]], y[part])
            x = found.x[numbers[position] % len(found.x)]
            assert np.array_equal(x, alone.x[one[0] % len(alone.x)])


def test_inputs_are_held_once_where_only_targets_differ():
    recipes = levels(DIGITS, "preparations.label-noise.fraction", [0.0, 0.2, 0.9])
    trials = [trial(recipe, k) for recipe in recipes for k in range(4)]
    found = examples_of(trials)
    assert found.x is fixed_inputs(recipes[0].task, 0, "float32")
    assert found.y.shape == (12 * 1797, 10)
    clean = [trial(recipe_from(DIGITS), k) for k in range(4)]
    assert examples_of(clean).x is found.x
    assert examples_of(clean).y is dataset(recipes[0].task, 0, 0).y
    noisy = DIGITS | {"preparations": {"label-noise": {"fraction": 0.3}}}
    same = [trial(r, 0) for r in levels(noisy, "optimiser.learning_rate", [0.1, 0.2, 0.3])]
    assert examples_of(same).y.shape == (1797, 10)


def test_inputs_are_standardised_once_for_each_set_of_training_rows():
    table = DIGITS | {"preparations": {"standardisation": {}}}
    recipes = levels(table, "optimiser.learning_rate", [0.1, 0.2, 0.3])
    found = examples_of([trial(recipe, k) for recipe in recipes for k in (0, 1)])
    assert len(found.x) == 2 * 1797
    few = with_value(recipes[0], "split.train_examples", 50)
    rows = 50 + 2 * 359
    assert len(examples_of([trial(few, 0)]).x) == rows  # only what is used
    assert inputs_vary(recipes[0])
    assert not inputs_vary(recipe_from(DIGITS))
    assert inputs_vary(recipe_from({"task": "moons"}))


def test_preparations_are_part_of_the_arm_and_none_leave_ids_alone():
    plain = trial(recipe_from(DIGITS), 0)
    prepared = trial(recipe_from(DIGITS | {"preparations": {"standardisation": {}}}), 0)
    assert plain.fingerprint == prepared.fingerprint
    assert plain.arm_id != prepared.arm_id
    assert "preparations" not in canonical_json(plain.recipe)
    assert '"preparations":[{"kind":"standardisation"}]' in canonical_json(prepared.recipe)


NEW = sorted(set(members(Task)) - {"table", "mnist", "fashion-mnist"})


@pytest.mark.parametrize("kind", NEW)
def test_every_task_trains(kind):
    """A stack of two, one epoch, from a study to its outcomes."""
    cls = members(Task)[kind]
    numbers = not dataset(cls(), 0, 0).classes
    table = {"task": kind, "width": 4, "epochs": 1, "batch_size": 16}
    table |= {"preparations": {"standardisation": {}}}
    if numbers:
        table |= {"loss": "squared-error"}
        table["preparations"]["target-standardisation"] = {}
    study = Study(
        name="tiny",
        question="Does it train?",
        recipe=recipe_from(table),
        design=Grid.of({"optimiser.learning_rate": [0.01, 0.02]}),
        replicates=1,
        metric="validation_loss",
    )
    training = trained(list(study.trials))
    for position in range(2):
        outcome = training.outcome(position)
        assert outcome.status == "ok"
        assert 0.0 < outcome.last["validation_loss"] < 20.0
        assert ("validation_accuracy" in outcome.last) != numbers
    assert not np.array_equal(training.parameters(0), training.parameters(1))


CURVE = {"task": {"kind": "curve", "examples": 60}, "loss": "squared-error", "batch_size": 8}
BLOBS = {"task": {"kind": "blobs", "examples": 60}, "batch_size": 8}  # 36 rows train, 12 validate
RBM = "pretraining.visible = 'binary' needs inputs between 0 and 1; these"
UNFIT = [
    (CURVE | {"loss": "multiclass-hinge"}, "loss = 'multiclass-hinge' needs classes"),
    (CURVE | {"regularisers": {"label-smoothing": {}}}, "label-smoothing needs classes"),
    (
        CURVE | {"loss": {"kind": "squared-error", "link": "softmax"}},
        "makes the one output of task curve(examples=60) 1 for every input",
    ),
    (
        CURVE | {"loss": {"kind": "huber", "link": "sigmoid"}},
        "loss.link = 'sigmoid' gives outputs from 0 to 1, but the targets of task "
        "curve(examples=60) reach from -",
    ),
    (
        CURVE
        | {
            "loss": {"kind": "squared-error", "link": "tanh"},
            "preparations": {"target-standardisation": {}},
        },
        "outputs from -1 to 1, but standardised targets have no bounds",
    ),
    (BLOBS | {"batch_size": 37}, "batch_size = 37 is more than the 36 training examples"),
    (
        BLOBS | {"normaliser": "batch-norm", "batch_size": 5},
        "needs 2 examples in every mini-batch; with 36 training examples in batches of 5 the last",
    ),
    (
        BLOBS
        | {
            "normaliser": "batch-norm",
            "batch_size": "full",
            "split": {"kind": "random", "train_examples": 1},
        },
        "needs 2 examples in every mini-batch; with 1 training examples",
    ),
    (
        BLOBS
        | {
            "regularisers": {"early-stopping": {}},
            "split": {"kind": "random", "validation": 0.0},
        },
        "early-stopping needs a validation set; the split leaves none",
    ),
    (
        BLOBS | {"split": {"kind": "k-fold", "folds": 49}},
        "folds = 49 is more than the 48 rows",
    ),
    (BLOBS | {"augmentations": {"mirror": {}}}, "augmentations need whole images; task blobs"),
    (
        {"augmentations": {"mirror": {}}, "preparations": {"feature-subset": {"features": 9}}},
        "task digits gives a subset of their pixels",
    ),
    (BLOBS | {"pretraining": "rbm"}, f"{RBM} reach from -"),
    (
        {"pretraining": "rbm", "preparations": {"standardisation": {}}},
        f"{RBM} have no bounds, so use 'gaussian'",
    ),
]


@pytest.mark.parametrize(("table", "told"), UNFIT, ids=[told[-40:] for _, told in UNFIT])
def test_a_recipe_that_does_not_fit_its_data_is_refused_in_one_sentence(table, told):
    with pytest.raises(InputError) as caught:
        sizes_of(recipe_from(table))
    (message,) = caught.value.messages
    assert told in message


def test_every_misfit_is_told():
    table = CURVE | {"loss": "multiclass-hinge", "batch_size": 100, "pretraining": "rbm"}
    with pytest.raises(InputError) as caught:
        sizes_of(recipe_from(table | {"augmentations": {"mirror": {}}}))
    assert len(caught.value.messages) == 3  # a curve's inputs lie in [0, 1]


@pytest.mark.parametrize(
    "table",
    [
        CURVE | {"loss": {"kind": "squared-error", "link": "tanh"}},
        BLOBS | {"loss": {"kind": "squared-error", "link": "sigmoid"}},
        BLOBS | {"loss": {"kind": "huber", "link": "softmax"}},
        BLOBS | {"normaliser": "batch-norm", "batch_size": "full"},
        BLOBS | {"normaliser": "layer-norm", "batch_size": 5},
        {"pretraining": "rbm"},
        BLOBS | {"pretraining": {"kind": "rbm", "visible": "gaussian"}},
    ],
)
def test_what_fits_is_let_through(table):
    assert sizes_of(recipe_from(table)).train > 0
