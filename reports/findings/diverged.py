"""Divergence."""

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
class Diverged(TrialFinding):
    """A loss or a parameter stopped being finite; a single replicate is enough to be told."""

    code: ClassVar[str] = "diverged"
    severity: ClassVar[Severity] = "serious"
    share: ClassVar[float] = 0.0

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Diverged")

    def look(self, observed: Observed) -> Look:
        """Read the status; the number is the share of the planned epochs that it lasted."""
        epoch = observed.column("diverged_epoch")
        planned = np.maximum(observed.column("epochs"), 1.0)
        lasted = np.where(observed.diverged, epoch / planned, 1.0)
        layer = np.nan_to_num(observed.column("diverged_layer"))
        return Look("share_of_epochs_lasted", lasted, 1.0, observed.diverged, layer, epoch)

    def sentence(self, evidence: Evidence) -> str:
        """Say when and where."""
        return text(
            "in epoch {epoch} the loss or a parameter of layer {layer} stopped being finite; such "
            "a trial counts as worst in medians and comparisons and is left out of means",
            epoch=number(evidence.epoch or 0),
            layer=evidence.layer,
        )
