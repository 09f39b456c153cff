"""Verdicts: whether the run reproduces published numbers, and whether wrong recipes do too."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.measures.layers import METRICS as LAYER_MEASURES
from ...studies.designs.design_function import Level
from ...studies.expectations import Expectation
from .estimates import estimate
from .frames import Results


@dataclass(frozen=True)
class Judgement:
    """One expectation judged: the replicates' centre and interval, and who else satisfies it.

    ``values`` are those of the replicates; ``rejected`` and ``kept`` hold the levels, or the
    measure, in which the wrong recipes that fail and pass differ.
    ``verdict`` is ``"reproduced"`` (it holds, and some wrong recipe fails), ``"consistent"`` (it
    holds, but no wrong recipe fails or none was run), ``"contradicted"``, or ``"not judged"``.
    """

    expectation: Expectation
    centre: float
    low: float
    high: float
    values: tuple[float, ...]
    verdict: str
    rejected: tuple[tuple[Level, ...], ...]
    kept: tuple[tuple[Level, ...], ...]

    @property
    def inside(self) -> bool:
        """Whether the published number lies in the interval."""
        return self.low <= self.expectation.published <= self.high


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
        band = estimate(values, expected.scale, new=True)
        if band.n < len(values):  # as an accuracy of 1 on the logit scale
            return False, band.mean, math.nan, math.nan
        return band.low <= expected.published <= band.high, band.mean, band.low, band.high
    median = float(np.median(values))
    if expected.judge == "median":
        low, high = (expected.published * (1 + s * expected.tolerance) for s in (-1, 1))
    else:
        low, high = expected.published, expected.upper
    return low <= median <= high, median, low, high


def level(results: Results, path: str, value: Any) -> Level:
    """Return a level of an expectation as the arms that have it write it."""
    arms = results.study.matching(((path, value),)) if path != "measure" else ()
    return arms[0].level(path) if arms else Level(path, value, str(value))


def judge(results: Results) -> tuple[Judgement, ...]:
    """Judge every expectation of the study."""
    return tuple(judged(results, expected) for expected in results.study.expectations)


def judged(results: Results, expected: Expectation) -> Judgement:
    """Judge one expectation."""
    right_levels = dict(expected.arm)
    values = measured(results, expected, right_levels, expected.measure)
    kept_values = tuple(values.tolist())
    least = 2 if expected.judge == "prediction" else 1
    if len(values) < least:
        nan = math.nan
        return Judgement(expected, nan, nan, nan, kept_values, "not judged", (), ())
    right, centre, low, high = holds(expected, values)
    rejected: list[tuple[Level, ...]] = []
    kept: list[tuple[Level, ...]] = []
    for change in expected.rejects:
        levels = dict(change)
        measure = levels.pop("measure", expected.measure)
        wrong = measured(results, expected, right_levels | levels, measure)
        if len(wrong) >= least:
            passes = holds(expected, wrong)[0]
            (kept if passes else rejected).append(tuple(level(results, *x) for x in change))
    verdict = "contradicted"
    if right:
        verdict = "reproduced" if rejected else "consistent"
    return Judgement(
        expected, centre, low, high, kept_values, verdict, tuple(rejected), tuple(kept)
    )
