"""Regularisers that disturb what a network is trained on: units, inputs and targets."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..components import Array, Fields, number, numbers
from ..streams import MaskStream, Purpose, StreamKey, stream
from .regulariser_function import Draw, Drawn, Hooks, RegulariserFunction, StackView

if TYPE_CHECKING:
    from ..engine.architecture import Architecture
    from ..engine.examples import Sizes
    from ..recipe import Recipe


@dataclass(frozen=True)
class Dropout(RegulariserFunction):
    """Inverted dropout while training: h ← 0 with probability p, else h/(1 − p), so that E[h′] = h.

    A unit is dropped where its 16-bit uniform draw lies below p, so a larger p drops a superset;
    kept values are divided by the realised 1 − p. p = 0 changes nothing, p = 1 drops all. Given
    ``per_layer``, hidden layers take p from there, in order. One note prints a probability of 0
    for a dropped unit, by mistake. Source: Srivastava et al. 2014; the notes.
    """

    kind: ClassVar[str] = "dropout"
    purpose: ClassVar[Purpose | None] = Purpose.MASKS
    masks: ClassVar[bool] = True
    p: float = number(0.5, at_least=0.0, at_most=1.0, words="dropout p")
    per_layer: tuple[float, ...] = numbers(at_least=0.0, at_most=1.0, words="dropout p by layer")

    def probabilities(self, fields: Fields, layer: int) -> Array:
        """Return p of a hidden layer, from 0, per trial."""
        return np.full_like(fields["p"], self.per_layer[layer]) if self.per_layer else fields["p"]

    @staticmethod
    def thresholds(p: Array) -> tuple[Array, Array]:
        """Return per trial the first 16-bit draw that is kept and the factor of kept values."""
        threshold = np.rint(p * 65536.0)
        kept = 1.0 - threshold / 65536.0
        factor = np.divide(1.0, kept, out=np.zeros_like(kept), where=kept > 0.0)
        return threshold.astype(np.int32), factor

    def bind(self, stack: StackView) -> Hooks:
        """Draw 16-bit integers for every hidden activation, and make masks of them."""
        hidden, trials = stack.architecture.hidden, len(stack.keys)
        limits = []
        for layer in range(len(hidden)):
            threshold, factor = self.thresholds(self.probabilities(stack.fields, layer))
            limits.append((threshold[:, None, None], stack.cast(factor, 2)))
        integers = cache(lambda width, columns: np.empty((trials, width, columns), np.uint16))
        factors = cache(lambda layer, c: np.empty((trials, hidden[layer], c), stack.dtype))

        def draw(key: StreamKey, epoch: int, step: int, columns: int) -> Draw:
            streams = [MaskStream(*key, layer, epoch) for layer in range(len(hidden))]
            for source, width in zip(streams, hidden, strict=True):
                source.skip(step, width, columns)
            return lambda examples: [
                source.draw(width, examples) for source, width in zip(streams, hidden, strict=True)
            ]

        def masks(drawn: Drawn) -> list[Array]:
            made = []
            for layer, (threshold, factor) in enumerate(limits):
                chosen = [drawn[key][layer] for key in stack.keys]
                uniform = integers(*chosen[0].shape)
                mask = factors(layer, chosen[0].shape[1])
                np.stack(chosen, out=uniform)
                np.greater_equal(uniform, threshold, mask)
                made.append(np.multiply(mask, factor, mask))
            return made

        return Hooks(draw=draw, masks=masks)

    def refuses(self, recipe: Recipe) -> Iterator[str]:
        """Refuse probabilities that are not one for each hidden layer."""
        if self.per_layer and len(self.per_layer) != recipe.depth:
            yield (
                f"recipe.regularisers.dropout.per_layer holds {len(self.per_layer)} "
                f"probabilities for {recipe.depth} hidden layers"
            )

    def nbytes(self, architecture: Architecture, batches: Collection[int], itemsize: int) -> int:
        """Return the masks and the integers that they are made of."""
        return sum(batches) * sum(architecture.hidden) * (itemsize + 2)

    def operations(self, architecture: Architecture, examples: int) -> int:
        """Return drawing, comparing, scaling, and masking forward and backward, per activation."""
        return 5 * examples * sum(architecture.hidden)


@dataclass(frozen=True)
class InputNoise(RegulariserFunction):
    """Noise on the inputs while training: x′ = x + ε, ε ~ N(0, std²).

    For a linear model and squared error it is ridge regression of strength n·std². One note
    prints it without the addition. Source: Bishop 1995; the notes.
    """

    kind: ClassVar[str] = "input-noise"
    purpose: ClassVar[Purpose | None] = Purpose.INPUT_NOISE
    std: float = number(0.1, at_least=0.0)

    def bind(self, stack: StackView) -> Hooks:
        """Draw normals for every input of a batch, and add them."""
        features, trials = stack.architecture.sizes[0], len(stack.keys)
        std = stack.cast(stack.fields["std"], 2)
        noise = cache(lambda columns: np.empty((trials, columns, features), stack.dtype))

        def draw(key: StreamKey, epoch: int, step: int, columns: int) -> Draw:
            steps = itertools.count(step)
            return lambda examples: [
                stream(Purpose.INPUT_NOISE, *key, epoch, next(steps)).standard_normal(
                    (examples, features)
                )
            ]

        def inputs(x: Array, drawn: Drawn) -> Array:
            noisy = noise(x.shape[1])
            np.stack([drawn[key][0] for key in stack.keys], out=noisy, casting="same_kind")
            np.multiply(noisy, std, noisy)
            return np.add(x, noisy, noisy)

        return Hooks(draw=draw, inputs=inputs)

    def nbytes(self, architecture: Architecture, batches: Collection[int], itemsize: int) -> int:
        """Return the noisy inputs."""
        return sum(batches) * architecture.sizes[0] * itemsize

    def operations(self, architecture: Architecture, examples: int) -> int:
        """Return eight per input: a normal costs as much as six products."""
        return 8 * examples * architecture.sizes[0]


@dataclass(frozen=True)
class LabelSmoothing(RegulariserFunction):
    """Softer targets while training: y′ = (1 − strength)·y + strength/C over C classes.

    Source: Szegedy et al. 2016, §7.
    """

    kind: ClassVar[str] = "label-smoothing"
    strength: float = number(0.1, at_least=0.0, below=1.0)

    def bind(self, stack: StackView) -> Hooks:
        """Make the targets softer."""
        strength = stack.fields["strength"]
        rest = stack.cast(1.0 - strength, 1)
        floor = stack.cast(strength / stack.architecture.sizes[-1], 1)
        return Hooks(targets=lambda y: y * rest + floor)

    def refuses(self, recipe: Recipe) -> Iterator[str]:
        """Refuse a loss that takes one right class."""
        if not recipe.loss.takes_soft_targets:
            yield (
                f"recipe.regularisers.label-smoothing makes targets soft, but loss = "
                f"{recipe.loss.kind!r} takes one right class; use a cross-entropy"
            )

    def refuses_data(self, recipe: Recipe, sizes: Sizes) -> Iterator[str]:
        """Refuse targets that are no classes."""
        if not sizes.labelled:
            yield f"regularisers.label-smoothing needs classes; task {recipe.task} has none"

    def operations(self, architecture: Architecture, examples: int) -> int:
        """Return a product and a sum per target."""
        return 2 * examples * architecture.sizes[-1]
