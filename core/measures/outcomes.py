"""Outcomes: what a trained network predicts for each example that it was not trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array
from .measure_function import MeasureFunction
from .view import View

SETS = ("validation", "test")


@dataclass(frozen=True)
class Outcomes(MeasureFunction):
    """Outcomes: predicted = argmax z or ŷ = link(z), for every validation and test example.

    A row is one example, ``example`` its row in the data set, with ``loss``. Classes have one row
    each: ``predicted`` is the class's position and ``right`` tells whether it is the target.
    Numbers have a row for each ``output``, from 1: ``predicted`` is ŷ and ``residual`` ŷ − y, in
    the unit of the training's targets. Source: common practice.
    """

    kind: ClassVar[str] = "outcomes"
    table: ClassVar[str] = "outcomes"
    columns: ClassVar[Mapping[str, type]] = {
        "set": str,
        "example": int,
        "output": int,
        "predicted": float,
        "right": bool,
        "residual": float,
        "loss": float,
    }

    def measure(self, view: View) -> dict[str, Array]:
        """Return the rows of the validation set, then those of the test set."""
        examples = view.examples
        blocks = [
            self._of_set(view, name, rows)
            for name in SETS
            if (rows := getattr(examples, name)).shape[1]
        ]
        if not blocks:
            empty = np.empty((len(view.recipes), 0))
            return {name: empty.astype(kind) for name, kind in self.columns.items()}
        return {name: np.concatenate([b[name] for b in blocks], axis=1) for name in blocks[0]}

    @staticmethod
    def _of_set(view: View, name: str, rows: Array) -> dict[str, Array]:
        (trials, count), outputs = rows.shape, view.architecture.sizes[-1]
        labelled, unit = view.examples.labelled, view.recipes[0].loss.unit
        repeats = 1 if labelled else outputs
        predicted, gap = (np.empty((trials, count, repeats)) for _ in range(2))
        loss = np.empty((trials, count))
        evaluation = view.evaluation()
        for columns, network, y in evaluation.passes(rows):
            z = network.output.copy()
            if labelled:
                predicted[:, columns, 0] = z.argmax(axis=0)
                gap[:, columns, 0] = predicted[:, columns, 0] - y.argmax(axis=0)
            else:
                unit.apply(z, np.empty_like(z[0]))
                predicted[:, columns] = z.transpose(1, 2, 0)
                gap[:, columns] = (z - y).transpose(1, 2, 0)
            loss[:, columns] = evaluation.losses(network, y)
        rows_of_set = {
            "set": np.full((trials, count), name),
            "example": view.examples.dataset_rows(rows),
            "loss": loss,
        }
        table = {
            column: np.repeat(values, repeats, axis=1) for column, values in rows_of_set.items()
        }
        table["predicted"] = predicted.reshape(trials, -1)
        if labelled:
            return table | {"right": gap[:, :, 0] == 0.0}
        output = np.tile(np.arange(1, outputs + 1), (trials, count))
        return table | {"output": output, "residual": gap.reshape(trials, -1)}
