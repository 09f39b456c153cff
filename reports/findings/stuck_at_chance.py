"""Trainings that end no better than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..language.messages import text
from ..language.numbers import number
from .finding import Evidence, Severity
from .finding_function import Look, TrialFinding
from .observed import AT_CHANCE, Observed


@dataclass(frozen=True)
class StuckAtChance(TrialFinding):
    """The final training loss is at least ``ratio`` of that of the best constant output.

    Nor is the training accuracy more than ``way`` of the way from the constant's to 1. A tenth of
    the replicates is enough to be told: a mean over both kinds speaks of neither.
    """

    code: ClassVar[str] = "stuck-at-chance"
    version: ClassVar[int] = 2
    at_end: ClassVar[bool] = True
    severity: ClassVar[Severity] = "serious"
    share: ClassVar[float] = 0.1
    ratio: float = AT_CHANCE
    way: float = 0.1

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Stuck at chance")

    def look(self, observed: Observed) -> Look:
        """Compare the final training loss with chance, in trainings that had an epoch."""
        ratio = np.where(observed.epochs < 1, np.nan, observed.final / observed.chance)
        return Look(
            "final_train_loss_to_chance",
            ratio,
            self.ratio,
            (ratio >= self.ratio) & ~(observed.accuracy_above_chance > self.way),
            epoch=observed.epochs,
        )

    def sentence(self, evidence: Evidence) -> str:
        """Say how far it came."""
        return text(
            "the final training loss is {ratio} times that of the best constant output: next "
            "to nothing was learnt",
            ratio=number(evidence.number),
        )
