"""From a training to a model that predicts, and from a user's file to its predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.components import Array
from ...core.dataset import Dataset, parts
from ...core.engine.architecture import Architecture
from ...core.engine.examples import Examples
from ...core.engine.training import Training
from ...core.errors import InputError
from ...core.models.model import Model
from ...core.models.scales import Inputs, Targets
from ...core.recipe import Recipe
from ...core.trial import Trial
from ..data.loading import data_of, rows_of
from ..data.own_table import numbers_in, read_frame
from ..preparations.preparations import features, input_scale, target_scale, targets

if TYPE_CHECKING:
    import pandas as pd


def inputs_of(recipe: Recipe, data: Dataset, train: Array) -> Inputs:
    """Return how a recipe scales the inputs of data with these training rows."""
    kept = data.first(features(recipe))
    count = kept.raw.shape[1]
    mean, sd = input_scale(recipe, kept, train) or (np.zeros(count), np.ones(count))
    return Inputs(data.raw.shape[1], mean, sd, data.divisor, data.names[:count])


def targets_of(recipe: Recipe, data: Dataset, train: Array) -> Targets:
    """Return what a recipe's outputs stand for on data with these training rows."""
    count = data.y.shape[1]
    mean, sd = target_scale(recipe, data, train) or (np.zeros(count), np.ones(count))
    return Targets(data.classes, mean.astype(np.float64), sd.astype(np.float64))


def examples_in(data: Dataset, trial: Trial) -> Examples:
    """Return the examples of one trial within data at hand, whatever its recipe names as task."""
    recipe, rows = trial.recipe, rows_of(trial, data)
    inputs = inputs_of(recipe, data, rows[0])
    x = np.empty((len(data.raw), len(inputs.mean)), recipe.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        for part in parts(len(x)):
            x[part] = inputs.scaled(data.raw[part, : x.shape[1]], x.dtype)
    y = targets(recipe, data, rows.train, trial.key)
    train, validation, test, selection = (part[None] for part in rows)
    labelled = bool(data.classes)
    return Examples(x, y, train, validation, test, labelled, data.image, selection=selection)


def model_of(
    training: Training,
    position: int,
    trial: Trial,
    data: Dataset | None = None,
    about: Mapping[str, Any] | None = None,
) -> Model:
    """Return the model that a finished training made of the trial at a position of its stack.

    ``data`` are those that it was trained on, where they are not its task's; ``about`` is kept
    with the model.
    """
    recipe, data = trial.recipe, data_of(trial) if data is None else data
    train = rows_of(trial, data)[0]
    inputs = inputs_of(recipe, data, train)
    architecture = Architecture.of(recipe, len(inputs.mean), data.y.shape[1])
    return Model(
        replace(architecture, parametrisation=None),  # which only training asks for
        recipe.loss,
        training.parameters(position),
        training.statistics(position),
        inputs,
        targets_of(recipe, data, train),
        about or {},
    )


def predictions(model: Model, path: Path, *, probabilities: bool = False) -> pd.DataFrame:
    """Return what a model predicts for each row of a CSV or Parquet file.

    Columns are found by name where the model knows the names of its inputs, and others left
    aside; otherwise the file must hold the raw inputs in their order and nothing else. The frame
    has the column ``prediction`` (``prediction 1``, … for several numbers), and with
    ``probabilities`` one more for every class.

    Raises
    ------
    InputError
        If the file cannot be read, or does not hold what the model reads.
    """
    import pandas as pd

    frame = read_frame(path)
    names = [name for name in model.inputs.names if name in frame.columns]
    wanted = frame[names] if model.inputs.names else frame
    x = pd.DataFrame(numbers_in(wanted, path), columns=wanted.columns)
    try:
        values = model.predict(x)
        several = values.T if values.ndim > 1 else [values]
        columns = {f"prediction {i + 1}": column for i, column in enumerate(several)}
        if len(columns) == 1:
            columns = {"prediction": values}
        if probabilities:
            shares = model.predict_proba(x).T
            columns |= {
                f"probability of {c}": p for c, p in zip(model.classes, shares, strict=True)
            }
    except InputError as error:
        messages = (message.removeprefix("x: ").removeprefix("x ") for message in error.messages)
        raise InputError(*(f"{path}: {message}" for message in messages)) from None
    return pd.DataFrame(columns)
