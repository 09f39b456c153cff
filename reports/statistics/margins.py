"""The margin: what an interval allows to be said about the difference that matters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from ...core.inference.planning import pairs_needed, spread_interval
from ...core.inference.scores import FEWEST_PAIRS
from ...studies.metrics import Metric
from .effects import Effect
from .estimates import LEVEL


class Verdict(Enum):
    """What an interval allows to be said about a margin."""

    FEW = "fewer than six pairs have no interval"
    ALIKE = "all pairs show the same difference, which leaves no interval"
    MATTERS = "the whole interval lies beyond the margin"
    DIFFERS = "the interval excludes no difference, and there is no margin"
    EQUAL = "the whole interval lies within the margin"
    SMALL = "the interval excludes no difference, but not one within the margin"
    UNDECIDED = "the interval includes no difference and one beyond the margin"


def limits(metric: Metric, margin: float) -> tuple[float, float]:
    """Return the differences that matter, downwards and upwards, on the scale of the analysis.

    A relative margin m below 1 means a ratio below 1 − m or above 1 + m; a larger one a factor of
    1 + m either way.
    """
    if metric.scale != "log":
        return -margin, margin
    return (math.log1p(-margin) if margin < 1 else -math.log1p(margin)), math.log1p(margin)


def verdict(effect: Effect, metric: Metric, margin: float) -> Verdict:
    """Judge an effect by a margin, a difference on a linear scale, a share of it on a log one.

    Equivalence is two one-sided tests at 2.5 %: the whole 95 % interval is within the margin.
    """
    if math.isnan(effect.low):
        return Verdict.ALIKE if effect.alike and effect.n >= FEWEST_PAIRS else Verdict.FEW
    down, up = limits(metric, margin)
    low, high = effect.low, effect.high
    if low > up or high < down:
        return Verdict.MATTERS if margin else Verdict.DIFFERS
    if margin and down < low and high < up:
        return Verdict.EQUAL
    return Verdict.SMALL if low > 0 or high < 0 else Verdict.UNDECIDED


@dataclass(frozen=True)
class Needed:
    """How many pairs in all would detect the margin four times in five, with the interval of it."""

    pairs: int
    low: int
    high: int


def pairs_to_resolve(effect: Effect, metric: Metric, margin: float, factor: float) -> Needed | None:
    """Return how many pairs would detect the margin, by the spread of those that are there."""
    if not margin or not effect.spread > 0 or effect.n < 2 or effect.ranked:
        return None
    least = min(map(abs, limits(metric, margin)))
    spread = effect.spread * math.sqrt(factor)
    ends = spread_interval(spread, effect.n, LEVEL)
    return Needed(*(pairs_needed(s, least) for s in (spread, *ends)))
