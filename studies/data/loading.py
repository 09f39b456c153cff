"""From trials to arrays: the examples of a stack, and checks that a recipe fits its data."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

import numpy as np

from ...core.components import Array
from ...core.dataset import Dataset
from ...core.engine.examples import Examples, Sizes, Variable
from ...core.errors import InputError, ResourceError
from ...core.families.links import LinkFunction
from ...core.families.losses import ResidualLoss
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
    scales_targets,
    selected,
    targets,
    version_of,
)
from ..preparations.scalings import scaled_inputs
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
    train, validation, test = recipe.split.rows(data, *key, fold)
    return selected(recipe, data, train), validation, test


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
    train, validation, test = selected(recipe, data, rows[0]), *rows[1:]
    messages = [*_of_targets(recipe, data), *_of_sizes(recipe, len(train))]
    if recipe.augmentations and (data.image is None or features(recipe)):
        given = "a subset of their pixels" if data.image else "none"
        messages.append(f"augmentations need whole images; task {recipe.task} gives {given}")
    messages += _of_pretraining(recipe, data)
    inputs = features(recipe) or data.raw.shape[1]
    counts = len(train), len(validation), len(test)
    sizes = Sizes(inputs, data.y.shape[1], *counts, labelled=bool(data.classes))
    for member in recipe.regularisers:
        messages += member.refuses_data(recipe, sizes)
    if messages:
        raise InputError(*messages)
    return sizes


def _of_targets(recipe: Recipe, data: Dataset) -> Iterator[str]:
    """Say why the loss, or what changes targets, does not fit them."""
    loss = recipe.loss
    if loss.classifies and not data.classes:
        yield (
            f"loss = {loss.kind!r} needs classes, but task {recipe.task} predicts a number; "
            "use loss = 'squared-error'"
        )
    if isinstance(loss, ResidualLoss):
        yield from _of_link(recipe, loss.unit, data)


def _of_link(recipe: Recipe, link: LinkFunction, data: Dataset) -> Iterator[str]:
    """Say why the outputs that a link gives cannot be what the targets are."""
    reasons = list(link.refuses(data.y.shape[1], f"task {recipe.task}"))
    if reasons:
        yield from (f"loss.link = {link.kind!r} {reason}" for reason in reasons)
    elif link.limits is not None:
        low, high = link.limits
        least, most = float(data.y.min()), float(data.y.max())
        gives = f"loss.link = {link.kind!r} gives outputs from {low:g} to {high:g}"
        if scales_targets(recipe):
            yield f"{gives}, but standardised targets have no bounds; use link = 'identity'"
        elif not low <= least <= most <= high:
            yield (
                f"{gives}, but the targets of task {recipe.task} reach from {least:g} to {most:g}; "
                "use link = 'identity'"
            )


def _of_sizes(recipe: Recipe, train: int) -> Iterator[str]:
    """Say why the training set is too small."""
    batch = recipe.batch(train)
    if train == 0:
        yield "the preparations leave no training example"
    elif batch > train:
        yield f"batch_size = {batch} is more than the {train} training examples"
    elif recipe.normaliser and recipe.normaliser.running and (train % batch or batch) == 1:
        yield (
            f"normaliser = {recipe.normaliser.kind!r} needs 2 examples in every mini-batch; with "
            f"{train} training examples in batches of {batch} the last holds 1, so choose another "
            "batch_size or split.train_examples"
        )


def _of_pretraining(recipe: Recipe, data: Dataset) -> list[str]:
    """Say why the inputs do not fit the pretraining; standardised ones have no bounds."""
    if recipe.pretraining is None:
        return []
    least, most = float(data.raw.min()) / data.divisor, float(data.raw.max()) / data.divisor
    if scales_inputs(recipe):
        least, most = -math.inf, math.inf
    try:
        recipe.pretraining.check_inputs(least, most)
    except InputError as error:
        return list(error.messages)
    return []


def inputs_vary(recipe: Recipe) -> bool:
    """Tell whether the inputs differ from replicate to replicate, so that a stack holds several."""
    if recipe.task.drawn or not scales_inputs(recipe):
        return recipe.task.drawn
    data = dataset(recipe.task, 0, 0)
    first, second = (prepared_rows(recipe, data, (0, k)) for k in (0, 1))
    return not np.array_equal(first[0], second[0])


@dataclass
class InputCopy:
    """One copy of inputs, and the versions of their targets that trials are trained with.

    ``source`` holds the data-set row of each row.
    """

    x: Array
    source: Array
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
    by_key: dict[Hashable, InputCopy] = {}
    places: list[tuple[Hashable, int, Rows]] = []
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
    train, validation, test = (
        np.stack(
            [
                trial_rows[part] + shift
                for (*_, trial_rows), shift in zip(places, shifts, strict=True)
            ]
        )
        for part in range(3)
    )
    x = joined([copy.x for copy in copies])
    rows = joined([copy.source for copy in copies])
    y = joined([copy.version(index) for index in range(versions) for copy in copies])
    labelled = all(bool(data.classes) for data in sets.values())
    image = next(iter(sets.values())).image
    variables = [v for trial in trials if (v := variable_of(trial, sets[source_of(trial)]))]
    return Examples(x, y, train, validation, test, labelled, image, rows, tuple(variables))


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
    trial: Trial, source: Hashable, data: Dataset, copies: dict[Hashable, InputCopy]
) -> tuple[Hashable, int, Rows]:
    """Put a trial's inputs and targets into copies; return the key, the version and the rows."""
    recipe, features_kept = trial.recipe, features(trial.recipe)
    rows = rows_of(trial, data)
    train, used = rows[0], np.concatenate(rows)
    inputs = data.first(features_kept)
    scalings = tuple(p for p in recipe.preparations if p.scales_inputs)
    key: Hashable = (source, features_kept)
    if scalings:
        key = (source, features_kept, scalings, len(train), used.tobytes())
    if key not in copies:
        scale = input_scale(recipe, inputs, train)
        if scale is not None:
            x = scaled_inputs(inputs, used, scale, recipe.dtype)
        elif recipe.task.drawn:
            x = inputs.inputs(recipe.dtype)
        else:  # one copy per process, however many stacks
            x = fixed_inputs(recipe.task, features_kept, recipe.dtype)
        copies[key] = InputCopy(x, used if scalings else np.arange(len(x)))
    version: Hashable = version_of(recipe, trial.key)
    if version:
        version = (version, train.tobytes())
    versions = copies[key].y
    if version not in versions:
        y = targets(recipe, data, train, trial.key)
        versions[version] = y[used] if scalings else y
    if scalings:
        borders = np.cumsum([len(part) for part in rows])[:-1]
        train, validation, test = np.split(np.arange(len(used)), borders)
        rows = train, validation, test
    return key, list(versions).index(version), rows


def _refuse_changed(task: TaskFunction, planned: str) -> None:
    """Refuse data that changed since the plan was made."""
    if fingerprint(task) != planned:
        raise ResourceError(
            f"the content of task {task} is not what the run was planned with; put the former "
            "data back, or run the study under another name"
        )
