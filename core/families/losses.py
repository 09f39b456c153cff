"""Loss functions of the output layer's pre-activation z and the target y, with their gradients.

Arrays are class-major, (C, T, B). ``value_and_gradient(fields, z, y, loss, spare)`` writes the
loss per example to ``loss``, shape (T, B), and overwrites z with ∂loss/∂z of each example (the
mean over the batch is the engine's); ``spare``, two arrays shaped like z, is free to use.
``classifies`` tells whether the targets must be one-hot classes, ``takes_soft_targets`` whether
they may be shares of classes. Losses of a residual take the output ŷ = link(z).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from ..components import Array, Component, Fields, choice, kind_of, number
from . import links
from .activation_function import ONE, ZERO
from .links import LinearLink, LinkFunction, SigmoidLink, SoftmaxLink, sum_over_classes
from .squashing import sigmoid


@dataclass(frozen=True)
class LossFunction(Component, ABC):
    """What every loss says of itself."""

    classifies: ClassVar[bool] = True
    takes_soft_targets: ClassVar[bool] = True

    @property
    def unit(self) -> LinkFunction:
        """The output unit: the link by which z becomes the output ŷ."""
        return LinearLink()

    @abstractmethod
    def value_and_gradient(
        self, fields: Fields, z: Array, y: Array, loss: Array, spare: Array
    ) -> None:
        """Write the loss per example and turn z into its gradient."""


@dataclass(frozen=True)
class SoftmaxCrossEntropy(LossFunction):
    """Softmax cross-entropy: loss = log Σⱼ e^{zⱼ} − Σⱼ yⱼzⱼ, gradient p − y with p = softmax(z).

    The loss depends on the right class's p alone, its gradient on all of them.
    Source: Bridle 1990; the notes.
    """

    kind: ClassVar[str] = "softmax-cross-entropy"

    @property
    def unit(self) -> LinkFunction:
        """The softmax."""
        return SoftmaxLink()

    def value_and_gradient(
        self, fields: Fields, z: Array, y: Array, loss: Array, spare: Array
    ) -> None:
        """Write the loss per example and turn z into softmax(z) − y."""
        right = spare[1, 0]
        np.maximum.reduce(z, axis=0, out=loss)
        np.subtract(z, loss, z)
        np.multiply(z, y, spare[0])
        sum_over_classes(spare[0], right)
        np.exp(z, z)
        sum_over_classes(z, loss)
        np.divide(z, loss, z)
        np.log(loss, loss)
        np.subtract(loss, right, loss)
        np.subtract(z, y, z)


@dataclass(frozen=True)
class SigmoidCrossEntropy(LossFunction):
    """Binary cross-entropy: loss = Σⱼ log(1 + e^{zⱼ}) − yⱼzⱼ over outputs, gradient σ(z) − y.

    With one output it is −t·log ŷ − (1 − t)·log(1 − ŷ); over ten digits, Nielsen's cost.
    Source: Nielsen 2015, ch. 3; the notes.
    """

    kind: ClassVar[str] = "sigmoid-cross-entropy"

    @property
    def unit(self) -> LinkFunction:
        """The sigmoid."""
        return SigmoidLink()

    def value_and_gradient(
        self, fields: Fields, z: Array, y: Array, loss: Array, spare: Array
    ) -> None:
        """Write the loss per example and turn z into σ(z) − y.

        log(1 + eᶻ) = max(z, 0) + log1p(e^{−|z|}) does not overflow.
        """
        value, part = spare
        np.abs(z, value)
        np.negative(value, value)
        np.exp(value, value)
        np.log1p(value, value)
        np.maximum(z, ZERO[z.dtype], out=part)
        np.add(value, part, value)
        np.multiply(z, y, part)
        np.subtract(value, part, value)
        sum_over_classes(value, loss)
        sigmoid(z, z)
        np.subtract(z, y, z)


@dataclass(frozen=True)
class BinaryHinge(LossFunction):
    """Binary hinge: loss = Σⱼ max(0, 1 − tⱼzⱼ) over outputs, tⱼ = 2yⱼ − 1, gradient −tⱼ or 0.

    Source: Rosasco et al. 2004; the notes, with one output.
    """

    kind: ClassVar[str] = "binary-hinge"
    takes_soft_targets: ClassVar[bool] = False

    def value_and_gradient(
        self, fields: Fields, z: Array, y: Array, loss: Array, spare: Array
    ) -> None:
        """Write the loss per example and turn z into −t where tz < 1 and 0 elsewhere."""
        margin, sign = spare
        np.multiply(y, z.dtype.type(-2.0), sign)
        np.add(sign, ONE[z.dtype], sign)  # −t
        np.multiply(z, sign, margin)
        np.add(margin, ONE[z.dtype], margin)
        np.maximum(margin, ZERO[z.dtype], out=margin)
        sum_over_classes(margin, loss)
        np.greater(margin, ZERO[z.dtype], z)
        np.multiply(z, sign, z)


@dataclass(frozen=True)
class MulticlassHinge(LossFunction):
    """Multi-class hinge: loss = Σᵢ≠ₜ max(0, zᵢ − zₜ + 1), t the right class.

    The gradient is 1 for every class inside the margin, and minus their number for the right one.
    Source: Weston & Watkins 1999; the notes.
    """

    kind: ClassVar[str] = "multiclass-hinge"
    takes_soft_targets: ClassVar[bool] = False

    def value_and_gradient(
        self, fields: Fields, z: Array, y: Array, loss: Array, spare: Array
    ) -> None:
        """Write the loss per example and turn z into its gradient."""
        margin, part = spare
        np.multiply(z, y, part)
        sum_over_classes(part, loss)
        np.subtract(z, loss, margin)
        np.add(margin, ONE[z.dtype], margin)
        np.subtract(margin, y, margin)  # the right class has margin 0
        np.maximum(margin, ZERO[z.dtype], out=margin)
        np.greater(margin, ZERO[z.dtype], z)
        sum_over_classes(z, loss)
        np.multiply(y, loss, part)
        np.subtract(z, part, z)
        sum_over_classes(margin, loss)


@dataclass(frozen=True)
class ResidualLoss(LossFunction):
    """A sum over the outputs of a function of the residual r = ŷ − y, ŷ = link(z)."""

    classifies: ClassVar[bool] = False
    link: str = kind_of(lambda: links.Link, default=LinearLink.kind)

    @cached_property
    def unit(self) -> LinkFunction:
        """The link; it is looked up once, since every step asks for it."""
        return links.link_of(self.link)

    @abstractmethod
    def value(self, fields: Fields, r: Array, spare: Array) -> None:
        """Turn r into the loss of each output; ``spare`` is shaped alike."""

    @abstractmethod
    def slope(self, fields: Fields, r: Array, spare: Array) -> None:
        """Turn r into the derivative by r."""

    def value_and_gradient(
        self, fields: Fields, z: Array, y: Array, loss: Array, spare: Array
    ) -> None:
        """Write the loss per example and turn z into slope(r)·link′(z)."""
        r, part = spare
        self.unit.apply(z, loss)
        np.subtract(z, y, r)
        self.value(fields, r, part)
        sum_over_classes(r, loss)
        np.subtract(z, y, r)
        self.slope(fields, r, part)
        self.unit.through(z, r, part[0])
        np.copyto(z, r)


@dataclass(frozen=True)
class SquaredError(ResidualLoss):
    """Squared error: loss = c·Σⱼ(ŷⱼ − yⱼ)², gradient 2c·(ŷ − y)·link′(z), ŷ = link(z).

    c = ½ for ``factor = "half"`` and 1 for ``"one"``. The notes use both, and their gradients
    differ by 2. Source: Rumelhart, Hinton & Williams 1986 (with ½); the notes (both).
    """

    kind: ClassVar[str] = "squared-error"
    factor: str = choice("half", "one")

    def value(self, fields: Fields, r: Array, spare: Array) -> None:
        """Turn r into c·r²."""
        np.multiply(r, r, r)
        if self.factor == "half":
            np.multiply(r, r.dtype.type(0.5), r)

    def slope(self, fields: Fields, r: Array, spare: Array) -> None:
        """Turn r into 2c·r."""
        if self.factor == "one":
            np.multiply(r, r.dtype.type(2.0), r)


@dataclass(frozen=True)
class AbsoluteError(ResidualLoss):
    """Absolute error: loss = Σⱼ|ŷⱼ − yⱼ|, gradient sign(ŷ − y)·link′(z), 0 at the kink.

    One note prints it without the minus sign. Source: the notes.
    """

    kind: ClassVar[str] = "absolute-error"

    def value(self, fields: Fields, r: Array, spare: Array) -> None:
        """Turn r into |r|."""
        np.abs(r, r)

    def slope(self, fields: Fields, r: Array, spare: Array) -> None:
        """Turn r into its sign."""
        np.sign(r, r)


@dataclass(frozen=True)
class Huber(ResidualLoss):
    """Huber loss: ½r² where |r| ≤ delta and delta·|r| − ½delta² beyond, r = ŷ − y, summed.

    Its derivative, r cut off at ±delta, is continuous. Source: Huber 1964; the notes.
    """

    kind: ClassVar[str] = "huber"
    delta: float = number(1.0, above=0.0)

    def value(self, fields: Fields, r: Array, spare: Array) -> None:
        """Turn r into c·(|r| − ½c) with c = min(|r|, delta)."""
        np.abs(r, r)
        np.minimum(r, fields["delta"], out=spare)
        np.multiply(spare, r.dtype.type(-0.5), spare)
        np.add(r, spare, spare)  # |r| − ½c
        np.minimum(r, fields["delta"], out=r)
        np.multiply(r, spare, r)

    def slope(self, fields: Fields, r: Array, spare: Array) -> None:
        """Turn r into max(−delta, min(delta, r))."""
        np.minimum(r, fields["delta"], out=r)
        np.negative(r, r)
        np.minimum(r, fields["delta"], out=r)
        np.negative(r, r)


Loss = (
    SoftmaxCrossEntropy
    | SigmoidCrossEntropy
    | BinaryHinge
    | MulticlassHinge
    | SquaredError
    | AbsoluteError
    | Huber
)
