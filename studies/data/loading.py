"""From trials to arrays: the examples of a stack, and checks that a recipe fits its data."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np

from ...core.components import Array
from ...core.dataset import Dataset
from ...core.engine.examples import Examples, Sizes, Unscaled, Variable
from ...core.errors import InputError, ResourceError
from ...core.families.preparation_function import Scale
from ...core.families.split_function import Rows
from ...core.families.task_function import TaskFunction
from ...core.recipe import Recipe
from ...core.streams import Purpose
from ...core.trial import Trial
from ..preparations.preparations import (
    check,
    features,
    input_scale,
    scales_inputs,
    selected,
    targets,
    version_of,
)
from ..preparations.scalings import scaled_inputs
from .misfits import misfits
from .synthetic import OneVariable
from .tasks import dataset, fingerprint, fixed_inputs


def source_of(trial: Trial) -> tuple[TaskFunction, int, int]:
    """Return what decides a trial's data: the task, and what their draws are keyed by."""
    task = trial.recipe.task
    return (task, *(trial.key(Purpose.DATA) if task.drawn else (0, 0)))


def data_of(trial: Trial) -> Dataset:
    """Return the data that a trial is trained on."""
    return dataset(*source_of(trial))


def rows_of(trial: Trial, data: Dataset) -> Rows:
    """Return a trial's row numbers within its data set, the training rows as prepared."""
    return prepared_rows(trial.recipe, data, trial.key(Purpose.SPLIT), trial.fold)


def prepared_rows(recipe: Recipe, data: Dataset, key: tuple[int, int], fold: int = 0) -> Rows:
    """Return the row numbers of a split drawn by a key, the training rows as prepared."""
    rows = recipe.split.rows(data, *key, fold)
    return rows._replace(train=selected(recipe, data, rows.train))


def sizes_of(recipe: Recipe, fold: int = 0) -> Sizes:
    """Return the sizes of a recipe's data, checked to fit the recipe.

    They are the same for all replicates; fold 0 has the smallest training set.

    Raises
    ------
    InputError
        If the loss, the split or a preparation does not fit the data, or the training set is
        smaller than a mini-batch.
    """
    return checked_sizes(recipe, dataset(recipe.task, 0, 0), fold)


def checked_sizes(recipe: Recipe, data: Dataset, fold: int = 0) -> Sizes:
    """Return the sizes of these data under a recipe, checked to fit; errors as above."""
    rows = recipe.split.rows(data, 0, 0, fold)
    recipe.split.check(data, rows)
    check(recipe, data)
    train = selected(recipe, data, rows.train)
    inputs = features(recipe) or data.raw.shape[1]
    counts = len(train), len(rows.validation), len(rows.test)
    sizes = Sizes(
        inputs, data.y.shape[1], *counts, bool(data.classes), selection=len(rows.selection)
    )
    messages = list(misfits(recipe, data, sizes))
    if messages:
        raise InputError(*messages)
    return sizes


def inputs_vary(recipe: Recipe) -> bool:
    """Tell whether the inputs differ from replicate to replicate, so that a stack holds several."""
    if recipe.task.drawn or not scales_inputs(recipe):
        return recipe.task.drawn
    data = dataset(recipe.task, 0, 0)
    first, second = (prepared_rows(recipe, data, (0, k)) for k in (0, 1))
    return not np.array_equal(first[0], second[0])


Key = tuple[Hashable, ...]
"""What decides a copy of inputs, where they come from first."""


@dataclass
class InputCopy:
    """One copy of inputs, and the versions of their targets that trials are trained with.

    ``source`` holds the data-set row of each row, ``scale`` that of the inputs, if they have one.
    """

    x: Array
    source: Array
    scale: Scale | None = None
    y: dict[Hashable, Array] = field(default_factory=dict)

    def version(self, index: int) -> Array:
        """Return a version of the targets; the last one again beyond it."""
        return list(self.y.values())[min(index, len(self.y) - 1)]


