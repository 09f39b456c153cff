"""Trainings that were cut short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..language.messages import text
from ..language.numbers import number
from .finding import Evidence, Severity
from .finding_function import Look, TrialFinding
from .observed import Observed


@dataclass(frozen=True)
class StillImproving(TrialFinding):
    """The validation loss, or without it the training loss, was still falling when training ended.

    Over the last fifth of the epochs its lowest value fell by more than ``fall`` of the loss of a
    constant output and by ``of_itself`` of itself, and it ends within ``of_itself`` of that value.
    """

    code: ClassVar[str] = "still-improving"
    version: ClassVar[int] = 2
    at_end: ClassVar[bool] = True
    severity: ClassVar[Severity] = "note"
    fall: float = 0.025
    of_itself: float = 0.03

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Still improving at the end")

    def look(self, observed: Observed) -> Look:
        """Compare the end with where four fifths of the epochs were done."""
        trained = observed.epochs
        lowest = np.fmin.accumulate(observed.watched, axis=1)
        end, least = (observed.at(curve, trained) for curve in (observed.watched, lowest))
        before = observed.at(lowest, trained - np.maximum(1, np.round(trained / 5)))
        fall = (before - end) / observed.chance
        fall[observed.diverged | (trained < 2)] = np.nan
        shows = (
            (fall > self.fall)
            & (end < (1 - self.of_itself) * before)
            & (end < (1 + self.of_itself) * least)
        )
        return Look("late_fall_to_chance", fall, self.fall, shows, epoch=trained)

    def sentence(self, evidence: Evidence) -> str:
        """Say how much it fell."""
        return text(
            "over the last fifth of {epochs} epochs the loss still fell by {share} % of that of a "
            "constant output: it had not come to rest",
            epochs=number(evidence.epoch or 0),
            share=number(100 * evidence.number, 2),
        )
