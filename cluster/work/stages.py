"""The training of one stack as its job wants it: gone on from its state, until an epoch, withdrawn.

A stack may be trained in several stages, its state kept between them; whatever is lost is trained
again to the same bits. A stack of forks begins as the stack of their sources, so that no job waits
for another one.
"""

from __future__ import annotations

from collections.abc import Callable

from ...core.measures.measure_function import MeasureFunction
from ...core.trial import Trial
from ..folder.run_folder import RunFolder
from ..folder.rungs import Reached
from ..planning.jobs import Job
from .branches import Lineage
from .clock import Clock, Stop, never

SAVE_EVERY = 20.0
"""Seconds between two states of a stack in training."""
TELL_EVERY = 0.5
"""Seconds between two messages about a job's progress."""


class Stage:
    """One stack of a job, from where it stands to where it is wanted."""

    def __init__(
        self,
        folder: RunFolder,
        job: Job,
        index: int,
        trials: list[Trial],
        measures: tuple[MeasureFunction, ...],
    ) -> None:
        self._folder, self._job, self._index = folder, job, index
        self._stops: dict[int, list[int]] = {}
        for stop in job.stops:
            if stop.stack == index:
                self._stops.setdefault(stop.epoch, []).append(stop.position)
        self.trials = trials
        self._lineage = Lineage(trials, measures)
        self.training = self._lineage.resumed(folder.load_state(job.job_id, index))
        end = trials[0].recipe.epochs
        self._until = end if job.until is None else min(job.until, end)

    def train(self, clock: Clock, notify: Callable[[float], None], stop: Stop = never) -> bool:
        """Train to where the job wants it, and keep the state if that is not the end.

        Return whether it came there; where it is to stop before, its state is kept. A job that may
        be stopped keeps those of stacks at their end, too, for the time that others take.
        """
        saved = notified = clock.seconds()
        self._go_on()
        while not self.training.finished and self.training.epoch < self._until:
            if stop():
                if self.training.epoch >= 0:
                    self.save()
                return False
            self.training.run_epoch()
            self._go_on()
            now = clock.seconds()
            if now - notified > TELL_EVERY:
                notify(self.training.epoch / max(self._until, 1))
                notified = now
            if now - saved > SAVE_EVERY:
                self.save()
                saved = now
        last = self._index == len(self._job.stacks) - 1
        if self._job.until is not None or (stop is not never and not last):
            self.save()
        return True

    def _go_on(self) -> None:
        """Branch off where this epoch is the origin's, and withdraw trials whose last it is."""
        self.training = self._lineage.gone_on(self.training)
        due = self._stops.pop(self.training.epoch, [])
        live = [p for p in due if self.training.status(p) is None]
        if live:
            self.training.withdraw(live)

    def save(self) -> None:
        """Keep the state, so that a killed job goes on from it."""
        self._folder.save_state(self._job.job_id, self._index, self.training.state())

    def reached(self) -> list[Reached]:
        """Return how every trial stands."""
        return [self._standing(position) for position in range(len(self.trials))]

    def _standing(self, position: int) -> Reached:
        name, training = self.trials[position].trial_id, self.training
        status = training.status(position)
        epoch = training.epoch if status is None else training.outcome(position).epochs_trained
        scores = {k: v for k, v in training.scores(position).items() if k != "epoch"}
        return Reached(name, epoch, status or "", scores)
