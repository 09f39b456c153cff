"""Grids: what a trained network makes of a fixed grid of inputs, to be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, number
from ..engine.examples import Examples
from ..errors import InputError
from ..recipe import Recipe
from .measure_function import MeasureFunction
from .view import View


@dataclass(frozen=True)
class Boundary(MeasureFunction):
    """Decision boundary: winner = argmax z and lead = max z − next z on a grid of two inputs.

    ``resolution``² points cover the range of a trial's training, validation and test inputs, as
    the network reads them, widened on each side by ``margin`` times its length.
    Source: common practice.
    """

    kind: ClassVar[str] = "boundary"
    table: ClassVar[str] = "boundary"
    columns: ClassVar[Mapping[str, type]] = {"x1": float, "x2": float, "winner": int, "lead": float}
    resolution: int = number(50, at_least=2, at_most=500)
    margin: float = number(0.1, at_least=0.0, at_most=100.0)

    def check(self, examples: Examples, recipe: Recipe) -> None:
        """Refuse another number of inputs than two, and a task without classes."""
        inputs = examples.sizes.features
        if inputs != 2 or not examples.labelled:
            what = "classes" if examples.labelled else "numbers"
            raise InputError(
                f"measure 'boundary' needs a task with 2 inputs and classes, not one with {inputs} "
                f"and {what}"
            )

    def measure(self, view: View) -> dict[str, Array]:
        """Return the grid row by row, x1 along each."""
        examples = view.examples
        sets = examples.train, examples.validation, examples.test, examples.selection
        rows = np.concatenate([part for part in sets if part.size], axis=1)
        grids = np.stack([self._grid(examples.x[one % len(examples.x)]) for one in rows])
        z = view.outputs(grids)
        first, second = np.sort(z, axis=0)[-1:-3:-1]
        return {
            "x1": grids[:, :, 0],
            "x2": grids[:, :, 1],
            "winner": z.argmax(axis=0),
            "lead": (first - second).astype(np.float64),
        }

    def _grid(self, x: Array) -> Array:
        """Return the points (resolution², 2) around the inputs x (n, 2)."""
        low, high = x.min(axis=0).astype(np.float64), x.max(axis=0).astype(np.float64)
        wider = self.margin * (high - low)
        lines = [
            np.linspace(a, b, self.resolution)
            for a, b in zip(low - wider, high + wider, strict=True)
        ]
        return np.stack([part.ravel() for part in np.meshgrid(*lines)], axis=1)


@dataclass(frozen=True)
class FittedCurve(MeasureFunction):
    """Fitted curve: ŷ = link(z) over the one variable x that all inputs are functions of.

    ``resolution`` values of x cover the task's range; ``output`` counts from 1, and ``predicted``
    is in the unit of the training's targets. Source: common practice.
    """

    kind: ClassVar[str] = "curve"
    table: ClassVar[str] = "curve"
    columns: ClassVar[Mapping[str, type]] = {"x": float, "output": int, "predicted": float}
    resolution: int = number(200, at_least=2, at_most=100_000)

    def check(self, examples: Examples, recipe: Recipe) -> None:
        """Refuse classes, and inputs that are not functions of one variable."""
        if examples.labelled or not examples.variables:
            what = "has classes" if examples.labelled else "has several variables"
            raise InputError(
                "measure 'curve' needs a task that predicts numbers from one variable; this one "
                f"{what}"
            )

    def measure(self, view: View) -> dict[str, Array]:
        """Return the curve of each output along x, the outputs of one x together."""
        variables, outputs = view.examples.variables, view.architecture.sizes[-1]
        x = np.stack([np.linspace(v.low, v.high, self.resolution) for v in variables])
        inputs = [v.inputs(values) for v, values in zip(variables, x, strict=True)]
        z = view.outputs(np.stack(inputs))
        view.recipes[0].loss.unit.apply(z, np.empty_like(z[0]))
        return {
            "x": np.repeat(x, outputs, axis=1),
            "output": np.tile(np.arange(1, outputs + 1), x.shape),
            "predicted": z.transpose(1, 2, 0).reshape(len(x), -1).astype(np.float64),
        }
