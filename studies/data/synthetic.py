"""Synthetic tasks of functions: inputs and noise drawn anew for every replicate."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from math import factorial, pi, sqrt
from typing import ClassVar

import numpy as np

from ...core.components import Array, choice, number
from ...core.dataset import Dataset, one_hot
from ...core.families.task_function import TaskFunction
from ...core.streams import Purpose, stream
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


def weighted_sum(x: Array, weights: Array) -> Array:
    """Return x·weights, added feature by feature, so that its bits do not depend on the rows."""
    total = np.zeros(len(x))
    for feature, weight in enumerate(weights):
        total += weight * x[:, feature]
    return total


@dataclass(frozen=True)
class OneVariable(TaskFunction):
    """A task whose inputs are functions of one variable, of interest from ``low`` to ``high``."""

    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0

    @abstractmethod
    def inputs_at(self, x: Array) -> Array:
        """Return the raw inputs (n, features) at values of the variable."""

    @abstractmethod
    def variable_in(self, raw: Array) -> Array | None:
        """Return the variable's values (n,) in raw inputs (n, features), None if they lack it."""

    @abstractmethod
    def truth_at(self, x: Array) -> Array:
        """Return the targets without noise (n,) at values of the variable."""


@dataclass(frozen=True)
class NoisyPolynomial(OneVariable):
    """A cubic with noise: y = 5 + 1.2x − 3.4x²/2! + 5.6x³/3! + ε, ε ~ N(0, noise²), x ~ N(0, 1).

    The inputs are the features xⁱ/i! for i = 0 … features − 1. x and ε are drawn anew for every
    replicate. Source: Zhang et al., Dive into Deep Learning, §3.6 (first editions 4.4).
    """

    kind: ClassVar[str] = "noisy-polynomial"
    drawn: ClassVar[bool] = True
    low: ClassVar[float] = -3.0
    high: ClassVar[float] = 3.0
    coefficients: ClassVar[tuple[float, ...]] = (5.0, 1.2, -3.4, 5.6)
    examples: int = number(200, at_least=3, at_most=MOST_EXAMPLES)
    features: int = number(20, at_least=1, at_most=150)
    noise: float = number(0.1, at_least=0.0, at_most=LOUDEST)

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Draw ``examples`` rows; fewer features or more noise keep the same draws."""
        draws = stream(Purpose.DATA, seed, replicate).standard_normal((self.examples, 2))
        terms = self._terms(draws[:, 0])
        y = terms[:, : len(self.coefficients)] @ np.array(self.coefficients)
        y += self.noise * draws[:, 1]
        return Dataset(np.ascontiguousarray(terms[:, : self.features]), y[:, None])

    def inputs_at(self, x: Array) -> Array:
        """Return the features xⁱ/i!."""
        return self._terms(x)[:, : self.features]

    def variable_in(self, raw: Array) -> Array | None:
        """Return the second feature, x¹/1!."""
        return raw[:, 1] if raw.shape[1] > 1 else None

    def truth_at(self, x: Array) -> Array:
        """Return the cubic."""
        return np.asarray(self._terms(x)[:, : len(self.coefficients)] @ np.array(self.coefficients))

    def _terms(self, x: Array) -> Array:
        powers = max(self.features, len(self.coefficients))
        return np.stack([x**i / factorial(i) for i in range(powers)], axis=1)


@dataclass(frozen=True)
class LinearRegression(TaskFunction):
    """A linear function of many inputs: y = bias + weight · Σᵢ xᵢ + ε, ε ~ N(0, noise²).

    xᵢ ~ N(0, 1). With few examples it is not determined: the published protocol trains on 20 of
    120 examples with 200 features and holds out 100.
    Source: Zhang et al., Dive into Deep Learning, §3.7 (first editions 4.5), weight decay.
    """

    kind: ClassVar[str] = "linear-regression"
    drawn: ClassVar[bool] = True
    examples: int = number(120, at_least=3, at_most=MOST_EXAMPLES)
    features: int = number(200, at_least=1, at_most=MOST_FEATURES)
    weight: float = number(0.01, at_least=-LOUDEST, at_most=LOUDEST)
    bias: float = number(0.05, at_least=-LOUDEST, at_most=LOUDEST)
    noise: float = number(0.01, at_least=0.0, at_most=LOUDEST)

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_large(self.kind, MOST_NUMBERS, examples=self.examples, features=self.features)

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Draw ``examples`` rows; noise is column 0."""
        x = normal_inputs(seed, replicate, self.examples, self.features)
        y = self.bias + weighted_sum(x, np.full(self.features, self.weight))
        y += self.noise * normals(seed, replicate, self.examples, 0)
        return Dataset(x, y[:, None])


