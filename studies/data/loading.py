"""From trials to arrays: the examples of a stack, and checks that a recipe fits its data."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from ...core.components import Array
from ...core.engine.examples import Examples, Sizes, Variable
from ...core.errors import InputError, ResourceError
from ...core.families.losses import LIMITS, ResidualLoss
from ...core.families.regularisers import LabelSmoothing
from ...core.recipe import Recipe
from ...core.streams import Purpose
from ...core.trial import Trial
from ..preparations.corruptions import Corruption
from ..preparations.preparations import check, chosen, features, targets
from ..preparations.scalings import Standardisation, TargetStandardisation
from ..preparations.selections import Selection
from .dataset import Dataset
from .splits import Rows, Split, StratifiedSplit
from .synthetic import OneVariable
from .tasks import Task, dataset, fingerprint, fixed_inputs


def rows_of(trial: Trial, data: Dataset) -> Rows:
    """Return a trial's row numbers within its data set, the training rows as prepared."""
    return prepared_rows(trial.recipe, data, trial.key(Purpose.SPLIT), trial.fold)


def prepared_rows(recipe: Recipe, data: Dataset, key: tuple[int, int], fold: int = 0) -> Rows:
    """Return the row numbers of a split drawn by a key, the training rows as prepared."""
    train, validation, test = cast("Split", recipe.split).rows(data, *key, fold)
    for selection in chosen(recipe, Selection):
        train = selection.select(data, train)
    return train, validation, test


def sizes_of(recipe: Recipe, fold: int = 0) -> Sizes:
    """Return the sizes of a recipe's data, checked to fit the recipe.

    They are the same for all replicates; fold 0 has the smallest training set.

    Raises
    ------
    InputError
        If the loss, the split or a preparation does not fit the data, or the training set is
        smaller than a mini-batch.
    """
    return checked_sizes(recipe, dataset(cast("Task", recipe.task), 0, 0), fold)


def checked_sizes(recipe: Recipe, data: Dataset, fold: int = 0) -> Sizes:
    """Return the sizes of these data under a recipe, checked to fit; errors as above."""
    if isinstance(recipe.split, StratifiedSplit):
        recipe.split.check(data, recipe.split.rows(data, 0, 0))
    check(recipe, data)
    train, validation, test = prepared_rows(recipe, data, (0, 0), fold)
    messages = [*_of_targets(recipe, data), *_of_sizes(recipe, len(train), len(validation))]
    if recipe.augmentations and (data.image is None or features(recipe)):
        given = "a subset of their pixels" if data.image else "none"
        messages.append(f"augmentations need whole images; task {recipe.task} gives {given}")
    messages += _of_pretraining(recipe, data)
    if messages:
        raise InputError(*messages)
    inputs = features(recipe) or data.raw.shape[1]
    counts = len(train), len(validation), len(test)
    return Sizes(inputs, data.y.shape[1], *counts, labelled=bool(data.classes))


def _of_targets(recipe: Recipe, data: Dataset) -> Iterator[str]:
    """Say why the loss, or what changes targets, does not fit them."""
    loss = recipe.loss
    if loss.classifies and not data.classes:
        yield (
            f"loss = {loss.kind!r} needs classes, but task {recipe.task} predicts a number; "
            "use loss = 'squared-error'"
        )
    if recipe.regulariser(LabelSmoothing) and not data.classes:
        yield f"regularisers.label-smoothing needs classes; task {recipe.task} has none"
    if not isinstance(loss, ResidualLoss) or loss.link not in LIMITS:
        return
    low, high = LIMITS[loss.link]
    least, most = float(data.y.min()), float(data.y.max())
    if loss.link == "softmax" and data.y.shape[1] == 1:
        yield f"loss.link = 'softmax' makes the one output of task {recipe.task} 1 for every input"
    elif chosen(recipe, TargetStandardisation):
        yield (
            f"loss.link = {loss.link!r} gives outputs from {low:g} to {high:g}, but standardised "
            "targets have no bounds; use link = 'identity'"
        )
    elif not low <= least <= most <= high:
        yield (
            f"loss.link = {loss.link!r} gives outputs from {low:g} to {high:g}, but the targets of "
            f"task {recipe.task} reach from {least:g} to {most:g}; use link = 'identity'"
        )


def _of_sizes(recipe: Recipe, train: int, validation: int) -> Iterator[str]:
    """Say why the sets are too small."""
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
    if recipe.restores and not validation:
        yield "regularisers.early-stopping needs a validation set; the split leaves none"


