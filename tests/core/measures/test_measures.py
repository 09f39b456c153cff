"""What every measure keeps to, and what each measures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paribus.core.components import members
from paribus.core.engine.examples import Examples, Variable
from paribus.core.engine.training import Training
from paribus.core.errors import InputError
from paribus.core.families.activations import Identity, ReLU
from paribus.core.families.losses import SoftmaxCrossEntropy, SquaredError
from paribus.core.families.normalisers import BatchNorm
from paribus.core.families.optimisers import SGD, Adam
from paribus.core.families.regularisers import Averaging, EarlyStopping
from paribus.core.measures.grids import Boundary, FittedCurve
from paribus.core.measures.layers import LayerStatistics
from paribus.core.measures.measures import Measure
from paribus.core.measures.modes import Modes
from paribus.core.measures.outcomes import Outcomes
from paribus.core.trial import Trial
from paribus.studies.data.loading import examples_of
from paribus.studies.data.tasks import dataset
from small import recipe, trials_on

MEMBERS = members(Measure)
BASE = recipe(
    epochs=4, optimiser=Adam(0.02), normaliser=BatchNorm(), regularisers=(Averaging(0.5),)
)
ROWS = 700


def data(measure: type, replicates: list[int]) -> Examples:
    """Return data that a measure fits, a split of its own for each replicate, in two chunks."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((ROWS, 1 if measure is FittedCurve else 2))
    rows = np.stack([np.random.default_rng(k).permutation(ROWS) for k in replicates])
    parts = rows[:, :40], rows[:, 40:340], rows[:, 340:]
    if measure is FittedCurve:
        y = np.concatenate([np.sin(x), np.cos(x)], axis=1)
        variables = tuple(Variable(-1.0, 1.0 + k, lambda t: t[:, None]) for k in replicates)
        return Examples(x, y, *parts, labelled=False, variables=variables)
    return Examples(x, np.eye(3)[rng.integers(0, 3, ROWS)], *parts)


def settings(measure: type):
    if measure is Modes:
        return replace(BASE, activation=Identity(), normaliser=None)
    return replace(BASE, loss=SquaredError()) if measure is FittedCurve else BASE


def trained(recipes, replicates, examples, *measures) -> Training:
    trials = [Trial(r, "data", 3, k) for r, k in zip(recipes, replicates, strict=True)]
    training = Training(trials, examples, *measures)
    while not training.finished:
        training.run_epoch()
    return training


def rows_of(training: Training, table: str, position: int) -> dict[str, np.ndarray]:
    columns = training.records[table].columns()
    return {n: v[columns["trial"] == position] for n, v in columns.items() if n != "trial"}


@pytest.mark.parametrize("cls", MEMBERS.values(), ids=MEMBERS)
@pytest.mark.parametrize(
    "changes",
    [
        {"dtype": "float32"},
        {"dtype": "float64"},
        {"epochs": 12, "regularisers": (EarlyStopping(1),)},
    ],
    ids=["float32", "float64", "ends apart"],
)
def test_a_stacks_rows_are_its_trials_rows_and_training_keeps_its_bits(cls, changes):
    base = replace(settings(cls), **changes)
    recipes = [replace(base, optimiser=Adam(0.02 * (1 + k))) for k in range(3)]
    stacked = trained(recipes, [0, 1, 2], data(cls, [0, 1, 2]), cls())
    plain = trained(recipes, [0, 1, 2], data(cls, [0, 1, 2]))
    for k in range(3):
        assert np.array_equal(stacked.parameters(k), plain.parameters(k))
        assert np.array_equal(stacked.statistics(k), plain.statistics(k))
        assert stacked.outcome(k) == plain.outcome(k)
        alone = trained([recipes[k]], [k], data(cls, [k]), cls())
        mine, own = (rows_of(t, cls.table, i) for t, i in ((stacked, k), (alone, 0)))
        assert mine.keys() == own.keys()
        for name, values in own.items():
            assert len(values)
            np.testing.assert_array_equal(mine[name], values, err_msg=name)


