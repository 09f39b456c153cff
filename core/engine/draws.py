"""What is drawn anew at every step of training: dropout masks and noise on the inputs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..components import Array, stack_fields
from ..families.regularisers import Dropout, InputNoise
from ..streams import MaskStream, Purpose, stream
from ..trial import Trial
from .architecture import Architecture
from .network import Masks

Luck = tuple[int, int]
DRAWN = np.dtype(np.uint16)


class Draws(NamedTuple):
    """One step's draws by luck: per hidden layer 16-bit integers (units, B), and normals (B, x).

    ``start`` is the position of the batch's first example in its ``epoch``.
    """

    masks: dict[Luck, list[Array]]
    noise: dict[Luck, Array]
    epoch: int = 0
    start: int = 0


class EpochDraws:
    """The draws of one epoch, step after step from ``step`` on; trials of one luck share them."""

    def __init__(
        self, trials: list[Trial], architecture: Architecture, epoch: int, step: int, columns: int
    ) -> None:
        recipe = trials[0].recipe
        self._architecture, self._epoch, self._step = architecture, epoch, step
        self._columns = columns
        self._streams: dict[Luck, list[MaskStream]] = {}
        self._noisy: set[Luck] = set()
        if recipe.regulariser(Dropout):
            for luck in {trial.key(Purpose.MASKS) for trial in trials}:
                self._streams[luck] = [
                    MaskStream(*luck, layer, epoch) for layer in range(len(architecture.hidden))
                ]
                for one, width in zip(self._streams[luck], architecture.hidden, strict=True):
                    one.skip(step, width, columns)
        if recipe.regulariser(InputNoise):
            self._noisy = {trial.key(Purpose.INPUT_NOISE) for trial in trials}

    def next(self, columns: int) -> Draws:
        """Draw for the next step, a batch of so many examples."""
        masks = {
            luck: [
                one.draw(width, columns)
                for one, width in zip(layers, self._architecture.hidden, strict=True)
            ]
            for luck, layers in self._streams.items()
        }
        features = self._architecture.sizes[0]
        noise = {
            luck: stream(Purpose.INPUT_NOISE, *luck, self._epoch, self._step).standard_normal(
                (columns, features)
            )
            for luck in sorted(self._noisy)
        }
        start = self._step * self._columns
        self._step += 1
        return Draws(masks, noise, self._epoch, start)


class Disturbance:
    """Turns draws into the masks and the noisy inputs of a stack's trials."""

    def __init__(self, trials: list[Trial], architecture: Architecture) -> None:
        recipe = trials[0].recipe
        self._trials, self._architecture = trials, architecture
        self._dtype = np.dtype(recipe.dtype)
        self.masked = recipe.regulariser(Dropout) is not None
        self.noisy = recipe.regulariser(InputNoise) is not None
        self._thresholds: list[tuple[Array, Array]] = []
        recipes = [trial.recipe for trial in trials]
        dropouts = [part for r in recipes if (part := r.regulariser(Dropout)) is not None]
        if dropouts:
            fields = stack_fields(dropouts)
            for layer in range(len(architecture.hidden)):
                p = dropouts[0].probabilities(fields, layer)
                threshold, factor = dropouts[0].thresholds(p)
                shaped = factor.astype(self._dtype)[:, None, None]
                self._thresholds.append((threshold[:, None, None], shaped))
        noises = [noise for r in recipes if (noise := r.regulariser(InputNoise)) is not None]
        if noises:
            std = stack_fields(noises)["std"]
            self._std = std.astype(self._dtype)[:, None, None]
        self._buffers: dict[tuple[str, int, int], Array] = {}

    def _buffer(self, name: str, rows: int, columns: int, dtype: np.dtype[Any]) -> Array:
        key = (name, rows, columns)
        if key not in self._buffers:
            self._buffers[key] = np.empty((len(self._trials), rows, columns), dtype)
        return self._buffers[key]

    def masks(self, draws: Draws) -> Masks | None:
        """Return the factor of every hidden activation, or None without dropout."""
        if not self.masked:
            return None
        found = []
        for layer, (threshold, factor) in enumerate(self._thresholds):
            chosen = [draws.masks[t.key(Purpose.MASKS)][layer] for t in self._trials]
            width, columns = chosen[0].shape
            drawn = self._buffer(f"drawn{width}", width, columns, DRAWN)
            mask = self._buffer(f"mask{layer}", width, columns, self._dtype)
            np.stack(chosen, out=drawn)
            np.greater_equal(drawn, threshold, mask)
            found.append(np.multiply(mask, factor, mask))
        return found

    def inputs(self, x: Array, draws: Draws) -> Array:
        """Return the inputs (T or 1, B, features) with each trial's noise added."""
        if not self.noisy:
            return x
        noisy = self._buffer("noise", x.shape[1], x.shape[2], self._dtype)
        np.stack(
            [draws.noise[t.key(Purpose.INPUT_NOISE)] for t in self._trials],
            out=noisy,
            casting="same_kind",
        )
        np.multiply(noisy, self._std, noisy)
        return np.add(x, noisy, noisy)
