"""Image tasks: handwritten digits, MNIST and Fashion-MNIST."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from ...core.components import Array
from ...core.dataset import Dataset, one_hot
from ...core.families.task_function import Collection, TaskFunction
from .idx import images


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
class Digits(TaskFunction):
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
class Mnist(TaskFunction):
    """MNIST handwritten digits: 60,000 + 10,000 images of 28 × 28 pixels; pixels / 255.

    Source: LeCun, Cortes & Burges 1998.
    """

    kind: ClassVar[str] = "mnist"
    drawn: ClassVar[bool] = False
    collection: ClassVar[Collection] = Collection(
        "MNIST",
        "mnist",
        (
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
        ),
        {
            "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
    )

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Return all rows, the official test set last."""
        return image_dataset(self.collection, tuple(str(name) for name in range(10)))


@dataclass(frozen=True)
class FashionMnist(TaskFunction):
    """Fashion-MNIST clothes: 60,000 + 10,000 images of 28 × 28 pixels; pixels / 255.

    Source: Xiao, Rasul & Vollgraf 2017.
    """

    kind: ClassVar[str] = "fashion-mnist"
    drawn: ClassVar[bool] = False
    collection: ClassVar[Collection] = Collection(
        "Fashion-MNIST",
        "fashion-mnist",
        (
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        {
            "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
    )

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
        return image_dataset(self.collection, names)


ImageTask = Digits | Mnist | FashionMnist
