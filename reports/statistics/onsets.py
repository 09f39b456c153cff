"""Onsets: when the validation loss of an arm is lowest, and what follows to the end."""

from __future__ import annotations

from dataclasses import dataclass

from .estimates import Estimate, estimate
from .frames import Results


@dataclass(frozen=True)
class AccuracyChange:
    """How accuracy changes from the lowest loss to the end, and in how many replicates upwards."""

    change: Estimate
    upwards: int


@dataclass(frozen=True)
class LossOnset:
    """Over an arm's replicates: the epoch of the lowest loss, of how many, and what follows.

    ``rise`` is the final over the lowest loss; ``accuracy`` is None without classes.
    """

    epoch: Estimate
    epochs: int
    rise: Estimate
    accuracy: AccuracyChange | None


def onset_of(results: Results, arm: int) -> LossOnset | None:
    """Return an arm's onset, None where no replicate has a loss."""
    trials = results.trials[results.trials["arm"] == arm].dropna(subset=["validation_loss"])
    if trials.empty:
        return None
    change = (trials["validation_accuracy"] - trials["best_validation_accuracy"]).dropna()
    return LossOnset(
        estimate(trials["best_epoch"], "linear"),
        int(trials["epochs_trained"].max()),
        estimate(trials["loss_rise"], "log"),
        AccuracyChange(estimate(change, "linear"), int((change > 0).sum()))
        if len(change)
        else None,
    )
