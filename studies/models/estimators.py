"""Estimators for scikit-learn: networks on a user's arrays, trained by the engine.

They have the parameters of a study's recipe, named as in study files, and work in pipelines,
grid searches and cross-validation. What they fit is a :class:`~paribus.core.models.model.Model`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from ...core.components import Array, Component
from ...core.dataset import Dataset
from ...core.engine.training import Training
from ...core.errors import InputError
from ...core.families.task_function import TaskFunction
from ...core.models.model import Model
from ...core.recipe import OPTIONAL, SEVERAL, Recipe
from ...core.trial import Trial
from ..data.loading import checked_sizes
from ..data.splits import RandomSplit
from ..files.functions import with_source
from ..files.schema import FAMILIES, component
from ..one_thread import one_blas_thread
from .estimator_parameters import PARAMETERS, signature
from .models import examples_in, model_of


@dataclass(frozen=True)
class Arrays(TaskFunction):
    """The data that an estimator is given; no study can name it."""

    kind: ClassVar[str] = "arrays"
    drawn: ClassVar[bool] = False

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Refuse: the arrays are trained on where they are given, and not kept."""
        raise InputError("the arrays that an estimator was fitted on are not kept with its recipe")


class NetworkEstimator(BaseEstimator):
    """What classifier and regressor share: a recipe as plain parameters, and its training."""

    _loss: ClassVar[str]
    _preparations: ClassVar[tuple[str, ...]]

    def __init__(self, hidden: Any = (30, 30), **given: Any) -> None:
        unknown = [name for name in given if name not in PARAMETERS]
        if unknown:
            raise TypeError(f"{type(self).__name__} has no parameter {unknown[0]!r}")
        for name, default in PARAMETERS.items():
            setattr(self, name, given.get(name, default))
        self.hidden = hidden

    @classmethod
    def from_recipe(cls, recipe: Recipe, **changes: Any) -> Self:
        """Return an estimator that trains as a recipe says, with ``changes`` to its parameters.

        Of the recipe's preparations only the scalings are taken, since selections and corruptions
        belong to an experiment; of its split only the share of validation rows, and that only for
        early stopping and schedules that watch the validation loss.

        Raises
        ------
        InputError
            If the recipe has augmentations, which need images.
        """
        if recipe.augmentations:
            raise InputError("an estimator has no images for the recipe's augmentations")
        names = set(cls._get_param_names()) - {"learning_rate", "validation", "random_state"}
        given = {name: getattr(recipe, name) for name in names}
        given |= {name: "none" for name in OPTIONAL if given[name] is None}
        given["preparations"] = tuple(
            p for p in recipe.preparations if not (p.selects or p.corrupts)
        )
        if recipe.restores or recipe.schedule.watches:
            given["validation"] = getattr(recipe.split, "validation", 0.2)
        return cls(**given | changes)

    def _recipe(self, rows: int) -> Recipe:
        """Return the recipe that the parameters describe, checked, for so many rows."""
        where, table = type(self).__name__, self.get_params(deep=False)
        table = {k: v.item() if isinstance(v, np.generic) else v for k, v in table.items()}
        validation, rate = table.pop("validation"), table.pop("learning_rate")
        del table["random_state"]
        for name, suiting in (("loss", self._loss), ("preparations", self._preparations)):
            table[name] = suiting if table[name] is None else table[name]
        for name in FAMILIES.keys() & table.keys():
            if name in SEVERAL:
                table[name] = several(name, table[name], f"{where}.{name}")
            elif name in OPTIONAL and table[name] == "none":
                table[name] = None
            else:
                table[name] = component(name, table[name], f"{where}.{name}")
        if rate is not None:
            held = {"kind": table["optimiser"].kind, **asdict(table["optimiser"])}
            table["optimiser"] = component("optimiser", held | {"learning_rate": rate}, where)
        hidden = table["hidden"]
        if not isinstance(hidden, tuple | list):
            raise InputError(f"{where}.hidden = {hidden!r} must hold the width of each layer")
        table["hidden"] = tuple(int(k) if isinstance(k, np.integer) else k for k in hidden)
        try:
            split = RandomSplit(validation=validation, test=0.0)
            left = rows - round(rows * split.validation)
            if isinstance(table["batch_size"], int):
                table["batch_size"] = min(table["batch_size"], max(left, 1))
            return Recipe(Arrays(), split, **table)
        except InputError as error:
            told = (m.replace("recipe.", f"{where}.") for m in error.messages)
            raise InputError(*told) from None

    def _fit(self, x: Array, y: Array, classes: tuple[str, ...]) -> None:
        """Train on the rows, and keep the model and how the training ended."""
        names = tuple(map(str, getattr(self, "feature_names_in_", ())))
        data = Dataset(x, y, classes, (*names, "target") if names else ())
        recipe = with_source(self._recipe(len(x)))
        checked_sizes(recipe, data)
        trial = Trial(recipe, "arrays", self._seed(), 0)
        with one_blas_thread():
            training = Training([trial], examples_in(data, trial))
            while not training.finished:
                training.run_epoch()
        outcome = training.outcome(0)
        if outcome.status != "ok":
            raise FloatingPointError(
                f"the training diverged in epoch {outcome.diverged_epoch}, hidden or output layer "
                f"{outcome.diverged_layer}; a smaller learning_rate may help"
            )
        self.model_: Model = model_of(training, 0, trial, data)
        self.outcome_ = outcome
        self.recipe_ = recipe

    def _seed(self) -> int:
        """Return the seed: the random state itself where it is a whole number."""
        state = self.random_state
        if isinstance(state, int | np.integer) and not isinstance(state, bool):
            if not 0 <= state < 2**63:
                raise InputError(f"random_state = {state} must be from 0 to 2⁶³ − 1")
            return int(state)
        return int(check_random_state(state).randint(2**31 - 1))

    def _read(self, x: Any) -> Array:
        """Return inputs to predict from, checked against those of the training."""
        check_is_fitted(self, "model_")
        read: Array = validate_data(self, x, reset=False, dtype=np.float64)
        return read


