"""Training a stack step by step: order, divergence, withdrawal and measurements."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from ..components import Array
from ..families.schedules import TrainingTime
from ..measures.measure_function import MeasureFunction
from ..trial import Trial
from .cohort import Cohort
from .examples import Examples
from .forks import carry_over, facts_of, refuse_other
from .ledger import scores_in
from .measurements import Measurements
from .outcome import Outcome, Status
from .record import Record
from .stack import Stack
from .state import TrainingState


@contextmanager
def arithmetic() -> Iterator[None]:
    """Compute as training does: overflow is a result here, not an accident."""
    with np.errstate(all="ignore"):
        np.setbufsize(1024)  # NumPy would copy broadcast operands through larger buffers
        yield


class Training:
    """Trains a stack of trials epoch by epoch.

    Call :meth:`run_epoch` until :attr:`finished`, or :meth:`run_steps` to stop anywhere. At any
    such point :meth:`state` can be saved and later given to :meth:`restore` of a new training of
    the same stack, which goes on with the same bits, or to :meth:`fork` of a training of changed
    trials.

    Parameters
    ----------
    trials
        The stack: trials whose :func:`~paribus.core.engine.examples.stack_key` agrees.
    examples
        Their data, one row of row numbers per trial.
    measures
        What is measured beside training, each with a table of its own.

    Raises
    ------
    InputError
        If a measure does not fit the examples.
    ValueError
        If two measures fill one table.
    """

    def __init__(self, trials: list[Trial], examples: Examples, *measures: MeasureFunction) -> None:
        recipe = trials[0].recipe
        self.recipe, self.epoch, self.step = recipe, -1, 0
        self._train = examples.sizes.train
        self._batch = recipe.batch(self._train)
        self._steps = recipe.steps_per_epoch(self._train)
        self._measurements = Measurements(measures, examples, recipe, self._steps)
        whole = Stack.fresh(list(trials), examples.cast(np.dtype(recipe.dtype)))
        self._cohort = Cohort(whole, self._measurements)

    @property
    def trials(self) -> list[Trial]:
        """The trials of the stack, in or out of training."""
        return self._cohort.whole.trials

    @property
    def records(self) -> dict[str, Record]:
        """The tables by name: ``epochs`` and one for each measure, with a column ``trial``."""
        return self._measurements.records

    @property
    def epochs(self) -> Record:
        """The losses and accuracies after every epoch."""
        return self.records["epochs"]

    @property
    def layers(self) -> Record:
        """The layer statistics, empty where they are not measured."""
        return self.records.get("layers", Record())

    @property
    def finished(self) -> bool:
        """Whether no epoch is left for any trial."""
        return self.epoch >= self.recipe.epochs or not self._cohort

    @property
    def live(self) -> int:
        """The number of trials in training, at its end of those that reached it."""
        return len(self._cohort)

    def run_epoch(self) -> None:
        """Train to the end of an epoch and measure; the first call only measures the start."""
        self._run(self._steps)

    def run_steps(self, count: int) -> None:
        """Train at most ``count`` steps, measuring wherever an epoch ends."""
        if self.epoch < 0:
            self.run_epoch()
        goal = self.epoch * self._steps + self.step + count
        while not self.finished and (done := self.epoch * self._steps + self.step) < goal:
            self._run(min(self._steps, self.step + goal - done))

    def _run(self, until: int) -> None:
        """Train this epoch up to a step, and measure if that is its end."""
        cohort = self._cohort
        with arithmetic():
            cohort.scoring.forget()
            if self.epoch < 0:
                cohort.stack.pretrain()
            else:
                self._train_steps(until)
                if self.step < self._steps and cohort:
                    return
            self.epoch, self.step = self.epoch + 1, 0
            if cohort:
                cohort.close_epoch(self.epoch)

    def _train_steps(self, until: int) -> None:
        cohort = self._cohort
        order = cohort.stack.order(self.epoch)
        draws = cohort.stack.draws(self.epoch, self.step, self._batch)
        for step in range(self.step, until):
            columns = slice(step * self._batch, min((step + 1) * self._batch, self._train))
            progress = TrainingTime(
                self.epoch * self._steps + step, self.epoch, self._steps, self.recipe.epochs
            )
            live = cohort.live
            view = self._measurements.before_step(cohort.stack, progress.step)
            if self.recipe.optimiser.solves:
                cohort.stack.solve()
            else:
                drawn = draws.next(columns.stop - columns.start)
                while cohort:
                    losses = cohort.stack.forward(order[:, columns], drawn)
                    finite = np.isfinite(losses)
                    if finite.all():
                        cohort.stack.step(progress)
                        break
                    cohort.diverge(~finite, self.epoch + 1, progress.step, order[:, columns])
                    order = order if len(order) == 1 else order[finite]
            if view is not None:
                stepped = np.full_like(view.trained, np.nan)
                if cohort:
                    stepped[np.isin(live, cohort.live)] = cohort.stack.arena
                self._measurements.take(replace(view, stepped=stepped), live)
            self.step = step + 1
            if not cohort:
                return

    def withdraw(self, positions: Collection[int]) -> None:
        """End trials here, at an epoch's end, with the scores and weights that they now have.

        The other trials of the stack keep their bits.

        Raises
        ------
        ValueError
            If no epoch has just ended, or a position is of no trial in training.
        """
        self._refuse_inside_an_epoch("trials are withdrawn")
        for position in positions:
            if (status := self.status(position)) is not None:
                raise ValueError(f"trial {position} has ended ({status}) and is not withdrawn")
        with arithmetic():
            gone = np.array(sorted(set(positions)), np.int64)
            self._cohort.withdraw(gone, Status.STOPPED, self.epoch)

    def scores(self, position: int) -> dict[str, float]:
        """Return a trial's epoch and every score: those of now, or of its end where it has ended.

        A trial that diverged has none.

        Raises
        ------
        ValueError
            If the trial is in training and no epoch has just ended.
        """
        if self.status(position) is not None:
            return scores_in(self._cohort.ledger.last[position])
        self._refuse_inside_an_epoch("scores are read")
        with arithmetic():
            return scores_in(self._cohort.scores(position, self.epoch))

    def _refuse_inside_an_epoch(self, what: str) -> None:
        if self.epoch < 0 or self.step:
            here = f"is at step {self.step} of epoch {self.epoch + 1}"
            begun = here if self.step else "has not begun"
            raise ValueError(f"{what} at an epoch's end; this training {begun}")

    def status(self, position: int) -> Status | None:
        """Return how a trial ended, None while it is in training."""
        count = len(self._cohort.whole.trials)
        if not 0 <= position < count:
            raise ValueError(f"there is no trial {position} in a stack of {count}")
        return self._cohort.ledger.status(position)

    def outcome(self, position: int) -> Outcome:
        """Return how the trial at a position of the stack ended.

        Raises
        ------
        ValueError
            If it is still in training.
        """
        return self._cohort.ledger.outcome(position)

    def parameters(self, position: int) -> Array:
        """Return a trial's parameters: those that its scores are measured with.

        While it is in training they are the present ones, afterwards the last, or the best where
        early stopping restores them.

        Raises
        ------
        ValueError
            If it diverged: nothing finite was left when that was seen.
        """
        return self._cohort.weights(position)[0]

    def statistics(self, position: int) -> Array:
        """Return a trial's running statistics of batch normalisation; else as the parameters."""
        return self._cohort.weights(position)[1]

    def state(self) -> TrainingState:
        """Return everything needed to go on from here."""
        cohort = self._cohort
        facts = facts_of(cohort.whole.trials, cohort.stack, self.epoch, self.step)
        parts = {"stack": cohort.stack.arrays, "ledger": cohort.ledger.arrays}
        return TrainingState.of(facts | {"live": cohort.live}, parts | self._measurements.arrays())

    def restore(self, state: TrainingState) -> None:
        """Go on from a state of the same stack.

        Raises
        ------
        ValueError
            If the state is of other trials.
        """
        if state.arrays["trials"].tolist() != [t.trial_id for t in self._cohort.whole.trials]:
            raise ValueError("the state is of other trials")
        self.fork(state)

    def fork(self, state: TrainingState) -> None:
        """Go on from a state of other trials, a position each, as :mod:`.forks` says.

        A trial that had ended stays as it ended. The search for the best epoch of a changed trial
        begins anew. The rows measured so far go on, but for those of layers where an epoch has
        another number of steps, and those of an end that is now none.

        Raises
        ------
        ValueError
            If these trials cannot go on from the state.
        """
        source, cohort, ledger = state.arrays, self._cohort, self._cohort.ledger
        refuse_other(source, cohort.whole)
        live = source["live"]
        if len(live):
            stack = cohort.whole.select(live)
            carry_over(source, state.part("stack"), stack)
            cohort.go_on_with(stack, live)
        cohort.live, self.epoch, self.step = live, int(source["epoch"]), int(source["step"])
        ledger.load(state.part("ledger"))
        ids = np.array([trial.trial_id for trial in cohort.whole.trials])
        changed = live[source["trials"][live] != ids[live]]
        ledger.forget_best(changed)
        reopened = changed if self.finished else live
        ledger.reopen(reopened)
        same_steps = int(source["steps_per_epoch"]) == self._steps
        self._measurements.load(state, reopened, same_steps=same_steps)
        if self.finished:
            with arithmetic():
                cohort.end(live[ledger.open(live)], Status.OK, self.epoch)
