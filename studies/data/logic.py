"""Logic tasks: gates of two inputs and the parity of many, what single layers can and cannot do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...core.components import choice, number
from ...core.dataset import Dataset, one_hot
from ...core.families.task_function import TaskFunction
from ...core.streams import Purpose, stream

TRUTH = {
    "xor": (0, 1, 1, 0),
    "xnor": (1, 0, 0, 1),
    "and": (0, 0, 0, 1),
    "or": (0, 1, 1, 1),
    "nand": (1, 1, 1, 0),
    "nor": (1, 0, 0, 0),
    "implies": (1, 1, 0, 1),
}
"""Each gate's output at the corners (0, 0), (0, 1), (1, 0), (1, 1)."""


@dataclass(frozen=True)
class Gate(TaskFunction):
    """A logic gate of two inputs: its output at the four corners of the unit square.

    The corners come in turn, ``copies`` times; to every input ε ~ N(0, noise²) is added, drawn
    anew for every replicate. The classes are the outputs 0 and 1. To train on the four corners
    themselves, set copies = 1, batch_size = "full" and a split with validation = 0 and test = 0.
    Source: Minsky & Papert 1969, Perceptrons: no single layer computes xor or xnor.
    """

    kind: ClassVar[str] = "gate"
    drawn: ClassVar[bool] = True
    gate: str = choice(*TRUTH)
    copies: int = number(50, at_least=1, at_most=100_000)
    noise: float = number(0.0, at_least=0.0, at_most=1e6)

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Draw 4 · ``copies`` rows; fewer copies are a prefix, more noise keeps the draws."""
        corners = np.array([(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)])
        x = np.tile(corners, (self.copies, 1))
        x += self.noise * stream(Purpose.DATA, seed, replicate).standard_normal(x.shape)
        y = one_hot(np.tile(TRUTH[self.gate], self.copies), 2)
        return Dataset(x, y, ("0", "1"))


@dataclass(frozen=True)
class Parity(TaskFunction):
    """Whether an odd number of ``bits`` inputs is 1: all 2^bits rows of zeros and ones.

    Changing any one input changes the class, so every input matters in every row.
    Source: Minsky & Papert 1969, Perceptrons.
    """

    kind: ClassVar[str] = "parity"
    drawn: ClassVar[bool] = False
    bits: int = number(8, at_least=1, at_most=16)

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Return all rows in counting order, the first input the most significant bit."""
        places = np.arange(self.bits)[::-1]
        x = (np.arange(2**self.bits)[:, None] >> places & 1).astype(np.uint8)
        return Dataset(x, one_hot(x.sum(axis=1) % 2, 2), ("even", "odd"))


LogicTask = Gate | Parity
