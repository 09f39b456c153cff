"""Effects: means and paired differences over replicates, with intervals and a verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from ...studies.metrics import Metric, Scale
from .frames import Results
from .scales import back, onto

LEVEL = 0.95
CLEAR = 0.05
"""An effect is clear where its adjusted p is below this."""


@dataclass(frozen=True)
class Estimate:
    """A mean over replicates with its 95 % t-interval, back on the metric's own scale.

    The interval is NaN for fewer than two replicates.
    """

    mean: float
    low: float
    high: float
    n: int


def estimate(values: Any, scale: Scale, *, new: bool = False) -> Estimate:
    """Return mean ± t·s/√n on ``scale``; with ``new``, the interval of one more replicate.

    The latter is the t-prediction interval mean ± t·s·√(1 + 1/n).
    """
    x = onto(scale, values)
    x = x[np.isfinite(x)]
    n = len(x)
    if n == 0:
        return Estimate(math.nan, math.nan, math.nan, 0)
    mean = float(x.mean())
    if n == 1:
        return Estimate(back(scale, mean), math.nan, math.nan, 1)
    t = float(special.stdtrit(n - 1, 0.5 + LEVEL / 2))
    half = t * float(x.std(ddof=1)) * math.sqrt(1.0 + 1.0 / n if new else 1.0 / n)
    return Estimate(back(scale, mean), back(scale, mean - half), back(scale, mean + half), n)


@dataclass(frozen=True)
class Effect:
    """One arm against the baseline, paired by replicate.

    ``mean``, ``low`` and ``high`` are on the scale of the analysis: natural logarithms of ratios
    for a log metric, otherwise differences. The interval is NaN for a single pair, and where every
    pair shows the same difference. ``p`` is the paired t-test's, adjusted by Holm for the number
    of arms that have one. ``lost`` counts replicates without a value in one of the two arms,
    ``correlation`` is that of the pairs, and ``variance_ratio`` the variance of the paired
    difference over that of an unpaired one.
    """

    arm: int
    mean: float
    low: float
    high: float
    n: int
    lost: int
    p: float
    correlation: float
    variance_ratio: float

    @property
    def clear(self) -> bool:
        """Whether its adjusted p is below :data:`CLEAR`."""
        return self.p < CLEAR


def paired_effects(results: Results, metric: Metric) -> list[Effect]:
    """Return every arm's effect against the baseline arm, in the order of the arms."""
    table = results.trials.pivot(index="replicate", columns="arm", values=metric.name)
    x = onto(metric.scale, table)
    x = np.where(np.isfinite(x), x, np.nan)
    table = pd.DataFrame(x, index=table.index, columns=table.columns)
    if results.baseline not in table:
        return []
    base = table[results.baseline]
    raw = [
        _paired(int(arm), pd.DataFrame({"a": table[arm], "b": base}).dropna(), len(table))
        for arm in table.columns
        if arm != results.baseline
    ]
    return [replace(e, p=p) for e, p in zip(raw, holm([e.p for e in raw]), strict=True)]


def holm(p: list[float]) -> list[float]:
    """Adjust p-values for their number by Holm's method; NaN stays NaN and does not count.

    >>> holm([0.01, float("nan"), 0.04])
    [0.02, nan, 0.04]
    """
    known = sorted((value, index) for index, value in enumerate(p) if not math.isnan(value))
    adjusted, worst = list(p), 0.0
    for rank, (value, index) in enumerate(known):
        worst = max(worst, value * (len(known) - rank))
        adjusted[index] = min(1.0, worst)
    return adjusted


def _paired(arm: int, pairs: pd.DataFrame, replicates: int) -> Effect:
    difference = (pairs["a"] - pairs["b"]).to_numpy()
    n, nan = len(difference), math.nan
    lost = replicates - n
    mean = float(difference.mean()) if n else nan
    spread = float(difference.std(ddof=1)) if n > 1 else 0.0
    if spread == 0.0:
        return Effect(arm, mean, nan, nan, n, lost, nan, nan, nan)
    interval = estimate(difference, "linear")
    unpaired = float(pairs["a"].var(ddof=1) + pairs["b"].var(ddof=1))
    moving = pairs["a"].std() > 0 and pairs["b"].std() > 0
    return Effect(
        arm,
        mean,
        interval.low,
        interval.high,
        n,
        lost,
        float(2 * special.stdtr(n - 1, -abs(mean) / (spread / math.sqrt(n)))),
        float(pairs["a"].corr(pairs["b"])) if moving else nan,
        spread**2 / unpaired,
    )


class Verdict(Enum):
    """What an interval allows to be said about a margin."""

    SINGLE = "a single pair has no interval"
    ALIKE = "all pairs show the same difference, which leaves no interval"
    MATTERS = "the whole interval lies beyond the margin"
    DIFFERS = "the interval excludes no difference, and there is no margin"
    EQUAL = "the whole interval lies within the margin"
    SMALL = "the interval excludes no difference, but not one within the margin"
    UNDECIDED = "the interval includes no difference and one beyond the margin"


def verdict(effect: Effect, metric: Metric, margin: float) -> Verdict:
    """Judge an effect by a margin, a difference on a linear scale, a ratio minus 1 on a log one."""
    if math.isnan(effect.low):
        return Verdict.SINGLE if effect.n < 2 else Verdict.ALIKE
    limit = math.log1p(margin) if metric.scale == "log" else margin
    low, high = effect.low, effect.high
    if low > limit or high < -limit:
        return Verdict.MATTERS if margin else Verdict.DIFFERS
    if limit and -limit < low and high < limit:
        return Verdict.EQUAL
    return Verdict.SMALL if low > 0 or high < 0 else Verdict.UNDECIDED