@dataclass(frozen=True)
class Curve(OneVariable):
    """A periodic curve of one input: y = f(2π · frequency · x) + ε, ε ~ N(0, noise²), x ~ U(0, 1).

    It shows how closely a network approximates a function. f(u) is ``"sine"``: sin u,
    ``"square"``: 1 where sin u ≥ 0, else −1, ``"triangle"``: (2/π) arcsin sin u.
    Source: Cybenko 1989 and Hornik 1991 on universal approximation.
    """

    kind: ClassVar[str] = "curve"
    drawn: ClassVar[bool] = True
    function: str = choice("sine", "square", "triangle")
    examples: int = number(200, at_least=3, at_most=MOST_EXAMPLES)
    frequency: float = number(1.0, above=0.0, at_most=1000.0)
    noise: float = number(0.0, at_least=0.0, at_most=LOUDEST)

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Draw ``examples`` rows; positions are column 1, noise is column 0."""
        x = uniforms(seed, replicate, self.examples, 1)
        y = self.truth_at(x)
        y += self.noise * normals(seed, replicate, self.examples, 0)
        return Dataset(self.inputs_at(x), y[:, None])

    def inputs_at(self, x: Array) -> Array:
        """Return x itself."""
        return x[:, None]

    def variable_in(self, raw: Array) -> Array | None:
        """Return the only input."""
        return raw[:, 0]

    def truth_at(self, x: Array) -> Array:
        """Return f(2π · frequency · x)."""
        y = np.sin(2.0 * pi * self.frequency * x)
        if self.function == "square":
            return np.where(y >= 0.0, 1.0, -1.0)
        return (2.0 / pi) * np.arcsin(y) if self.function == "triangle" else y


@dataclass(frozen=True)
class TeacherStudent(TaskFunction):
    """A random teacher network: fₖ(x) = √(2/units) Σⱼ vₖⱼ relu(Σᵢ wⱼᵢxᵢ/√features).

    All v, w and x ~ N(0, 1), so that E fₖ² = 1. To each fₖ noise ε ~ N(0, noise²) is added; y is
    f₁ for ``predict = "number"``, or the largest of ``classes`` outputs for ``"classes"``. Every
    replicate has a teacher of its own, the same in all arms. Source: Saad & Solla 1995.
    """

    kind: ClassVar[str] = "teacher-student"
    drawn: ClassVar[bool] = True
    predict: str = choice("number", "classes")
    examples: int = number(1000, at_least=3, at_most=MOST_EXAMPLES)
    features: int = number(10, at_least=1, at_most=MOST_FEATURES)
    units: int = number(10, at_least=1, at_most=1000)
    classes: int = number(2, at_least=2, at_most=100)
    noise: float = number(0.0, at_least=0.0, at_most=LOUDEST)

    def __post_init__(self) -> None:
        super().__post_init__()
        sizes = {"examples": self.examples, "features": self.features, "units": self.units}
        refuse_large(self.kind, 10 * MOST_NUMBERS, **sizes)
        if self.predict == "classes":
            refuse_large(self.kind, MOST_NUMBERS, examples=self.examples, classes=self.classes)

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Draw the teacher and ``examples`` rows; fewer units are the teacher's first ones."""
        x = normal_inputs(seed, replicate, self.examples, self.features)
        outputs = 1 if self.predict == "number" else self.classes
        w = [normals(seed, replicate, self.units, 1, i) for i in range(self.features)]
        v = [normals(seed, replicate, self.units, 2, k) for k in range(outputs)]
        f = np.zeros((self.examples, outputs))
        for unit in range(self.units):
            weights = np.array([column[unit] for column in w]) / sqrt(self.features)
            hidden = np.maximum(weighted_sum(x, weights), 0.0)
            for k in range(outputs):
                f[:, k] += sqrt(2.0 / self.units) * v[k][unit] * hidden
        for k in range(outputs):
            f[:, k] += self.noise * normals(seed, replicate, self.examples, 3, k)
        if self.predict == "number":
            return Dataset(x, f)
        names = tuple(str(k) for k in range(outputs))
        return Dataset(x, one_hot(f.argmax(axis=1), outputs), names)


SyntheticTask = NoisyPolynomial | LinearRegression | Curve | TeacherStudent
