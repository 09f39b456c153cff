"""Outcomes per example: which ones an arm gains and loses, and how much two trainings differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...core.inference.examples import (
    Churn,
    ExampleUncertainty,
    churn_of,
    example_uncertainty,
    mcnemar,
)
from .frames import Results

MOST = 6
"""Examples listed as gained, and as lost."""


@dataclass(frozen=True)
class Answers:
    """Every answer of every arm: arrays of shape (arms, replicates, examples).

    ``examples`` are rows of the data set; ``asked`` tells which of them a trial was asked about.
    """

    set: str
    examples: NDArray[np.int64]
    replicates: NDArray[np.int64]
    predicted: NDArray[np.float64]
    right: NDArray[np.bool_]
    asked: NDArray[np.bool_]

    @cached_property
    def classes(self) -> NDArray[np.float64]:
        """The class of each example, known where any trial has it right, else NaN."""
        known = np.where(self.right, self.predicted, -1.0).max(axis=(0, 1))
        return np.where(known >= 0, known, np.nan)


@dataclass(frozen=True)
class Exchange:
    """What an arm gains and loses against the baseline, over ``pairs`` of replicates.

    ``gained`` and ``lost`` are means per replicate, of ``examples``. ``p`` is McNemar's over the
    examples of the first pair alone, and ``churn`` that between the arm's replicates.
    """

    arm: int
    pairs: int
    examples: float
    gained: float
    lost: float
    p: float
    churn: Churn


@dataclass(frozen=True)
class Exchanged:
    """How often an example is gained and lost in ``asked`` pairs; its class may be NaN."""

    example: int
    label: float
    gained: int
    lost: int
    asked: int


@dataclass(frozen=True)
class ExampleAnalysis:
    """Arms against the baseline, example by example.

    ``exchanges`` has one entry for each arm that shares an example with the baseline; ``churn`` is
    the baseline's. For the contrast, ``most`` are the examples that it gains, then those that it
    loses most often, and ``uncertainty`` that of its difference, None where replicates have
    different examples.
    """

    set: str
    exchanges: tuple[Exchange, ...]
    churn: Churn
    most: tuple[Exchanged, ...]
    uncertainty: ExampleUncertainty | None


def answers_of(results: Results) -> Answers | None:
    """Return the answers on the set of the primary metric, None where none were measured.

    Over folds these are the validation examples, each of which one fold answers.
    """
    if "outcomes" not in results.run.tables:
        return None
    name = "test" if "test" in results.metric.needs and results.by_fold is None else "validation"
    frame = results.run.frame("outcomes")
    frame = frame[(frame["set"] == name) & frame["right"].notna()]
    who = results.trainings.set_index("trial_id")[["arm", "replicate"]]
    frame = frame[frame["trial_id"].isin(who.index)]
    if frame.empty:
        return None
    arm = frame["trial_id"].map(who["arm"]).to_numpy(np.int64)
    replicates, k = np.unique(frame["trial_id"].map(who["replicate"]), return_inverse=True)
    examples, j = np.unique(frame["example"].to_numpy(np.int64), return_inverse=True)
    shape = (len(results.study.arms), len(replicates), len(examples))
    predicted, right = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    predicted[arm, k, j] = frame["predicted"].to_numpy(np.float64)
    right[arm, k, j] = frame["right"].to_numpy(bool)
    held_out = results.held_out if name == "validation" else name
    return Answers(held_out, examples, replicates, predicted, right, np.isfinite(predicted))


def examples_of(results: Results) -> ExampleAnalysis | None:
    """Compare every arm with the baseline, and the contrast example by example."""
    answers = answers_of(results)
    if answers is None:
        return None
    base = results.baseline
    exchanges = [
        made
        for arm in range(len(results.study.arms))
        if arm != base and (made := exchange(answers, base, arm)) is not None
    ]
    if not exchanges:
        return None
    contrast = results.contrast if results.contrast is not None else exchanges[0].arm
    return ExampleAnalysis(
        answers.set,
        tuple(exchanges),
        churn(answers, base),
        most_exchanged(answers, base, contrast),
        uncertainty(answers, base, contrast),
    )


def churn(answers: Answers, arm: int) -> Churn:
    """Return the churn between the replicates of an arm."""
    return churn_of(answers.predicted[arm], answers.right[arm], answers.asked[arm])


def exchange(answers: Answers, base: int, arm: int) -> Exchange | None:
    """Count what an arm gains and loses, None where it shares no example with the baseline."""
    both = answers.asked[base] & answers.asked[arm]
    paired = both.any(axis=1)
    if not paired.any():
        return None
    gained = (both & answers.right[arm] & ~answers.right[base]).sum(axis=1)[paired]
    lost = (both & answers.right[base] & ~answers.right[arm]).sum(axis=1)[paired]
    return Exchange(
        arm,
        int(paired.sum()),
        float(both.sum(axis=1)[paired].mean()),
        float(gained.mean()),
        float(lost.mean()),
        mcnemar(int(gained[0]), int(lost[0])),
        churn(answers, arm),
    )


def most_exchanged(answers: Answers, base: int, arm: int) -> tuple[Exchanged, ...]:
    """Return the examples whose gains exceed their losses most, then those where losses do."""
    both = answers.asked[base] & answers.asked[arm]
    gained = (both & answers.right[arm] & ~answers.right[base]).sum(axis=0)
    lost = (both & answers.right[base] & ~answers.right[arm]).sum(axis=0)
    table = pd.DataFrame(
        {
            "example": answers.examples,
            "label": answers.classes,
            "gained": gained,
            "lost": lost,
            "asked": both.sum(axis=0),
        }
    ).assign(net=gained - lost)
    ordered = table.sort_values(["net", "asked", "example"], ascending=[False, True, True])
    up = ordered[ordered["net"] > 0].head(MOST)
    ordered = table.sort_values(["net", "asked", "example"])
    down = ordered[ordered["net"] < 0].head(MOST)
    rows = pd.concat([up, down]).drop(columns="net").itertuples(index=False)
    return tuple(
        Exchanged(int(e), float(label), int(g), int(x), int(n)) for e, label, g, x, n in rows
    )


def uncertainty(answers: Answers, base: int, arm: int) -> ExampleUncertainty | None:
    """Return the difference of two arms over new examples and seeds, where examples are shared."""
    both = answers.asked[base] & answers.asked[arm]
    paired = both.any(axis=1)
    shared = both[paired].all(axis=0)
    if not paired.any() or shared.sum() < 2 or not (shared == both[paired].any(axis=0)).all():
        return None
    right = answers.right[[base, arm]][:, paired][:, :, shared]
    return example_uncertainty(right)


def share_of_examples(made: ExampleUncertainty) -> float:
    """Return the share of the variance of a difference that new examples alone would give."""
    return min(1.0, made.variance_examples / made.variance) if made.variance else math.nan
