"""Why a recipe does not fit its data: one sentence for each reason."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ...core.dataset import Dataset
from ...core.engine.examples import Sizes
from ...core.errors import InputError
from ...core.families.links import LinkFunction
from ...core.families.losses import ResidualLoss
from ...core.recipe import Recipe
from ..preparations.preparations import features, scales_inputs, scales_targets


def misfits(recipe: Recipe, data: Dataset, sizes: Sizes) -> Iterator[str]:
    """Say what of a recipe does not fit data that give sets of these sizes."""
    yield from _of_targets(recipe, data)
    yield from _of_sizes(recipe, sizes.train)
    if recipe.augmentations and (data.image is None or features(recipe)):
        given = "a subset of their pixels" if data.image else "none"
        yield f"augmentations need whole images; task {recipe.task} gives {given}"
    yield from _of_pretraining(recipe, data)
    for member in recipe.regularisers:
        yield from member.refuses_data(recipe, sizes)


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
