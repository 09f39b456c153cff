"""From trials to arrays: the examples of a stack, and checks that a recipe fits its data."""

from __future__ import annotations

from typing import cast

import numpy as np

from ..core.errors import InputError, ResourceError
from ..core.examples import Examples, Sizes
from ..core.recipe import Recipe
from ..core.regularisers import LabelSmoothing
from ..core.streams import Purpose
from ..core.trial import Trial
from .dataset import Dataset
from .splits import Rows, Split
from .tasks import Task, dataset, fingerprint, fixed_inputs


def sizes_of(recipe: Recipe, fold: int = 0) -> Sizes:
    """Return the sizes of a recipe's data, checked to fit the recipe.

    They are the same for all replicates; fold 0 has the smallest training set.

    Raises
    ------
    InputError
        If the loss does not fit the targets, or the training set is smaller than a mini-batch.
    """
    data = dataset(cast("Task", recipe.task), 0, 0)
    train, validation, test = cast("Split", recipe.split).rows(data, 0, 0, fold)
    if recipe.loss.classifies and not data.classes:
        raise InputError(
            f"loss = {recipe.loss.kind!r} needs classes, but task {recipe.task} predicts a number; "
            "use loss = 'squared-error'"
        )
    if recipe.regulariser(LabelSmoothing) and not data.classes:
        raise InputError(f"regularisers.label-smoothing needs classes; task {recipe.task} has none")
    if recipe.batch_size > len(train):
        raise InputError(
            f"batch_size = {recipe.batch_size} is more than the {len(train)} training examples"
        )
    if recipe.restores and not len(validation):
        raise InputError(
            "regularisers.early-stopping needs a validation set; the split leaves none"
        )
    counts = len(train), len(validation), len(test)
    return Sizes(data.raw.shape[1], data.y.shape[1], *counts, labelled=bool(data.classes))


def rows_of(trial: Trial, data: Dataset) -> Rows:
    """Return a trial's row numbers within its data set."""
    split = cast("Split", trial.recipe.split)
    return split.rows(data, trial.seed, trial.part(Purpose.SPLIT), trial.fold)


def examples_of(trials: list[Trial]) -> Examples:
    """Return the examples of a stack of trials.

    Where trials have different data (another task, or data drawn per replicate), these are laid
    one after another and the row numbers shifted.

    Raises
    ------
    ResourceError
        If a task's data are not those that its trials were planned with.
    """
    dtype = trials[0].recipe.dtype
    keys = []
    for trial in trials:
        task = cast("Task", trial.recipe.task)
        _refuse_changed(task, trial.fingerprint)
        luck = (trial.seed, trial.part(Purpose.DATA)) if task.drawn else (0, 0)
        keys.append((task, *luck))
    sets = {key: dataset(*key) for key in dict.fromkeys(keys)}
    starts = np.cumsum([0, *(len(data.raw) for data in sets.values())])
    start = dict(zip(sets, starts.tolist(), strict=False))
    rows = [rows_of(trial, sets[key]) for trial, key in zip(trials, keys, strict=True)]
    train, validation, test = [
        np.stack([row[part] + start[key] for key, row in zip(keys, rows, strict=True)])
        for part in range(3)
    ]
    if len(sets) == 1 and not keys[0][0].drawn:  # one copy per process, however many stacks
        only = sets[keys[0]]
        x = fixed_inputs(keys[0][0], dtype)
        return Examples(x, only.y, train, validation, test, bool(only.classes))
    x = np.concatenate([data.inputs(dtype) for data in sets.values()])
    y = np.concatenate([data.y for data in sets.values()])
    labelled = all(bool(data.classes) for data in sets.values())
    return Examples(x, y, train, validation, test, labelled)


def _refuse_changed(task: Task, planned: str) -> None:
    """Refuse data that changed since the plan was made."""
    if fingerprint(task) != planned:
        raise ResourceError(
            f"the content of task {task} is not what the run was planned with; put the former "
            "data back, or run the study under another name"
        )
