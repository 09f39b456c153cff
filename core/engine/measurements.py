"""The measurements of a training: which measure is taken when, of whom, and into which record."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..components import Array
from ..measures.measure_function import MeasureFunction
from ..measures.view import View
from ..recipe import Recipe
from .examples import Examples
from .record import Record
from .stack import Stack
from .state import TrainingState

Weights = tuple[Array, Array]
"""The parameters that scores are measured with, and the running statistics with them."""


class Measurements:
    """Takes measures of a stack and records their tables.

    ``records`` holds a table for ``epochs``, which the training fills, and one for each measure.

    Raises
    ------
    InputError
        If a measure does not fit the examples or the recipe.
    ValueError
        If two measures fill one table.
    """

    def __init__(
        self, measures: tuple[MeasureFunction, ...], examples: Examples, recipe: Recipe, steps: int
    ) -> None:
        for measure in measures:
            measure.check(examples, recipe)
        self.records = {name: Record() for name in ("epochs", *(m.table for m in measures))}
        if len(self.records) <= len(measures):
            raise ValueError("two measures fill the same table")
        self._wanted = {measure: measure.wanted(steps, recipe.epochs) for measure in measures}
        self._at_end = [measure for measure in measures if measure.at_end]
        self._buffers: dict[Any, Any] = {}

    def forget_buffers(self) -> None:
        """Let go of what measures keep: other trials follow."""
        self._buffers = {}

    def before_step(self, stack: Stack, step: int) -> View | None:
        """Return what is to be read before a step, copied since the step changes it."""
        if not any(step in wanted for wanted in self._wanted.values()):
            return None
        trained = stack.arena.copy()
        return View(
            [trial.recipe for trial in stack.trials],
            stack.examples,
            stack.architecture,
            step,
            trained if stack.evaluated is stack.arena else stack.evaluated.copy(),
            stack.evaluated_statistics.copy(),
            trained,
            stack.arrays["initial"],
            buffers=self._buffers,
        )

    def take(self, view: View, live: Array) -> None:
        """Take the measures that want a view's step, of the trials at ``live``."""
        for measure, wanted in self._wanted.items():
            if view.step in wanted:
                self.records[measure.table].add_table(live, measure.measure(view))

    def take_before_step(self, stack: Stack, live: Array, step: int) -> None:
        """Take the measures that want a step that no other follows."""
        if (view := self.before_step(stack, step)) is not None:
            self.take(view, live)

    def take_end(
        self, stack: Stack, ending: Array, step: int, weights: Weights, trials: Array
    ) -> None:
        """Take the measures of the end of some of a stack's trials, named by ``trials``."""
        if self._at_end:
            view = View(
                [stack.trials[i].recipe for i in np.flatnonzero(ending)],
                stack.examples.select(np.flatnonzero(ending)),
                stack.architecture,
                step,
                *weights,
                weights[0],
                stack.arrays["initial"][ending],
                buffers=self._buffers if ending.all() else {},
            )
            for measure in self._at_end:
                self.records[measure.table].add_table(trials, measure.measure(view))

    def arrays(self) -> dict[str, dict[str, Array]]:
        """Return the records as parts of a state."""
        return {f"records.{name}": record.columns() for name, record in self.records.items()}

    def load(self, state: TrainingState, reopened: Array, *, same_steps: bool) -> None:
        """Go on from a state's records.

        The ends of trials that are ``reopened`` are dropped, and without ``same_steps`` an epoch
        what was measured at a step.
        """
        self.records["epochs"].add(**state.part("records.epochs"))
        for measure, wanted in self._wanted.items():
            columns = state.part(f"records.{measure.table}")
            if columns:
                ends = np.full(columns["trial"].shape, measure.at_end)
                if measure.at_end and "step" in columns:
                    ends = ~np.isin(columns["step"], sorted(wanted))
                keep = np.where(ends, ~np.isin(columns["trial"], reopened), same_steps)
                columns = {name: values[keep] for name, values in columns.items()}
                self.records[measure.table].add(**columns)
