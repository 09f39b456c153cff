"""Effects: paired differences from the baseline, with intervals that hold for all arms together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...core.inference import sign_flips
from ...core.inference.anytime import critical_t
from ...core.inference.rates import NOTHING, Rate, rate
from ...core.inference.scores import FEWEST_PAIRS
from ...studies.metrics import Metric
from .estimates import LEVEL
from .scales import better


@dataclass(frozen=True)
class Effect:
    """One arm against the baseline, paired by replicate.

    Parameters
    ----------
    arm
        Its position.
    mean, low, high
        The mean difference on the scale of the analysis: natural logarithms of ratios for a log
        metric; where ``ranked``, the Hodges–Lehmann pseudo-median. The interval is joint with
        that of the other arms of its family, NaN for fewer than six pairs.
    n, lost, without
        The pairs compared; the replicates of which one arm has not ended; and the pairs of which
        one arm ended without a finite value.
    p
        Adjusted for its family, NaN for fewer than six pairs.
    ranked, alike
        Whether signed ranks are compared, and whether all pairs show the same difference.
    spread, correlation, variance_ratio
        The sd of the differences, the pairs' correlation, and the variance of the paired
        difference over that of an unpaired one; of finite pairs.
    wins, ties
        In how many of the pairs the arm is better, with Wilson's interval, and in how many alike.
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
    without: int = 0
    ranked: bool = False
    alike: bool = False
    spread: float = math.nan
    wins: Rate = NOTHING
    ties: int = 0

    @property
    def clear(self) -> bool:
        """Whether its interval excludes no difference."""
        return self.low > 0 or self.high < 0

    @property
    def size(self) -> float:
        """The effect in sd of the differences."""
        return self.mean / self.spread if self.spread > 0 else math.nan


@dataclass(frozen=True)
class Conditions:
    """How differences are judged: what depends on the study rather than on the numbers.

    Parameters
    ----------
    named
        The position of the contrast that was named in advance and so is a family of its own.
    step
        The smallest difference of two scores that are counts, 0 of others.
    factor
        The variance of a mean over s²/n, by arm where arms differ.
    looks
        How often results could have been looked at; more than once, or with ``sequential``, the
        intervals hold at every look.
    """

    named: int | None = None
    step: float = 0.0
    factor: Mapping[int, float] | float = 1.0
    looks: int = 1
    sequential: bool = False

    def factor_of(self, arm: int) -> float:
        """Return the variance factor of an arm."""
        return self.factor if isinstance(self.factor, float) else self.factor.get(arm, 1.0)

    @property
    def anytime(self) -> bool:
        """Whether intervals must hold at every look."""
        return self.sequential or self.looks > 1

    @property
    def level(self) -> float:
        """The level at this look, k: over all looks α / (k (k + 1)) add up to α."""
        share = self.looks * (self.looks + 1) if self.anytime else 1
        return 1.0 - (1.0 - LEVEL) / share


def paired_effects(
    metric: Metric, table: pd.DataFrame, baseline: int, conditions: Conditions | None = None
) -> list[Effect]:
    """Return every arm's effect against the baseline arm, in the order of the arms.

    Parameters
    ----------
    table
        Compared values, a row for each replicate and a column for each arm: ±∞ of one without a
        value, NaN of one that has not ended.
    """
    given = conditions or Conditions()
    if baseline not in table:
        return []
    arms = [int(arm) for arm in table.columns if arm != baseline]
    named = [arm for arm in arms if arm == given.named]
    families = [family for family in (named, [a for a in arms if a not in named]) if family]
    effects = [
        effect for family in families for effect in _family(metric, table, baseline, family, given)
    ]
    return sorted(effects, key=lambda effect: arms.index(effect.arm))


def _family(
    metric: Metric, table: pd.DataFrame, baseline: int, arms: list[int], given: Conditions
) -> list[Effect]:
    base = table[baseline].to_numpy(np.float64)
    rows = [paired_difference(table[arm].to_numpy(np.float64), base) for arm in arms]
    finite = np.where(np.isfinite(base), np.abs(base), 0.0)
    judged = judge_together(
        rows, given, [given.factor_of(arm) for arm in arms], size=float(finite.max(initial=0.0))
    )
    return [
        _effect(metric, arm, each, row, table[arm].to_numpy(np.float64), base)
        for arm, each, row in zip(arms, judged, rows, strict=True)
    ]


def judge_together(
    rows: Any, given: Conditions, factors: Sequence[float], *, size: float, step: float = 1.0
) -> list[sign_flips.PairedEffect]:
    """Judge differences, shape (arms, replicates), as one family; ``step`` is in counts."""
    judged = sign_flips.paired_effects(
        rows, factor=factors, step=given.step * step, size=size, level=given.level
    )
    if not given.anytime:
        return judged
    return [
        at_every_look(each, row, factor, len(judged))
        for each, row, factor in zip(judged, rows, factors, strict=True)
    ]


def paired_difference(values: NDArray[np.float64], base: NDArray[np.float64]) -> Any:
    """Return values minus base: 0 where both are without a value alike, NaN where one is NaN."""
    with np.errstate(invalid="ignore"):
        difference = values - base
    return np.where(np.isinf(values) & (values == base), 0.0, difference)


def at_every_look(
    effect: sign_flips.PairedEffect, row: NDArray[np.float64], factor: float, arms: int
) -> sign_flips.PairedEffect:
    """Return an effect with the interval of a confidence sequence, shared evenly by the arms.

    Where ranks are compared there is none; the level that this look may spend stands in for it.
    """
    values = row[~np.isnan(row)]
    if effect.n < FEWEST_PAIRS or effect.ranked or effect.alike:
        return effect
    half = critical_t(effect.n, (1 - LEVEL) / arms) * math.sqrt(
        factor * values.var(ddof=1) / effect.n
    )
    mean = effect.estimate
    return sign_flips.PairedEffect(mean, mean - half, mean + half, math.nan, effect.n)


def _effect(
    metric: Metric,
    arm: int,
    judged: sign_flips.PairedEffect,
    row: NDArray[np.float64],
    values: NDArray[np.float64],
    base: NDArray[np.float64],
) -> Effect:
    there, finite = ~np.isnan(row), np.isfinite(values) & np.isfinite(base)
    a, b, d = values[finite], base[finite], row[finite]
    several = len(d) > 1 and not judged.alike
    moving = several and np.ptp(a) > 0 and np.ptp(b) > 0
    unpaired = float(a.var(ddof=1) + b.var(ddof=1)) if several else 0.0
    signs = [better(metric, float(x)) for x in row[there]]
    ties = int((row[there] == 0).sum())
    return Effect(
        arm,
        judged.estimate,
        judged.low,
        judged.high,
        judged.n,
        len(row) - judged.n,
        judged.p,
        float(np.corrcoef(a, b)[0, 1]) if moving else math.nan,
        float(d.var(ddof=1)) / unpaired if unpaired > 0 else math.nan,
        int((there & ~finite).sum()),
        judged.ranked,
        judged.alike,
        float(d.std(ddof=1)) if len(d) > 1 else math.nan,
        rate(sum(sign is True for sign in signs), judged.n, method="wilson"),
        ties,
    )
