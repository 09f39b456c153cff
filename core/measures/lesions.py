"""Lesions: what is left of a network's score when some of its hidden units are silenced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..components import Array, number, numbers
from ..engine.examples import Examples
from ..errors import InputError
from ..recipe import Recipe
from .measure_function import MeasureFunction
from .view import View

HALF = 0.5


@dataclass(frozen=True)
class Lesions(MeasureFunction):
    """Lesions: validation score with round(share·units) hidden units of all layers set to 0.

    A row is one share; 0 and ½ are always among ``shares``. The score is the mean over ``draws``
    orders of the units, of which a larger share takes a longer beginning. The orders depend on
    the number of units alone, so that all trainings lose the same ones. The activations of the
    others are not rescaled. Source: Rumelhart & McClelland 1986, on distributed representations.
    """

    kind: ClassVar[str] = "lesions"
    table: ClassVar[str] = "lesions"
    columns: ClassVar[Mapping[str, type]] = {"share": float, "accuracy": float, "loss": float}
    averaged: ClassVar[tuple[str, ...]] = ("accuracy", "loss")
    shares: tuple[float, ...] = numbers(
        (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9), at_least=0.0, at_most=1.0
    )
    draws: int = number(5, at_least=1, at_most=1000)

    def check(self, examples: Examples, recipe: Recipe) -> None:
        """Refuse a network without hidden layers, and a split without a validation set."""
        if not recipe.hidden:
            raise InputError("measure 'lesions' needs a hidden layer; hidden = [] has none")
        if not examples.sizes.validation:
            raise InputError("measure 'lesions' needs a validation set; the split leaves none")

    def measure(self, view: View) -> dict[str, Array]:
        """Return a row for each share, from none on."""
        hidden, dtype = view.architecture.hidden, view.parameters.dtype
        units, ends = sum(hidden), np.cumsum(hidden)[:-1]
        shares = sorted({0.0, HALF, *self.shares})
        evaluate, rows = view.evaluation(masked=True), view.examples.validation
        loss, accuracy = (np.zeros((len(view.recipes), len(shares))) for _ in range(2))
        orders = [order(units, draw) for draw in range(self.draws)]
        for column, share in enumerate(shares):
            silenced = round(share * units)
            chosen = orders if 0 < silenced < units else orders[:1]  # all draws are alike
            for each in chosen:
                factor = np.ones(units, dtype)
                factor[each[:silenced]] = 0.0
                masks = [part[None, :, None] for part in np.split(factor, ends)]
                scores = evaluate(rows, masks)
                for sums, values in zip((loss, accuracy), scores, strict=True):
                    sums[:, column] += values / len(chosen)
        return {
            "share": np.broadcast_to(np.array(shares), loss.shape),
            "accuracy": accuracy,
            "loss": loss,
        }


def order(units: int, draw: int) -> Array:
    """Return a random order of so many units, one for each draw."""
    bits = np.random.PCG64DXSM(np.random.SeedSequence([units, draw]))
    return np.random.Generator(bits).permutation(units)
