"""Learning rates that are too low."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..language.messages import counted, text
from ..language.numbers import number
from .finding import Evidence, Severity
from .finding_function import Look, TrialFinding
from .observed import Observed


@dataclass(frozen=True)
class RateTooLow(TrialFinding):
    """After the whole training the weights are where they were, although there is a gradient.

    No layer's ‖W − W₀‖/‖W₀‖ exceeds ``moved``, the loss has fallen but not below ``fallen`` of its
    start, and ‖∂C/∂W‖ of the first layer is more than ``gradient`` of the output's RMS ‖δ‖.
    """

    code: ClassVar[str] = "rate-too-low"
    version: ClassVar[int] = 2
    at_end: ClassVar[bool] = True
    severity: ClassVar[Severity] = "warning"
    moved: float = 0.03
    fallen: float = 0.8
    gradient: float = 1e-3

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Learning rate too low")

    def look(self, observed: Observed) -> Look:
        """Read the largest distance from the start and the fall of the loss."""
        unseen = observed.diverged | (observed.epochs < 1)
        moved = np.where(unseen, np.nan, observed.largest("weight_change"))
        fallen = observed.final / observed.train[:, 0]
        shows = (
            (moved < self.moved)
            & (fallen < 1)
            & (fallen > self.fallen)
            & ~(observed.relative_gradient < self.gradient)
        )
        return Look(
            "weights_moved",
            moved,
            self.moved,
            shows,
            epoch=observed.epochs,
            beside={"train_loss_to_its_start": fallen},
        )

    def sentence(self, evidence: Evidence) -> str:
        """Say how little has moved."""
        return counted(
            "after {n} epoch no layer's weights have moved by more than {moved} % of their size, "
            "and the training loss is {ratio} times that at the start",
            "after {n} epochs no layer's weights have moved by more than {moved} % of their size, "
            "and the training loss is {ratio} times that at the start",
            int(evidence.epoch or 0),
            moved=number(100 * evidence.number, 2),
            ratio=number(evidence.beside["train_loss_to_its_start"]),
        )
