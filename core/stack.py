"""A stack: the arrays of trials that are trained together, and one step of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .components import Array, Fields, cast, stack_fields
from .examples import Examples, Gather
from .network import Network, layers_of, parameter_count
from .regularisers import Mask, Penalty
from .schedules import Progress
from .streams import OUTPUT, MaskStream, Purpose, unit_normals
from .trial import Trial

SWEEP = 65_536
"""Parameters per optimiser sweep: larger blocks fall out of cache, smaller ones pay per call."""

Draws = dict[tuple[int, int], list[Array]]
"""The 16-bit draws of one step's dropout masks: (seed, part) → one array per hidden layer."""


def initial_arena(trials: list[Trial], sizes: tuple[int, ...]) -> Array:
    """Return the initial parameters (T, parameters) in the recipe's dtype.

    Trials of the same luck share their standard normal draws; each recipe's initialiser scales
    them in float64, and the result is cast once.
    """
    arena = np.zeros((len(trials), sum(parameter_count(sizes))))
    layers = layers_of(arena, sizes)
    draws: dict[tuple[int, int, int], Array] = {}
    last = len(sizes) - 2
    for position, trial in enumerate(trials):
        for index in range(last + 1):
            key = (trial.seed, trial.part(Purpose.INITIALISATION), index)
            if key not in draws:
                layer = OUTPUT if index == last else index
                draws[key] = unit_normals(*key[:2], layer, sizes[index + 1], sizes[index])
            with np.errstate(over="ignore"):  # a start beyond the dtype is a result: it diverges
                weights = trial.recipe.initialiser.weights(draws[key][:, 1:])
                layers.weights[index][position] = weights
                layers.biases[index][position] = trial.recipe.bias_std * draws[key][:, 0]
    with np.errstate(over="ignore"):
        return arena.astype(trials[0].recipe.dtype)


def blocks(trials: int, columns: int) -> Iterator[tuple[slice, slice]]:
    """Cut an arena into contiguous blocks of about SWEEP parameters."""
    if columns <= SWEEP:
        step = SWEEP // columns
        for start in range(0, trials, step):
            yield slice(start, min(start + step, trials)), slice(0, columns)
        return
    for row in range(trials):
        for start in range(0, columns, SWEEP):
            yield slice(row, row + 1), slice(start, min(start + SWEEP, columns))


class MaskStreams:
    """The dropout streams of one epoch, one per luck and hidden layer."""

    def __init__(self, trials: list[Trial], epoch: int) -> None:
        self._widths = trials[0].recipe.hidden
        self._streams = {
            (seed, part): [
                MaskStream(seed, part, layer, epoch) for layer in range(len(self._widths))
            ]
            for seed, part in {(t.seed, t.part(Purpose.MASKS)) for t in trials}
        }

    def draw(self, columns: int) -> Draws:
        """Draw the next step's integers for a batch of ``columns`` examples."""
        return {
            key: [s.draw(width, columns) for s, width in zip(layers, self._widths, strict=True)]
            for key, layers in self._streams.items()
        }