@pytest.mark.parametrize("cls", MEMBERS.values(), ids=MEMBERS)
def test_a_table_has_the_columns_it_says(cls):
    kinds = {float: "f", int: "i", str: "U", bool: "b"}
    done = trained([settings(cls)], [0], data(cls, [0]), cls())
    columns = done.records[cls.table].columns()
    assert columns.keys() - {"trial"} <= cls.columns.keys()
    for name, kind in cls.columns.items():
        assert name not in columns or columns[name].dtype.kind == kinds[kind], name
    assert len({len(values) for values in columns.values()}) == 1
    assert cls.kind.replace("-", "_") == cls.table
    assert set(cls.averaged) <= cls.columns.keys()


def test_several_measures_have_a_table_each_and_none_has_two():
    done = trained([BASE], [0], data(Boundary, [0]), Boundary(5), Outcomes(), LayerStatistics())
    assert done.records.keys() == {"epochs", "boundary", "outcomes", "layers"}
    assert trained([BASE], [0], data(Boundary, [0])).layers.columns() == {}
    with pytest.raises(ValueError, match="two measures fill the same table"):
        Training([Trial(BASE, "d", 0, 0)], data(Boundary, [0]), Outcomes(), Outcomes())


@pytest.mark.parametrize(
    ("measure", "cls", "told"),
    [
        (Boundary(), FittedCurve, "2 inputs and classes, not one with 1 and numbers"),
        (FittedCurve(), Boundary, "predicts numbers from one variable; this one has classes"),
    ],
)
def test_examples_that_a_measure_does_not_fit_are_refused(measure, cls, told):
    with pytest.raises(InputError, match=told):
        Training([Trial(settings(cls), "d", 0, 0)], data(cls, [0]), measure)


@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(), SquaredError("sigmoid")], ids=str)
@pytest.mark.parametrize("stopping", [(), (EarlyStopping(1),)], ids=["to the end", "early"])
def test_the_means_of_outcomes_are_the_scores(loss, stopping):
    """Also under early stopping, whose best weights they are measured with."""
    base = replace(BASE, loss=loss, epochs=12, optimiser=SGD(0.9), dtype="float64")
    base = replace(base, regularisers=stopping)
    done = trained([base] * 2, [0, 1], data(Boundary, [0, 1]), Outcomes())
    for k in (0, 1):
        rows, last = rows_of(done, "outcomes", k), done.outcome(k).last
        if stopping:
            assert last["epoch"] < done.outcome(k).epochs_trained < 12
        for name, count in (("validation", 300), ("test", 360)):
            here = rows["set"] == name
            assert here.sum() == count
            assert rows["right"][here].mean() == last[f"{name}_accuracy"]
            assert rows["loss"][here].mean() == pytest.approx(last[f"{name}_loss"], rel=1e-12)


def test_outcomes_of_numbers_are_residuals_of_each_output():
    examples = data(FittedCurve, [0])
    done = trained([settings(FittedCurve)], [0], examples, Outcomes())
    rows = rows_of(done, "outcomes", 0)
    assert "right" not in rows
    assert rows["output"].tolist() == [1, 2] * 660
    targets = examples.y[rows["example"], rows["output"] - 1]
    np.testing.assert_allclose(rows["predicted"] - rows["residual"], targets, atol=1e-6)
    half = 0.5 * rows["residual"].reshape(-1, 2) ** 2
    np.testing.assert_allclose(half.sum(axis=1), rows["loss"][::2], rtol=1e-4, atol=1e-9)
    assert np.array_equal(rows["loss"][::2], rows["loss"][1::2])


def test_a_trial_that_diverged_has_no_end():
    wild = replace(BASE, optimiser=Adam(1e30), activation=ReLU(), normaliser=None)
    calm = replace(wild, optimiser=Adam(0.01))
    done = trained([wild, calm], [0, 1], data(Boundary, [0, 1]), Outcomes(), Boundary(5))
    assert done.outcome(0).status == "diverged"
    for table in ("outcomes", "boundary"):
        assert set(done.records[table].columns()["trial"]) == {1}


