"""One step's change of all parameters of a stack, swept over the arena in blocks.

A step is prepared before the backward pass, since a linear optimiser's rate is multiplied into δ.
The hooks of the regularisers act in the order that :class:`.Hooks` names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..components import Array, stack_fields
from ..families.optimiser_function import decay_weights
from ..families.regulariser_function import Penalty, Pull
from ..families.schedules import ConstantFactor, TrainingTime
from ..recipe import Recipe
from .architecture import Architecture
from .regularisation import Regularisation

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
    decays: list[Pull]
    shrinks: list[Pull]
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
        arena: Array,
        gradient: Array,
        slots: list[Array],
        regularisation: Regularisation,
    ) -> None:
        self._recipe, self._dtype = recipes[0], arena.dtype
        self._gradient, self._regularisation = gradient, regularisation
        self._fields = stack_fields([r.optimiser for r in recipes])
        self._schedule_fields = stack_fields([r.schedule for r in recipes])
        schedules = [r.momentum_schedule for r in recipes if r.momentum_schedule is not None]
        self._momentum_fields = stack_fields(schedules) if schedules else {}
        self._decays = list(regularisation.decays)
        if name := self._recipe.optimiser.decay_field:
            self._decays.insert(0, Pull(self._fields[name], decay_weights))
        self._penalties = self._sized(regularisation.penalties)
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

    def _column(self, values: Array) -> Array:
        return values.astype(self._dtype)[:, None]

    def _sized(self, penalties: list[Penalty], rate: Array | float = 1.0) -> list[Penalty]:
        return [Penalty(self._column(strength * rate), add) for strength, add in penalties]

    def _pulls(self, pulls: list[Pull], rate: Array) -> list[Pull]:
        return [Pull(self._column(rate * strength), apply) for strength, apply in pulls]

    def prepare(self, time: TrainingTime, seen: Array, taken: Array) -> Array | None:
        """Work out a step's constants; return what the output's δ is to be multiplied by.

        ``seen`` is what the schedule has seen, see :mod:`.schedules`, and ``taken`` the number of
        steps that the optimiser has taken. The factor (T, 1, 1) is the rate of a linear optimiser,
        where nothing but a sum lies between δ and the step.
        """
        if self._settled:
            return self._factor
        recipe, fields = self._recipe, self._fields
        rate = fields["learning_rate"] * recipe.schedule.factor(self._schedule_fields, time, seen)
        if recipe.momentum_schedule is not None:
            name = recipe.optimiser.momentum_field
            share = recipe.momentum_schedule.factor(self._momentum_fields, time, seen)
            fields = {**fields, name: fields[name] * share}
        self._constants = [
            StepConstants(
                [
                    self._column(values)
                    for values in recipe.optimiser.coefficients(fields, rate * m, taken)
                ],
                self._pulls(self._decays, rate * m),
                self._pulls(self._regularisation.shrinks, rate * m),
                self._column(rate * m),
            )
            for m in self._rates
        ]
        whole = bool(self._regularisation.gradient)
        self._factor = None
        if recipe.optimiser.linear and not whole and len(self._rates) == 1:
            self._factor = self._constants[0].rate[:, :, None]
            self._penalties = self._sized(self._regularisation.penalties, rate)
        self._settled = recipe.optimiser.linear and isinstance(recipe.schedule, ConstantFactor)
        return self._factor

    def step(self) -> None:
        """Take the step that was prepared, with the gradient that has come."""
        regularisation, optimiser = self._regularisation, self._recipe.optimiser
        if regularisation.gradient:
            for block in self._blocks:
                self._penalise(block)
            for change in regularisation.gradient:
                change(self._gradient)
        for block in self._blocks:
            rows, constants = block.rows, self._constants[block.rate]
            if not regularisation.gradient:
                self._penalise(block)
            if optimiser.linear and self._factor is None:
                np.multiply(block.gradient, constants.rate[rows], block.gradient)
            for size, apply in constants.decays:
                apply(block.weights, size[rows], block.weight_scratch)
            c = tuple([values[rows] for values in constants.optimiser])
            optimiser.update(block.theta, block.gradient, block.slots, c, block.scratch)
            for size, apply in constants.shrinks:
                apply(block.weights, size[rows], block.weight_scratch)
        for project in regularisation.project:
            project()
        for after in regularisation.after_step:
            after(self._gradient)  # the gradient is spent

    def _penalise(self, block: Block) -> None:
        if block.weights.size:
            for strength, add in self._penalties:
                gradient, scratch = block.weight_gradient, block.weight_scratch
                add(block.weights, gradient, strength[block.rows], scratch)
