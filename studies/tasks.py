"""Tasks: the data that networks are trained on. Adding one is one class with a ``dataset`` method.

A task whose data are drawn anew for every replicate says so with ``drawn``.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from math import factorial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..core.components import Array, Component, choice, number, place
from ..core.errors import InputError, unknown
from ..core.streams import Purpose, stream
from .dataset import Dataset, checked, one_hot
from .downloads import FASHION_MNIST, MNIST, Collection, images


@dataclass(frozen=True)
class Digits(Component):
    """Handwritten digits, 1,797 images of 8 × 8 pixels, embedded in scikit-learn; pixels / 16.

    Source: Alpaydin & Kaynak 1998, UCI Optical Recognition of Handwritten Digits.
    """

    kind: ClassVar[str] = "digits"
    drawn: ClassVar[bool] = False

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Return all rows."""
        from sklearn.datasets import load_digits

        bunch = load_digits()
        names = tuple(str(name) for name in range(10))
        return Dataset(bunch.data, one_hot(bunch.target, 10), names, divisor=16.0)


def image_dataset(collection: Collection, names: tuple[str, ...]) -> Dataset:
    """Return a published image collection, pixels / 255, with its official test set."""
    x, labels, test = images(collection)
    return Dataset(x, one_hot(labels, 10), names, divisor=255.0, official_test=test)


@dataclass(frozen=True)
class Mnist(Component):
    """MNIST handwritten digits, 60,000 + 10,000 images of 28 × 28 pixels; pixels / 255.

    Source: LeCun, Cortes & Burges 1998.
    """

    kind: ClassVar[str] = "mnist"
    drawn: ClassVar[bool] = False

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Return all rows, the official test set last."""
        return image_dataset(MNIST, tuple(str(name) for name in range(10)))


@dataclass(frozen=True)
class FashionMnist(Component):
    """Fashion-MNIST, 60,000 + 10,000 images of clothes, 28 × 28 pixels; pixels / 255.

    Source: Xiao, Rasul & Vollgraf 2017.
    """

    kind: ClassVar[str] = "fashion-mnist"
    drawn: ClassVar[bool] = False

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Return all rows, the official test set last."""
        names = (
            "T-shirt",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "boot",
        )
        return image_dataset(FASHION_MNIST, names)


@dataclass(frozen=True)
class NoisyPolynomial(Component):
    """A cubic with noise, given as the features xⁱ/i! for i = 0 … features − 1.

    y = 5 + 1.2x − 3.4x²/2! + 5.6x³/3! + ε with x ~ N(0, 1) and ε ~ N(0, noise²), drawn anew for
    every replicate. Source: Zhang et al., Dive into Deep Learning, §3.6 (first editions 4.4).
    """

    kind: ClassVar[str] = "noisy-polynomial"
    drawn: ClassVar[bool] = True
    coefficients: ClassVar[tuple[float, ...]] = (5.0, 1.2, -3.4, 5.6)
    examples: int = number(200, at_least=3, at_most=1_000_000)
    features: int = number(20, at_least=1, at_most=150)
    noise: float = number(0.1, at_least=0.0)

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Draw ``examples`` rows; fewer features or more noise keep the same draws."""
        draws = stream(Purpose.DATA, seed, replicate).standard_normal((self.examples, 2))
        powers = max(self.features, len(self.coefficients))
        terms = np.stack([draws[:, 0] ** i / factorial(i) for i in range(powers)], axis=1)
        y = terms[:, : len(self.coefficients)] @ np.array(self.coefficients)
        y += self.noise * draws[:, 1]
        return Dataset(np.ascontiguousarray(terms[:, : self.features]), y[:, None])


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


@dataclass(frozen=True)
class Table(Component):
    """A user's own table: a CSV, Parquet or NPZ file with a named target column.

    ``predict`` says whether the target is one of several ``"classes"`` or a ``"number"``. An NPZ
    file holds the inputs as ``x`` and the target under its name. Every other column must be
    numeric; no value may be missing.
    """

    kind: ClassVar[str] = "table"
    drawn: ClassVar[bool] = False
    path: str = place("")
    target: str = "target"
    predict: str = choice("classes", "number")

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
                f"task.path = {self.path!r} is not a file (relative paths start at {Path.cwd()})"
            )
        try:
            if path.suffix == ".npz":
                return self._read_npz(path)
            import pandas as pd

            if path.suffix not in (".csv", ".parquet"):
                raise InputError(f"{path}: {path.suffix!r} is not one of .csv, .parquet, .npz")
            frame = read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
        except InputError:
            raise
        except Exception as error:  # each reader has its own errors for a damaged file
            told = " ".join(str(error).split())[:200]
            raise InputError(f"{path} cannot be read: {told}") from error
        if self.target not in frame.columns:
            raise InputError(
                f"{path}: {unknown('target column', self.target, map(str, frame.columns))}"
            )
        if frame.empty:
            raise InputError(f"{path} holds no rows")
        inputs = frame.drop(columns=self.target)
        for name in inputs.columns:
            if not pd.api.types.is_numeric_dtype(inputs[name]):
                raise InputError(f"{path}: column {name!r} is not numeric")
        if inputs.shape[1] == 0:
            raise InputError(f"{path} has no column beside the target {self.target!r}")
        columns = [str(name) for name in inputs.columns]
        values = inputs.to_numpy(np.float64, na_value=np.nan)
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


Task = Digits | Mnist | FashionMnist | NoisyPolynomial | Table


def stamp(task: Task) -> tuple[int, int]:
    """Return when and how large a user's file was written, so that a changed one is read anew."""
    if not isinstance(task, Table):
        return (0, 0)
    try:
        about = Path(task.path).stat()
    except OSError:
        return (0, 0)
    return about.st_mtime_ns, about.st_size


@lru_cache(maxsize=2)
def _read_once(task: Task, _: tuple[int, int]) -> Dataset:
    return task.dataset(0, 0)


@lru_cache(maxsize=2)
def _scaled_once(task: Task, dtype: str, _: tuple[int, int]) -> Array:
    return dataset(task, 0, 0).inputs(dtype)


def dataset(task: Task, seed: int, replicate: int) -> Dataset:
    """Return the data that a replicate is trained on; those that never change are read once."""
    return task.dataset(seed, replicate) if task.drawn else _read_once(task, stamp(task))


def fixed_inputs(task: Task, dtype: str) -> Array:
    """Return the inputs of a task whose data never change, scaled once per process."""
    return _scaled_once(task, dtype, stamp(task))


def fingerprint(task: Task) -> str:
    """Return the fingerprint of a task's data; of drawn data, that of seed 0, replicate 0."""
    return dataset(task, 0, 0).fingerprint
