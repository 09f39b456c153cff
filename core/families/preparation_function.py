"""What every preparation says of itself: what it does to rows, targets and inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..components import Array, Component
from ..dataset import Dataset
from ..errors import InputError
from .split_function import SplitFunction
from .task_function import TaskFunction

Scale = tuple[Array, Array]
"""Mean and sd of each column: a value v becomes (v − mean)/sd."""


@dataclass(frozen=True)
class PreparationFunction(Component):
    """A preparation; what it does is told by the methods that it overrides, by default nothing.

    Those with a smaller ``order`` come first. Training rows are selected first, then targets
    corrupted, then inputs and targets scaled. One that draws names its ``purpose``.
    """

    order: ClassVar[int]

    def check(self, data: Dataset, task: TaskFunction, split: SplitFunction) -> None:
        """Raise InputError if it does not fit the data, or how they are made and divided."""

    def select(self, data: Dataset, train: Array) -> Array:
        """Return the training rows kept, in their order; as many in every replicate."""
        return train

    def corrupt(self, y: Array, data: Dataset, train: Array, seed: int, replicate: int) -> Array:
        """Return the targets of the training rows, ``y``, changed."""
        return y

    def target_scale(self, clean: Array) -> Scale | None:
        """Return the scale of all targets, from the training targets before any corruption."""
        return None

    def kept_inputs(self) -> int:
        """Return how many inputs are kept, counted from the first; 0 for all."""
        return 0

    def input_scale(self, data: Dataset, train: Array) -> Scale | None:
        """Return the scale of all inputs, from those of the training rows."""
        return None

    @property
    def selects(self) -> bool:
        """Whether it leaves training rows out."""
        return type(self).select is not PreparationFunction.select

    @property
    def corrupts(self) -> bool:
        """Whether it changes training targets."""
        return type(self).corrupt is not PreparationFunction.corrupt

    @property
    def scales_targets(self) -> bool:
        """Whether it scales all targets."""
        return type(self).target_scale is not PreparationFunction.target_scale

    @property
    def scales_inputs(self) -> bool:
        """Whether it scales all inputs."""
        return type(self).input_scale is not PreparationFunction.input_scale

    def needs_classes(self, data: Dataset) -> None:
        """Raise InputError for a task that predicts a number."""
        if not data.classes:
            raise InputError(
                f"preparations.{self.kind} needs classes, but the task predicts a number"
            )

    def needs_number(self, data: Dataset) -> None:
        """Raise InputError for a task that predicts classes."""
        if data.classes:
            raise InputError(
                f"preparations.{self.kind} needs a task that predicts a number, but this one "
                "has classes"
            )
