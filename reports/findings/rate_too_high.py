"""Learning rates that are too high."""

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
class RateTooHigh(TrialFinding):
    """The first updates are as large as the weights, and the training comes to harm.

    ‖ΔW‖/‖W‖ of a layer in one of the first steps is above ``update`` (about 0.001 is usual);
    and the training diverges, or ends above ``harmed`` of chance.
    Source: the ratio after Bottou; Karpathy, CS231n, "ratio of weights:updates".
    """

    code: ClassVar[str] = "rate-too-high"
    severity: ClassVar[Severity] = "warning"
    update: float = 0.5
    harmed: float = 0.2

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Learning rate too high")

    def look(self, observed: Observed) -> Look:
        """Read the largest early update ratio and the final training loss."""
        ratio = observed.largest("update_ratio", steps=2)
        harmed = observed.diverged | (observed.final > self.harmed * observed.chance)
        return Look(
            "update_to_weights",
            ratio,
            self.update,
            (ratio > self.update) & harmed,
            epoch=np.zeros(len(ratio)),
            beside={"final_train_loss_to_chance": observed.final / observed.chance},
        )

    def sentence(self, evidence: Evidence) -> str:
        """Say how large the updates are, and what became of the training."""
        final = evidence.beside["final_train_loss_to_chance"]
        if np.isnan(final):
            return text(
                "one of the first updates is {ratio} times as large as the weights it changes, "
                "and the training diverges",
                ratio=number(evidence.number, 2),
            )
        return text(
            "one of the first updates is {ratio} times as large as the weights it changes, and "
            "the training loss ends at {share} % of that of a constant output",
            ratio=number(evidence.number, 2),
            share=number(100 * final, 2),
        )
