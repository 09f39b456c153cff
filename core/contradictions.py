"""What does not go together in a recipe, whatever its data: one sentence for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .families.links import LinearLink
from .families.losses import SquaredError
from .families.schedules import ConstantFactor

if TYPE_CHECKING:
    from .recipe import Recipe


def contradictions(recipe: Recipe) -> list[str]:
    """Return what a recipe's parts refuse of one another."""
    messages = [recipe.activation.missing] if recipe.activation.missing else []
    for part in (of_regularisers, of_residual, of_momentum, of_normaliser, of_solver):
        messages += part(recipe)
    if recipe.pretraining is not None and not recipe.hidden:
        messages.append("recipe.pretraining needs a hidden layer to train")
    return messages


def of_regularisers(recipe: Recipe) -> Iterator[str]:
    """Refuse what the regularisers do not go with."""
    for member in recipe.regularisers:
        yield from member.refuses(recipe)


def of_residual(recipe: Recipe) -> Iterator[str]:
    """Refuse to join layers of different widths."""
    if recipe.residual is None:
        return
    for layer in range(recipe.depth):
        below = layer - recipe.residual.every
        if recipe.residual.joins(layer) and recipe.hidden[layer] != recipe.hidden[below]:
            yield (
                f"recipe.residual joins hidden layers {below + 1} and {layer + 1}, of "
                f"widths {recipe.hidden[below]} and {recipe.hidden[layer]}; they must be equal"
            )


def of_momentum(recipe: Recipe) -> Iterator[str]:
    """Refuse to schedule a momentum that is not there, or beyond 1."""
    schedule, name = recipe.momentum_schedule, recipe.optimiser.momentum_field
    if schedule is None:
        return
    if schedule.watches:
        yield f"recipe.momentum_schedule = {schedule.kind!r} is for the learning rate only"
    if not name:
        yield (
            "recipe.momentum_schedule needs an optimiser with momentum, not "
            f"{recipe.optimiser.kind!r}"
        )
    elif (largest := getattr(recipe.optimiser, name) * schedule.largest) >= 1.0:
        yield (
            f"recipe.momentum_schedule = {schedule.kind!r} takes optimiser.{name} up to "
            f"{largest:g}; it must stay below 1"
        )


def of_normaliser(recipe: Recipe) -> Iterator[str]:
    """Refuse batches of one example, which have no spread to normalise by."""
    if recipe.normaliser and recipe.normaliser.running and recipe.batch_size == 1:
        yield f"recipe.normaliser = {recipe.normaliser.kind!r} needs batch_size ≥ 2, not 1"


def of_solver(recipe: Recipe) -> Iterator[str]:
    """Refuse an exact solution of another loss, and what changes a descent beside it."""
    if not recipe.optimiser.solves:
        return
    where = f"recipe.optimiser = {recipe.optimiser.kind!r}"
    if not isinstance(recipe.loss, SquaredError) or recipe.loss.link != LinearLink.kind:
        yield (
            f"{where} solves for the squared error of a linear output, not for loss = {recipe.loss}"
        )
    names = ("regularisers", "augmentations", "normaliser", "residual", "parametrisation")
    taken = [name for name in names if getattr(recipe, name)]
    if recipe.schedule != ConstantFactor():
        taken.append("schedule")
    if taken:
        yield f"{where} descends no gradient and takes no {' or '.join(taken)}"
    if recipe.epochs > 1:
        yield f"recipe.epochs = {recipe.epochs}: {recipe.optimiser.kind!r} is done after 1"
