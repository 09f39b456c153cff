"""The record of a table: rows by blocks, as a training measures them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..components import Array


class Record:
    """A table that grows by blocks of rows."""

    def __init__(self) -> None:
        self._blocks: dict[str, list[Array]] = {}

    def add(self, **columns: Array) -> None:
        """Append one block; every column has the same length."""
        for name, values in columns.items():
            self._blocks.setdefault(name, []).append(np.asarray(values))

    def add_table(self, live: Array, table: Mapping[str, Array]) -> None:
        """Append a block of columns (T, rows), a row of them for each trial at ``live``."""
        rows = next(iter(table.values())).shape[1]
        flat = {name: values.reshape(-1) for name, values in table.items()}
        self.add(trial=np.repeat(live, rows), **flat)

    def columns(self) -> dict[str, Array]:
        """Return the whole table as columns."""
        return {name: np.concatenate(blocks) for name, blocks in self._blocks.items()}
