"""The data of a stack as arrays: all rows once, and which rows each trial uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from ..components import Array
from ..errors import InputError
from ..trial import Trial


class Sizes(NamedTuple):
    """The sizes that, beside the recipe's structure, decide whether trials can share a stack."""

    features: int
    outputs: int
    train: int
    validation: int
    test: int
    labelled: bool = True
    selection: int = 0


@dataclass(frozen=True)
class Variable:
    """The one variable t that all inputs of a trial are functions of, from ``low`` to ``high``.

    ``inputs`` turns values of t, shape (n,), into what the network reads, (n, features).
    """

    low: float
    high: float
    inputs: Callable[[Array], Array]


@dataclass(frozen=True)
class Unscaled:
    """Inputs as they are before their scaling: trial t reads (x[rows] − mean[t])/sd[t].

    ``rows`` holds the row of ``x`` for every row of the examples' own x; ``mean`` and ``sd`` have
    shape (T, features).
    """

    x: Array
    rows: Array
    mean: Array
    sd: Array


@dataclass(frozen=True)
class Examples:
    """Inputs and targets of a stack of T trials.

    ``x`` has shape (rows, features), ``y`` (rows, outputs), one-hot for classes; ``train``,
    ``validation`` and ``test`` hold each trial's row numbers, shape (T, n). Where trials share
    inputs but not targets, ``y`` holds k versions of the targets one after another, shape
    (k · rows, outputs), and row number r has the inputs x[r mod rows]. ``labelled`` tells whether
    the targets are classes, so that accuracy = share of examples whose largest output is the class.
    ``image`` is the height and width of inputs that are images. ``source`` holds the data-set row
    of every row of ``x``, None where they are the same. ``variables`` holds one for each trial, and
    is empty where inputs are not functions of one variable. ``unscaled`` is what ``x`` was scaled
    from, where images are scaled and also augmented, which comes first. ``selection`` holds the
    rows (T, n) that trainings decide by, if these are not the validation rows.
    """

    x: Array
    y: Array
    train: Array
    validation: Array
    test: Array
    labelled: bool = True
    image: tuple[int, int] | None = None
    source: Array | None = None
    variables: tuple[Variable, ...] = ()
    unscaled: Unscaled | None = None
    selection: Array = field(default_factory=lambda: np.empty((0, 0), np.int64))

    @property
    def sizes(self) -> Sizes:
        """The sizes of this stack's data."""
        return Sizes(
            self.x.shape[1],
            self.y.shape[1],
            self.train.shape[1],
            self.validation.shape[1],
            self.test.shape[1],
            self.labelled,
            self.selection.shape[1],
        )

    @property
    def watched(self) -> str:
        """The set that trainings decide by: selection, else validation, else training rows."""
        sizes = self.sizes
        return "selection" if sizes.selection else "validation" if sizes.validation else "train"

    def select(self, keep: Array) -> Examples:
        """Return the examples of the trials at the positions ``keep``."""
        train, validation, test = self.train[keep], self.validation[keep], self.test[keep]
        variables = tuple(self.variables[i] for i in keep) if self.variables else ()
        of, unscaled = self.unscaled, None
        if of is not None:
            unscaled = replace(of, mean=of.mean[keep], sd=of.sd[keep])
        return replace(
            self,
            train=train,
            validation=validation,
            test=test,
            selection=self.selection[keep] if self.selection.size else self.selection,
            variables=variables,
            unscaled=unscaled,
        )

    def dataset_rows(self, rows: Array) -> Array:
        """Return the rows of the data set that row numbers stand for."""
        inputs = rows % len(self.x)
        return inputs if self.source is None else np.asarray(self.source[inputs])

    def cast(self, dtype: np.dtype[np.floating]) -> Examples:
        """Return the same examples with inputs and targets in the recipe's dtype."""
        of, unscaled = self.unscaled, None
        with np.errstate(over="ignore"):
            x = np.ascontiguousarray(self.x, dtype)
            y = np.ascontiguousarray(self.y, dtype)
            if of is not None:
                images = np.ascontiguousarray(of.x, dtype)
                unscaled = Unscaled(images, of.rows, of.mean.astype(dtype), of.sd.astype(dtype))
        return replace(self, x=x, y=y, unscaled=unscaled)


class Gather:
    """Copies the rows of a mini-batch out of the data, once where all trials share them.

    Row numbers beyond the last row go on from the first, as :class:`Examples` has it.
    """

    def __init__(self, source: Array) -> None:
        self._source = source
        self._buffers: dict[tuple[int, ...], Array] = {}

    def __call__(self, rows: Array) -> Array:
        """Return the rows as an array (T or 1, B, columns); ``rows`` has shape (T or 1, B)."""
        shape = rows.shape
        buffer = self._buffers.get(shape)
        if buffer is None:
            buffer = np.empty((*shape, self._source.shape[1]), self._source.dtype)
            self._buffers[shape] = buffer
        np.take(self._source, rows, axis=0, out=buffer, mode="wrap")
        return buffer


def shared(rows: Array) -> Array:
    """Return the rows with one trial's row only, if all trials use the same ones."""
    return rows[:1] if len(rows) > 1 and bool((rows == rows[0]).all()) else rows


def checked(inputs: Array, columns: Sequence[str], where: str) -> Array:
    """Return the inputs as float64, refusing the first value that is not a finite number."""
    values: Array = np.asarray(inputs, dtype=np.float64)
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        raise InputError(
            f"{where}: row {row + 1}, column {columns[column]!r} is missing or not finite "
            f"({len(bad)} such values); remove or fill them first"
        )
    return values


def stack_key(trial: Trial, sizes: Sizes) -> tuple[object, ...]:
    """Return what must agree for two trials to be trained in one stack."""
    return (trial.recipe.structure, sizes)
