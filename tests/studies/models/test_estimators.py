"""The estimators: scikit-learn's own checks, and the engine's own numbers."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from paribus.core.components import members
from paribus.core.engine.training import Training
from paribus.core.errors import InputError
from paribus.core.families.normalisers import BatchNorm
from paribus.core.families.optimisers import Momentum
from paribus.core.families.regularisers import L2, EarlyStopping
from paribus.core.models.model_file import load_model
from paribus.core.recipe import Recipe
from paribus.core.trial import Trial
from paribus.studies.data.loading import examples_of, rows_of
from paribus.studies.data.tasks import fingerprint
from paribus.studies.files.drafts import recipe_from
from paribus.studies.files.schema import FAMILIES
from paribus.studies.models.estimators import ParibusClassifier, ParibusRegressor
from paribus.studies.models.models import data_of, model_of, predictions
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_wine
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

BOTH = (ParibusClassifier, ParibusRegressor)
QUICK = {
    "check_no_attributes_set_in_init",
    "check_estimator_cloneable",
    "check_pipeline_consistency",
    "check_estimators_nan_inf",
    "check_n_features_in_after_fitting",
    "check_methods_subset_invariance",
    "check_estimator_sparse_array",
    "check_fit_idempotent",
    "check_classifiers_one_label",
    "check_regressor_multioutput",
}
WINE = load_wine(return_X_y=True)


EVERY = """
from sklearn.utils.estimator_checks import check_estimator
from paribus.studies.estimators import {0}
results = check_estimator({0}(), on_skip=None)
print(len(results), *(r["check_name"] for r in results if r["status"] != "passed"))
"""


@pytest.mark.slow
@pytest.mark.parametrize("cls", BOTH)
def test_every_check_of_scikit_learn_passes_and_none_is_skipped(cls):
    """In a process of its own, since one check depends on how SciPy was imported."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", EVERY.format(cls.__name__)],
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    count, *others = done.stdout.split()
    assert int(count) > 40
    assert not others


@pytest.mark.parametrize("cls", BOTH)
def test_quick_checks_of_scikit_learn(cls):
    done = set()
    for estimator, check in estimator_checks_generator(cls(epochs=3)):
        name = getattr(check, "func", check).__name__
        if name in QUICK:
            check(estimator)
            done.add(name)
    other = {"check_classifiers_one_label", "check_regressor_multioutput"}
    assert done >= QUICK - other
    assert len(done & other) == 1


def test_an_estimator_trains_what_a_study_trains_bit_for_bit():
    """The same rows and seed: the engine's replicate 0, and its model."""
    table = {
        "task": "wine",
        "split": {"kind": "random", "validation": 0.25, "test": 0.0},
        "hidden": [7, 7],
        "activation": "relu",
        "initialiser": "he",
        "optimiser": {"kind": "adam", "learning_rate": 0.003},
        "regularisers": {"dropout": {"p": 0.1}, "early-stopping": {"patience": 3}},
        "normaliser": "batch-norm",
        "residual": {"kind": "residual", "scale": 0.5},
        "preparations": {"standardisation": {}, "label-noise": {"fraction": 0.0}},
        "epochs": 9,
    }
    recipe = recipe_from(table)
    trial = Trial(recipe, fingerprint(recipe.task), 12, 0)
    training = Training([trial], examples_of([trial]))
    while not training.finished:
        training.run_epoch()
    expected = model_of(training, 0, trial)
    data = data_of(trial)
    fitted = ParibusClassifier.from_recipe(recipe, random_state=12).fit(data.raw, data.labels)
    assert fitted.validation == 0.25
    assert fitted.model_.dtype == np.float32
    assert np.array_equal(fitted.model_.parameters, expected.parameters)
    assert np.array_equal(fitted.model_.outputs(data.raw), expected.outputs(data.raw))
    assert fitted.outcome_ == training.outcome(0)
    rows = rows_of(trial, data)[1]
    right = fitted.score(data.raw[rows], data.labels[rows])
    assert right == training.outcome(0).last["validation_accuracy"]


def test_plain_parameters_say_what_components_say():
    plain = ParibusClassifier(
        (6,),
        optimiser="momentum",
        learning_rate=0.02,
        regularisers={"l2": {"strength": 0.01}, "early-stopping": {}},
        normaliser={"kind": "batch-norm", "place": "after"},
        preparations=(),
        validation=0.2,
        epochs=np.int64(4),
        random_state=0,
    )
    parts = ParibusClassifier(
        [6],
        optimiser=Momentum(0.02),
        regularisers=[L2(0.01), EarlyStopping()],
        normaliser=BatchNorm(place="after"),
        preparations=[],
        validation=0.2,
        epochs=4,
        random_state=np.random.RandomState(0),
    )
    assert plain.fit(*WINE).recipe_ == parts.fit(*WINE).recipe_
    parts.set_params(random_state=0)
    assert np.array_equal(parts.fit(*WINE).predict_proba(WINE[0]), plain.predict_proba(WINE[0]))


def test_every_family_of_a_recipe_is_a_parameter():
    missing = FAMILIES.keys() - set(ParibusClassifier._get_param_names())
    assert missing == {"task", "split", "augmentations"}
    assert members(FAMILIES["augmentations"])