def _of_pretraining(recipe: Recipe, data: Dataset) -> list[str]:
    """Say why the inputs do not fit the pretraining; standardised ones have no bounds."""
    if recipe.pretraining is None:
        return []
    least, most = float(data.raw.min()) / data.divisor, float(data.raw.max()) / data.divisor
    if chosen(recipe, Standardisation):
        least, most = -math.inf, math.inf
    try:
        recipe.pretraining.check_inputs(least, most)
    except InputError as error:
        return list(error.messages)
    return []


def own_inputs(recipe: Recipe) -> bool:
    """Tell whether the inputs differ from replicate to replicate, so that a stack holds several."""
    task = cast("Task", recipe.task)
    if task.drawn or not chosen(recipe, Standardisation):
        return task.drawn
    data = dataset(task, 0, 0)
    first, second = (prepared_rows(recipe, data, (0, k)) for k in (0, 1))
    return not np.array_equal(first[0], second[0])


@dataclass
class Block:
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
        _refuse_changed(cast("Task", task), planned)
    sets: dict[Hashable, Dataset] = {}
    blocks: dict[Hashable, Block] = {}
    places: list[tuple[Hashable, int, Rows]] = []
    for trial in trials:
        source = source_of(trial)
        if source not in sets:
            sets[source] = dataset(*source)
        places.append(_place(trial, source, sets[source], blocks))
    copies = list(blocks.values())
    starts = np.cumsum([0, *(len(block.x) for block in copies)])
    versions = max(len(block.y) for block in copies)
    start = dict(zip(blocks, starts.tolist(), strict=False))
    shifts = [start[key] + version * starts[-1] for key, version, _ in places]
    train, validation, test = (
        np.stack([own[part] + shift for (*_, own), shift in zip(places, shifts, strict=True)])
        for part in range(3)
    )
    x = joined([block.x for block in copies])
    rows = joined([block.source for block in copies])
    y = joined([block.version(index) for index in range(versions) for block in copies])
    labelled = all(bool(data.classes) for data in sets.values())
    image = next(iter(sets.values())).image
    variables = [v for trial in trials if (v := variable_of(trial, sets[source_of(trial)]))]
    return Examples(x, y, train, validation, test, labelled, image, rows, tuple(variables))


def source_of(trial: Trial) -> tuple[Task, int, int]:
    """Return what names the data of a trial: its task, and what draws them where they are drawn."""
    task = cast("Task", trial.recipe.task)
    return (task, *(trial.key(Purpose.DATA) if task.drawn else (0, 0)))


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
        if chosen(recipe, Standardisation):
            mean, sd = Standardisation.statistics(kept, rows_of(trial, data)[0])
            scaled = (scaled - mean) / sd
        return scaled

    return Variable(low, high, inputs)


def joined(arrays: list[Array]) -> Array:
    """Lay arrays one after another; one alone is not copied."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _place(
    trial: Trial, source: Hashable, data: Dataset, blocks: dict[Hashable, Block]
) -> tuple[Hashable, int, Rows]:
    """Put a trial's inputs and targets into blocks; return the block, the version and the rows."""
    recipe, kept = trial.recipe, features(trial.recipe)
    rows = rows_of(trial, data)
    task = cast("Task", recipe.task)
    train, used = rows[0], np.concatenate(rows)
    standardised = bool(chosen(recipe, Standardisation))
    block: Hashable = (source, kept)
    if standardised:
        block = (source, kept, len(train), used.tobytes())
    if block not in blocks:
        if standardised:
            x = Standardisation.scale(data.first(kept), train, used, recipe.dtype)
        elif task.drawn:
            x = data.first(kept).inputs(recipe.dtype)
        else:  # one copy per process, however many stacks
            x = fixed_inputs(task, kept, recipe.dtype)
        blocks[block] = Block(x, used if standardised else np.arange(len(x)))
    corruptions = tuple(chosen(recipe, Corruption))
    version: Hashable = ()
    if corruptions or chosen(recipe, TargetStandardisation):
        luck = tuple(trial.key(corruption.purpose) for corruption in corruptions)
        scaled = bool(chosen(recipe, TargetStandardisation))
        version = (corruptions, luck, scaled, train.tobytes())
    held = blocks[block].y
    if version not in held:
        y = targets(recipe, data, train, trial.key)
        held[version] = y[used] if standardised else y
    if standardised:
        borders = np.cumsum([len(part) for part in rows])[:-1]
        train, validation, test = np.split(np.arange(len(used)), borders)
        rows = train, validation, test
    return block, list(held).index(version), rows


def _refuse_changed(task: Task, planned: str) -> None:
    """Refuse data that changed since the plan was made."""
    if fingerprint(task) != planned:
        raise ResourceError(
            f"the content of task {task} is not what the run was planned with; put the former "
            "data back, or run the study under another name"
        )
