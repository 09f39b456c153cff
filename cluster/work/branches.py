"""Forks in training: the stack of their sources until the origin's epoch, then their own."""

from __future__ import annotations

import numpy as np

from ...core.engine.forks import spread
from ...core.engine.state import TrainingState
from ...core.engine.training import Training
from ...core.measures.measure_function import MeasureFunction
from ...core.trial import Trial
from ...studies.data.loading import examples_of


class Lineage:
    """What a stack of trials is trained as, from the first epoch on.

    Trials without an origin are trained as themselves. Forks of one origin are trained as their
    sources, each once however many forks it has, until the origin's epoch or until all of these
    have ended; a source that ended before leaves its forks no state to go on from, so that they
    end likewise.
    """

    def __init__(self, trials: list[Trial], measures: tuple[MeasureFunction, ...] = ()) -> None:
        self._trials, self._measures = trials, measures
        self._origin = trials[0].origin
        sources = [source for trial in trials if (source := trial.source) is not None]
        self._sources = list(dict.fromkeys(sources))
        self._positions = np.array([self._sources.index(source) for source in sources], np.int64)

    def begun(self) -> Training:
        """Return the training to begin with."""
        return self._training(self._sources or self._trials)

    def resumed(self, state: TrainingState | None) -> Training:
        """Return the training that a state is of, gone on from it; begun where it is not sound."""
        if state is not None:
            for trials in (self._trials, self._sources):
                if not trials:
                    continue
                training = self._training(trials)
                try:
                    training.restore(state)
                except (KeyError, ValueError, IndexError):
                    continue  # damaged or of other trials
                return training
        return self.begun()

    def gone_on(self, training: Training) -> Training:
        """Return the forks' training where ``training`` is that of their sources and it is time."""
        if self._origin is None or training.trials[0] == self._trials[0]:
            return training
        if training.epoch < self._origin.epoch and not training.finished:
            return training
        branched = self._training(self._trials)
        branched.fork(spread(training.state(), self._positions))
        return branched

    def trained(self) -> Training:
        """Train the trials to their end, uninterrupted."""
        training = self.gone_on(self.begun())
        while not training.finished:
            training.run_epoch()
            training = self.gone_on(training)
        return training

    def _training(self, trials: list[Trial]) -> Training:
        return Training(trials, examples_of(trials), *self._measures)
