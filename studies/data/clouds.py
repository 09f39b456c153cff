"""Synthetic tasks of points in the plane or beyond: clusters, moons and spirals."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import ClassVar

import numpy as np

from ...core.components import Array, number
from ...core.dataset import Dataset, one_hot
from ...core.errors import InputError
from ...core.families.task_function import TaskFunction
from .columns import (
    LOUDEST,
    MOST_EXAMPLES,
    MOST_FEATURES,
    MOST_NUMBERS,
    normal_inputs,
    normals,
    refuse_large,
    uniforms,
)


def refuse_classes(kind: str, examples: int, classes: int) -> None:
    """Refuse classes without a row, and one-hot targets that would fill the memory."""
    if classes > examples:
        raise InputError(f"{kind}: {classes} classes are more than the {examples} examples")
    refuse_large(kind, MOST_NUMBERS, examples=examples, classes=classes)


def in_turn(examples: int, classes: int) -> Array:
    """Return the class of every row, one class after another."""
    return np.arange(examples) % classes


@dataclass(frozen=True)
class Blobs(TaskFunction):
    """Normal clusters, one for each class: x = c + noise · ε with ε ~ N(0, 1) in each feature.

    The centres c ~ N(0, 1) are drawn anew for every replicate. Source: synthetic, a mixture of
    normal distributions.
    """

    kind: ClassVar[str] = "blobs"
    drawn: ClassVar[bool] = True
    examples: int = number(300, at_least=3, at_most=MOST_EXAMPLES)
    classes: int = number(3, at_least=2, at_most=1000)
    features: int = number(2, at_least=1, at_most=MOST_FEATURES)
    noise: float = number(0.3, at_least=0.0, at_most=LOUDEST)

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_large(self.kind, MOST_NUMBERS, examples=self.examples, features=self.features)
        refuse_classes(self.kind, self.examples, self.classes)

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Draw the centres and ``examples`` rows, the classes in turn."""
        labels = in_turn(self.examples, self.classes)
        x = self.noise * normal_inputs(seed, replicate, self.examples, self.features)
        for feature in range(self.features):
            x[:, feature] += normals(seed, replicate, self.classes, 1, feature)[labels]
        names = tuple(str(k) for k in range(self.classes))
        return Dataset(x, one_hot(labels, self.classes), names)


@dataclass(frozen=True)
class Moons(TaskFunction):
    """Two half circles: class 0 at (cos t, sin t), class 1 at (1 − cos t, ½ − sin t), t ~ U(0, π).

    They reach into each other; both features have noise ~ N(0, noise²). Source: synthetic, as
    scikit-learn's ``make_moons``.
    """

    kind: ClassVar[str] = "moons"
    drawn: ClassVar[bool] = True
    examples: int = number(300, at_least=3, at_most=MOST_EXAMPLES)
    noise: float = number(0.1, at_least=0.0, at_most=LOUDEST)

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Draw ``examples`` rows, the classes in turn."""
        labels = in_turn(self.examples, 2)
        t = pi * uniforms(seed, replicate, self.examples, 0)
        upper = np.stack([np.cos(t), np.sin(t)], axis=1)
        x = np.where(labels[:, None] == 0, upper, np.array([1.0, 0.5]) - upper)
        x += self.noise * normal_inputs(seed, replicate, self.examples, 2)
        return Dataset(x, one_hot(labels, 2), ("upper", "lower"))


@dataclass(frozen=True)
class Spirals(TaskFunction):
    """Spirals around one centre: class k has the angle 2π(turns · r + k/classes) at radius r.

    r ~ U(0, 1); both features have noise ~ N(0, noise²).
    Source: Lang & Witbrock 1988, Learning to Tell Two Spirals Apart.
    """

    kind: ClassVar[str] = "spirals"
    drawn: ClassVar[bool] = True
    examples: int = number(400, at_least=3, at_most=MOST_EXAMPLES)
    classes: int = number(2, at_least=2, at_most=100)
    turns: float = number(1.5, at_least=0.0, at_most=1000.0)
    noise: float = number(0.02, at_least=0.0, at_most=LOUDEST)

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_classes(self.kind, self.examples, self.classes)

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Draw ``examples`` rows, the classes in turn."""
        labels = in_turn(self.examples, self.classes)
        r = uniforms(seed, replicate, self.examples, 0)
        angle = 2.0 * pi * (self.turns * r + labels / self.classes)
        x = np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)
        x += self.noise * normal_inputs(seed, replicate, self.examples, 2)
        names = tuple(str(k) for k in range(self.classes))
        return Dataset(x, one_hot(labels, self.classes), names)


CloudTask = Blobs | Moons | Spirals