vars(NetworkEstimator)["__init__"].__signature__ = signature()


def several(family: str, value: Any, where: str) -> tuple[Component, ...]:
    """Return the members of a family that a table by kind, or a list, stands for."""
    if isinstance(value, Mapping):
        value = [{"kind": kind, **fields} for kind, fields in value.items()]
    if not isinstance(value, tuple | list):
        raise InputError(f"{where} = {value!r} must be a table by kind, or a list")
    return tuple(component(family, item, where) for item in value)


class ParibusClassifier(ClassifierMixin, NetworkEstimator):
    """A network that tells classes apart, as a scikit-learn estimator.

    Parameters
    ----------
    hidden
        The width of each hidden layer, from the inputs on.
    activation, initialiser, loss, optimiser, schedule, momentum_schedule, normaliser, residual, \
    parametrisation, pretraining
        Components as in a study file: a kind's name, a table with ``kind`` and its fields, or the
        component itself; the last five may be ``"none"``. The loss is by default the softmax
        cross-entropy.
    learning_rate
        The optimiser's, where it is not None.
    regularisers, preparations
        A table of kinds with their fields, or a list of names, tables or components. Inputs are
        standardised by default, by the training rows; the model does it to what it predicts from.
    batch_size
        Examples in a mini-batch, at most all of them; 0 for all.
    epochs
        How often the training rows are gone through.
    bias, bias_std
        Mean and standard deviation of the initial biases.
    dtype
        ``"float64"`` or ``"float32"``.
    validation
        The share of rows held out for early stopping or a schedule that watches.
    random_state
        The seed: with an integer the training has the luck of replicate 0 of a study of this seed.

    Attributes
    ----------
    classes_, n_features_in_, feature_names_in_
        As in all estimators.
    model_
        The :class:`~paribus.core.models.model.Model`, which can be saved.
    recipe_, outcome_
        What was trained, and how it ended: epochs and scores.
    """

    _loss = "softmax-cross-entropy"
    _preparations = ("standardisation",)

    def fit(self, X: Any, y: Any) -> Self:
        """Train on inputs (rows, features) and one class per row.

        Raises
        ------
        ValueError
            If the data or a parameter cannot be used.
        FloatingPointError
            If the training diverges.
        """
        x, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise InputError(f"y holds the one class {self.classes_[0]}; two classes are needed")
        one_hot = np.eye(len(self.classes_), dtype=np.float32)[labels]
        self._fit(x, one_hot, tuple(map(str, self.classes_.tolist())))
        return self

    def predict(self, X: Any) -> Array:
        """Return the likeliest class of each row, shape (rows,)."""
        x = self._read(X)
        with one_blas_thread():
            return np.asarray(self.classes_[self.model_.outputs(x).argmax(axis=1)])

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class of ``classes_``, shape (rows, classes).

        Raises
        ------
        InputError
            If the loss gives no probabilities.
        """
        x = self._read(X)
        with one_blas_thread():
            return self.model_.predict_proba(x)


class ParibusRegressor(RegressorMixin, NetworkEstimator):
    """A network that predicts one number or several, as a scikit-learn estimator.

    Parameters and attributes are those of :class:`ParibusClassifier`, without ``classes_``. By
    default the loss is the squared error, and inputs and targets are standardised; predictions are
    in the targets' own units.
    """

    _loss = "squared-error"
    _preparations = ("standardisation", "target-standardisation")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Train on inputs (rows, features) and numbers (rows,) or (rows, outputs).

        Errors as for :meth:`ParibusClassifier.fit`.
        """
        x, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        targets = np.asarray(y, np.float64)
        self._fit(x, targets[:, None] if targets.ndim == 1 else targets, ())
        return self

    def predict(self, X: Any) -> Array:
        """Return the number of each row, shape (rows,), or (rows, outputs) for several."""
        x = self._read(X)
        with one_blas_thread():
            return self.model_.predict(x)
