"""Preparations: what is done to the data of a split before a network is trained on them.

A recipe holds at most one of each kind. They are applied in the order of the unions: selections
choose among the training rows, corruptions change the targets of the training rows, scalings change
inputs or targets of all sets by what the training rows say. Validation and test rows are never
selected or corrupted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import numpy as np

from ...core.components import Array
from ...core.errors import InputError
from ...core.recipe import Recipe
from ...core.streams import Purpose
from ..data.dataset import Dataset
from .corruptions import Corruption
from .scalings import FeatureSubset, Scaling, TargetStandardisation
from .selections import Selection

Preparation = Selection | Corruption | Scaling
Key = Callable[[Purpose], tuple[int, int]]


def chosen(recipe: Recipe, family: Any) -> list[Any]:
    """Return the recipe's preparations of a family, in the order in which they are applied."""
    kinds = get_args(family) or (family,)
    return [p for kind in kinds for p in recipe.preparations if type(p) is kind]


def check(recipe: Recipe, data: Dataset) -> None:
    """Refuse preparations that do not fit the data; one sentence for each."""
    messages: list[str] = []
    for preparation in chosen(recipe, Preparation):
        try:
            preparation.check(recipe, data)
        except InputError as error:
            messages += error.messages
    if messages:
        raise InputError(*messages)


def features(recipe: Recipe) -> int:
    """Return the number of inputs kept, 0 for all."""
    return next((subset.features for subset in chosen(recipe, FeatureSubset)), 0)


def targets(recipe: Recipe, data: Dataset, train: Array, key: Key) -> Array:
    """Return the targets of all rows, those of the training rows corrupted; ``data.y`` if none.

    ``key`` tells what draws for a purpose are keyed by.
    """
    corruptions, scaled = chosen(recipe, Corruption), chosen(recipe, TargetStandardisation)
    y = data.y
    with np.errstate(over="ignore", invalid="ignore"):  # a user's numbers may be too large
        if corruptions:
            y = y.copy()
        for corruption in corruptions:
            y[train] = corruption.corrupt(y[train], data, train, *key(corruption.purpose))
        if scaled:
            y = TargetStandardisation.scale(y, data.y[train])
    return y
