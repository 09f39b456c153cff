"""Training a stack epoch by epoch: order, divergence, measurements, and a state to resume from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .components import Array
from .evaluation import COLUMNS, Evaluation
from .examples import Examples, shared
from .network import layers_of
from .probes import LayerProbe, Probe
from .recipe import FULL_BATCH
from .schedules import Progress
from .stack import Stack, initial_arena
from .streams import Purpose, visiting_order
from .trial import Trial

EVALUATED_TRAINING_EXAMPLES = 10_000
"""Training loss and accuracy are measured on at most this many first training examples."""
SCORES = tuple(
    f"{part}_{score}" for part in ("train", "validation", "test") for score in ("loss", "accuracy")
)


@dataclass(frozen=True)
class Outcome:
    """How one trial ended.

    ``status`` is ``"ok"`` or ``"diverged"``; a diverged trial names the epoch (from 1), the number
    of finished steps and the layer (from 1) at which the training loss, the validation loss or a
    parameter stopped being finite. ``last`` and
    ``best`` hold the epoch and every score after the last and after the validation-best epoch
    (lowest validation loss; the last epoch without a validation set), as far as they are defined;
    both are empty for a diverged trial.
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

    Call :meth:`run_epoch` until :attr:`finished`. Between epochs :meth:`state` can be saved and
    later given to :meth:`restore` of a new training of the same stack, which goes on with the
    same bits.

    Parameters
    ----------
    trials
        The stack: trials whose :func:`~paribus.core.examples.stack_key` agrees.
    examples
        Their data, one row of row numbers per trial.
    probe
        When to measure the layers.
    """

    def __init__(self, trials: list[Trial], examples: Examples, probe: Probe) -> None:
        recipe = trials[0].recipe
        examples = examples.cast(np.dtype(recipe.dtype))
        sizes = (examples.x.shape[1], *recipe.hidden, examples.y.shape[1])
        initial = initial_arena(trials, sizes)
        slots = [np.zeros_like(initial) for _ in recipe.optimiser.slots]
        self._whole = Stack(list(trials), examples, initial, initial.copy(), slots)
        self._train = examples.sizes.train
        self._batch = recipe.batch(self._train)
        self._steps = recipe.steps_per_epoch(self._train)
        self._wanted = probe.wanted(self._steps, recipe.epochs)
        self._probe_examples = min(probe.examples, self._train)
        self.recipe, self.epoch = recipe, -1
        self.epochs, self.layers = Record(), Record()
        self._last = np.full((len(trials), 1 + len(SCORES)), np.nan)
        self._best = np.full((len(trials), 1 + len(SCORES)), np.nan)
        self._diverged = np.full((len(trials), 3), -1)
        self._go_on_with(self._whole, np.arange(len(trials)))

    def _go_on_with(self, stack: Stack, live: Array) -> None:
        """Make ``stack`` the trials in training; ``live`` are their positions in the whole."""
        self._stack, self._live = stack, live
        if len(live):
            recipes = [trial.recipe for trial in stack.trials]
            self._evaluate = Evaluation(recipes, stack.examples)
            self._layer_probe = LayerProbe(recipes, stack.examples, self._probe_examples)

    @property
    def finished(self) -> bool:
        """Whether no epoch is left for any trial."""
        return self.epoch >= self.recipe.epochs or not len(self._live)

    @property
    def live(self) -> int:
        """The number of trials still in training."""
        return len(self._live)

    def run_epoch(self) -> None:
        """Train one epoch and measure it; the first call only measures the start, as epoch 0."""
        with np.errstate(all="ignore"):  # overflow is a result here, not an accident
            if self.epoch >= 0:
                self._train_epoch()
            self.epoch += 1
            if len(self._live):
                self._measure_scores()
            last = self._steps * self.recipe.epochs
            if len(self._live) and self.epoch == self.recipe.epochs and last in self._wanted:
                self._record_layers(last, self._live, self._measure_layers())

    def _train_epoch(self) -> None:
        order = self._order()
        streams = self._stack.mask_streams(self.epoch)
        for step in range(self._steps):
            columns = slice(step * self._batch, min((step + 1) * self._batch, self._train))
            progress = Progress(
                self.epoch * self._steps + step, self.epoch, self._steps, self.recipe.epochs
            )
            probed = progress.step in self._wanted
            live, found = self._live, self._measure_layers() if probed else None
            draws = streams.draw(columns.stop - columns.start) if streams else None
            while len(self._live):
                losses = self._stack.forward(order[:, columns], draws)
                finite = np.isfinite(losses)
                if finite.all():
                    break
                self._leave(~finite, self.epoch + 1, progress.step, order[:, columns])
                order = order if len(order) == 1 else order[finite]
            before = self._stack.arena.copy() if probed else None
            if len(self._live):
                self._stack.backward()
                self._stack.update(progress)
            if found is not None and before is not None:
                self._note_update(found, live, before)
                self._record_layers(progress.step, live, found)
            if not len(self._live):
                return

    def _order(self) -> Array:
        """Return each live trial's training rows in the order of this epoch, (T or 1, n)."""
        rows = self._stack.examples.train
        if self.recipe.batch_size == FULL_BATCH:
            return shared(rows)
        keys = [(t.seed, t.part(Purpose.ORDER)) for t in self._stack.trials]
        orders = {key: visiting_order(*key, self.epoch, self._train) for key in set(keys)}
        index = np.stack([orders[key] for key in keys])
        return shared(np.take_along_axis(rows, index, axis=1))

    def _leave(self, bad: Array, epoch: int, step: int, rows: Array) -> None:
        """Freeze the trials that stopped being finite; the others keep their bits."""
        for position in np.flatnonzero(bad):
            layer = self._stack.first_nonfinite_layer(int(position), rows)
            index = self._live[position]
            self._diverged[index] = (epoch, step, layer)
            self._best[index] = np.nan
        keep = np.flatnonzero(~bad)
        self._go_on_with(self._stack.select(keep) if len(keep) else self._stack, self._live[keep])

    def _measure_scores(self) -> None:
        """Record loss and accuracy on every set and remember the validation-best epoch."""
        examples, arena = self._stack.examples, self._stack.arena
        train = examples.train[:, :EVALUATED_TRAINING_EXAMPLES]
        scores = [*self._evaluate(arena, train), *self._evaluate(arena, examples.validation)]
        bad = ~np.isfinite(scores[0]) | ~np.isfinite(arena).all(axis=1)
        if examples.sizes.validation:
            bad |= ~np.isfinite(scores[2])
        if bad.any():
            done = self.epoch * self._steps
            self._leave(bad, max(self.epoch, 1), done, train[:, :COLUMNS])
            scores = [values[~bad] for values in scores]
            if not len(self._live):
                return
            examples, arena = self._stack.examples, self._stack.arena
        columns = dict(zip(SCORES[:4], scores, strict=True))
        self.epochs.add(trial=self._live, epoch=np.full(self.live, self.epoch), **columns)
        validation_loss = 1 + SCORES.index("validation_loss")
        best = self._best[self._live, validation_loss]
        better = (scores[2] < best) | np.isnan(best)
        if better.any() or self.epoch == self.recipe.epochs:
            scores += self._evaluate(arena, examples.test)
            now = np.column_stack([np.full(self.live, float(self.epoch)), *scores])
            self._best[self._live[better]] = now[better]
            if self.epoch == self.recipe.epochs:
                self._last[self._live] = now

    def _measure_layers(self) -> dict[str, Array]:
        return self._layer_probe.measure(self._stack.arena, self._stack.initial)

    def _note_update(self, found: dict[str, Array], live: Array, before: Array) -> None:
        """Fill in ‖ΔW‖/‖W‖ of the step after a probe for the trials that took it."""
        took = np.flatnonzero(np.isin(live, self._live))
        old, new = (layers_of(a, self._stack.sizes) for a in (before, self._stack.arena))
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
        if self._diverged[position, 0] >= 0:
            epoch, step, layer = (int(value) for value in self._diverged[position])
            return Outcome("diverged", step // self._steps, epoch, step, layer, {}, {})
        last, best = (
            {
                n: v
                for n, v in zip(names, scores[position].tolist(), strict=True)
                if not math.isnan(v)
            }
            for scores in (self._last, self._best)
        )
        return Outcome("ok", self.recipe.epochs, None, None, None, last, best)

    def parameters(self, position: int) -> Array:
        """Return the parameters of a live trial, all weights first and then all biases."""
        return np.array(self._stack.arena[np.flatnonzero(self._live == position)[0]])

    def state(self) -> TrainingState:
        """Return everything needed to go on from here."""
        arrays = {
            "trials": np.array([trial.trial_id for trial in self._whole.trials]),
            "epoch": np.array(self.epoch),
            "live": self._live,
            "parameters": self._stack.arena,
            "last": self._last,
            "best": self._best,
            "diverged": self._diverged,
        }
        arrays |= {f"slot{i}": slot for i, slot in enumerate(self._stack.slots)}
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
        arrays = state.arrays
        if arrays["trials"].tolist() != [trial.trial_id for trial in self._whole.trials]:
            raise ValueError("the state is of other trials")
        live = arrays["live"]
        if len(live):
            stack = self._whole.select(live)
            stack.arena[...] = arrays["parameters"]
            for index, slot in enumerate(stack.slots):
                slot[...] = arrays[f"slot{index}"]
            self._go_on_with(stack, live)
        self._live, self.epoch = live, int(arrays["epoch"])
        self._last, self._best = arrays["last"].copy(), arrays["best"].copy()
        self._diverged = arrays["diverged"].copy()
        for prefix, record in (("epochs.", self.epochs), ("layers.", self.layers)):
            columns = {k[len(prefix) :]: v for k, v in arrays.items() if k.startswith(prefix)}
            if columns:
                record.add(**columns)