def examples_of(trials: list[Trial]) -> Examples:
    """Return the examples of a stack of trials.

    Every copy of the inputs is held once, however many trials use it: where trials differ in their
    targets alone, these are laid one version after another. Where trials have different inputs
    (another task, data drawn per replicate, standardisation by other training rows), these are
    laid one after another. The row numbers are shifted to match.

    Raises
    ------
    ResourceError
        If a task's data are not those that its trials were planned with.
    """
    for task, planned in {(trial.recipe.task, trial.fingerprint) for trial in trials}:
        _refuse_changed(task, planned)
    sets: dict[Hashable, Dataset] = {}
    by_key: dict[Key, InputCopy] = {}
    places: list[tuple[Key, int, Rows]] = []
    for trial in trials:
        source = source_of(trial)
        if source not in sets:
            sets[source] = dataset(*source)
        places.append(_place(trial, source, sets[source], by_key))
    copies = list(by_key.values())
    starts = np.cumsum([0, *(len(copy.x) for copy in copies)])
    versions = max(len(copy.y) for copy in copies)
    start = dict(zip(by_key, starts.tolist(), strict=False))
    shifts = [start[key] + version * starts[-1] for key, version, _ in places]
    moved = [
        [part + shift for part in rows] for (*_, rows), shift in zip(places, shifts, strict=True)
    ]
    train, validation, test, selection = (np.stack(part) for part in zip(*moved, strict=True))
    x = joined([copy.x for copy in copies])
    rows = joined([copy.source for copy in copies])
    y = joined([copy.version(index) for index in range(versions) for copy in copies])
    labelled = all(bool(data.classes) for data in sets.values())
    image = next(iter(sets.values())).image
    variables = [v for trial in trials if (v := variable_of(trial, sets[source_of(trial)]))]
    unscaled = _unscaled(trials[0].recipe, sets, by_key, [key for key, *_ in places])
    return Examples(
        x,
        y,
        train,
        validation,
        test,
        labelled,
        image,
        rows,
        tuple(variables),
        unscaled,
        selection,
    )


def variable_of(trial: Trial, data: Dataset) -> Variable | None:
    """Return the one variable that a trial's inputs are functions of, None where they are not."""
    recipe = trial.recipe
    kept = data.first(features(recipe))
    columns, task = kept.raw.shape[1], recipe.task
    if isinstance(task, OneVariable):
        low, high = task.low, task.high
    elif columns == 1:
        low, high = float(kept.raw.min()), float(kept.raw.max())
    else:
        return None

    def inputs(x: Array) -> Array:
        raw = task.inputs_at(x)[:, :columns] if isinstance(task, OneVariable) else x[:, None]
        scaled: Array = raw / data.divisor
        scale = input_scale(recipe, kept, rows_of(trial, data)[0])
        return scaled if scale is None else (scaled - scale[0]) / scale[1]

    return Variable(low, high, inputs)


def joined(arrays: list[Array]) -> Array:
    """Lay arrays one after another; one alone is not copied."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _place(
    trial: Trial, source: Hashable, data: Dataset, copies: dict[Key, InputCopy]
) -> tuple[Key, int, Rows]:
    """Put a trial's inputs and targets into copies; return the key, the version and the rows."""
    recipe, features_kept = trial.recipe, features(trial.recipe)
    rows = rows_of(trial, data)
    train, used = rows.train, np.concatenate(rows)
    inputs = data.first(features_kept)
    scalings = tuple(p for p in recipe.preparations if p.scales_inputs)
    key: Key = (source, features_kept)
    if scalings:
        key = (source, features_kept, scalings, len(train), used.tobytes())
    if key not in copies:
        scale = input_scale(recipe, inputs, train)
        if scale is not None:
            x = scaled_inputs(inputs, used, scale, recipe.dtype)
        else:
            x = given_inputs(recipe, data)
        copies[key] = InputCopy(x, used if scalings else np.arange(len(x)), scale)
    version: Hashable = version_of(recipe, trial.key)
    if version:
        version = (version, train.tobytes())
    versions = copies[key].y
    if version not in versions:
        y = targets(recipe, data, train, trial.key)
        versions[version] = y[used] if scalings else y
    if scalings:
        borders = np.cumsum([len(part) for part in rows])[:-1]
        rows = Rows(*np.split(np.arange(len(used)), borders))
    return key, list(versions).index(version), rows


def given_inputs(recipe: Recipe, data: Dataset) -> Array:
    """Return the inputs of all rows as the task gives them, as far as the recipe keeps them."""
    kept = features(recipe)
    if recipe.task.drawn:
        return data.first(kept).inputs(recipe.dtype)
    return fixed_inputs(recipe.task, kept, recipe.dtype)  # one copy per process


def _unscaled(
    recipe: Recipe, sets: dict[Hashable, Dataset], copies: dict[Key, InputCopy], used: list[Key]
) -> Unscaled | None:
    """Return what the inputs were before their scaling, where augmentations need it.

    ``used`` names the copy of each trial; copies of one data set share what they were made from.
    """
    scales = [copies[key].scale for key in used]
    if not recipe.augmentations or scales[0] is None:
        return None
    given = {source: given_inputs(recipe, data) for source, data in sets.items()}
    starts = np.cumsum([0, *(len(x) for x in given.values())])
    start = dict(zip(given, starts.tolist(), strict=False))
    rows = joined([copy.source + start[key[0]] for key, copy in copies.items()])
    mean, sd = (np.stack(part) for part in zip(*filter(None, scales), strict=True))
    return Unscaled(joined(list(given.values())), rows, mean, sd)


def _refuse_changed(task: TaskFunction, planned: str) -> None:
    """Refuse data that changed since the plan was made."""
    if fingerprint(task) != planned:
        raise ResourceError(
            f"the content of task {task} is not what the run was planned with; put the former "
            "data back, or run the study under another name"
        )
