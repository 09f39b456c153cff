"""Training a stack step by step: order, divergence, measurements, and a state to resume from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..components import Array, stack_fields, structure
from ..families.regularisers import EarlyStopping
from ..families.schedules import TrainingTime
from ..measures.probes import LayerProbe, Probe
from ..recipe import FULL_BATCH
from ..streams import Purpose, visiting_order
from ..trial import Trial
from .evaluation import COLUMNS, Evaluation
from .examples import Examples, shared
from .stack import Stack

EVALUATED_TRAINING_EXAMPLES = 10_000
"""Training loss and accuracy are measured on at most this many first training examples."""
SCORES = tuple(
    f"{part}_{score}" for part in ("train", "validation", "test") for score in ("loss", "accuracy")
)
VALIDATION_LOSS = SCORES.index("validation_loss")
LIVE, DIVERGED, STOPPED = 0, 1, 2


@dataclass(frozen=True)
class Outcome:
    """How one trial ended.

    ``status`` is ``"ok"`` or ``"diverged"``; a diverged trial names the epoch (from 1), the number
    of finished steps and the layer (from 1) at which the training loss, the validation loss or a
    parameter stopped being finite. ``last`` and ``best`` hold the epoch and every score after the
    last and after the validation-best epoch (lowest validation loss; the last epoch without a
    validation set), as far as they are defined; both are empty for a diverged trial. Early
    stopping restores the best weights, so that its ``last`` is its ``best``.
    """

    status: str
    epochs_trained: int
    diverged_epoch: int | None
    diverged_step: int | None
    diverged_layer: int | None
    last: dict[str, float]
    best: dict[str, float]


@dataclass(frozen=True)
class TrainingState:
    """Everything needed to go on with a training: plain arrays by name, for an ``.npz`` file."""

    arrays: dict[str, Array]


class Record:
    """A table that grows by blocks of rows."""

    def __init__(self) -> None:
        self._parts: dict[str, list[Array]] = {}

    def add(self, **columns: Array) -> None:
        """Append one block; every column has the same length."""
        for name, values in columns.items():
            self._parts.setdefault(name, []).append(np.asarray(values))

    def columns(self) -> dict[str, Array]:
        """Return the whole table as columns."""
        return {name: np.concatenate(parts) for name, parts in self._parts.items()}


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
    probe
        When to measure the layers.
    """

    def __init__(self, trials: list[Trial], examples: Examples, probe: Probe) -> None:
        recipe = trials[0].recipe
        examples = examples.cast(np.dtype(recipe.dtype))
        self._whole = Stack.fresh(list(trials), examples)
        self._train = examples.sizes.train
        self._batch = recipe.batch(self._train)
        self._steps = recipe.steps_per_epoch(self._train)
        self._wanted = probe.wanted(self._steps, recipe.epochs)
        self._probe_examples = min(probe.examples, self._train)
        self.recipe, self.epoch, self.step = recipe, -1, 0
        self.epochs, self.layers = Record(), Record()
        count = len(trials)
        self._last = np.full((count, 1 + len(SCORES)), np.nan)
        self._best = np.full((count, 1 + len(SCORES)), np.nan)
        self._left = np.full((count, 4), LIVE)
        self._margin = np.zeros(count)
        stopping = [trial.recipe.regulariser(EarlyStopping) for trial in trials]
        present = [member for member in stopping if member is not None]
        self._patience = present[0].patience if present else 0
        if present:
            self._margin = stack_fields(present)["margin"]
        self._kept = {
            name: self._whole.arrays[name].copy()
            if name != "parameters"
            else self._whole.evaluated.copy()
            for name in ("parameters", "statistics")
        }
        self._go_on_with(self._whole, np.arange(count))

    def _go_on_with(self, stack: Stack, live: Array) -> None:
        """Make ``stack`` the trials in training; ``live`` are their positions in the whole."""
        self._stack, self._live = stack, live
        if len(live):
            recipes = [trial.recipe for trial in stack.trials]
            running = stack.architecture.running(stack.evaluated_statistics)
            self._evaluate = Evaluation(
                recipes, stack.examples, stack.architecture, stack.evaluated, running
            )
            self._layer_probe = LayerProbe(
                recipes, stack.examples, stack.architecture, self._probe_examples
            )

    @property
    def finished(self) -> bool:
        """Whether no epoch is left for any trial."""
        return self.epoch >= self.recipe.epochs or not len(self._live)

    @property
    def live(self) -> int:
        """The number of trials still in training."""
        return len(self._live)

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
        with np.errstate(all="ignore"):  # overflow is a result here, not an accident
            np.setbufsize(1024)  # NumPy would copy broadcast operands through larger buffers
            if self.epoch < 0:
                self._stack.pretrain()
            else:
                self._train_steps(until)
                if self.step < self._steps and len(self._live):
                    return
            self.epoch, self.step = self.epoch + 1, 0
            if len(self._live):
                self._measure_scores()
            last = self._steps * self.recipe.epochs
            if len(self._live) and self.epoch == self.recipe.epochs and last in self._wanted:
                self._record_layers(last, self._live, self._measure_layers())

    def _train_steps(self, until: int) -> None:
        order = self._order()
        draws = self._stack.draws(self.epoch, self.step, self._batch)
        for step in range(self.step, until):
            columns = slice(step * self._batch, min((step + 1) * self._batch, self._train))
            progress = TrainingTime(
                self.epoch * self._steps + step, self.epoch, self._steps, self.recipe.epochs
            )
            probed = progress.step in self._wanted
            live, found = self._live, self._measure_layers() if probed else None
            before = self._stack.arena.copy() if probed else None
            if self.recipe.optimiser.solves:
                self._stack.solve()
            else:
                drawn = draws.next(columns.stop - columns.start)
                while len(self._live):
                    losses = self._stack.forward(order[:, columns], drawn)
                    finite = np.isfinite(losses)
                    if finite.all():
                        break
                    self._diverge(~finite, self.epoch + 1, progress.step, order[:, columns])
                    order = order if len(order) == 1 else order[finite]
                if len(self._live):
                    self._stack.step(progress)
            if found is not None and before is not None:
                self._note_update(found, live, before)
                self._record_layers(progress.step, live, found)
            self.step = step + 1
            if not len(self._live):
                return

    def _order(self) -> Array:
        """Return each live trial's training rows in the order of this epoch, (T or 1, n)."""
        rows = self._stack.examples.train
        if self.recipe.batch_size == FULL_BATCH:
            return shared(rows)
        lucks = [trial.key(Purpose.ORDER) for trial in self._stack.trials]
        orders = {luck: visiting_order(*luck, self.epoch, self._train) for luck in set(lucks)}
        index = np.stack([orders[luck] for luck in lucks])
        return shared(np.take_along_axis(rows, index, axis=1))

    def _diverge(self, bad: Array, epoch: int, step: int, rows: Array) -> None:
        """Freeze the trials that stopped being finite; the others keep their bits."""
        for position in np.flatnonzero(bad):
            layer = self._stack.first_nonfinite_layer(int(position), rows)
            index = self._live[position]
            self._left[index] = (DIVERGED, epoch, step, layer)
            self._best[index] = np.nan
        self._leave(bad)

    def _leave(self, gone: Array) -> None:
        keep = np.flatnonzero(~gone)
        self._go_on_with(self._stack.select(keep) if len(keep) else self._stack, self._live[keep])

    def _measure_scores(self) -> None:
        """Record loss and accuracy on every set, and what follows from them for each trial."""
        examples, evaluated = self._stack.examples, self._stack.evaluated
        train = examples.train[:, :EVALUATED_TRAINING_EXAMPLES]
        scores = [*self._evaluate(train), *self._evaluate(examples.validation)]
        bad = ~np.isfinite(scores[0]) | ~np.isfinite(evaluated).all(axis=1)
        if examples.sizes.validation:
            bad |= ~np.isfinite(scores[2])
        if bad.any():
            done = self.epoch * self._steps
            self._diverge(bad, max(self.epoch, 1), done, train[:, :COLUMNS])
            scores = [values[~bad] for values in scores]
            if not len(self._live):
                return
        columns = dict(zip(SCORES[:4], scores, strict=True))
        self.epochs.add(trial=self._live, epoch=np.full(self.live, self.epoch), **columns)
        watched = scores[2] if self._stack.examples.sizes.validation else scores[0]
        self._stack.observe(watched)
        self._note_best(scores)
        if self._patience:
            since = self.epoch - self._best[self._live, 0]
            tired = (since >= self._patience) & (self.epoch < self.recipe.epochs)
            if tired.any():
                self._left[self._live[tired]] = (STOPPED, self.epoch, 0, 0)
                self._leave(tired)

    def _note_best(self, scores: list[Array]) -> None:
        """Remember the validation-best epoch of each trial and, at the end, the last."""
        best = self._best[self._live, 1 + VALIDATION_LOSS]
        better = (scores[2] < best - self._margin[self._live]) | np.isnan(best)
        ended = self.epoch == self.recipe.epochs
        if not better.any() and not ended:
            return
        scores = [*scores, *self._evaluate(self._stack.examples.test)]
        now = np.column_stack([np.full(self.live, float(self.epoch)), *scores])
        self._best[self._live[better]] = now[better]
        if ended:
            self._last[self._live] = now
        keep = better if self._patience else np.full(self.live, ended)
        for name, source in (
            ("parameters", self._stack.evaluated),
            ("statistics", self._stack.evaluated_statistics),
        ):
            self._kept[name][self._live[keep]] = source[keep]

    def _measure_layers(self) -> dict[str, Array]:
        return self._layer_probe.measure(self._stack.arena, self._stack.arrays["initial"])

    def _note_update(self, found: dict[str, Array], live: Array, before: Array) -> None:
        """Fill in ‖ΔW‖/‖W‖ of the step after a probe for the trials that took it."""
        took = np.flatnonzero(np.isin(live, self._live))
        old, new = (self._stack.architecture.views(a) for a in (before[took], self._stack.arena))
        for index, (w, updated) in enumerate(zip(old.weights, new.weights, strict=True)):
            if len(took):
                change = np.linalg.norm((updated - w).astype(np.float64), axis=(1, 2))
                size = np.linalg.norm(w.astype(np.float64), axis=(1, 2))
                found["update_ratio"][took, index] = change / size

    def _record_layers(self, step: int, live: Array, found: dict[str, Array]) -> None:
        depth = self.recipe.depth + 1
        self.layers.add(
            trial=np.repeat(live, depth),
            step=np.full(len(live) * depth, step),
            layer=np.tile(np.arange(1, depth + 1), len(live)),
            **{name: values.reshape(-1) for name, values in found.items()},
        )

    def outcome(self, position: int) -> Outcome:
        """Return how the trial at a position of the stack ended."""
        names = ("epoch", *SCORES)
        status, epoch, step, layer = (int(value) for value in self._left[position])
        if status == DIVERGED:
            return Outcome("diverged", step // self._steps, epoch, step, layer, {}, {})
        best = self._best[position]
        last = best if self._patience else self._last[position]
        scores = [
            {n: v for n, v in zip(names, values.tolist(), strict=True) if not math.isnan(v)}
            for values in (last, best)
        ]
        trained = epoch if status == STOPPED else self.recipe.epochs
        return Outcome("ok", trained, None, None, None, *scores)

    def parameters(self, position: int) -> Array:
        """Return a trial's parameters: those that its scores are measured with.

        While it is in training they are the present ones, afterwards the last, or the best where
        early stopping restores them.
        """
        live = np.flatnonzero(self._live == position)
        if len(live) and not self.finished:
            return np.array(self._stack.evaluated[live[0]])
        return np.array(self._kept["parameters"][position])

    def statistics(self, position: int) -> Array:
        """Return a finished trial's running statistics of batch normalisation."""
        return np.array(self._kept["statistics"][position])

    def state(self) -> TrainingState:
        """Return everything needed to go on from here."""
        arrays = {
            "trials": np.array([trial.trial_id for trial in self._whole.trials]),
            "optimiser": np.array(str(structure(self.recipe.optimiser))),
            "epoch": np.array(self.epoch),
            "step": np.array(self.step),
            "live": self._live,
            "last": self._last,
            "best": self._best,
            "left": self._left,
        }
        arrays |= {f"stack.{name}": values for name, values in self._stack.arrays.items()}
        arrays |= {f"kept.{name}": values for name, values in self._kept.items()}
        arrays |= {f"epochs.{name}": values for name, values in self.epochs.columns().items()}
        arrays |= {f"layers.{name}": values for name, values in self.layers.columns().items()}
        return TrainingState({name: np.array(values) for name, values in arrays.items()})

    def restore(self, state: TrainingState) -> None:
        """Go on from a state of the same stack.

        Raises
        ------
        ValueError
            If the state is of other trials.
        """
        if state.arrays["trials"].tolist() != [t.trial_id for t in self._whole.trials]:
            raise ValueError("the state is of other trials")
        self.fork(state)

    def fork(self, state: TrainingState) -> None:
        """Go on from a state of other trials of the same architecture, a position each.

        What the new recipes have no place for is dropped. Another optimiser starts afresh, counting
        its steps from here; averaging starts from the present parameters, and the search for the
        best epoch of a changed trial that stops early begins anew.

        Raises
        ------
        ValueError
            If the number of trials or of parameters differs.
        """
        arrays = state.arrays
        shape = arrays["kept.parameters"].shape
        if shape != self._whole.arena.shape:
            raise ValueError(
                f"the state is of {shape[0]} trials with {shape[1]} parameters each, "
                f"not {self._whole.arena.shape[0]} with {self._whole.arena.shape[1]}"
            )
        live = arrays["live"]
        if len(live):
            stack = self._whole.select(live)
            other = str(arrays["optimiser"]) != str(structure(self.recipe.optimiser))
            for name, values in stack.arrays.items():
                source = f"stack.{name}"
                if name.startswith("averaged") and source not in arrays:
                    source = source.replace("averaged_", "").replace("averaged", "parameters")
                if source not in arrays or (other and name.startswith("slot.")):
                    continue
                if name != "pretraining_errors" or arrays[source].shape == values.shape:
                    values[...] = arrays[source]
            if other:
                stack.arrays["since"][:] = int(arrays["epoch"]) * self._steps + int(arrays["step"])
            self._go_on_with(stack, live)
        self._live, self.epoch, self.step = live, int(arrays["epoch"]), int(arrays["step"])
        self._last, self._best = arrays["last"].copy(), arrays["best"].copy()
        self._left = arrays["left"].copy()
        if self._patience:
            own = [trial.trial_id for trial in self._whole.trials]
            self._best[live[arrays["trials"][live] != np.array(own)[live]]] = np.nan
        for name in self._kept:
            self._kept[name] = arrays[f"kept.{name}"].copy()
        for prefix, record in (("epochs.", self.epochs), ("layers.", self.layers)):
            columns = {k[len(prefix) :]: v for k, v in arrays.items() if k.startswith(prefix)}
            if columns:
                record.add(**columns)
