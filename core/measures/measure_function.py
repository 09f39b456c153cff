"""What every measure says of itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..components import Array, Component
from ..engine.examples import Examples
from ..recipe import Recipe
from .view import View


@dataclass(frozen=True)
class MeasureFunction(Component, ABC):
    """What is measured beside training, never touching its bits.

    ``table`` names the table it fills and ``columns`` that table's columns with their Python types,
    of which those ``averaged`` are so over the folds of a cross-validation. It is taken before the
    steps that ``wanted`` names, and after the last step if that is among them; and, ``at_end``,
    when a trial has ended, with the weights that its scores are measured with. A trial that
    diverged has no end to measure. A table that holds both has a column ``step``.
    """

    table: ClassVar[str]
    columns: ClassVar[Mapping[str, type]]
    averaged: ClassVar[tuple[str, ...]] = ()

    @property
    def at_end(self) -> bool:
        """Whether it is taken when a trial has ended."""
        return True

    def check(self, examples: Examples, recipe: Recipe) -> None:
        """Refuse examples or a recipe that cannot be measured so.

        Raises
        ------
        InputError
            If they cannot.
        """

    def wanted(self, steps_per_epoch: int, epochs: int) -> set[int]:
        """Return the numbers of finished steps at which to measure."""
        return set()

    @abstractmethod
    def measure(self, view: View) -> dict[str, Array]:
        """Return columns of shape (T, rows): as many rows for each trial, in their order.

        A column of the table that does not apply to these trials is left out.
        """
