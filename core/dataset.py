"""A data set as parsed arrays, with the fingerprint that ties results to its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .components import Array


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows of inputs and targets.

    ``raw`` holds the inputs as parsed, shape (rows, features); the network sees raw / ``divisor``.
    ``y`` holds one-hot classes or numbers, shape (rows, outputs). ``classes`` names the classes
    and is empty for a regression; ``names`` the columns, the target last, where they have any.
    Rows from ``official_test`` on are the published test set; it is None where there is none.
    ``image`` is the height and width of inputs that are images.
    """

    raw: Array
    y: Array
    classes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    divisor: float = 1.0
    official_test: int | None = None
    image: tuple[int, int] | None = None

    def inputs(self, dtype: str) -> Array:
        """Return raw / divisor, computed in float64 and rounded once to ``dtype``."""
        x = np.empty(self.raw.shape, dtype)
        for part in parts(len(x)):
            with np.errstate(over="ignore"):  # float32 may not hold a user's number: it diverges
                x[part] = self.raw[part].astype(np.float64) / self.divisor
        return x

    @cached_property
    def labels(self) -> Array:
        """Each row's class as a whole number, shape (rows,); meaningless for a regression."""
        return np.asarray(self.y.argmax(axis=1))

    def first(self, features: int) -> Dataset:
        """Return the same rows with the first ``features`` inputs only, all for 0."""
        if features in (0, self.raw.shape[1]):
            return self
        names = (*self.names[:features], *self.names[self.raw.shape[1] :])
        return replace(self, raw=self.raw[:, :features], names=names)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the parsed arrays, before any split."""
        sha = hashlib.sha256()
        for array in (self.raw, self.y):
            data = np.ascontiguousarray(array)
            sha.update(f"{data.dtype.str}{data.shape}".encode())
            sha.update(data.data)
        sha.update(repr((self.classes, self.names, self.divisor, self.official_test)).encode())
        return sha.hexdigest()


def parts(rows: int) -> Iterator[slice]:
    """Yield slices that cut so many rows into pieces that fit into memory at any width."""
    for start in range(0, rows, 4096):
        yield slice(start, start + 4096)


def one_hot(labels: Array, classes: int) -> Array:
    """Return float32 rows with a 1 at each label's position."""
    return np.eye(classes, dtype=np.float32)[labels]
