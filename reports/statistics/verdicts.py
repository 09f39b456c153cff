"""Verdicts: whether the run reproduces published numbers, and whether wrong recipes do too."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.measures.layers import METRICS as LAYER_MEASURES
from ...studies.expectations import Expectation
from .effects import estimate
from .frames import Results


@dataclass(frozen=True)
class Judgement:
    """One expectation judged: the replicates' centre and interval, and who else satisfies it.

    ``verdict`` is ``"reproduced"`` (it holds, and some wrong recipe fails), ``"consistent"`` (it
    holds, but no wrong recipe fails or none was run), ``"contradicted"``, or ``"not judged"``.
    """

    expectation: Expectation
    centre: float
    low: float
    high: float
    n: int
    verdict: str
    rejected: tuple[str, ...]
    kept: tuple[str, ...]


def measured(
    results: Results, expected: Expectation, levels: dict[str, Any], measure: str
) -> NDArray[np.float64]:
    """Return the replicates' values of a measure in the arm with these levels."""
    arms = results.study.matching(tuple(levels.items()))
    if len(arms) != 1:
        return np.empty(0)
    position = results.study.arms.index(arms[0])
    if measure in LAYER_MEASURES:
        frame = results.layers
        chosen = (frame["step"] == 0) & (frame["layer"] == expected.layer)
        frame = frame[chosen & (frame["arm"] == position)]
    else:
        frame = results.trials[results.trials["arm"] == position]
    return np.asarray(frame[measure].dropna(), np.float64)


def holds(expected: Expectation, values: NDArray[np.float64]) -> tuple[bool, float, float, float]:
    """Apply the expectation's judgement: whether it holds, the centre, and the interval."""
    if expected.judge == "prediction":
        found = estimate(values, expected.scale, new=True)
        if found.n < len(values):  # as an accuracy of 1 on the logit scale
            return False, found.mean, math.nan, math.nan
        return found.low <= expected.published <= found.high, found.mean, found.low, found.high
    median = float(np.median(values))
    if expected.judge == "median":
        low, high = (expected.published * (1 + s * expected.tolerance) for s in (-1, 1))
    else:
        low, high = expected.published, expected.upper
    return low <= median <= high, median, low, high


def label(results: Results, path: str, value: Any) -> str:
    """Return how a level of an expectation is written: as that of the arms that have it."""
    arms = results.study.matching(((path, value),)) if path != "measure" else ()
    return arms[0].level(path).label if arms else str(value)


def judge(results: Results) -> list[Judgement]:
    """Judge every expectation of the study."""
    judgements = []
    for expected in results.study.expectations:
        own = dict(expected.arm)
        values = measured(results, expected, own, expected.measure)
        least = 2 if expected.judge == "prediction" else 1
        if len(values) < least:
            nan = math.nan
            judgements.append(Judgement(expected, nan, nan, nan, len(values), "not judged", (), ()))
            continue
        right, centre, low, high = holds(expected, values)
        rejected: list[str] = []
        kept: list[str] = []
        for change in expected.rejects:
            levels = dict(change)
            measure = levels.pop("measure", expected.measure)
            wrong = measured(results, expected, own | levels, measure)
            if len(wrong) >= least:
                name = ", ".join(
                    f"{path} = {label(results, path, value)}" for path, value in change
                )
                (kept if holds(expected, wrong)[0] else rejected).append(name)
        verdict = "contradicted"
        if right:
            verdict = "reproduced" if rejected else "consistent"
        judgements.append(
            Judgement(
                expected, centre, low, high, len(values), verdict, tuple(rejected), tuple(kept)
            )
        )
    return judgements
