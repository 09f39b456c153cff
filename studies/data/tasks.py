"""Tasks: the data that networks are trained on. Adding one is one class with a ``dataset`` method.

A task whose data are drawn anew for every replicate says so with ``drawn``. The members stand in
``images``, ``tables``, ``logic`` and ``synthetic``; here are their union and what keeps their data.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ...core.components import Array
from .dataset import Dataset, finite
from .images import Digits, FashionMnist, Mnist
from .logic import Gate, Parity
from .synthetic import (
    Blobs,
    Curve,
    LinearRegression,
    Moons,
    NoisyPolynomial,
    Spirals,
    TeacherStudent,
)
from .tables import BreastCancer, Diabetes, Table, Wine

Task = (
    Digits
    | Mnist
    | FashionMnist
    | BreastCancer
    | Wine
    | Diabetes
    | NoisyPolynomial
    | LinearRegression
    | Curve
    | TeacherStudent
    | Blobs
    | Moons
    | Spirals
    | Gate
    | Parity
    | Table
)


def stamp(task: Task) -> tuple[int, int]:
    """Return when and how large a user's file was written, so that a changed one is read anew."""
    if not isinstance(task, Table):
        return (0, 0)
    try:
        about = Path(task.path).stat()
    except (OSError, ValueError):  # ValueError: NUL in the path
        return (0, 0)
    return about.st_mtime_ns, about.st_size


@lru_cache(maxsize=4)
def _read_once(task: Task, _: tuple[int, int]) -> Dataset:
    return finite(task.dataset(0, 0), f"task {task}")


@lru_cache(maxsize=2)
def _scaled_once(task: Task, features: int, dtype: str, _: tuple[int, int]) -> Array:
    return dataset(task, 0, 0).first(features).inputs(dtype)


@lru_cache(maxsize=64)
def _fingerprint_once(task: Task, _: tuple[int, int]) -> str:
    return dataset(task, 0, 0).fingerprint


def dataset(task: Task, seed: int, replicate: int) -> Dataset:
    """Return the data that a replicate is trained on; those that never change are read once.

    Raises
    ------
    InputError
        If the data cannot be read or hold what is not a finite number.
    """
    if task.drawn and (seed, replicate) != (0, 0):
        return finite(task.dataset(seed, replicate), f"task {task}")
    return _read_once(task, stamp(task))


def fixed_inputs(task: Task, features: int, dtype: str) -> Array:
    """Return the first features of a task whose data never change, scaled once per process."""
    return _scaled_once(task, features, dtype, stamp(task))


def fingerprint(task: Task) -> str:
    """Return the fingerprint of a task's data; of drawn data, that of seed 0, replicate 0."""
    return _fingerprint_once(task, stamp(task))
