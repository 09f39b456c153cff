"""Random streams: every draw is keyed by what it is for, never by order, worker or trial number."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

StreamKey = tuple[int, int]
"""What keys a trial's draws for a purpose: the study's seed and the trial's part."""
OUTPUT = 2**31
"""The position that stands for the output layer, whatever the depth of the network."""


class Purpose(IntEnum):
    """What a stream is drawn for; the numbers are part of every result and never change."""

    DATA = 1
    SPLIT = 2
    INITIALISATION = 3
    ORDER = 4
    MASKS = 5
    PRETRAINING = 6
    AUGMENTATION = 7
    INPUT_NOISE = 8
    LABEL_NOISE = 16
    RANDOM_LABELS = 17
    TARGET_NOISE = 18
    OUTLIERS = 19

    @property
    def word(self) -> str:
        """The name that study files and ids know it by."""
        return self.name.lower().replace("_", "-")


def seed_sequence(
    purpose: Purpose, seed: int, replicate: int, *index: int
) -> np.random.SeedSequence:
    """Return the seed of one stream: distinct for each (purpose, seed, replicate, index).

    Each part becomes two 32-bit words behind a count, since a seed sequence pads with zeros and
    would otherwise confuse (1, 2) with (1, 2, 0).
    """
    parts = (int(purpose), *index, replicate, seed)
    words = [len(parts)]
    for part in parts:
        words += [part & 0xFFFFFFFF, part >> 32]
    return np.random.SeedSequence(words)


def stream(purpose: Purpose, seed: int, replicate: int, *index: int) -> np.random.Generator:
    """Return the generator of one stream (PCG64-DXSM)."""
    bits = np.random.PCG64DXSM(seed_sequence(purpose, seed, replicate, *index))
    return np.random.Generator(bits)


def unit_normals(seed: int, replicate: int, layer: int, units: int, inputs: int) -> NDArray[Any]:
    """Draw the standard normals that a layer's initial parameters are made from.

    Every unit has its own counter block of one Philox stream per layer, so the draws of a
    narrower layer are a sub-block of a wider one's. Column 0 is for the bias, the others for the
    weights, in the order of the inputs.

    Returns
    -------
    float64 array of shape (units, 1 + inputs)
    """
    key = seed_sequence(Purpose.INITIALISATION, seed, replicate, layer).generate_state(2, np.uint64)
    draws = np.empty((units, 1 + inputs))
    for unit in range(units):
        bits = np.random.Philox(key=key, counter=[0, 0, unit, 0])
        np.random.Generator(bits).standard_normal(out=draws[unit])
    return draws


def visiting_order(seed: int, replicate: int, epoch: int, examples: int) -> NDArray[Any]:
    """Return the permutation in which one epoch visits ``examples`` training examples."""
    return stream(Purpose.ORDER, seed, replicate, epoch).permutation(examples)


class MaskStream:
    """The 16-bit uniform integers behind one layer's dropout masks, step after step of an epoch.

    They depend on the replicate, layer and epoch alone, and every step takes the same number of
    words, so that any step can be reached directly.
    """

    def __init__(self, seed: int, replicate: int, layer: int, epoch: int) -> None:
        self._bits = np.random.PCG64DXSM(
            seed_sequence(Purpose.MASKS, seed, replicate, layer, epoch)
        )

    def draw(self, units: int, examples: int) -> NDArray[Any]:
        """Draw the next step's integers, uint16 of shape (units, examples)."""
        count = units * examples
        words = self._bits.random_raw(-(-count // 4))
        return words.view("<u2")[:count].reshape(units, examples)

    def skip(self, steps: int, units: int, examples: int) -> None:
        """Go past the integers of so many steps."""
        self._bits.advance(steps * -(-units * examples // 4))
