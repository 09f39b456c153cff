"""Links of the output layer, ŷ = link(z); a new one is one class, named in the union below.

Arrays are class-major, (C, T, B); ``spare`` has the shape of one output, (T, B).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np

from ..components import Array, Component, members
from .activation_function import ONE
from .squashing import sigmoid


def sum_over_classes(values: Array, out: Array) -> None:
    """Sum over axis 0 in the order of the classes, whatever the number of columns."""
    if out.size == 1:  # NumPy would sum a single column pairwise, several one by one
        out[...] = np.add.accumulate(values, axis=0)[-1]
    else:
        np.add.reduce(values, axis=0, out=out)


@dataclass(frozen=True)
class LinkFunction(Component, ABC):
    """What every link says of itself; ``limits`` are what ŷ lies between, None if nothing."""

    limits: ClassVar[tuple[float, float] | None] = None

    @abstractmethod
    def apply(self, z: Array, spare: Array) -> None:
        """Turn z into ŷ."""

    @abstractmethod
    def through(self, output: Array, gradient: Array, spare: Array) -> None:
        """Turn ∂loss/∂ŷ in ``gradient`` into ∂loss/∂z; ŷ in ``output`` may be overwritten."""

    def logits(self, z: Array) -> Array | None:
        """Return the numbers whose softmax over the classes are their probabilities.

        None where ŷ is no probability of each class.
        """
        return None

    def refuses(self, outputs: int, task: str) -> Iterator[str]:
        """Say what it would make of so many outputs of a task, where that is of no use."""
        return iter(())


@dataclass(frozen=True)
class LinearLink(LinkFunction):
    """Linear: ŷ = z.

    Source: the notes, for numbers.
    """

    kind: ClassVar[str] = "identity"

    def apply(self, z: Array, spare: Array) -> None:
        """Leave z."""

    def through(self, output: Array, gradient: Array, spare: Array) -> None:
        """Leave the gradient."""


@dataclass(frozen=True)
class SigmoidLink(LinkFunction):
    """Sigmoid: ŷ = 1 / (1 + e⁻ᶻ), each class by itself.

    Source: Rumelhart, Hinton & Williams 1986; the notes.
    """

    kind: ClassVar[str] = "sigmoid"
    limits: ClassVar[tuple[float, float] | None] = (0.0, 1.0)

    def apply(self, z: Array, spare: Array) -> None:
        """Turn z into σ(z)."""
        sigmoid(z, z)

    def through(self, output: Array, gradient: Array, spare: Array) -> None:
        """Multiply the gradient by ŷ(1 − ŷ)."""
        np.multiply(gradient, output, gradient)
        np.subtract(ONE[output.dtype], output, output)
        np.multiply(gradient, output, gradient)

    def logits(self, z: Array) -> Array:
        """Return log σ(z), so that pⱼ = σ(zⱼ)/Σₖ σ(zₖ): σ itself could be 0 for every class."""
        return np.asarray(-np.logaddexp(z.dtype.type(0.0), -z))


@dataclass(frozen=True)
class TanhLink(LinkFunction):
    """Hyperbolic tangent: ŷ = tanh z.

    Source: LeCun et al. 1998, Efficient BackProp, §4.5.
    """

    kind: ClassVar[str] = "tanh"
    limits: ClassVar[tuple[float, float] | None] = (-1.0, 1.0)

    def apply(self, z: Array, spare: Array) -> None:
        """Turn z into tanh z."""
        np.tanh(z, z)

    def through(self, output: Array, gradient: Array, spare: Array) -> None:
        """Multiply the gradient by 1 − ŷ²."""
        np.multiply(output, output, output)
        np.subtract(ONE[output.dtype], output, output)
        np.multiply(gradient, output, gradient)


@dataclass(frozen=True)
class SoftmaxLink(LinkFunction):
    """Softmax: ŷⱼ = e^{zⱼ} / Σₖ e^{zₖ} over the classes.

    Source: Bridle 1990; the notes.
    """

    kind: ClassVar[str] = "softmax"
    limits: ClassVar[tuple[float, float] | None] = (0.0, 1.0)

    def apply(self, z: Array, spare: Array) -> None:
        """Turn z into softmax(z), shifted so that no power overflows."""
        np.maximum.reduce(z, axis=0, out=spare)
        np.subtract(z, spare, z)
        np.exp(z, z)
        sum_over_classes(z, spare)
        np.divide(z, spare, z)

    def through(self, output: Array, gradient: Array, spare: Array) -> None:
        """Turn the gradient g into ŷ ⊙ (g − Σ g ⊙ ŷ)."""
        np.multiply(gradient, output, gradient)
        sum_over_classes(gradient, spare)
        np.multiply(output, spare, output)
        np.subtract(gradient, output, gradient)

    def logits(self, z: Array) -> Array:
        """Return z."""
        return z

    def refuses(self, outputs: int, task: str) -> Iterator[str]:
        """Refuse one output alone, whose share is the whole."""
        if outputs == 1:
            yield f"makes the one output of {task} 1 for every input"


def link_of(kind: str) -> LinkFunction:
    """Return the link of a kind."""
    return cast("LinkFunction", members(Link)[kind]())


Link = LinearLink | SigmoidLink | TanhLink | SoftmaxLink
