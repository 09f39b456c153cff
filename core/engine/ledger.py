"""The ledger of a stack: how each trial stands, and the parameters its scores are measured with."""

from __future__ import annotations

import math

import numpy as np

from ..components import Array
from .outcome import SCORES, Outcome, Status

SCORED = np.dtype([(name, np.float64) for name in ("epoch", *SCORES)])
"""An epoch and its scores, NaN where there is none."""
HIGHEST = np.dtype([("epoch", np.float64), ("validation_accuracy", np.float64)])
"""The epoch of the highest validation accuracy, and it."""
END = np.dtype(
    [
        ("status", "U8"),
        ("epochs_trained", np.int64),
        ("epoch", np.int64),
        ("step", np.int64),
        ("layer", np.int64),
    ]
)
"""How a trial ended, with an empty status while it is in training; the last three say where."""
CONTENTS = ("end", "last", "best", "lowest", "highest", "parameters", "statistics")


def scores_in(row: Array) -> dict[str, float]:
    """Return the epoch and the scores of one row as far as they are defined."""
    named = {name: float(row[name]) for name in row.dtype.names or ()}
    return {name: value for name, value in named.items() if not math.isnan(value)}


class Ledger:
    """How each of T trials stands.

    ``end``, ``last`` and ``best`` have shape (T,) and named columns, ``lowest`` (T,) the loss by
    which ``best`` was chosen, ``highest`` the epoch of the highest validation accuracy and it.
    ``parameters`` (T, P) and
    ``statistics`` (T, S) are those that ``last`` was measured with; while a trial that stops early
    is in training, those of its ``best``.
    """

    def __init__(self, parameters: Array, statistics: Array, margin: Array) -> None:
        count = len(parameters)
        self.end = np.zeros(count, END)
        self.last, self.best = (np.full(count, np.nan, SCORED) for _ in range(2))
        self.lowest, self.highest = np.full(count, np.nan), np.full(count, np.nan, HIGHEST)
        self.parameters, self.statistics = np.zeros_like(parameters), np.zeros_like(statistics)
        self._margin = margin

    @property
    def arrays(self) -> dict[str, Array]:
        """Everything that the ledger holds, by name."""
        return {name: getattr(self, name) for name in CONTENTS}

    def load(self, arrays: dict[str, Array]) -> None:
        """Take over what another ledger of the same shape held, in this one's dtype."""
        with np.errstate(over="ignore"):
            for name in CONTENTS:
                getattr(self, name)[...] = arrays[name]

    def status(self, trial: int) -> Status | None:
        """Return how a trial ended, None while it is in training."""
        text = str(self.end["status"][trial])
        return Status(text) if text else None

    def open(self, trials: Array) -> Array:
        """Return for each of these trials whether it is in training."""
        return np.asarray(self.end["status"][trials] == "")

    def reopen(self, trials: Array) -> None:
        """Put trials back into training."""
        self.end[trials] = np.zeros((), END)

    def better(self, trials: Array, loss: Array) -> Array:
        """Return for which trials a loss is lower than all before by the margin; NaN is none."""
        former = self.lowest[trials]
        lower = (loss < former - self._margin[trials]) | np.isnan(former)
        return np.asarray(lower & ~np.isnan(loss))

    def improve(self, trials: Array, scores: Array, loss: Array) -> None:
        """Give trials their best scores yet, and the loss by which these are the best."""
        self.best[trials], self.lowest[trials] = scores, loss

    def observe(self, trials: Array, accuracy: Array, epoch: int) -> None:
        """Note the validation accuracies of an epoch, NaN where there is none."""
        former = self.highest["validation_accuracy"][trials]
        higher = (accuracy > former) | (np.isnan(former) & ~np.isnan(accuracy))
        risen = trials[higher]
        self.highest["validation_accuracy"][risen] = accuracy[higher]
        self.highest["epoch"][risen] = epoch

    def forget_best(self, trials: Array) -> None:
        """Seek the best scores of trials anew."""
        self.best[trials], self.lowest[trials], self.highest[trials] = np.nan, np.nan, np.nan

    def keep(self, trials: Array, parameters: Array, statistics: Array) -> None:
        """Keep the weights of trials."""
        self.parameters[trials], self.statistics[trials] = parameters, statistics

    def close(self, trials: Array, status: Status, last: Array, epochs: int) -> None:
        """End trials with their last scores, after so many epochs."""
        self.last[trials] = last
        for trial in trials:
            self.end[trial] = (status, epochs, 0, 0, 0)

    def diverge(self, trial: int, epochs: int, epoch: int, step: int, layer: int) -> None:
        """End a trial that stopped being finite, in an epoch, after a step, in a layer."""
        self.end[trial] = (Status.DIVERGED, epochs, epoch, step, layer)
        self.last[trial] = np.nan
        self.forget_best(np.array([trial]))

    def refuse_diverged(self, trial: int) -> None:
        """Refuse to give the weights of a trial that diverged.

        Raises
        ------
        ValueError
            If it did.
        """
        if self.status(trial) is Status.DIVERGED:
            raise ValueError(
                f"trial {trial} diverged in epoch {self.end['epoch'][trial]}, so it has no trained "
                "parameters"
            )

    def outcome(self, trial: int) -> Outcome:
        """Return how a trial ended.

        Raises
        ------
        ValueError
            If it is still in training.
        """
        status = self.status(trial)
        if status is None:
            raise ValueError(
                f"trial {trial} is still in training and has no outcome; `scores` gives its scores"
            )
        _, epochs, epoch, step, layer = self.end[trial].tolist()
        if status is Status.DIVERGED:
            return Outcome(status, epochs, epoch, step, layer, {}, {})
        last, best, highest = (
            scores_in(rows[trial]) for rows in (self.last, self.best, self.highest)
        )
        return Outcome(status, epochs, None, None, None, last, best, highest)
