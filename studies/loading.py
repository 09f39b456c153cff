"""From trials to arrays: the examples of a stack, and checks that a recipe fits its data."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

import numpy as np

from ..core.components import Array
from ..core.errors import InputError
from ..core.examples import Examples, Sizes
from ..core.recipe import Recipe
from ..core.trial import Trial
from .dataset import Dataset
from .splits import Rows, Split
from .tasks import Task, dataset, fixed_dataset


def rows_of(recipe: Recipe, data: Dataset, seed: int, replicate: int) -> Rows:
    """Return a trial's row numbers within its data set."""
    return cast("Split", recipe.split).rows(data, seed, replicate)


def sizes_of(recipe: Recipe) -> Sizes:
    """Return the sizes of a recipe's data, checked to fit the recipe.

    Raises
    ------
    InputError
        If the loss does not fit the targets, or the training set is smaller than a mini-batch.
    """
    data = dataset(cast("Task", recipe.task), 0, 0)
    train, validation, test = rows_of(recipe, data, 0, 0)
    if recipe.loss.classifies and not data.classes:
        raise InputError(
            f"loss = {recipe.loss.kind!r} needs classes, but task {recipe.task} predicts a number; "
            "use loss = 'squared-error'"
        )
    if recipe.batch_size > len(train):
        raise InputError(
            f"batch_size = {recipe.batch_size} is more than the {len(train)} training examples"
        )
    return Sizes(data.raw.shape[1], data.y.shape[1], len(train), len(validation), len(test))


@lru_cache(maxsize=2)
def fixed_inputs(task: Task, dtype: str) -> Array:
    """Return the inputs of a task whose data never change, scaled once per process."""
    return fixed_dataset(task).inputs(dtype)


def examples_of(trials: list[Trial]) -> Examples:
    """Return the examples of a stack of trials.

    Data that are drawn per replicate are laid one after another, and row numbers shifted.
    """
    recipe = trials[0].recipe
    tasks = [cast("Task", trial.recipe.task) for trial in trials]
    if not tasks[0].drawn:
        data = fixed_dataset(tasks[0])
        rows = [rows_of(t.recipe, data, t.seed, t.replicate) for t in trials]
        parts = [np.stack([row[i] for row in rows]) for i in range(3)]
        return Examples(fixed_inputs(tasks[0], recipe.dtype), data.y, *parts)
    keys = [(task, t.seed, t.replicate) for task, t in zip(tasks, trials, strict=True)]
    drawn = {key: dataset(*key) for key in dict.fromkeys(keys)}
    offsets, total = {}, 0
    for key, data in drawn.items():
        offsets[key], total = total, total + len(data.raw)
    rows = [rows_of(t.recipe, drawn[k], *k[1:]) for k, t in zip(keys, trials, strict=True)]
    parts = [
        np.stack([row[i] + offsets[key] for key, row in zip(keys, rows, strict=True)])
        for i in range(3)
    ]
    x = np.concatenate([data.inputs(recipe.dtype) for data in drawn.values()])
    return Examples(x, np.concatenate([data.y for data in drawn.values()]), *parts)
