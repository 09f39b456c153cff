"""How a trial ended: its status, the place where it diverged, and its scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

SCORES = tuple(
    f"{part}_{score}" for part in ("train", "validation", "test") for score in ("loss", "accuracy")
)
"""Every score of a network, a loss and an accuracy on each of the three sets."""


class Status(StrEnum):
    """How a trial ended; each value equals its text."""

    OK = "ok"
    """Trained to its last epoch, or ended by early stopping, with scores."""
    DIVERGED = "diverged"
    """A loss or a parameter stopped being finite: a result with a place and without scores."""
    STOPPED = "stopped"
    """Withdrawn by the design at an epoch's end, with the scores of that epoch."""
    FAILED = "failed"
    """Could not be trained; the run keeps the reason."""


GRAVEST_FIRST = (Status.FAILED, Status.DIVERGED, Status.STOPPED, Status.OK)
"""The order in which one of several trainings, as the folds of a replicate, speaks for all."""


@dataclass(frozen=True)
class Outcome:
    """How one trial ended.

    A diverged trial names the epoch (from 1), the number of finished steps and the layer (from 1)
    at which the training loss, the validation loss or a parameter stopped being finite. ``last``
    and ``best`` hold the epoch and every score after the last and after the best epoch (lowest loss
    on the selection set, else the validation set; the last epoch without either), as far as they
    are defined; both are empty for a diverged trial, as is ``highest``, the epoch of the highest
    validation accuracy and it, which is not the accuracy of the best epoch. Early stopping restores
    the best weights, so that its ``last`` is its ``best``; a trial that was withdrawn keeps its
    last.
    """

    status: Status
    epochs_trained: int
    diverged_epoch: int | None
    diverged_step: int | None
    diverged_layer: int | None
    last: dict[str, float]
    best: dict[str, float]
    highest: dict[str, float] = field(default_factory=dict)
