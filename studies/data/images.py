"""Image tasks: handwritten digits, MNIST and Fashion-MNIST."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from ...core.components import Array, Component
from .dataset import Dataset, one_hot
from .downloads import FASHION_MNIST, MNIST, Collection, images


def digits_rows() -> Array:
    """Return the digits' pixels and, last, their labels, (1797, 65).

    scikit-learn's file is read without importing scikit-learn, which would take every worker a
    second; where it does not lie where it should, scikit-learn is asked.
    """
    spec = importlib.util.find_spec("sklearn")
    for folder in (spec and spec.submodule_search_locations) or ():
        file = Path(folder, "datasets", "data", "digits.csv.gz")
        if file.is_file():
            return np.asarray(np.loadtxt(file, delimiter=","))
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return np.column_stack([bunch.data, bunch.target])


@dataclass(frozen=True)
class Digits(Component):
    """Handwritten digits: 1,797 images of 8 × 8 pixels in 10 classes; pixels / 16.

    Embedded in scikit-learn. Source: Alpaydin & Kaynak 1998, UCI Optical Recognition of
    Handwritten Digits.
    """

    kind: ClassVar[str] = "digits"
    drawn: ClassVar[bool] = False

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Return all rows."""
        rows = digits_rows()
        names = tuple(str(name) for name in range(10))
        y = one_hot(rows[:, -1].astype(np.int64), 10)
        return Dataset(np.ascontiguousarray(rows[:, :-1]), y, names, divisor=16.0, image=(8, 8))


def image_dataset(collection: Collection, names: tuple[str, ...]) -> Dataset:
    """Return a published image collection, pixels / 255, with its official test set."""
    x, labels, test = images(collection)
    y = one_hot(labels, 10)
    return Dataset(x, y, names, divisor=255.0, official_test=test, image=(28, 28))


@dataclass(frozen=True)
class Mnist(Component):
    """MNIST handwritten digits: 60,000 + 10,000 images of 28 × 28 pixels; pixels / 255.

    Source: LeCun, Cortes & Burges 1998.
    """

    kind: ClassVar[str] = "mnist"
    drawn: ClassVar[bool] = False

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Return all rows, the official test set last."""
        return image_dataset(MNIST, tuple(str(name) for name in range(10)))


@dataclass(frozen=True)
class FashionMnist(Component):
    """Fashion-MNIST clothes: 60,000 + 10,000 images of 28 × 28 pixels; pixels / 255.

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
