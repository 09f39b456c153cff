"""The cohort: the trials of a stack that are in training, and the ways in which they leave it."""

from __future__ import annotations

import numpy as np

from ..components import Array, stack_fields
from ..families.regularisers import EarlyStopping
from .evaluation import COLUMNS, Evaluation
from .ledger import Ledger
from .measurements import Measurements
from .outcome import SCORES, Status
from .scoring import ALL, Scoring
from .stack import Stack


class Cohort:
    """The trials in training: ``stack``, whose trials stand at the positions ``live`` of ``whole``.

    A trial leaves when it diverges, stops early or is withdrawn; those that reach the last epoch
    stay. Whoever leaves, the bits of the others are the same. The ``ledger`` knows how each trial
    of the whole stands.
    """

    def __init__(self, whole: Stack, measurements: Measurements) -> None:
        self.whole, self._measurements = whole, measurements
        self._epochs, self._watched = whole.recipe.epochs, whole.examples.watched
        self._steps = whole.recipe.steps_per_epoch(whole.examples.sizes.train)
        stopping = [r for trial in whole.trials if (r := trial.recipe.regulariser(EarlyStopping))]
        self._patience = stopping[0].patience if stopping else 0
        margin = stack_fields(stopping)["margin"] if stopping else np.zeros(len(whole.trials))
        self.ledger = Ledger(whole.arena, whole.arrays["statistics"], margin)
        self.go_on_with(whole, np.arange(len(whole.trials)))

    def go_on_with(self, stack: Stack, live: Array) -> None:
        """Make ``stack`` the trials in training."""
        self.stack, self.live, self.scoring = stack, live, Scoring(stack)
        self._measurements.forget_buffers()

    def __len__(self) -> int:
        return len(self.live)

    def weights(self, position: int) -> tuple[Array, Array]:
        """Return the parameters and statistics that a trial's scores are measured with.

        Raises
        ------
        ValueError
            If it diverged.
        """
        ledger = self.ledger
        ledger.refuse_diverged(position)
        if ledger.status(position) is not None:
            return np.array(ledger.parameters[position]), np.array(ledger.statistics[position])
        here = np.flatnonzero(self.live == position)[0]
        return np.array(self.stack.evaluated[here]), np.array(self.stack.evaluated_statistics[here])

    def scores(self, position: int, epoch: int) -> Array:
        """Return the row of scores that a trial in training has after an epoch."""
        return np.asarray(self.scoring.final_rows(epoch)[self.live == position][0])

    def diverge(self, bad: Array, epoch: int, step: int, rows: Array) -> None:
        """Freeze the trials that stopped being finite."""
        for position in np.flatnonzero(bad):
            layer = self.stack.first_nonfinite_layer(int(position), rows)
            trial = int(self.live[position])
            self.ledger.diverge(trial, step // self._steps, epoch, step, layer)
        self._leave(bad)

    def _leave(self, gone: Array) -> None:
        keep, former = np.flatnonzero(~gone), self.scoring
        self.go_on_with(self.stack.select(keep) if len(keep) else self.stack, self.live[keep])
        self.scoring.take_over(former, keep)

    def close_epoch(self, epoch: int) -> None:
        """Record the scores after an epoch, and what follows from them for each trial."""
        self._leave_what_diverged(epoch)
        live, stack = self.live, self.stack
        if not len(live):
            return
        scores = {name: self.scoring[name] for name in SCORES[:4]}
        self._measurements.records["epochs"].add(
            trial=live, epoch=np.full(len(live), epoch), **scores
        )
        watched = self.scoring[f"{self._watched}_loss"]
        stack.observe(watched)
        decides = self._watched != "train"
        better = self.ledger.better(live, watched) & decides
        if better.any():
            self.ledger.improve(live[better], self.scoring.rows(epoch)[better], watched[better])
            if self._patience or self.scoring.partial:
                self._keep(better)
        self.ledger.observe(live, scores["validation_accuracy"], epoch)
        if epoch == self._epochs:
            self.end(live, Status.OK, epoch)
            self._measurements.take_before_step(stack, live, epoch * self._steps)
        elif self._patience:
            tired = epoch - self.ledger.best["epoch"][live] >= self._patience
            self.withdraw(live[tired], Status.OK, epoch)

    def _leave_what_diverged(self, epoch: int) -> None:
        at_end = epoch == self._epochs and self.scoring.partial
        bad = ~np.isfinite(self.scoring[f"{ALL if at_end else 'train'}_loss"])
        bad |= ~np.isfinite(self.stack.evaluated).all(axis=1)
        sizes = self.stack.examples.sizes
        for name in ("validation", "selection"):
            if getattr(sizes, name):
                bad |= ~np.isfinite(self.scoring[f"{name}_loss"])
        if bad.any():
            rows = self.stack.examples.train[:, :COLUMNS]
            self.diverge(bad, max(epoch, 1), epoch * self._steps, rows)

    def _keep(self, chosen: Array) -> None:
        stack = self.stack
        weights = stack.evaluated[chosen], stack.evaluated_statistics[chosen]
        self.ledger.keep(self.live[chosen], *weights)

    def _score_best(self, trials: Array, ending: Array) -> None:
        """Score the weights kept of the best epochs of trials on all their training rows."""
        stack, ledger = self.stack, self.ledger
        positions = np.flatnonzero(ending)
        evaluate = Evaluation(
            [stack.trials[i].recipe for i in positions],
            stack.examples.select(positions),
            stack.architecture,
            ledger.parameters[trials],
            stack.architecture.running(ledger.statistics[trials]),
        )
        loss, accuracy = evaluate(stack.examples.train[positions])
        ledger.best["train_loss"][trials], ledger.best["train_accuracy"][trials] = loss, accuracy

    def withdraw(self, trials: Array, status: Status, epoch: int) -> None:
        """End trials before the last epoch, and go on without them."""
        if len(trials):
            self.end(trials, status, epoch)
            self._leave(np.isin(self.live, trials))

    def end(self, trials: Array, status: Status, epoch: int) -> None:
        """Give trials in training their last scores, weights and measures.

        They are those of now or, where a trial's own recipe stops early, those of its best epoch.
        """
        if not len(trials):
            return
        ledger, ending = self.ledger, np.isin(self.live, trials)
        restored = self._patience > 0 and status is Status.OK
        unset = ending & np.isnan(ledger.best["epoch"][self.live])
        if unset.any():
            ledger.best[self.live[unset]] = self.scoring.rows(epoch)[unset]
        self._keep(unset)
        if self.scoring.partial:
            self._score_best(trials, ending)
        if not restored:
            self._keep(ending)
        now = ledger.best[trials] if restored else self.scoring.final_rows(epoch)[ending]
        ledger.close(trials, status, now, epoch)
        weights = ledger.parameters[trials], ledger.statistics[trials]
        self._measurements.take_end(self.stack, ending, epoch * self._steps, weights, trials)
