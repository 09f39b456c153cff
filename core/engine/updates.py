"""One step's change of all parameters of a stack, swept over the arena in blocks.

A step is prepared before the backward pass, since a linear optimiser's rate is multiplied into δ.
Penalties are added to the gradient, which is then clipped; decoupled decay and the optimiser
change the parameters; proximal steps, bounds on norms and the average follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..components import Array, stack_fields
from ..families.regularisers import (
    L1,
    Averaging,
    Clip,
    DecoupledDecay,
    MaxNorm,
    Penalty,
)
from ..families.schedules import Constant, Progress
from ..recipe import Recipe
from .architecture import Architecture

SWEEP = 65_536
"""Parameters per optimiser sweep: larger blocks fall out of cache, smaller ones pay per call."""


@dataclass(frozen=True)
class Block:
    """A contiguous part of the arena: its trials and columns, and views of all that a step reads.

    ``weights``, ``weight_gradient`` and ``weight_scratch`` are its part of the weights, which
    regularisers act on.
    """

    rows: slice
    rate: int
    theta: Array
    gradient: Array
    slots: list[Array]
    scratch: Array
    weights: Array
    weight_gradient: Array
    weight_scratch: Array


@dataclass(frozen=True)
class StepConstants:
    """What one step needs per trial for a run of columns with one rate, (T, 1) each."""

    optimiser: list[Array]
    decays: list[Array]
    thresholds: list[Array]
    rate: Array


def blocks(trials: int, columns: slice) -> Iterator[tuple[slice, slice]]:
    """Cut columns of an arena into blocks of about SWEEP parameters."""
    count = columns.stop - columns.start
    if count <= SWEEP:
        step = SWEEP // count
        for start in range(0, trials, step):
            yield slice(start, min(start + step, trials)), columns
        return
    for row in range(trials):
        for start in range(columns.start, columns.stop, SWEEP):
            yield slice(row, row + 1), slice(start, min(start + SWEEP, columns.stop))


class Updates:
    """The steps of a stack: changes ``arena`` and ``slots`` in place, from ``gradient``."""

    @np.errstate(over="ignore")  # a strength beyond the dtype is a result: it diverges
    def __init__(
        self,
        recipes: list[Recipe],
        architecture: Architecture,
        training_examples: int,
        arena: Array,
        gradient: Array,
        slots: list[Array],
        averaged: Array | None,
    ) -> None:
        self._recipe, self._dtype = recipes[0], arena.dtype
        self._architecture, self._arena, self._gradient = architecture, arena, gradient
        self._averaged = averaged
        self._fields = stack_fields([r.optimiser for r in recipes])
        self._schedule_fields = stack_fields([r.schedule for r in recipes])
        schedules = [r.momentum_schedule for r in recipes if r.momentum_schedule is not None]
        self._momentum_fields = stack_fields(schedules) if schedules else {}
        self._gather_regularisers(recipes, training_examples)
        self._weights = architecture.views(arena).weights
        rates = architecture.rates(self._recipe.optimiser)
        self._rates = [rate for _, rate in rates]
        scratch = np.empty(min(SWEEP, arena.size), self._dtype)
        self._blocks: list[Block] = []
        self._constants: list[StepConstants] = []
        self._factor: Array | None = None
        self._settled = False
        for index, (run, _) in enumerate(rates):
            for rows, columns in blocks(len(arena), run):
                theta = arena[rows, columns]
                shape = theta.shape
                spare = scratch[: theta.size].reshape(shape)
                wide = max(0, min(columns.stop, architecture.weights) - columns.start)
                part = gradient[rows, columns]
                self._blocks.append(
                    Block(
                        rows,
                        index,
                        theta,
                        part,
                        [slot[rows, columns] for slot in slots],
                        spare,
                        theta[:, :wide],
                        part[:, :wide],
                        spare[:, :wide],
                    )
                )

    def _gather_regularisers(self, recipes: list[Recipe], training_examples: int) -> None:
        self._exact_penalties: list[tuple[Penalty, Array]] = []
        self._clips: list[tuple[Clip, Array]] = []
        self._decays: list[Array] = []
        self._thresholds: list[Array] = []
        self._limit: Array | None = None
        self._keep: tuple[Array, Array] | None = None
        if "decay" in self._fields:
            self._decays.append(self._fields["decay"])
        for index, member in enumerate(self._recipe.regularisers):
            fields = stack_fields([r.regularisers[index] for r in recipes])
            column = {name: values.astype(self._dtype)[:, None] for name, values in fields.items()}
            if isinstance(member, L1) and member.form == "proximal":
                self._thresholds.append(fields["strength"])
            elif isinstance(member, Penalty):
                decay = member.decay(fields, training_examples)
                self._exact_penalties.append((member, decay))
            elif isinstance(member, Clip):
                self._clips.append((member, column["limit"]))
            elif isinstance(member, DecoupledDecay):
                self._decays.append(fields["strength"])
            elif isinstance(member, MaxNorm):
                self._limit = column["limit"]
            elif isinstance(member, Averaging):
                rest = (1.0 - fields["decay"]).astype(self._dtype)[:, None]
                self._keep = column["decay"], rest

        self._penalties = [(p, self._column(decay)) for p, decay in self._exact_penalties]

    def _column(self, values: Array) -> Array:
        return values.astype(self._dtype)[:, None]

    def prepare(self, progress: Progress, seen: Array, taken: Array) -> Array | None:
        """Work out a step's constants; return what the output's δ is to be multiplied by.

        ``seen`` is what the schedule has seen, see :mod:`.schedules`, and ``taken`` the number of
        steps that the optimiser has taken. The factor (T, 1, 1) is the rate of a linear optimiser,
        where nothing but a sum lies between δ and the step.
        """
        if self._settled:
            return self._factor
        recipe, fields = self._recipe, self._fields
        rate = fields["learning_rate"] * recipe.schedule.factor(
            self._schedule_fields, progress, seen
        )
        if recipe.momentum_schedule is not None:
            name = recipe.optimiser.momentum_field
            share = recipe.momentum_schedule.factor(self._momentum_fields, progress, seen)
            fields = {**fields, name: fields[name] * share}
        self._constants = [
            StepConstants(
                [
                    self._column(values)
                    for values in recipe.optimiser.coefficients(fields, rate * m, taken)
                ],
                [self._column(rate * m * decay) for decay in self._decays],
                [self._column(rate * m * threshold) for threshold in self._thresholds],
                self._column(rate * m),
            )
            for m in self._rates
        ]
        folded = recipe.optimiser.linear and not self._clips and len(self._rates) == 1
        self._factor = None
        if folded:
            self._factor = self._constants[0].rate[:, :, None]
            self._penalties = [
                (penalty, self._column(decay * rate)) for penalty, decay in self._exact_penalties
            ]
        self._settled = recipe.optimiser.linear and isinstance(recipe.schedule, Constant)
        return self._factor

    def step(self) -> None:
        """Take the step that was prepared, with the gradient that has come."""
        if self._clips:
            for block in self._blocks:
                self._penalise(block)
            for clip, limit in self._clips:
                clip.clip(self._gradient, limit)
        optimiser = self._recipe.optimiser
        for block in self._blocks:
            rows, constants = block.rows, self._constants[block.rate]
            if not self._clips:
                self._penalise(block)
            if optimiser.linear and self._factor is None:
                np.multiply(block.gradient, constants.rate[rows], block.gradient)
            for decay in constants.decays:
                np.multiply(block.weights, decay[rows], block.weight_scratch)
                np.subtract(block.weights, block.weight_scratch, block.weights)
            c = tuple([values[rows] for values in constants.optimiser])
            optimiser.update(block.theta, block.gradient, block.slots, c, block.scratch)
            for threshold in constants.thresholds:
                L1.shrink(block.weights, threshold[rows], block.weight_scratch)
        if self._limit is not None:
            for weights in self._weights:
                MaxNorm.project(weights, self._limit)
        if self._averaged is not None and self._keep is not None:
            keep, rest = self._keep
            np.multiply(self._averaged, keep, self._averaged)
            np.multiply(self._arena, rest, self._gradient)  # the gradient is spent
            np.add(self._averaged, self._gradient, self._averaged)

    def _penalise(self, block: Block) -> None:
        if block.weights.size:
            for penalty, decay in self._penalties:
                gradient, scratch = block.weight_gradient, block.weight_scratch
                penalty.add_gradient(block.weights, gradient, decay[block.rows], scratch)
