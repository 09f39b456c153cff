"""What a regulariser is: what it refuses, keeps and costs, and how it binds itself to a stack.

A member is bound once to a stack of trials, and returns the hooks by which it acts in a step. The
engine calls each hook in its place, in the order of :class:`Hooks`, and knows no member by name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from ..components import Array, Component, Fields
from ..streams import StreamKey

if TYPE_CHECKING:
    from ..engine.architecture import Architecture
    from ..engine.examples import Sizes
    from ..recipe import Recipe

Drawn = Mapping[StreamKey, list[Array]]
"""One step's draws of a regulariser, by what keys a trial's draws."""
Draw = Callable[[int], list[Array]]
"""Draws for the next step, whose batch has so many examples."""


class Penalty(NamedTuple):
    """An addition to the gradient of the weights; biases, gains and shifts are never penalised.

    ``add(weights, gradient, strength, scratch)`` makes it. The engine casts ``strength``, float64
    of shape (T,), and multiplies it by the rate where the gradient already is.
    """

    strength: Array
    add: Callable[[Array, Array, Array, Array], None]


class Pull(NamedTuple):
    """A change of the weights beside the optimiser's step: ``apply(weights, size, scratch)``.

    The size is rate·``strength``, with ``strength`` float64 of shape (T,).
    """

    strength: Array
    apply: Callable[[Array, Array, Array], None]


@dataclass(frozen=True)
class Hooks:
    """What a regulariser does in a training step, in this order; None is nothing.

    ``draw(key, epoch, step, columns)`` returns what draws the steps of an epoch from ``step`` on,
    whose full batches have ``columns`` examples. ``inputs`` turns x (T or 1, B, features) and
    ``targets`` y (C, T or 1, B) into others; ``masks`` returns a factor for every hidden
    activation, (T, units, B) per layer. Then come the penalties, what changes the whole
    ``gradient`` (T, parameters) in place, ``decay`` before the optimiser's step and ``shrink``
    after it, ``project``, which changes the parameters, and ``after_step``, which sees them as
    they stay and may spoil the gradient that it is given. ``scored`` are the parameters and the
    running statistics that scores are measured with in place of the present ones.
    """

    draw: Callable[[StreamKey, int, int, int], Draw] | None = None
    inputs: Callable[[Array, Drawn], Array] | None = None
    masks: Callable[[Drawn], list[Array]] | None = None
    targets: Callable[[Array], Array] | None = None
    penalty: Penalty | None = None
    gradient: Callable[[Array], None] | None = None
    decay: Pull | None = None
    shrink: Pull | None = None
    project: Callable[[], None] | None = None
    after_step: Callable[[Array], None] | None = None
    scored: tuple[Array, Array] | None = None


@dataclass(frozen=True)
class StackView:
    """What a regulariser sees of the stack that it binds itself to.

    ``fields`` are its own float fields, float64 of shape (T,); ``keys`` key each trial's draws for
    its purpose; ``arrays`` are the stack's, a trial per row, changed in place for ever.
    """

    fields: Fields
    keys: Sequence[StreamKey]
    architecture: Architecture
    training_examples: int
    arrays: Mapping[str, Array]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The recipe's dtype."""
        return self.arrays["parameters"].dtype

    @property
    def weights(self) -> list[Array]:
        """The views of every layer's weights, (T, out, in)."""
        return self.architecture.views(self.arrays["parameters"]).weights

    def cast(self, values: Array, axes: int) -> Array:
        """Cast values of shape (T,) to the dtype, with so many trailing axes to broadcast over."""
        return values.astype(self.dtype).reshape(-1, *(1,) * axes)


@dataclass(frozen=True)
class RegulariserFunction(Component, ABC):
    """What every regulariser says of itself.

    One that draws names its ``purpose``; ``selects`` tells that it chooses weights by their loss on
    the set that the split has for it (:attr:`.SplitFunction.watched`); ``masks`` tells that it
    masks hidden activations, for which a network needs room.
    """

    masks: ClassVar[bool] = False
    selects: ClassVar[bool] = False

    @abstractmethod
    def bind(self, stack: StackView) -> Hooks:
        """Return what it does in the steps of a stack; ``self`` is the first trial's member."""

    def arrays(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Return the arrays that it adds to a stack's, as they start from the stack's own."""
        return {}

    def refuses(self, recipe: Recipe) -> Iterator[str]:
        """Say what it does not go with in a recipe."""
        return iter(())

    def refuses_data(self, recipe: Recipe, sizes: Sizes) -> Iterator[str]:
        """Say what it lacks in the recipe's data."""
        return iter(())

    def nbytes(self, architecture: Architecture, batches: Collection[int], itemsize: int) -> int:
        """Return the bytes that it needs per trial, with batches of these numbers of examples."""
        return 0

    def operations(self, architecture: Architecture, examples: int) -> int:
        """Return the elementwise operations of a step per trial, with so many examples."""
        return 0
