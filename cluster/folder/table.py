"""A table of a run as a value: its columns, and how its rows are read off a finished stack."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from .finished import FinishedStack, FinishedTrial

TYPES = {float: pa.float64(), int: pa.int64(), str: pa.string(), bool: pa.bool_()}
Rows = Mapping[str, Any]
"""Columns by name, each with one value per row."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    ``read`` gives its value for a trial, in a table that has one row for each. What is
    ``averaged`` is so over the folds of a replicate; what is ``repeated`` has the same value when
    the trial is trained again.
    """

    name: str
    kind: type = float
    read: Callable[[FinishedTrial], Any] | None = None
    averaged: bool = False
    repeated: bool = False


@dataclass(frozen=True)
class Table:
    """A table: its columns, and ``rows``, which reads them off a finished stack.

    Rows may name their trial by ``trial``, its position in the stack, in place of ``trial_id``;
    a column that they lack is null. ``words`` say what a row is.
    """

    name: str
    columns: tuple[Column, ...]
    rows: Callable[[FinishedStack], Rows]
    words: str = ""

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns as Parquet has them."""
        return pa.schema([pa.field(column.name, TYPES[column.kind]) for column in self.columns])

    @property
    def averaged(self) -> list[str]:
        """The columns that are averaged over folds."""
        return [column.name for column in self.columns if column.averaged]

    @property
    def keys(self) -> list[str]:
        """The columns that tell the rows of a trial apart."""
        names = [column.name for column in self.columns if not column.averaged]
        return [name for name in names if name != "trial_id"]

    def part(self, stack: FinishedStack) -> pa.Table:
        """Return the rows of a stack."""
        rows = dict(self.rows(stack))
        if "trial" in rows:
            ids = np.array([trial.trial_id for trial in stack.trials], dtype=object)
            rows["trial_id"] = ids[rows.pop("trial")]
        return typed(rows, self.schema)


def measure_table(
    name: str,
    columns: Iterable[tuple[str, type]],
    averaged: Collection[str] = (),
    *,
    rows: Callable[[FinishedStack], Rows] | None = None,
    words: str = "",
) -> Table:
    """Return the table of what is measured beside training: any number of rows for each trial.

    ``rows`` are by default those that the stack has measured under the table's name.
    """

    def measured(stack: FinishedStack) -> Rows:
        return stack.measured.get(name, {})

    measured_columns = (Column(each, kind, averaged=each in averaged) for each, kind in columns)
    return Table(name, (Column("trial_id", str), *measured_columns), rows or measured, words)


def typed(rows: Rows, schema: pa.Schema) -> pa.Table:
    """Return rows as a table of this schema; NaN becomes null, and an absent column all null."""
    length = len(next(iter(rows.values()))) if rows else 0
    arrays = [
        pa.array(rows[field.name], field.type, from_pandas=True)
        if field.name in rows
        else pa.nulls(length, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def fitted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with the columns of this schema, null where it lacks one."""
    arrays = [
        table.column(field.name).combine_chunks()
        if field.name in table.schema.names
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def united(first: pa.Schema, *others: pa.Schema) -> pa.Schema:
    """Return the columns of the first schema, then those that only others have."""
    fields = {field.name: field for schema in (first, *others) for field in schema}
    return pa.schema([fields[name] for name in dict.fromkeys((*first.names, *fields))])
