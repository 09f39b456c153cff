"""The recipe: everything that determines a training except luck."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TypeVar

from .components import Component, check_fields, choice, number, structure
from .contradictions import contradictions
from .errors import InputError
from .families.activations import Activation, Tanh
from .families.augmentations import Augmentation
from .families.initialisers import Initialiser, Xavier
from .families.losses import Loss, SoftmaxCrossEntropy
from .families.normalisers import Normaliser
from .families.optimisers import SGD, Optimiser
from .families.parametrisations import Parametrisation
from .families.pretraining import Pretraining
from .families.regularisers import EarlyStopping, Regulariser
from .families.residual import Residual
from .families.schedules import ConstantFactor, Schedule

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
        If a field lies outside its range, or parts do not go together.
    """

    task: Component
    split: Component
    hidden: tuple[int, ...] = (30, 30)
    activation: Activation = field(default_factory=Tanh)
    initialiser: Initialiser = field(default_factory=Xavier)
    bias_std: float = number(0.0, at_least=0.0)
    loss: Loss = field(default_factory=SoftmaxCrossEntropy)
    optimiser: Optimiser = field(default_factory=SGD)
    schedule: Schedule = field(default_factory=ConstantFactor)
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
        messages = contradictions(self)
        if messages:
            raise InputError(*messages)

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