class Stack:
    """T same-shaped trials in training: parameters, optimiser state and one step's arithmetic.

    ``arena`` and each of ``slots`` have shape (T, parameters); ``initial`` is the arena at the
    start of training.
    """

    def __init__(
        self,
        trials: list[Trial],
        examples: Examples,
        initial: Array,
        arena: Array,
        slots: list[Array],
    ) -> None:
        recipe = trials[0].recipe
        recipes = [trial.recipe for trial in trials]
        self.trials, self.examples = trials, examples
        self.initial, self.arena, self.slots = initial, arena, slots
        self.recipe, self.dtype = recipe, np.dtype(recipe.dtype)
        self.sizes = (examples.x.shape[1], *recipe.hidden, examples.y.shape[1])
        self._schedule_fields = stack_fields([r.schedule for r in recipes])
        self._optimiser_fields = stack_fields([r.optimiser for r in recipes])
        self._activation_fields: Fields = cast(
            stack_fields([r.activation for r in recipes]), self.dtype, 2
        )
        self._penalties: list[tuple[Penalty, Array]] = []
        self._mask: tuple[Array, Array] | None = None
        for index, regulariser in enumerate(recipe.regularisers):
            fields = stack_fields([r.regularisers[index] for r in recipes])
            if isinstance(regulariser, Penalty):
                decay = regulariser.decay(fields, examples.sizes.train)
                self._penalties.append((regulariser, decay.astype(self.dtype)[:, None]))
            elif isinstance(regulariser, Mask):
                threshold, factor = regulariser.thresholds(fields)
                self._mask = threshold[:, None, None], factor.astype(self.dtype)[:, None, None]
        self._layers = layers_of(arena, self.sizes)
        self._gradient = np.zeros_like(arena)
        self._gradient_layers = layers_of(self._gradient, self.sizes)
        self._scratch = np.empty(SWEEP, self.dtype)
        self._x, self._y = Gather(examples.x), Gather(examples.y)
        self._networks: dict[int, Network] = {}

    def select(self, keep: Array) -> Stack:
        """Return the stack of the trials at the positions ``keep``, their bits unchanged."""
        return Stack(
            [self.trials[i] for i in keep],
            self.examples.select(keep),
            self.initial[keep],
            self.arena[keep],
            [slot[keep] for slot in self.slots],
        )

    def mask_streams(self, epoch: int) -> MaskStreams | None:
        """Return the epoch's dropout streams, if the recipe has dropout."""
        return None if self._mask is None else MaskStreams(self.trials, epoch)

    def _network(self, columns: int) -> Network:
        if columns not in self._networks:
            self._networks[columns] = Network(
                self.sizes,
                len(self.trials),
                columns,
                self.dtype,
                self.recipe.activation,
                self._activation_fields,
                masked=self._mask is not None,
            )
        return self._networks[columns]

    def _masks(self, draws: Draws | None) -> list[Array] | None:
        if self._mask is None or draws is None:
            return None
        threshold, factor = self._mask
        keys = [(t.seed, t.part(Purpose.MASKS)) for t in self.trials]
        return [
            (np.stack([draws[key][layer] for key in keys]) >= threshold) * factor
            for layer in range(self.recipe.depth)
        ]

    def forward(self, rows: Array, draws: Draws | None) -> Array:
        """Run the forward pass and the loss on rows (T or 1, B); return the summed loss (T,)."""
        self._active = self._network(rows.shape[1])
        self._inputs = self._x(rows).transpose(0, 2, 1)
        self._active_masks = self._masks(draws)
        self._active.forward(self._layers, self._inputs, self._active_masks)
        y = self._y(rows).transpose(2, 0, 1)
        self.recipe.loss.value_and_gradient(self._active.output, y, self._active.loss)
        summed: Array = np.add.reduce(self._active.loss, axis=1)
        return summed

    def backward(self) -> None:
        """Fill the gradient of the batch's mean loss after :meth:`forward`."""
        self._active.backward(self._layers, self._inputs, self._gradient_layers, self._active_masks)

    def update(self, progress: Progress) -> None:
        """Add the penalties to the gradient and let the optimiser change the parameters."""
        optimiser = self.recipe.optimiser
        factor = self.recipe.schedule.factor(self._schedule_fields, progress)
        rate = self._optimiser_fields["learning_rate"] * factor
        exact = optimiser.coefficients(self._optimiser_fields, rate, progress.step)
        c = [values.astype(self.dtype)[:, None] for values in exact]
        weights, _ = parameter_count(self.sizes)
        for rows, columns in blocks(*self.arena.shape):
            theta, g = self.arena[rows, columns], self._gradient[rows, columns]
            scratch = self._scratch[: theta.size].reshape(theta.shape)
            penalised = max(0, min(columns.stop, weights) - columns.start)
            if penalised:
                w, gw, spare = (a[:, :penalised] for a in (theta, g, scratch))
                for penalty, decay in self._penalties:
                    penalty.add_gradient(w, gw, decay[rows], spare)
            slots = [slot[rows, columns] for slot in self.slots]
            optimiser.update(theta, g, slots, tuple(values[rows] for values in c), scratch)

    def first_nonfinite_layer(self, position: int, rows: Array) -> int:
        """Return the first layer, from 1, where a trial's parameters or values are not finite."""
        layers = layers_of(self.arena[[position]], self.sizes)
        network = Network(
            self.sizes,
            1,
            rows.shape[1],
            self.dtype,
            self.recipe.activation,
            {name: values[[position]] for name, values in self._activation_fields.items()},
        )
        own = rows[[position]] if len(rows) > 1 else rows
        network.forward(layers, Gather(self.examples.x)(own).transpose(0, 2, 1))
        for index in range(self.recipe.depth):
            seen: list[Any] = [layers.weights[index], layers.biases[index]]
            seen += [network.preactivations[index], network.activations[index]]
            if not all(np.isfinite(array).all() for array in seen):
                return index + 1
        return self.recipe.depth + 1
