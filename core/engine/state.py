"""The state of a training as plain arrays by name: parts, each a mapping, written side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..components import Array


@dataclass(frozen=True)
class TrainingState:
    """Everything needed to go on with a training: plain arrays by name, for an ``.npz`` file."""

    arrays: dict[str, Array]

    @classmethod
    def of(
        cls, facts: Mapping[str, object], parts: Mapping[str, Mapping[str, Array]]
    ) -> TrainingState:
        """Return copies of facts by their names, and of parts' arrays as ``<part>/<name>``."""
        arrays = {name: np.array(value) for name, value in facts.items()}
        for part, arrays_of_part in parts.items():
            arrays |= {
                f"{part}/{name}": np.array(values) for name, values in arrays_of_part.items()
            }
        return cls(arrays)

    def part(self, name: str) -> dict[str, Array]:
        """Return a part's arrays by their names, none where there is no such part."""
        start = f"{name}/"
        return {
            key.removeprefix(start): values
            for key, values in self.arrays.items()
            if key.startswith(start)
        }
