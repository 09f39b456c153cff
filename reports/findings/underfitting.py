"""Underfitting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ..language.messages import text
from ..language.numbers import number
from .chance import data_key
from .finding import Evidence, Severity
from .finding_function import Look, TrialFinding
from .observed import Observed


@dataclass(frozen=True)
class Underfitting(TrialFinding):
    """The training loss has come to rest far above what it could be.

    Over the last fifth of the epochs it fell by less than ``still`` of itself. It ends above
    ``above`` of chance, or above ``above_another`` of chance and ``worse`` times as high as that
    of another arm on the same data, whose validation loss is not higher. At chance itself it is
    stuck, which is another finding. Source: Goodfellow, Bengio & Courville 2016, §5.2.
    """

    code: ClassVar[str] = "underfitting"
    version: ClassVar[int] = 2
    at_end: ClassVar[bool] = True
    severity: ClassVar[Severity] = "warning"
    still: float = 0.03
    above: float = 0.6
    above_another: float = 0.2
    worse: float = 2.0

    @property
    def title(self) -> str:
        """What readers call it."""
        return text("Underfitting")

    def look(self, observed: Observed) -> Look:
        """Compare the final training loss with chance and with the best arm's."""
        final, trained = observed.final, observed.epochs
        lowest = np.fmin.accumulate(observed.train, axis=1)
        before = observed.at(lowest, trained - np.maximum(1, np.round(trained / 5)))
        ratio = final / observed.chance
        ratio[(trained < 2) | observed.at_chance] = np.nan
        best, best_validation = self.best(observed)
        validation = observed.at(observed.validation, trained)
        beaten = (final > self.worse * best) & ~(best_validation > validation)
        high = (ratio > self.above) | (beaten & (ratio > self.above_another))
        shows = high & (final > (1 - self.still) * before)
        threshold = np.where(beaten & ~(ratio > self.above), self.above_another, self.above)
        beside = {"best_train_loss_to_chance": best / observed.chance}
        return Look(
            "final_train_loss_to_chance", ratio, threshold, shows, epoch=trained, beside=beside
        )

    @staticmethod
    def best(observed: Observed) -> tuple[np.ndarray, np.ndarray]:
        """Return the lowest mean training loss of an arm on each trial's data, and its other."""
        frame = pd.DataFrame(
            {
                "arm": observed.arm,
                "train": observed.final,
                "validation": observed.at(observed.validation, observed.epochs),
            }
        )
        means = frame.groupby("arm").mean()
        arms = observed.results.study.arms
        keys = pd.Series([hash(data_key(arms[a].recipe)) for a in means.index], means.index)
        winner = means["train"].fillna(np.inf).groupby(keys).idxmin()
        rows = means.loc[keys.map(winner)].set_index(means.index).loc[observed.arm]
        return rows["train"].to_numpy(float), rows["validation"].to_numpy(float)

    def sentence(self, evidence: Evidence) -> str:
        """Say how high it stayed."""
        values = {
            "share": number(100 * evidence.number, 2),
            "best": number(100 * evidence.beside["best_train_loss_to_chance"], 2),
        }
        if evidence.beside["best_train_loss_to_chance"] * self.worse < evidence.number:
            return text(
                "the training loss comes to rest at {share} % of that of a constant output; the "
                "best arm reaches {best} %",
                **values,
            )
        return text(
            "the training loss comes to rest at {share} % of that of a constant output: the "
            "network is too small, held back, or the data hold no more",
            **values,
        )
