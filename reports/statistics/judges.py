"""Judges: where claims stand to the values that were measured, by the law of the quantity."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ...core.inference.one_law import (
    counts_between,
    mean_of_others,
    median_of_others,
    sd_of_others,
)
from ...core.inference.prediction_box import prediction_box
from ...core.inference.rates import rate
from ...core.inference.standing import (
    Standing,
    enough,
    standing_in_band,
    standing_of_value,
)
from ...studies.expectations import Expectation

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """What was measured for one claim, and where the claim stands to it.

    The interval is that of the judge: of one more replicate, or of the mean, median, sd or rate. It
    is NaN where there is none.
    """

    centre: float
    low: float
    high: float
    standing: Standing


def onto(scale: str, x: FloatArray) -> FloatArray:
    """Move values to a claim's scale; what it cannot hold becomes NaN.

    >>> onto("share", np.array([0.0, 1.0])).round(3).tolist()
    [0.0, 1.571]
    """
    x = np.asarray(x, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        if scale == "log":
            moved = np.log(x)
        elif scale == "share":
            moved = np.arcsin(np.sqrt(x))
        else:
            moved = x
    return np.where(np.isfinite(moved), moved, np.nan)


def back(scale: str, value: float) -> float:
    """Move a value back from a claim's scale; a share's angle ends at 0 and 1."""
    if scale == "log":
        return math.exp(value) if value < 700 else math.inf
    if scale == "share":
        return math.sin(min(max(value, 0.0), math.pi / 2)) ** 2
    return value


def in_one_run(
    claims: Sequence[Expectation], values: Sequence[FloatArray], luck: Sequence[int], alpha: float
) -> list[Reading]:
    """Judge numbers of one published run by the box in which one more replicate falls.

    ``values`` has a row of replicates for each claim, NaN where there is none, and ``luck`` the arm
    of each. Here the arms of a replicate share their luck, in a publication they do not: so the
    replicates of each arm are shifted by one against those of the arm before.
    """
    moved = [onto(c.scale, v) for c, v in zip(claims, values, strict=True)]
    off = [bool((np.isnan(m) & ~np.isnan(v)).any()) for m, v in zip(moved, values, strict=True)]
    order = list(dict.fromkeys(luck))
    rows = [np.roll(m, order.index(arm)) for m, arm in zip(moved, luck, strict=True)]
    x = np.stack(rows, axis=1)
    x = x[np.isfinite(x).all(axis=1)]
    box = prediction_box(x, alpha)
    sure = enough(len(x), alpha / len(claims))
    readings = []
    for j, claim in enumerate(claims):
        ends = float(box.low[j]), float(box.high[j])
        if off[j]:  # the interval is that of the values that the scale holds, not of all
            ends = -math.inf, math.inf
        published = float(onto(claim.scale, np.array([claim.published]))[0])
        standing = standing_of_value(published, *ends)
        if standing is Standing.INSIDE and not sure:
            standing = Standing.OPEN
        readings.append(_reading(claim, float(box.centre[j]), *ends, standing))
    return readings


def by_mean(claim: Expectation, x: FloatArray, alpha: float) -> Reading:
    """Judge a mean of ``runs`` runs, on the claim's scale."""
    moved = onto(claim.scale, x)
    if np.isnan(moved).any() or len(moved) < 2:
        return _reading(claim, math.nan, -math.inf, math.inf, Standing.OPEN)
    published = float(onto(claim.scale, np.array([claim.published]))[0])
    ends = mean_of_others(moved, alpha, claim.runs, _spread_of(claim, published))
    standing = standing_of_value(published, *ends)
    if standing is Standing.INSIDE and not enough(len(x), alpha):
        standing = Standing.OPEN
    return _reading(claim, float(moved.mean()), *ends, standing)


def _spread_of(claim: Expectation, published: float) -> float:
    """Return the sd of the published runs on the claim's scale, NaN where it is not given."""
    if claim.quantiles:
        low, high = onto(claim.scale, np.array(claim.quantiles))
        return float((high - low) / (2 * special.ndtri(0.975)))
    if claim.spread is None:
        return math.nan
    ends = onto(claim.scale, claim.published + np.array([-0.5, 0.5]) * claim.spread)
    return float(ends[1] - ends[0])


def by_median(claim: Expectation, x: FloatArray, alpha: float) -> Reading:
    """Judge a median of ``runs`` runs, or one with a tolerance, by order statistics."""
    if claim.runs:
        low, high = median_of_others(x, alpha, claim.runs)
        return _of_median(x, low, high, standing_of_value(claim.published, low, high))
    reach = abs(claim.published) * claim.tolerance
    return _in_band(x, alpha, claim.published - reach, claim.published + reach)


def by_range(claim: Expectation, x: FloatArray, alpha: float) -> Reading:
    """Judge a band for the median by two one-sided tests."""
    return _in_band(x, alpha, claim.published, claim.upper)


def _in_band(x: FloatArray, alpha: float, lower: float, upper: float) -> Reading:
    low, high = median_of_others(x, alpha)
    return _of_median(x, low, high, standing_in_band(low, high, lower, upper))


def _of_median(x: FloatArray, low: float, high: float, standing: Standing) -> Reading:
    centre = float(np.median(x)) if len(x) else math.nan
    return Reading(centre, *_ends(low, high), standing)


