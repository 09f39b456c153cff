"""A stack: the arrays of trials that are trained together, and one step of all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from ..components import Array, stack_fields
from ..families.schedules import NOTHING_SEEN, TrainingTime
from ..recipe import FULL_BATCH
from ..streams import Purpose, visiting_order
from ..trial import Trial
from .architecture import Architecture
from .augmenter import Augmenter
from .draws import Draws, EpochDraws
from .examples import Examples, Gather, shared
from .initial import initial_arena
from .layerwise import pretrain
from .network import Network, NetworkFields, Networks
from .regularisation import Regularisation
from .updates import Updates


def minimum_norm(design: Array, target: Array) -> Array:
    """Return the solution of min ‖design·w − target‖² of the least ‖w‖, by singular values.

    Values below the largest times machine precision times the larger dimension count as 0; what
    is not finite gives NaN.
    """
    if not np.isfinite(design).all():
        return np.full((design.shape[1], target.shape[1]), np.nan)
    solution: Array = np.linalg.lstsq(design, target, rcond=None)[0]
    return solution


class Stack:
    """T same-shaped trials in training: parameters, optimiser state and one step's arithmetic.

    ``arrays`` holds, a trial per row, everything that a training goes on from: ``parameters``
    (the arena), ``initial`` (the arena at the start), the optimiser's ``slot.…``, the running
    ``statistics`` of batch normalisation and the number of ``batches`` that they average, what the
    schedule has ``seen``, the number of steps that the optimiser has ``taken``, the
    ``pretraining_errors``, and what the regularisers keep.
    """

    def __init__(
        self, trials: list[Trial], examples: Examples, arrays: Mapping[str, Array]
    ) -> None:
        recipe = trials[0].recipe
        recipes = [trial.recipe for trial in trials]
        self.trials, self.examples, self.arrays = trials, examples, dict(arrays)
        self.recipe, self.dtype = recipe, np.dtype(recipe.dtype)
        self.architecture = Architecture.of(recipe, examples.x.shape[1], examples.y.shape[1])
        self.arena = self.arrays["parameters"]
        self.running = self.architecture.running(self.arrays["statistics"])
        gradient = np.zeros_like(self.arena)
        self._regularisation = Regularisation(
            trials, self.architecture, examples.sizes.train, self.arrays
        )
        self._updates = Updates(
            recipes,
            self.architecture,
            self.arena,
            gradient,
            [self.arrays[f"slot.{name}"] for name in recipe.optimiser.slots],
            self._regularisation,
        )
        self._schedule_fields = stack_fields([r.schedule for r in recipes])
        self._loss_fields = {
            name: values.astype(self.dtype)[:, None]
            for name, values in stack_fields([r.loss for r in recipes]).items()
        }
        self._fields = NetworkFields.of(recipes)
        normalisers = [r.normaliser for r in recipes if r.normaliser is not None]
        self._normaliser_fields = stack_fields(normalisers) if normalisers else {}
        self._networks = Networks(
            self.architecture,
            recipes,
            self.architecture.views(self.arena),
            gradient=self.architecture.views(gradient),
            masked=self._regularisation.masked,
        )
        self._augmenter: Augmenter | None = None
        unscaled = examples.unscaled
        if recipe.augmentations and examples.image is not None:
            self._augmenter = Augmenter(
                [r.augmentations for r in recipes],
                [trial.key(Purpose.AUGMENTATION) for trial in trials],
                examples.image,
                examples.sizes.train,
                self.dtype,
                None if unscaled is None else (unscaled.mean, unscaled.sd),
            )
        self._x, self._y = Gather(examples.x), Gather(examples.y)

    @classmethod
    def fresh(cls, trials: list[Trial], examples: Examples) -> Stack:
        """Return the stack at the start of its training."""
        recipe = trials[0].recipe
        architecture = Architecture.of(recipe, examples.x.shape[1], examples.y.shape[1])
        initial = initial_arena(trials, architecture, examples)
        statistics = np.zeros((len(trials), architecture.statistics), initial.dtype)
        for _, variance in architecture.running(statistics):
            variance.fill(1.0)
        arrays = {
            "parameters": initial.copy(),
            "initial": initial,
            "statistics": statistics,
            "batches": np.zeros(len(trials), np.int64),
            "seen": np.full(len(trials), NOTHING_SEEN),
            "taken": np.zeros(len(trials), np.int64),
        }
        if recipe.pretraining is not None:
            shape = (len(trials), recipe.depth, recipe.pretraining.epochs)
            arrays["pretraining_errors"] = np.full(shape, np.nan)
        arrays |= {f"slot.{name}": np.zeros_like(initial) for name in recipe.optimiser.slots}
        for member in recipe.regularisers:
            arrays |= member.arrays(arrays)
        return cls(trials, examples, arrays)

    def select(self, keep: Array) -> Stack:
        """Return the stack of the trials at the positions ``keep``, their bits unchanged."""
        return Stack(
            [self.trials[i] for i in keep],
            self.examples.select(keep),
            {name: values[keep] for name, values in self.arrays.items()},
        )

    @property
    def evaluated(self) -> Array:
        """The arena that scores are measured with: the averaged parameters, if there are any."""
        return self._scored[0]

    @property
    def evaluated_statistics(self) -> Array:
        """The running statistics that scores are measured with, averaged as the parameters are."""
        return self._scored[1]

    @property
    def _scored(self) -> tuple[Array, Array]:
        return self._regularisation.scored or (self.arena, self.arrays["statistics"])

    @property
    def pretraining_errors(self) -> Array | None:
        """The mean squared reconstruction error per input, NaN before :meth:`pretrain`.

        Float64 of shape (T, hidden layers, epochs of pretraining); None without pretraining.
        """
        return self.arrays.get("pretraining_errors")

    def order(self, epoch: int) -> Array:
        """Return each trial's training rows in the order of an epoch, (T or 1, n)."""
        rows = self.examples.train
        if self.recipe.batch_size == FULL_BATCH:
            return shared(rows)
        lucks = [trial.key(Purpose.ORDER) for trial in self.trials]
        orders = {luck: visiting_order(*luck, epoch, rows.shape[1]) for luck in set(lucks)}
        index = np.stack([orders[luck] for luck in lucks])
        return shared(np.take_along_axis(rows, index, axis=1))

    def draws(self, epoch: int, step: int, columns: int) -> EpochDraws:
        """Return the draws of an epoch from a step on, whose full batches have ``columns``."""
        return EpochDraws(self._regularisation, epoch, step, columns)

    def forward(self, rows: Array, draws: Draws) -> Array:
        """Run the forward pass and the loss on rows (T or 1, B); return the summed loss (T,)."""
        network = self._active = self._networks(rows.shape[1])
        self._inputs = self._regularisation.inputs(self._read(rows, draws), draws)
        self._masks = self._regularisation.masks(draws)
        network.forward(self._inputs.transpose(0, 2, 1), self._masks)
        y = self._regularisation.targets(self._y(rows).transpose(2, 0, 1))
        loss = network.loss
        self.recipe.loss.value_and_gradient(
            self._loss_fields, network.output, y, loss, network.output_spare
        )
        summed: Array = np.add.reduce(loss, axis=1)
        return summed

    def _read(self, rows: Array, draws: Draws) -> Array:
        if self._augmenter is None:
            return self._x(rows)
        images, unscaled = self.examples.x, self.examples.unscaled
        rows = rows % len(images)
        if unscaled is not None:
            images, rows = unscaled.x, unscaled.rows[rows]
        return self._augmenter(images, rows, draws.epoch, draws.start)

    def pretrain(self) -> None:
        """Pretrain the hidden layers, if the recipe says so; what they become is the start."""
        members = [t.recipe.pretraining for t in self.trials if t.recipe.pretraining is not None]
        if not members:
            return
        parameters = self.architecture.views(self.arena)
        self.arrays["pretraining_errors"][...] = pretrain(
            members,
            parameters.weights[:-1],
            [biases[:, :, 0] for biases in parameters.biases[:-1]],
            self.examples.x,
            self.examples.train % len(self.examples.x),
            [trial.key(Purpose.PRETRAINING) for trial in self.trials],
            self.recipe.activation,
            self._fields.activation,
        )
        self.arrays["initial"][...] = self.arena
        self.begin_regularisers()

    def begin_regularisers(self, known: Collection[str] = ()) -> None:
        """Start what the regularisers keep from the present arrays, but for the names known."""
        for member in self.recipe.regularisers:
            for name, values in member.arrays(self.arrays).items():
                if name not in known:
                    self.arrays[name][...] = values

    def step(self, time: TrainingTime) -> None:
        """Go down the gradient of the batch's mean loss after :meth:`forward`, by one step."""
        factor = self._updates.prepare(time, self.arrays["seen"], self.arrays["taken"])
        self._active.backward(self._inputs, self._masks, factor)
        if self.running:
            self._average_statistics()
        self._updates.step()
        self.arrays["taken"] += 1

    def _average_statistics(self) -> None:
        assert self.recipe.normaliser is not None
        self.arrays["batches"] += 1
        weight = self.recipe.normaliser.weight(self._normaliser_fields, self.arrays["batches"])
        rest, new = (values.astype(self.dtype)[:, None] for values in (1.0 - weight, weight))
        for layer, running in zip(self._active.layers, self.running, strict=True):
            assert layer.kept is not None
            for average, batch in zip(running, (layer.kept.mean, layer.kept.variance), strict=True):
                np.multiply(average, rest, average)
                np.add(average, new * batch[:, :, 0], average)

    def solve(self) -> None:
        """Give the output layer the exact least-squares solution on the training set."""
        rows = shared(self.examples.train)
        network = self._networks(rows.shape[1])
        network.forward(self._x(rows).transpose(0, 2, 1))
        parameters, targets = self.architecture.views(self.arena), self._y(rows)
        for position in range(len(self.trials)):
            row = position if len(rows) > 1 else 0
            features = (
                network.layers[-1].output[position].T if network.layers else self._x(rows)[row]
            )
            target = targets[row].astype(np.float64)
            design = np.column_stack([features.astype(np.float64), np.ones(len(target))])
            solution = minimum_norm(design, target)
            parameters.weights[-1][position] = solution[:-1].T
            parameters.biases[-1][position] = solution[-1:].T

    def observe(self, loss: Array) -> None:
        """Show the schedule an epoch's loss."""
        if self.recipe.schedule.watches:
            self.recipe.schedule.observe(self._schedule_fields, self.arrays["seen"], loss)

    def first_nonfinite_layer(self, position: int, rows: Array) -> int:
        """Return the first layer, from 1, where a trial's parameters or values are not finite."""
        parameters = self.architecture.views(self.arena[[position]])
        rows = rows[[position]] if len(rows) > 1 else rows
        network = Network(
            self.architecture,
            NetworkFields.of([self.trials[position].recipe]),
            parameters,
            rows.shape[1],
            keep=True,
        )
        network.forward(Gather(self.examples.x)(rows).transpose(0, 2, 1))
        for index, layer in enumerate(network.layers):
            learned = [part[index] for part in parameters if len(part) > index]
            if not all(np.isfinite(array).all() for array in (*learned, layer.z, layer.output)):
                return index + 1
        return self.architecture.layers
