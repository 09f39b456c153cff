"""What every measure says of itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..components import Array, Component
from ..engine.examples import Examples
from .view import View


@dataclass(frozen=True)
class MeasureFunction(Component, ABC):
    """What is measured beside training, never touching its bits.

    ``table`` names the table it fills and ``columns`` that table's columns with their Python types.
    It is taken before the steps that ``wanted`` names, and after the last step if that is among
    them; or, ``at_end``, when a trial has ended, with the weights that its scores are measured
    with. A trial that diverged has no end to measure.
    """

    table: ClassVar[str]
    columns: ClassVar[Mapping[str, type]]
    at_end: ClassVar[bool] = True

    def check(self, examples: Examples) -> None:
        """Refuse examples that cannot be measured so.

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
