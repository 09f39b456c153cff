"""Effects: means and paired differences over replicates, with intervals and a verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ..studies.metrics import Metric, Scale
from .frames import Results

LEVEL = 0.95
FloatArray = NDArray[np.float64]


def onto(scale: Scale, values: Any) -> FloatArray:
    """Move values to the scale on which they are averaged; what it cannot hold becomes NaN."""
    x = np.asarray(values, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        if scale == "log":
            return np.where(x > 0, np.log(x), np.nan)
        if scale == "logit":
            return np.where((x > 0) & (x < 1), np.log(x) - np.log1p(-x), np.nan)
    return x


def back(scale: Scale, value: float) -> float:
    """Move one value back from its scale."""
    if scale == "log":
        return math.exp(value) if value < 700 else math.inf
    if scale == "logit":
        return 1.0 / (1.0 + math.exp(-value))
    return value


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
    t = float(stats.t.ppf(0.5 + LEVEL / 2, n - 1))
    half = t * float(x.std(ddof=1)) * math.sqrt(1.0 + 1.0 / n if new else 1.0 / n)
    return Estimate(back(scale, mean), back(scale, mean - half), back(scale, mean + half), n)


@dataclass(frozen=True)
class Effect:
    """One arm against the baseline, paired by replicate.

    On a log scale ``mean``, ``low`` and ``high`` are ratios, otherwise differences. ``p`` is the
    paired t-test's, adjusted by Holm for the number of arms. ``correlation`` is that of the pairs,
    and ``variance_ratio`` the variance of the paired difference over that of an unpaired one.
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


def paired_effects(results: Results, metric: Metric) -> list[Effect]:
    """Return every arm's effect against the baseline arm, in the order of the arms."""
    table = results.trials.pivot(index="replicate", columns="arm", values=metric.name)
    table = pd.DataFrame(onto(metric.scale, table), index=table.index, columns=table.columns)
    if results.baseline not in table:
        return []
    base = table[results.baseline]
    raw = []
    for arm in table.columns:
        if arm == results.baseline:
            continue
        pairs = pd.DataFrame({"a": table[arm], "b": base}).dropna()
        raw.append(_paired(int(arm), pairs, len(table), metric.scale))
    order = sorted(range(len(raw)), key=lambda i: (math.isnan(raw[i].p), raw[i].p))
    worst, adjusted = 0.0, {}
    for rank, index in enumerate(order):  # Holm: the smallest p times k, the next times k − 1 …
        worst = max(worst, raw[index].p * (len(raw) - rank))
        adjusted[index] = min(1.0, worst)
    return [Effect(**{**vars(e), "p": adjusted[i]}) for i, e in enumerate(raw)]


def _paired(arm: int, pairs: pd.DataFrame, replicates: int, scale: Scale) -> Effect:
    difference = (pairs["a"] - pairs["b"]).to_numpy()
    ratio: Scale = "log" if scale == "log" else "linear"
    lost = replicates - len(difference)
    if len(difference) < 2:
        mean = back(ratio, float(difference.mean())) if len(difference) else math.nan
        nan = math.nan
        return Effect(arm, mean, nan, nan, len(difference), lost, nan, nan, nan)
    found = estimate(difference, "linear")
    spread = float(difference.std(ddof=1))
    unpaired = float(pairs["a"].var(ddof=1) + pairs["b"].var(ddof=1))
    moving = pairs["a"].std() > 0 and pairs["b"].std() > 0
    correlation = float(pairs["a"].corr(pairs["b"])) if moving else math.nan
    if spread > 0:
        t = abs(found.mean) / (spread / math.sqrt(found.n))
        p = float(2 * stats.t.sf(t, found.n - 1))
    else:
        p = 1.0 if found.mean == 0 else 0.0
    return Effect(
        arm,
        back(ratio, found.mean),
        back(ratio, found.low),
        back(ratio, found.high),
        found.n,
        lost,
        p,
        correlation,
        spread**2 / unpaired if unpaired > 0 else math.nan,
    )


def verdict(effect: Effect, metric: Metric, margin: float) -> str:
    """Say what the interval allows to be said about a margin.

    The margin is a difference on a linear scale and a ratio minus 1 on a log scale.
    """
    if math.isnan(effect.low):
        return "no interval from a single pair"
    if metric.scale == "log":
        low, high, limit = math.log(effect.low), math.log(effect.high), math.log1p(margin)
    else:
        low, high, limit = effect.low, effect.high, margin
    if low > limit or high < -limit:
        return "a difference that matters" if margin else "a difference"
    if limit and -limit < low and high < limit:
        return "no difference that matters"
    if low > 0 or high < 0:
        return "a difference, but perhaps too small to matter"
    return f"undecided with {effect.n} replicates"
