"""The recipe: everything that determines a training except luck."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TypeVar

from .activations import Activation, Tanh
from .augmentations import Augmentation
from .components import Component, check_fields, choice, number, structure
from .errors import InputError
from .initialisers import Initialiser, Xavier
from .losses import Loss, SoftmaxCrossEntropy, SquaredError
from .normalisers import Normaliser
from .optimisers import SGD, Optimiser
from .parametrisations import Parametrisation
from .pretraining import Pretraining
from .regularisers import Dropout, EarlyStopping, Regulariser
from .residual import Residual
from .schedules import Constant, Schedule

MOST_LAYERS, MOST_UNITS = 1000, 100_000
FULL_BATCH = 0
"""The batch size that stands for the whole training set, in its own fixed order."""
SEVERAL = ("regularisers", "preparations", "augmentations")
"""The fields that hold several components: at most one of each kind, in the order of kinds."""
LATER = {"later": True}
"""Marks families that were added after ids were first given out; a recipe may do without them."""
Kind = TypeVar("Kind", bound=Component)


@dataclass(frozen=True)
class Recipe:
    """Everything that determines a training except luck.

    ``task``, ``split`` and ``preparations`` name the data, how they are divided and what is done to
    them before training; the engine treats them as plain values. ``hidden`` holds the width of
    each hidden layer from the input side. Biases start at N(``bias``, ``bias_std``²);
    ``batch_size`` 0 is the whole training set. The normaliser, the residual connections, the
    parametrisation, the schedule of the momentum and the pretraining may be None.

    Raises
    ------
    InputError
        If a field lies outside its range.
    """

    task: Component
    split: Component
    hidden: tuple[int, ...] = (30, 30)
    activation: Activation = field(default_factory=Tanh)
    initialiser: Initialiser = field(default_factory=Xavier)
    bias_std: float = number(0.0, at_least=0.0)
    loss: Loss = field(default_factory=SoftmaxCrossEntropy)
    optimiser: Optimiser = field(default_factory=SGD)
    schedule: Schedule = field(default_factory=Constant)
    regularisers: tuple[Regulariser, ...] = ()
    batch_size: int = number(32, at_least=0)
    epochs: int = number(20, at_least=0, at_most=10_000_000)
    dtype: str = choice("float32", "float64")
    preparations: tuple[Component, ...] = field(default=(), metadata=LATER)
    augmentations: tuple[Augmentation, ...] = field(default=(), metadata=LATER)
    bias: float = number(0.0, later=True)
    normaliser: Normaliser | None = field(default=None, metadata=LATER)
    residual: Residual | None = field(default=None, metadata=LATER)
    parametrisation: Parametrisation | None = field(default=None, metadata=LATER)
    momentum_schedule: Schedule | None = field(default=None, metadata=LATER)
    pretraining: Pretraining | None = field(default=None, metadata=LATER)

    def __post_init__(self) -> None:
        check_fields(self, "recipe")
        if any(isinstance(k, bool) or not isinstance(k, int) or k < 1 for k in self.hidden):
            raise InputError(f"recipe.hidden = {self.hidden!r} must hold whole numbers ≥ 1")
        if len(self.hidden) > MOST_LAYERS or max(self.hidden, default=0) > MOST_UNITS:
            raise InputError(
                f"recipe.hidden: at most {MOST_LAYERS:,} layers of {MOST_UNITS:,} units are allowed"
            )
        for name in SEVERAL:
            ordered = sorted(getattr(self, name), key=lambda component: component.kind)
            kinds = [component.kind for component in ordered]
            if len(set(kinds)) < len(kinds):
                raise InputError(f"recipe.{name} names a kind twice: {', '.join(kinds)}")
            object.__setattr__(self, name, tuple(ordered))
        messages = self._contradictions()
        if messages:
            raise InputError(*messages)

    def _contradictions(self) -> list[str]:
        """Return what does not go together, one sentence each."""
        found = [self.activation.missing] if self.activation.missing else []
        dropout = self.regulariser(Dropout)
        if dropout and dropout.per_layer and len(dropout.per_layer) != self.depth:
            found.append(
                f"recipe.regularisers.dropout.per_layer holds {len(dropout.per_layer)} "
                f"probabilities for {self.depth} hidden layers"
            )
        if self.residual is not None:
            for layer in range(self.depth):
                below = layer - self.residual.every
                if self.residual.joins(layer) and self.hidden[layer] != self.hidden[below]:
                    found.append(
                        f"recipe.residual joins hidden layers {below + 1} and {layer + 1}, of "
                        f"widths {self.hidden[below]} and {self.hidden[layer]}; they must be equal"
                    )
        if self.momentum_schedule is not None and not self.optimiser.momentum_field:
            found.append(
                f"recipe.momentum_schedule needs an optimiser with momentum, not "
                f"{self.optimiser.kind!r}"
            )
        if self.momentum_schedule is not None and self.momentum_schedule.watches:
            found.append(
                f"recipe.momentum_schedule = {self.momentum_schedule.kind!r} is for the learning "
                "rate only"
            )
        if self.normaliser is not None and self.normaliser.running and self.batch_size == 1:
            found.append("recipe.normaliser = 'batch-norm' needs batch_size ≥ 2, not 1")
        if self.pretraining is not None and not self.hidden:
            found.append("recipe.pretraining needs a hidden layer to train")
        if self.optimiser.solves:
            if not isinstance(self.loss, SquaredError) or self.loss.link != "identity":
                found.append(
                    f"recipe.optimiser = {self.optimiser.kind!r} solves for the squared error of "
                    f"a linear output, not for loss = {self.loss}"
                )
            if self.regularisers or self.normaliser or self.residual or self.augmentations:
                found.append(
                    f"recipe.optimiser = {self.optimiser.kind!r} takes no regularisers, "
                    "augmentations, normaliser or residual connections"
                )
            if self.epochs > 1:
                found.append(
                    f"recipe.epochs = {self.epochs}: {self.optimiser.kind!r} is done after 1"
                )
        return found

    @property
    def parts(self) -> list[Component]:
        """The components that the recipe is made of."""
        found: list[Component] = []
        for f in fields(self):
            value = getattr(self, f.name)
            found += [
                part
                for part in (value if isinstance(value, tuple) else (value,))
                if isinstance(part, Component)
            ]
        return found

    def regulariser(self, kind: type[Kind]) -> Kind | None:
        """Return the recipe's regulariser of a class, if it has one."""
        return next((r for r in self.regularisers if isinstance(r, kind)), None)

    @property
    def restores(self) -> bool:
        """Whether training ends with the validation-best weights."""
        return self.regulariser(EarlyStopping) is not None

    @property
    def depth(self) -> int:
        """The number of hidden layers."""
        return len(self.hidden)

    @property
    def structure(self) -> tuple[object, ...]:
        """What must agree inside a stack: everything but the components' and own float fields."""
        parts = (
            self.task,
            self.split,
            self.activation,
            self.initialiser,
            self.loss,
            self.optimiser,
            self.schedule,
            self.normaliser,
            self.residual,
            self.parametrisation,
            self.momentum_schedule,
            self.pretraining,
            *(component for name in SEVERAL for component in getattr(self, name)),
        )
        whole = (self.hidden, self.batch_size, self.epochs, self.dtype)
        return (*(part and structure(part) for part in parts), *whole)

    def batch(self, training_examples: int) -> int:
        """Return the number of examples in a full mini-batch."""
        return self.batch_size if self.batch_size != FULL_BATCH else training_examples

    def steps_per_epoch(self, training_examples: int) -> int:
        """Return the number of mini-batches in an epoch; the last may be smaller."""
        if self.optimiser.solves:
            return 1
        return -(-training_examples // self.batch(training_examples))
