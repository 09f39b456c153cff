"""Table tasks: three small published tables that scikit-learn embeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ...core.dataset import Dataset, one_hot
from ...core.families.task_function import TaskFunction


def embedded_classes(bunch: Any) -> Dataset:
    """Return a classification that scikit-learn embeds."""
    classes = tuple(str(name) for name in bunch.target_names)
    y = one_hot(bunch.target, len(classes))
    return Dataset(bunch.data, y, classes, (*map(str, bunch.feature_names), "class"))


@dataclass(frozen=True)
class BreastCancer(TaskFunction):
    """Breast cancer, malignant or benign: 569 tumours, 30 measures of very different scales.

    Best with the preparation ``standardisation``. Embedded in scikit-learn.
    Source: Street, Wolberg & Mangasarian 1993, UCI Breast Cancer Wisconsin (Diagnostic).
    """

    kind: ClassVar[str] = "breast-cancer"
    drawn: ClassVar[bool] = False

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Return all rows."""
        from sklearn.datasets import load_breast_cancer

        return embedded_classes(load_breast_cancer())


@dataclass(frozen=True)
class Wine(TaskFunction):
    """Wines of three cultivars: 178 samples, 13 chemical measures of very different scales.

    Best with the preparation ``standardisation``. Embedded in scikit-learn.
    Source: Aeberhard & Forina 1992, UCI Wine.
    """

    kind: ClassVar[str] = "wine"
    drawn: ClassVar[bool] = False

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Return all rows."""
        from sklearn.datasets import load_wine

        return embedded_classes(load_wine())


@dataclass(frozen=True)
class Diabetes(TaskFunction):
    """Progression of diabetes, a number from 25 to 346: 442 patients, 10 measures as recorded.

    Best with the preparations ``standardisation`` and ``target-standardisation``. Embedded in
    scikit-learn. Source: Efron, Hastie, Johnstone & Tibshirani 2004, Least Angle Regression.
    """

    kind: ClassVar[str] = "diabetes"
    drawn: ClassVar[bool] = False

    def dataset(self, seed: int, replicate: int) -> Dataset:
        """Return all rows."""
        from sklearn.datasets import load_diabetes

        bunch = load_diabetes(scaled=False)
        names = (*map(str, bunch.feature_names), "progression")
        return Dataset(bunch.data, bunch.target[:, None], names=names)


EmbeddedTable = BreastCancer | Wine | Diabetes
