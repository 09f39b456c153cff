"""Forks: what a training takes over from the state of another one, and what it refuses to.

The parameters, what they were at the start, the optimiser's slots and steps, running statistics,
averages and what the schedule has seen go on; what the new recipe has no place for is dropped, and
what the source had no place for begins afresh. What acts before the first step alone, as an
initialiser, changes nothing.

- Another optimiser (kind or form) begins afresh: empty slots, no step taken. The same one with
  other fields goes on with the averages of its source, whose scale depends on β, and corrects them
  by its own β and all steps taken, as PyTorch does when a parameter group's ``betas`` are set.
- Running statistics of batch normalisation go on with their averages, and weigh the next batch by
  the new momentum and the number of all batches.
- A regulariser that is new starts what it keeps, as an average, from the present parameters.
- Where the loss or the data are others, the best loss that a schedule waits for is sought anew;
  the factor that it has come to stays.
- Parameters of another dtype are rounded to the new one.
- Another shape of the network or of its running statistics is refused, and fewer epochs than were
  begun; inside an epoch, so are trials that have other rows or batches behind them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..component_json import to_json
from ..components import Array, stack_fields, structure
from ..families.schedules import NOTHING_SEEN
from ..recipe import Recipe
from ..trial import Trial
from .architecture import Architecture
from .stack import Stack

MEASURED_ON = ("task", "split", "preparations", "loss")
"""The parts of a recipe that decide what a loss is the loss of."""


def facts_of(trials: list[Trial], stack: Stack, epoch: int, step: int) -> dict[str, object]:
    """Return what a fork must know of a training of ``trials``, of which ``stack`` is in it yet."""
    return {
        "trials": [trial.trial_id for trial in trials],
        "recipes": [json.dumps(to_json(trial.recipe)).encode() for trial in trials],
        "shape": shape_of(stack.architecture),
        "epoch": epoch,
        "step": step,
        "visited": visited(stack, epoch, step),
        "steps_per_epoch": stack.recipe.steps_per_epoch(stack.examples.sizes.train),
    }


def shape_of(architecture: Architecture) -> str:
    """Write what decides where each parameter and running statistic lies."""
    shapes = architecture.shapes
    parts = [name for name in ("gains", "learned") if shapes[name]]
    parts += ["running statistics"] if architecture.statistics else []
    units = "-".join(map(str, architecture.sizes))
    return f"{units} units with {' and '.join(parts)}" if parts else f"{units} units"


def visited(stack: Stack, epoch: int, step: int) -> list[str]:
    """Return for each trial a digest of the batches behind it in its epoch, empty at its start."""
    if step <= 0:
        return [""] * len(stack.trials)
    batch = stack.recipe.batch(stack.examples.sizes.train)
    rows = stack.examples.dataset_rows(stack.order(epoch)[:, : step * batch])
    whole = np.broadcast_to(rows, (len(stack.trials), rows.shape[1]))
    name = f"{batch} {stack.recipe.optimiser.solves}".encode()
    return [hashlib.sha256(name + row.tobytes()).hexdigest() for row in whole]


def refuse_other(source: Mapping[str, Array], whole: Stack) -> None:
    """Refuse a state that trials cannot go on from.

    Raises
    ------
    ValueError
        If the number of trials, the shape of the network or the epochs do not allow it.
    """
    asked, shape = len(whole.trials), shape_of(whole.architecture)
    if len(source["trials"]) != asked:
        raise ValueError(f"the state is of {len(source['trials'])} trials, not of {asked}")
    if str(source["shape"]) != shape:
        raise ValueError(
            f"the state is of a network of {source['shape']}; a fork keeps its shape and cannot "
            f"go on with {shape}"
        )
    begun = int(source["epoch"]) + (int(source["step"]) > 0)
    if begun > whole.recipe.epochs:
        raise ValueError(
            f"the state has begun epoch {begun}; recipe.epochs = {whole.recipe.epochs} is fewer"
        )


def carry_over(source: Mapping[str, Array], arrays: Mapping[str, Array], stack: Stack) -> None:
    """Fill a fresh stack of the trials still in training with a source's arrays.

    Raises
    ------
    ValueError
        If the state is inside an epoch whose other batches the new trials would visit.
    """
    epoch, step = int(source["epoch"]), int(source["step"])
    if visited(stack, epoch, step) != source["visited"].tolist():
        raise ValueError(
            f"the state is inside epoch {epoch + 1}, in which the new trials visit other rows or "
            "batches; go on from an epoch's end, so that no row is repeated or skipped"
        )
    former = [json.loads(text) for text in source["recipes"][source["live"]]]
    factors = slot_factors(former, stack)
    with np.errstate(over="ignore"):  # what a narrower dtype cannot hold diverges
        for name, values in stack.arrays.items():
            if factors is None and (name == "taken" or name.startswith("slot.")):
                continue
            before = arrays.get(name)
            if before is not None and before.shape == values.shape:
                values[...] = before
        for name, factor in (factors or {}).items():
            stack.arrays[name][...] = arrays[name] * factor
    stack.begin_regularisers(arrays)
    seen = stack.arrays["seen"]
    for position, (trial, recipe) in enumerate(zip(stack.trials, former, strict=True)):
        if parts_of(trial.recipe) != {name: recipe.get(name) for name in MEASURED_ON}:
            for column in ("best", "waited"):
                seen[column][position] = NOTHING_SEEN[column]


def slot_factors(former: list[dict[str, Any]], stack: Stack) -> dict[str, Array] | None:
    """Return what each of the source's slots is multiplied by, (T, 1), None of another kind."""
    optimisers = [trial.recipe.optimiser for trial in stack.trials]
    optimiser, fields = optimisers[0], [dict(recipe["optimiser"]) for recipe in former]
    if {table.pop("kind") for table in fields} != {optimiser.kind}:
        return None
    sources = [type(optimiser)(**table) for table in fields]
    if structure(sources[0]) != structure(optimiser):
        return None
    before, after = (
        optimiser.slot_scales(stack_fields(members)) for members in (sources, optimisers)
    )
    return {
        f"slot.{name}": np.reshape(np.divide(old, new), (-1, 1))
        for name, old, new in zip(optimiser.slots, before, after, strict=True)
    }


def parts_of(recipe: Recipe) -> dict[str, Any]:
    """Return the parts of a recipe that decide what its loss is of, as JSON has them."""
    parts: dict[str, Any] = json.loads(
        json.dumps({name: to_json(getattr(recipe, name)) for name in MEASURED_ON})
    )
    return parts
