"""What every split says of itself: which rows train, select, validate and test."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from ..components import Array, Component
from ..dataset import Dataset
from ..errors import InputError

NO_ROWS = np.empty(0, np.int64)


class Rows(NamedTuple):
    """Row numbers of the sets; what a training decides by looks at those of ``selection``, if any.

    Without them it looks at the validation set, which is then no fair judge of what it decided.
    """

    train: Array
    validation: Array
    test: Array
    selection: Array = NO_ROWS


@dataclass(frozen=True)
class SplitFunction(Component, ABC):
    """A split; the sizes of its sets never depend on the replicate.

    ``drawn`` tells whether rows are drawn anew for every replicate, ``fixed_counts`` whether the
    training rows hold the same number of each class in every replicate, as far as the data do.
    """

    drawn: ClassVar[bool]
    fixed_counts: ClassVar[bool] = False

    @abstractmethod
    def rows(self, data: Dataset, seed: int, replicate: int, fold: int = 0) -> Rows:
        """Return the rows of one fold of a replicate.

        Raises
        ------
        InputError
            If the data cannot be divided so.
        """

    @property
    def folds(self) -> int:
        """How many trainings one replicate is."""
        return 1

    @property
    def stratified(self) -> bool:
        """Whether rows are divided class by class."""
        return False

    @property
    def held_out(self) -> str:
        """What readers call the set that stands where validation rows do."""
        return "validation"

    @property
    def watched(self) -> str:
        """The set that a training looks at to stop, slow down or name its best epoch.

        ``"selection"`` or ``"validation"``, and ``""`` where there is neither.
        """
        return "validation"

    def check(self, data: Dataset, rows: Rows) -> None:
        """Refuse a division that serves no comparison.

        Raises
        ------
        InputError
            If a row stands in it twice, so that a network is judged by what it was trained on.
        """
        twice = np.flatnonzero(np.bincount(np.concatenate(rows), minlength=1) > 1)
        if len(twice):
            raise InputError(f"split = {self.kind!r} uses row {twice[0] + 1} of the data twice")