def test_a_boundary_is_what_the_network_says_on_a_grid_around_the_data():
    """A linear model's winner and lead, by hand."""
    examples = data(Boundary, [0])
    base = recipe(hidden=(), epochs=2, dtype="float64")
    done = trained([base], [0], examples, Boundary(7, 0.5))
    rows = rows_of(done, "boundary", 0)
    theta = done.parameters(0)
    points = np.column_stack([rows["x1"], rows["x2"]])
    z = points @ theta[:6].reshape(3, 2).T + theta[6:]
    np.testing.assert_array_equal(rows["winner"], z.argmax(axis=1))
    lead = np.sort(z, axis=1)
    np.testing.assert_allclose(rows["lead"], lead[:, -1] - lead[:, -2], atol=1e-12)
    low, high = examples.x.min(axis=0), examples.x.max(axis=0)
    assert len(points) == 49
    np.testing.assert_allclose(points.min(axis=0), low - 0.5 * (high - low))
    np.testing.assert_allclose(points.max(axis=0), high + 0.5 * (high - low))


@pytest.mark.parametrize(
    "task",
    [{"kind": "curve", "examples": 60}, {"kind": "noisy-polynomial", "examples": 60}],
    ids=lambda task: task["kind"],
)
@pytest.mark.parametrize("preparations", [{}, {"standardisation": {}, "feature-subset": {}}])
def test_a_fitted_curve_goes_through_the_predictions_at_the_data(task, preparations):
    """At the values of x that the data have, the inputs of the curve are those of the data."""
    table = {"task": task, "loss": "squared-error", "hidden": [4], "batch_size": 10, "epochs": 1}
    if preparations and task["kind"] == "noisy-polynomial":
        preparations = preparations | {"feature-subset": {"features": 3}}
    trials = trials_on([table | {"dtype": "float64", "preparations": preparations}], 2)
    examples = examples_of(trials)
    for position, trial in enumerate(trials):
        raw = dataset(trial.recipe.task, 0, trial.replicate).raw
        x = raw[:, 0 if task["kind"] == "curve" else 1]
        variable = examples.variables[position]
        for part in (examples.train, examples.validation, examples.test):
            rows = part[position]
            inputs = variable.inputs(x[examples.dataset_rows(rows)])
            np.testing.assert_allclose(inputs, examples.x[rows % len(examples.x)], atol=1e-12)
    training = Training(trials, examples, FittedCurve(9))
    while not training.finished:
        training.run_epoch()
    rows = rows_of(training, "curve", 1)
    low, high = examples.variables[1].low, examples.variables[1].high
    np.testing.assert_allclose(rows["x"], np.linspace(low, high, 9))
    assert np.isfinite(rows["predicted"]).all()


@pytest.mark.parametrize("preparation", [{}, {"standardisation": {}}, {"label-noise": {}}], ids=str)
def test_outcomes_name_the_rows_of_the_data_set(preparation):
    """The target that a row names is the one that its trial was scored on."""
    table = {"task": "wine", "hidden": [4], "batch_size": 20, "epochs": 1}
    trials = trials_on([table | {"preparations": preparation}], 2)
    examples = examples_of(trials)
    training = Training(trials, examples, Outcomes())
    while not training.finished:
        training.run_epoch()
    known = dataset(trials[0].recipe.task, 0, 0)
    for position in (0, 1):
        rows = rows_of(training, "outcomes", position)
        right = rows["predicted"] == known.labels[rows["example"]]
        np.testing.assert_array_equal(rows["right"], right)
        split = examples.validation[position], examples.test[position]
        assert len(rows["example"]) == sum(map(len, split))
        assert len(set(rows["example"])) == len(rows["example"])
        for part in split:
            inputs = examples.x[part % len(examples.x)]
            source = known.inputs("float64")[examples.dataset_rows(part)]
            corrected = np.corrcoef(inputs[:, 0], source[:, 0])[0, 1]
            assert corrected == pytest.approx(1.0, abs=1e-6)
