"""Tasks: the data that networks are trained on. Adding one is one class with a ``dataset`` method.

The members stand in ``images``, ``tables``, ``synthetic``, ``clouds``, ``logic`` and
``own_table``; here are their union and what keeps their data.
"""

from __future__ import annotations

from functools import lru_cache
from typing import get_args

import numpy as np

from ...core.components import Array
from ...core.dataset import Dataset
from ...core.engine.examples import checked
from ...core.families.task_function import Collection, TaskFunction
from .clouds import CloudTask
from .downloads import available
from .images import ImageTask
from .logic import LogicTask
from .own_table import Table
from .synthetic import SyntheticTask
from .tables import EmbeddedTable

Task = ImageTask | EmbeddedTable | SyntheticTask | CloudTask | LogicTask | Table
Stamp = tuple[object, ...]


def tasks() -> list[TaskFunction]:
    """Return every task with its defaults."""
    return [cls() for cls in get_args(Task)]


def collections() -> dict[str, Collection]:
    """Return what tasks can download, each under its folder's name."""
    published = [task.collection for task in tasks() if task.collection is not None]
    return {collection.folder: collection for collection in published}


def place_of(task: TaskFunction) -> str:
    """Say where a task's data lie: on this machine, or to be fetched."""
    if task.collection is None:
        return task.where
    return "here" if available(task.collection) else "to fetch"


def finite(data: Dataset, where: str) -> Dataset:
    """Return the data, refusing the first value that is not a finite number."""
    features, outputs = data.raw.shape[1], data.y.shape[1]
    inputs = data.names[:features] or [f"input {i + 1}" for i in range(features)]
    targets = data.names[features:] or [f"target {i + 1}" for i in range(outputs)]
    for array, columns in ((data.raw, inputs), (data.y, targets)):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            checked(array, columns, where)
    return data


@lru_cache(maxsize=4)
def _read_once(task: TaskFunction, _: Stamp) -> Dataset:
    return finite(task.dataset(0, 0), f"task {task}")


@lru_cache(maxsize=2)
def _scaled_once(task: TaskFunction, features: int, dtype: str, _: Stamp) -> Array:
    return dataset(task, 0, 0).first(features).inputs(dtype)


@lru_cache(maxsize=64)
def _fingerprint_once(task: TaskFunction, _: Stamp) -> str:
    return dataset(task, 0, 0).fingerprint


def dataset(task: TaskFunction, seed: int, replicate: int) -> Dataset:
    """Return the data that a replicate is trained on; those that never change are read once.

    Raises
    ------
    InputError
        If the data cannot be read or hold what is not a finite number.
    """
    if task.drawn and (seed, replicate) != (0, 0):
        return finite(task.dataset(seed, replicate), f"task {task}")
    return _read_once(task, task.stamp())


def fixed_inputs(task: TaskFunction, features: int, dtype: str) -> Array:
    """Return the first features of a task whose data never change, scaled once per process."""
    return _scaled_once(task, features, dtype, task.stamp())


def fingerprint(task: TaskFunction) -> str:
    """Return the fingerprint of a task's data; of drawn data, that of seed 0, replicate 0."""
    return _fingerprint_once(task, task.stamp())
