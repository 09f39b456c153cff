"""Overfitting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..language.messages import text
from ..language.numbers import number
from .finding import Evidence, Severity
from .finding_function import Look, TrialFinding
from .observed import Observed, medians


@dataclass(frozen=True)
class Overfitting(TrialFinding):
    """The validation loss ends clearly above its minimum while the training loss went on falling.

    The median over the last fifth of the epochs lies above the minimum by ``rise`` of it, by
    ``of_chance`` of the loss of a constant output, and by ``noise`` times the median change from
    epoch to epoch; the training loss is below that of the minimum's epoch. Networks that end with
    the weights of the best epoch are not looked at.
    Source: Prechelt 1998, early stopping, but when?
    """

    code: ClassVar[str] = "overfitting"
    severity: ClassVar[Severity] = "warning"
    rise: float = 0.1
    of_chance: float = 0.05
    noise: float = 3.0

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Overfitting")

    def look(self, observed: Observed) -> Look:
        """Compare the end of the curves with the epoch of the lowest validation loss."""
        validation, train, trained = observed.validation, observed.train, observed.epochs
        epoch = np.arange(validation.shape[1])
        late = (epoch > 0.8 * trained[:, None]) & (epoch <= trained[:, None])
        best = np.nanargmin(np.where(np.isnan(validation), np.inf, validation), axis=1)
        least = observed.at(validation, best)
        end, end_of_train = (medians(np.where(late, x, np.nan)) for x in (validation, train))
        changes = medians(np.abs(np.diff(validation, axis=1)))
        ratio = end / least
        restored = np.array([arm.recipe.restores for arm in observed.results.study.arms])
        unseen = observed.diverged | observed.at_chance | restored[observed.arm]
        above = end - least
        shows = (
            (ratio > 1 + self.rise)
            & ~(above < self.of_chance * observed.chance)
            & (above > self.noise * changes)
            & (end_of_train < observed.at(train, best))
        )
        ratio[unseen] = np.nan
        return Look(
            "validation_loss_to_its_minimum",
            ratio,
            1 + self.rise,
            shows & (best < trained),
            epoch=best,
        )

    def sentence(self, evidence: Evidence) -> str:
        """Say when it began and how far it went."""
        return text(
            "the {set} loss ends {ratio} times as high as in epoch {epoch}, while the "
            "training loss goes on falling",
            set=text(evidence.held_out),
            ratio=number(evidence.number),
            epoch=number(evidence.epoch or 0),
        )
