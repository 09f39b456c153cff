"""What the regularisers of a stack draw anew at every step of training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from ..families.regulariser_function import Drawn

if TYPE_CHECKING:
    from .regularisation import Regularisation


class Draws(NamedTuple):
    """One step's draws, by the regulariser's kind and what keys a trial's draws.

    ``start`` is the position of the batch's first example in its ``epoch``.
    """

    by_kind: Mapping[str, Drawn]
    epoch: int = 0
    start: int = 0


class EpochDraws:
    """The draws of one epoch, step after step from ``step`` on; trials of one key share them."""

    def __init__(self, regularisation: Regularisation, epoch: int, step: int, columns: int) -> None:
        self._epoch, self._step, self._columns = epoch, step, columns
        self._sources = {
            kind: {key: draw(key, epoch, step, columns) for key in keys}
            for kind, keys, draw in regularisation.drawing
        }

    def next(self, columns: int) -> Draws:
        """Draw for the next step, a batch of so many examples."""
        start = self._step * self._columns
        self._step += 1
        by_kind = {
            kind: {key: draw(columns) for key, draw in sources.items()}
            for kind, sources in self._sources.items()
        }
        return Draws(by_kind, self._epoch, start)