def test_pipelines_searches_and_clones():
    base = ParibusClassifier((8,), epochs=10, preparations=(), random_state=0)
    piped = make_pipeline(StandardScaler(), base)
    search = GridSearchCV(piped, {"paribusclassifier__learning_rate": [1e-6, 0.01]}, cv=3)
    search.fit(*WINE)
    assert search.best_params_ == {"paribusclassifier__learning_rate": 0.01}
    assert search.best_score_ > 0.9
    houses = load_diabetes(return_X_y=True)
    scores = cross_val_score(ParibusRegressor((8,), epochs=30, random_state=0), *houses, cv=3)
    assert scores.mean() > 0.35
    twin = clone(ParibusRegressor.from_recipe(recipe_from({"loss": "huber"}), epochs=2))
    assert twin.loss.kind == "huber"


def test_a_fitted_model_can_be_saved_and_pickled(tmp_path):
    x, y = load_wine(return_X_y=True, as_frame=True)
    names = np.array(["Barolo", "Grignolino", "Barbera"])[y]
    fitted = ParibusClassifier((5,), epochs=3, random_state=1).fit(x, names)
    fitted.model_.save(tmp_path / "m.npz")
    model = load_model(tmp_path / "m.npz")
    assert np.array_equal(model.predict(x[x.columns[::-1]]), fitted.predict(x))
    assert np.array_equal(model.predict_proba(x), fitted.predict_proba(x))
    assert np.array_equal(pickle.loads(pickle.dumps(fitted)).predict(x), fitted.predict(x))
    assert model.classes == ("Barbera", "Barolo", "Grignolino")


def test_several_numbers(tmp_path):
    x = np.random.default_rng(0).standard_normal((150, 3))
    y = np.column_stack([100 + 20 * x[:, 0], x[:, 1] - x[:, 2]])
    fitted = ParibusRegressor((), epochs=60, learning_rate=0.02, random_state=0).fit(x, y)
    assert fitted.predict(x).shape == (150, 2)
    assert fitted.score(x, y) > 0.99
    pd.DataFrame(x).to_csv(tmp_path / "x.csv", index=False)
    told = predictions(fitted.model_, tmp_path / "x.csv")
    assert list(told.columns) == ["prediction 1", "prediction 2"]
    assert np.array_equal(told.to_numpy(), fitted.predict(x))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"activation": "tahn"}, r"ParibusClassifier\.activation: .* did you mean 'tanh'"),
        ({"hidden": (0,)}, r"ParibusClassifier\.hidden = \(0,\)"),
        ({"hidden": 5}, r"ParibusClassifier\.hidden = 5 must hold the width of each layer"),
        ({"epochs": 1.5}, r"ParibusClassifier\.epochs = 1.5 must be a whole number"),
        ({"learning_rate": -1.0}, "learning_rate = -1.0"),
        ({"regularisers": "l2"}, "must be a table by kind, or a list"),
        ({"regularisers": {"l3": {}}}, "did you mean 'l1'|did you mean 'l2'"),
        ({"regularisers": {"early-stopping": {}}}, "needs a validation set"),
        ({"validation": 1.0}, "validation = 1.0"),
        ({"dtype": "float16"}, "dtype = 'float16'"),
        ({"random_state": -1}, "random_state = -1"),
        ({"preparations": ["target-standardisation"]}, "predicts a number"),
        ({"hidden": (3, 4), "residual": "residual"}, r"ParibusClassifier\.residual joins"),
    ],
)
def test_parameters_that_cannot_be_used_are_refused(given, told):
    with pytest.raises(InputError, match=told):
        ParibusClassifier(**given).fit(*WINE)


def test_what_only_an_experiment_wants_is_left_behind():
    recipe: Recipe = recipe_from(
        {"preparations": {"label-noise": {"fraction": 0.9}, "standardisation": {}}}
    )
    taken = ParibusClassifier.from_recipe(recipe)
    assert [part.kind for part in taken.preparations] == ["standardisation"]
    assert taken.validation == 0.0
    with pytest.raises(InputError, match="no images"):
        ParibusClassifier.from_recipe(recipe_from({"augmentations": {"translation": {}}}))


def test_losses_without_probabilities_and_divergence():
    hinge = ParibusClassifier(loss="multiclass-hinge", epochs=5, random_state=0).fit(*WINE)
    assert hinge.score(*WINE) > 0.9
    with pytest.raises(InputError, match="gives none"):
        hinge.predict_proba(WINE[0])
    wild = ParibusRegressor(optimiser="sgd", learning_rate=1e9, activation="relu", epochs=5)
    with pytest.raises(FloatingPointError, match="diverged in epoch 1"):
        wild.fit(*load_diabetes(return_X_y=True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ParibusClassifier(epochs=1, batch_size=10**6).fit(*WINE).recipe_.batch_size == 178


def test_a_users_function_is_read_at_fit(tmp_path, monkeypatch):
    """As seen from the current folder; what was read travels with the fitted estimator."""
    monkeypatch.chdir(tmp_path)
    x, y = load_wine(return_X_y=True)
    (tmp_path / "mine.py").write_text("def f(z):\n    return z + z * z / 2\n")
    own = ParibusClassifier((4,), activation={"kind": "function", "path": "mine.py:f"}, epochs=3)
    built_in = ParibusClassifier(
        (4,), activation={"kind": "expression", "formula": "z + z * z / 2"}, epochs=3
    )
    found = clone(own).set_params(random_state=1).fit(x, y)
    expected = built_in.set_params(random_state=1).fit(x, y).predict_proba(x)
    np.testing.assert_allclose(found.predict_proba(x), expected, rtol=1e-9)
    again = ParibusClassifier.from_recipe(found.recipe_, random_state=1)
    (tmp_path / "mine.py").write_text("def f(z):\n    return undefined\n")
    assert np.array_equal(again.fit(x, y).predict_proba(x), found.predict_proba(x))
    with pytest.raises(InputError, match="fails: NameError"):
        own.fit(x, y)
