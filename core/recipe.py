"""The recipe: everything that determines a training except luck."""

from __future__ import annotations

import dataclasses
import functools
import operator
import types
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

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
from .families.preparation_function import PreparationFunction
from .families.pretraining import Pretraining
from .families.regularisers import EarlyStopping, Regulariser
from .families.residual import Residual
from .families.schedules import ConstantFactor, Schedule
from .families.split_function import SplitFunction
from .families.task_function import TaskFunction

MOST_LAYERS, MOST_UNITS = 1000, 100_000
FULL_BATCH = 0
"""The batch size that stands for the whole training set, in its own fixed order."""
Kind = TypeVar("Kind", bound=Component)


def part(
    default: Any = dataclasses.MISSING, *, words: str, absent: str = "", later: bool = False
) -> Any:
    """Declare a field that holds a component, one or None, or a tuple of several kinds.

    ``default`` is a class, None, () or missing. ``words`` is what readers call the field, and
    ``absent`` what a recipe without the component has. A field that was added ``later``, after ids
    were first given out, is no part of the identity at its default.
    """
    metadata = {"words": words, "absent": absent, "later": later}
    if isinstance(default, type):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Recipe:
    """Everything that determines a training except luck.

    ``task``, ``split`` and ``preparations`` name the data, how they are divided and what is done to
    them before training; the engine treats them as plain values. ``hidden`` holds the width of
    each hidden layer from the input side. Biases start at N(``bias``, ``bias_std``²);
    ``batch_size`` 0 is the whole training set. What holds several components has at most one of
    each kind, in the order of kinds. These declarations, read by :func:`recipe_fields`, are the
    only list of what a recipe holds.

    Raises
    ------
    InputError
        If a field lies outside its range, or parts do not go together.
    """

    task: TaskFunction = part(words="data")
    split: SplitFunction = part(words="split")
    hidden: tuple[int, ...] = dataclasses.field(
        default=(30, 30), metadata={"words": "hidden layers"}
    )
    activation: Activation = part(Tanh, words="activation")
    initialiser: Initialiser = part(Xavier, words="initial weights")
    bias_std: float = number(0.0, at_least=0.0, words="sd of initial biases")
    loss: Loss = part(SoftmaxCrossEntropy, words="loss")
    optimiser: Optimiser = part(SGD, words="optimiser")
    schedule: Schedule = part(ConstantFactor, words="learning-rate schedule")
    regularisers: tuple[Regulariser, ...] = part((), words="regularisers")
    batch_size: int = number(32, at_least=0, words="batch size")
    epochs: int = number(20, at_least=0, at_most=10_000_000, words="epochs")
    dtype: str = choice("float32", "float64", words="precision")
    preparations: tuple[PreparationFunction, ...] = part((), words="preparations", later=True)
    augmentations: tuple[Augmentation, ...] = part((), words="augmentations", later=True)
    bias: float = number(0.0, words="mean of initial biases", later=True)
    normaliser: Normaliser | None = part(
        None, words="normalisation", absent="no normalisation", later=True
    )
    residual: Residual | None = part(
        None, words="residual connections", absent="no residual connections", later=True
    )
    parametrisation: Parametrisation | None = part(
        None, words="parametrisation", absent="standard parametrisation", later=True
    )
    momentum_schedule: Schedule | None = part(
        None, words="momentum schedule", absent="constant momentum", later=True
    )
    pretraining: Pretraining | None = part(
        None, words="pretraining", absent="no pretraining", later=True
    )

    def __post_init__(self) -> None:
        check_fields(self, "recipe")
        if any(isinstance(k, bool) or not isinstance(k, int) or k < 1 for k in self.hidden):
            raise InputError(f"recipe.hidden = {self.hidden!r} must hold whole numbers ≥ 1")
        if len(self.hidden) > MOST_LAYERS or max(self.hidden, default=0) > MOST_UNITS:
            raise InputError(
                f"recipe.hidden: at most {MOST_LAYERS:,} layers of {MOST_UNITS:,} units are allowed"
            )
        for name in (f.name for f in recipe_fields().values() if f.holds == "several"):
            ordered = sorted(getattr(self, name), key=lambda component: component.kind)
            kinds = [component.kind for component in ordered]
            if len(set(kinds)) < len(kinds):
                raise InputError(f"recipe.{name} names a kind twice: {', '.join(kinds)}")
            object.__setattr__(self, name, tuple(ordered))
        messages = contradictions(self)
        if messages:
            raise InputError(*messages)

    @property
    def revision(self) -> int:
        """Raised, as a component's is, where numbers changed for how parts go together.

        2: images are augmented before their pixels are scaled, not after.
        """
        scaled = any(preparation.scales_inputs for preparation in self.preparations)
        return 2 if self.augmentations and scaled else 1

    @property
    def parts(self) -> list[Component]:
        """The components that the recipe is made of."""
        values = (getattr(self, f.name) for f in dataclasses.fields(self))
        flat = (item for value in values for item in (value if type(value) is tuple else (value,)))
        return [item for item in flat if isinstance(item, Component)]

    def regulariser(self, kind: type[Kind]) -> Kind | None:
        """Return the recipe's regulariser of a class, if it has one."""
        return next((r for r in self.regularisers if isinstance(r, kind)), None)

    @property
    def restores(self) -> bool:
        """Whether training ends with the validation-best weights."""
        return self.regulariser(EarlyStopping) is not None

    @property
    def selects_on(self) -> str:
        """The set by which the training chooses its weights or rates, on which it is no fair judge.

        ``"selection"``, ``"validation"``, or ``""`` where nothing in the recipe chooses.
        """
        selects = self.schedule.watches or any(member.selects for member in self.regularisers)
        return self.split.watched if selects else ""

    @property
    def depth(self) -> int:
        """The number of hidden layers."""
        return len(self.hidden)

    @property
    def width(self) -> int | None:
        """The width of the hidden layers; None where it is not one and the same."""
        return self.hidden[0] if len(set(self.hidden)) == 1 else None

    @property
    def structure(self) -> tuple[object, ...]:
        """What must agree inside a stack: everything but the components' and own float fields."""
        values = (getattr(self, f.name) for f in dataclasses.fields(self))
        return tuple(structural(value) for value in values if not isinstance(value, float))

    def batch(self, training_examples: int) -> int:
        """Return the number of examples in a full mini-batch."""
        return self.batch_size if self.batch_size != FULL_BATCH else training_examples

    def steps_per_epoch(self, training_examples: int) -> int:
        """Return the number of mini-batches in an epoch; the last may be smaller."""
        if self.optimiser.solves:
            return 1
        return -(-training_examples // self.batch(training_examples))


def structural(value: object) -> object:
    """Return what of a recipe's value must agree inside a stack."""
    if isinstance(value, Component):
        return structure(value)
    return tuple(map(structural, value)) if isinstance(value, tuple) else value


@dataclass(frozen=True)
class RecipeField:
    """One field of a recipe, as it is declared.

    ``holds`` is ``"component"`` or ``"several"`` of ``family``, a union or the class that members
    subclass, else ``"setting"``, a plain value of type ``family``. ``optional`` tells that the
    field may hold no component.
    """

    name: str
    holds: Literal["component", "several", "setting"]
    family: Any
    optional: bool
    words: str
    absent: str


@cache
def recipe_fields() -> dict[str, RecipeField]:
    """Return every field of a recipe by its name, in the order of their declaration."""
    hints = get_type_hints(Recipe)
    return {f.name: _described(f, hints[f.name]) for f in dataclasses.fields(Recipe)}


def _described(f: dataclasses.Field[Any], hint: Any) -> RecipeField:
    several = get_origin(hint) is tuple
    family = get_args(hint)[0] if several else hint
    optional = False
    if isinstance(family, types.UnionType) or get_origin(family) is Union:
        members = [cls for cls in get_args(family) if cls is not type(None)]
        optional = len(members) < len(get_args(family))
        family = functools.reduce(operator.or_, members)
    one = (get_args(family) or (family,))[0]
    component = isinstance(one, type) and issubclass(one, Component)
    holds: Literal["component", "several", "setting"] = "several" if several else "component"
    words, absent = f.metadata.get("words", f.name), f.metadata.get("absent", "")
    return RecipeField(f.name, holds if component else "setting", family, optional, words, absent)


SEVERAL = tuple(f.name for f in recipe_fields().values() if f.holds == "several")
"""The fields that hold several components."""
OPTIONAL = tuple(f.name for f in recipe_fields().values() if f.optional)
"""The fields that may hold no component."""
