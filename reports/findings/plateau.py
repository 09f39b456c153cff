"""Plateaus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..language.messages import text
from ..language.numbers import number
from .finding import Evidence, Severity
from .finding_function import Look, TrialFinding
from .observed import Observed

MOST_POINTS = 60
"""A longer curve is looked at in so many epochs."""


@dataclass(frozen=True)
class Plateau(TrialFinding):
    """The training loss stands still for long at a high level, and falls afterwards.

    For at least ``share_of_epochs`` of the training, and ``epochs`` epochs, the lowest loss so
    far falls by less than ``flat`` of itself, at more than ``high`` of chance; later it falls
    below ``falls`` of that level. One that does not fall is stuck, or underfits.
    Source: Saad & Solla 1995; Fukumizu & Amari 2000.
    """

    code: ClassVar[str] = "plateau"
    severity: ClassVar[Severity] = "note"
    share_of_epochs: float = 0.15
    epochs: float = 5.0
    flat: float = 0.02
    high: float = 0.3
    falls: float = 0.7

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Plateau")

    def look(self, observed: Observed) -> Look:
        """Find the longest flat stretch of the lowest loss so far."""
        curve, trained = observed.train, observed.epochs
        step = max(1, -(-curve.shape[1] // MOST_POINTS))
        lowest = np.fmin.accumulate(np.where(np.isfinite(curve), curve, np.nan), axis=1)
        seen = np.arange(curve.shape[1]) <= trained[:, None]
        lowest = np.where(seen, lowest, np.nan)[:, ::step]
        end = np.fmin.reduce(np.where(seen, curve, np.nan), axis=1)
        longest, begins = np.zeros(len(curve)), np.zeros(len(curve))
        for first in range(lowest.shape[1] - 1):
            level = lowest[:, first]
            matters = (level > self.high * observed.chance) & (end < self.falls * level)
            length = step * (
                (lowest[:, first:] >= (1 - self.flat) * level[:, None]).sum(axis=1) - 1
            )
            better = matters & (length > longest)
            longest, begins = np.where(better, length, longest), np.where(better, first, begins)
        unseen = observed.diverged | observed.at_chance | np.isnan(observed.chance)
        share = np.where(unseen, np.nan, longest / trained)
        shows = (share >= self.share_of_epochs) & (longest >= self.epochs)
        beside = {"epochs": longest}
        return Look(
            "share_of_epochs_flat",
            share,
            self.share_of_epochs,
            shows,
            epoch=begins * step,
            beside=beside,
        )

    def sentence(self, evidence: Evidence) -> str:
        """Say how long it lasted."""
        return text(
            "from epoch {epoch} on the training loss hardly fell for {epochs} epochs, {share} % of "
            "the training, before it went on",
            epoch=number(evidence.epoch or 0),
            epochs=number(evidence.beside["epochs"]),
            share=number(100 * evidence.number, 2),
        )