def by_rate(claim: Expectation, x: FloatArray, alpha: float) -> Reading:
    """Judge a share of replicates: exactly, against a band or the share of ``runs`` runs."""
    k, n = int(x.sum()), len(x)
    if claim.runs:
        from scipy.stats import fisher_exact  # takes half a second to load

        seen = rate(k, n, level=1 - alpha)
        published = round(claim.published * claim.runs)

        def excluded(successes: int) -> bool:
            table = [[successes, n - successes], [published, claim.runs - published]]
            return bool(fisher_exact(table).pvalue <= alpha)

        standing = Standing.OUTSIDE if n and excluded(k) else Standing.INSIDE
        if not n or not any(map(excluded, (0, n))):  # no outcome could have excluded it
            standing = Standing.OPEN
        return Reading(seen.share, seen.low, seen.high, standing)
    one_sided = claim.published <= 0 or claim.upper >= 1
    seen = rate(k, n, level=1 - (2 * alpha if one_sided else alpha))
    standing = standing_in_band(seen.low, seen.high, claim.published, claim.upper)
    return Reading(seen.share, seen.low, seen.high, standing)


def by_sd(claim: Expectation, x: FloatArray, alpha: float) -> Reading:
    """Judge a standard deviation of ``runs`` runs; on a log scale that of logarithms."""
    moved = onto(claim.scale, x)
    if np.isnan(moved).any() or len(moved) < 2:
        return Reading(math.nan, math.nan, math.nan, Standing.OPEN)
    low, high = sd_of_others(moved, alpha, claim.runs)
    standing = standing_of_value(claim.published, low, high)
    return Reading(float(moved.std(ddof=1)), *_ends(low, high), standing)


def by_quantiles(claim: Expectation, x: FloatArray, alpha: float) -> Reading:
    """Judge two quantiles by how many replicates lie between them, as shares of all."""
    n = len(x)
    inside = int(((x >= claim.published) & (x <= claim.upper)).sum())
    least, most = counts_between(n, claim.coverage, alpha, claim.runs)
    standing = Standing.INSIDE if least <= inside <= most else Standing.OUTSIDE
    if not enough(n, alpha) or (least, most) == (0, n):
        standing = Standing.OPEN if standing is Standing.INSIDE else standing
    share = inside / n if n else math.nan
    return Reading(share, least / max(n, 1), most / max(n, 1), standing)


JUDGES: dict[str, Callable[[Expectation, FloatArray, float], Reading]] = {
    "mean": by_mean,
    "median": by_median,
    "range": by_range,
    "rate": by_rate,
    "sd": by_sd,
    "quantiles": by_quantiles,
}
"""Those that judge claim by claim; numbers of one run are judged together, by the box."""


def readings(
    claims: Sequence[Expectation], values: Sequence[FloatArray], luck: Sequence[int], alpha: float
) -> list[Reading]:
    """Judge a family of claims, so that true ones are all borne out with probability 1 − α."""
    if claims[0].judge == "prediction":
        return in_one_run(claims, values, luck, alpha)
    judge = JUDGES[claims[0].judge]
    return [
        judge(claim, x[~np.isnan(x)], alpha / len(claims))
        for claim, x in zip(claims, values, strict=True)
    ]


class ClaimVerdict(StrEnum):
    """How claims fare; each value equals its text."""

    REPRODUCED = "reproduced"
    """They hold, and every wrong recipe fails the same judgement."""
    CONSISTENT = "consistent"
    """They hold, but not every wrong recipe is told apart."""
    INCONCLUSIVE = "inconclusive"
    """Too few values, or too wide an interval, to say."""
    CONTRADICTED = "contradicted"
    """One of them is excluded."""


@dataclass(frozen=True)
class Measured:
    """What was measured for a family of claims in one recipe: a row of replicates for each claim.

    Missing values are NaN; ``luck`` names the arm of each row.
    """

    values: tuple[FloatArray, ...]
    luck: tuple[int, ...]

    @property
    def absent(self) -> bool:
        """Whether a claim has no value at all."""
        return any(bool(np.isnan(x).all()) for x in self.values)


def verdict(
    claims: Sequence[Expectation], right: Measured, wrong: Sequence[Measured], alpha: float
) -> tuple[ClaimVerdict, list[Reading], list[bool | None]]:
    """Judge a family, then each wrong recipe at its share of the level.

    Returns the verdict, the readings, and for each wrong recipe whether it is told apart, None
    where it has no values.
    """
    read = readings(claims, right.values, right.luck, alpha)
    apart = [
        None
        if recipe.absent
        else any(
            reading.standing is Standing.OUTSIDE
            for reading in readings(claims, recipe.values, recipe.luck, alpha / len(wrong))
        )
        for recipe in wrong
    ]
    standings = {reading.standing for reading in read}
    if Standing.OUTSIDE in standings:
        return ClaimVerdict.CONTRADICTED, read, apart
    if Standing.OPEN in standings:
        return ClaimVerdict.INCONCLUSIVE, read, apart
    rejected = bool(apart) and all(apart)
    return ClaimVerdict.REPRODUCED if rejected else ClaimVerdict.CONSISTENT, read, apart


def _reading(
    claim: Expectation, centre: float, low: float, high: float, standing: Standing
) -> Reading:
    low, high = _ends(low, high)
    centre, low, high = (back(claim.scale, x) for x in (centre, low, high))
    return Reading(centre, low, high, standing)


def _ends(low: float, high: float) -> tuple[float, float]:
    """Return an interval's ends, NaN where it has not both."""
    return (low, high) if math.isfinite(low) and math.isfinite(high) else (math.nan, math.nan)
