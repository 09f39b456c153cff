"""The task of a user's own table: a CSV, Parquet or NPZ file."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...core.components import Array, choice, place
from ...core.dataset import Dataset, one_hot
from ...core.engine.examples import checked
from ...core.errors import InputError, unknown
from ...core.families.task_function import TaskFunction


def read_csv(path: Path) -> Any:
    """Read a CSV file whose rows all have as many fields as its header, all named differently."""
    import warnings

    import pandas as pd

    with path.open(newline="", encoding="utf-8-sig") as file:
        header = next(csv.reader(file), [])
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InputError(f"{path}: the column {twice[0]!r} stands twice in the header")
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # it would drop fields
        try:
            return pd.read_csv(path, index_col=False)
        except pd.errors.ParserWarning:
            raise InputError(f"{path}: a row has more fields than the header") from None


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Say in one line that a file is damaged; each reader has its own errors for that."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path} cannot be read: {reason}") from error


def read_frame(path: Path) -> Any:
    """Return a CSV or Parquet file as a data frame with at least one row.

    Raises
    ------
    InputError
        If the file is neither, cannot be read, or holds no rows.
    """
    import pandas as pd

    if path.suffix not in (".csv", ".parquet"):
        raise InputError(f"{path}: {path.suffix!r} is not one of .csv, .parquet")
    if not path.is_file():
        raise InputError(f"{path} is not a file (relative paths start at {Path.cwd()})")
    with readable(path):
        frame = read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    if frame.empty:
        raise InputError(f"{path} holds no rows")
    return frame


def numbers_in(frame: Any, path: Path) -> Array:
    """Return a frame's columns as float64, NaN where a value is missing; all must be numeric."""
    import pandas as pd

    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            raise InputError(f"{path}: column {name!r} is not numeric")
    values: Array = frame.to_numpy(np.float64, na_value=np.nan)
    return values


@dataclass(frozen=True)
class Table(TaskFunction):
    """A user's own table: a CSV, Parquet or NPZ file with a named target column.

    ``predict`` says whether the target is one of several ``"classes"`` or a ``"number"``. An NPZ
    file holds the inputs as ``x`` and the target under its name. Every other column must be
    numeric; no value may be missing. Source: the user's file.
    """

    kind: ClassVar[str] = "table"
    drawn: ClassVar[bool] = False
    where: ClassVar[str] = "your file"
    path: str = place("")
    target: str = "target"
    predict: str = choice("classes", "number")

    def stamp(self) -> tuple[object, ...]:
        """Return when the file was written and how large it is; () where there is none."""
        try:
            about = Path(self.path).stat()
        except (OSError, ValueError):  # ValueError: NUL in the path
            return ()
        return about.st_mtime_ns, about.st_size

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Read and check the file."""
        import pandas as pd

        inputs, columns, target = self._read()
        x = checked(inputs, columns, self.path)
        if len(target) != len(x):
            raise InputError(f"{self.path}: {len(x)} rows of inputs but {len(target)} targets")
        if self.predict == "number":
            try:
                y = checked(np.asarray(target, np.float64)[:, None], [self.target], self.path)
            except (ValueError, TypeError) as error:
                if isinstance(error, InputError):
                    raise
                raise InputError(
                    f"{self.path}: target {self.target!r} is not numeric; set predict=classes"
                ) from error
            return Dataset(x, y, names=(*columns, self.target))
        missing = np.flatnonzero(pd.isna(target))
        if len(missing):
            raise InputError(f"{self.path}: row {missing[0] + 1} has no target {self.target!r}")
        names = sorted({str(label) for label in target})
        if len(names) < 2:
            raise InputError(
                f"{self.path}: target {self.target!r} holds the one class {', '.join(names)}; "
                "a classification needs at least two"
            )
        if len(names) > max(50, len(x) // 5):
            raise InputError(
                f"{self.path}: target {self.target!r} has {len(names)} classes in {len(x)} rows; "
                "set predict=number for a regression"
            )
        labels = np.array([names.index(str(label)) for label in target])
        return Dataset(x, one_hot(labels, len(names)), tuple(names), (*columns, self.target))

    def _read(self) -> tuple[np.ndarray, list[str], np.ndarray]:
        path = Path(self.path)
        if not self.path or not path.is_file():
            raise InputError(
                f"task.path = {self.path!r} is not a file (a relative path starts at the study "
                f"file's folder or at {Path.cwd()})"
            )
        if path.suffix == ".npz":
            with readable(path):
                return self._read_npz(path)
        if path.suffix not in (".csv", ".parquet"):
            raise InputError(f"{path}: {path.suffix!r} is not one of .csv, .parquet, .npz")
        frame = read_frame(path)
        if self.target not in frame.columns:
            raise InputError(
                f"{path}: {unknown('target column', self.target, map(str, frame.columns))}"
            )
        inputs = frame.drop(columns=self.target)
        values = numbers_in(inputs, path)
        if inputs.shape[1] == 0:
            raise InputError(f"{path} has no column beside the target {self.target!r}")
        columns = [str(name) for name in inputs.columns]
        return values, columns, frame[self.target].to_numpy(object)

    def _read_npz(self, path: Path) -> tuple[np.ndarray, list[str], np.ndarray]:
        with np.load(path, allow_pickle=False) as file:
            for name in ("x", self.target):
                if name not in file:
                    raise InputError(f"{path}: {unknown('array', name, file.files)}")
            x, target = file["x"], file[self.target]
        numeric = target.dtype.kind in "biuf" or self.predict == "classes"
        if (
            x.ndim != 2
            or target.ndim != 1
            or x.dtype.kind not in "biuf"
            or not x.size
            or not numeric
        ):
            raise InputError(
                f"{path}: x must be a numeric array (rows, features) and "
                f"{self.target!r} an array (rows,), numeric for predict = 'number'; got "
                f"{x.dtype}{x.shape} and {target.dtype}{target.shape}"
            )
        return x, [f"x[:, {i}]" for i in range(x.shape[1])], target
