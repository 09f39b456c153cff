"""Preparations: what is done to the data of a split before a network is trained on them.

A recipe holds at most one of each kind. Selections choose among the training rows, corruptions
change the targets of the training rows, scalings change inputs or targets of all sets by what the
training rows say. Validation and test rows are never selected or corrupted.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...core.components import Array
from ...core.dataset import Dataset
from ...core.errors import InputError
from ...core.families.preparation_function import PreparationFunction, Scale
from ...core.recipe import Recipe
from ...core.streams import Purpose
from .corruptions import Corruption
from .scalings import Scaling
from .selections import Selection

Preparation = Selection | Corruption | Scaling
Key = Callable[[Purpose], tuple[int, int]]


def in_order(recipe: Recipe) -> list[PreparationFunction]:
    """Return the recipe's preparations in the order in which they are applied."""
    return sorted(recipe.preparations, key=lambda preparation: preparation.order)


def check(recipe: Recipe, data: Dataset) -> None:
    """Refuse preparations that do not fit the data; one sentence for each."""
    messages: list[str] = []
    for preparation in in_order(recipe):
        try:
            preparation.check(data, recipe.task, recipe.split)
        except InputError as error:
            messages += error.messages
    for name, scalings in (
        ("inputs", [p.kind for p in recipe.preparations if p.scales_inputs]),
        ("targets", [p.kind for p in recipe.preparations if p.scales_targets]),
    ):
        if len(scalings) > 1:
            messages.append(f"preparations: {' and '.join(scalings)} both scale the {name}")
    if messages:
        raise InputError(*messages)


def selected(recipe: Recipe, data: Dataset, train: Array) -> Array:
    """Return the training rows that the recipe's preparations leave."""
    for preparation in in_order(recipe):
        train = preparation.select(data, train)
    return train


def features(recipe: Recipe) -> int:
    """Return the number of inputs kept, 0 for all."""
    return next((kept for p in in_order(recipe) if (kept := p.kept_inputs())), 0)


def scales_inputs(recipe: Recipe) -> bool:
    """Tell whether inputs are scaled by what the training rows say."""
    return any(preparation.scales_inputs for preparation in recipe.preparations)


def scales_targets(recipe: Recipe) -> bool:
    """Tell whether targets are scaled by what the training rows say."""
    return any(preparation.scales_targets for preparation in recipe.preparations)


def input_scale(recipe: Recipe, data: Dataset, train: Array) -> Scale | None:
    """Return the scale of the inputs kept, ``data``; None where they are left as they are."""
    scales = (p.input_scale(data, train) for p in recipe.preparations)
    return next((scale for scale in scales if scale is not None), None)


def target_scale(recipe: Recipe, data: Dataset, train: Array) -> Scale | None:
    """Return the scale of the targets; None where they are left as they are."""
    scales = (p.target_scale(data.y[train]) for p in recipe.preparations if p.scales_targets)
    return next((scale for scale in scales if scale is not None), None)


def draws(preparation: PreparationFunction, key: Key) -> tuple[int, int]:
    """Return what a preparation's draws are keyed by, the same for all where it draws nothing."""
    return (0, 0) if preparation.purpose is None else key(preparation.purpose)


def targets(recipe: Recipe, data: Dataset, train: Array, key: Key) -> Array:
    """Return the targets of all rows, those of the training rows corrupted; ``data.y`` if none.

    ``key`` tells what draws for a purpose are keyed by.
    """
    y = data.y
    with np.errstate(over="ignore", invalid="ignore"):  # a user's numbers may be too large
        for preparation in in_order(recipe):
            if preparation.corrupts:
                y = y.copy() if y is data.y else y
                y[train] = preparation.corrupt(y[train], data, train, *draws(preparation, key))
        scale = target_scale(recipe, data, train)
        if scale is not None:
            mean, sd = scale
            y = np.asarray((y - mean) / sd)
    return y


def version_of(recipe: Recipe, key: Key) -> tuple[object, ...]:
    """Return what, beside the training rows, decides the targets; () where nothing changes them."""
    return tuple(
        (preparation, draws(preparation, key))
        for preparation in in_order(recipe)
        if preparation.corrupts or preparation.scales_targets
    )
