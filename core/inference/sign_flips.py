"""Paired comparisons of many arms with one baseline: joint sign-flips and intervals from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from .scores import ALIKE, FEWEST_PAIRS, FloatArray, centre, ranks, t_squared

MOST_EXACT = 12
"""Up to so many pairs all sign-flips are gone through."""
DRAWN, FEWEST_DRAWN, MOST_CELLS = 4096, 1024, 4_000_000
HALVINGS = 32
FAR = 1e4


@dataclass(frozen=True)
class PairedEffect:
    """One arm against the baseline, judged together with the others.

    Parameters
    ----------
    estimate, low, high
        The mean of the differences with its joint interval; where ``ranked``, their Hodges–Lehmann
        pseudo-median. The interval is NaN with too few pairs, and where all pairs are alike on a
        continuous scale.
    p
        Adjusted for all arms, NaN with too few pairs.
    n
        The number of pairs.
    ranked
        Whether some difference is infinite, so that signed ranks are compared.
    alike
        Whether all pairs show the same difference.
    """

    estimate: float
    low: float
    high: float
    p: float
    n: int
    ranked: bool = False
    alike: bool = False


def paired_effects(
    differences: Any,
    *,
    factor: Any = 1.0,
    step: float = 0.0,
    size: Any = 0.0,
    level: float = 0.95,
) -> list[PairedEffect]:
    """Compare arms with their common baseline, by p-values and intervals that agree.

    All arms' differences of a replicate change sign together, which leaves their dependence as it
    is. Studentised means t are compared by the largest |t| over arms, stepping down (Westfall &
    Young 1993; Romano & Wolf 2005). An interval holds every δ for which the differences minus δ
    are not rejected beside the other arms as they are; where an arm is rejected only by stepping
    down, its interval ends at 0 (Strassburger & Bretz 2008). Both suppose that differences are
    symmetric about their centre, nothing else. An infinite difference, of a replicate that only
    one of two arms has a value for, has the highest rank.

    Parameters
    ----------
    differences
        Shape (arms, replicates); NaN where a pair is not there, ±∞ where one arm has no value
        and counts as worst.
    factor
        The variance of the mean over s²/n, one number or one for each arm; above 1 where
        replicates are dependent.
    step
        The smallest difference of two values that are counts; 0 on a continuous scale. Where all
        n pairs are alike, the interval is d ± (1 − (α / 2k)^{1/n}) · step, for k arms: further
        off, one of n pairs would have shown the next count.
    size
        The size of the values, by which a spread is told from rounding.
    level
        The joint level of the intervals, 1 − α.

    Returns
    -------
    list
        One effect for each arm.

    Examples
    --------
    >>> clear, null = paired_effects([[3, 4, 5, 4, 3, 5, 4], [1, -2, 2, -1, 0, 1, -1]])
    >>> clear.low > 0, clear.p, null.low < 0 < null.high
    (True, 0.015625, True)
    """
    d = np.atleast_2d(np.asarray(differences, np.float64))
    arms, alpha = len(d), 1.0 - level
    factors = np.broadcast_to(np.asarray(factor, np.float64), arms)
    sizes = np.broadcast_to(np.asarray(size, np.float64), arms)
    rows = [PairedScores(row, f, s) for row, f, s in zip(d, factors, sizes, strict=True)]
    judged = [row for row in rows if row.n >= FEWEST_PAIRS]
    if not judged:
        return [row.effect() for row in rows]
    signs = sign_flips(d.shape[1], len(judged))
    flipped = np.stack([row.flipped_sums(signs)[1] for row in judged])
    observed = flipped[:, 0] / [row.factor for row in judged]  # the first flip changes nothing
    p = iter(step_down(flipped, observed))
    rivals = iter(_largest_of_others(flipped))
    return [
        row.judged(signs, next(p), next(rivals), alpha, step, len(judged))
        if row.n >= FEWEST_PAIRS
        else row.effect()
        for row in rows
    ]


@lru_cache(maxsize=4)
def sign_flips(n: int, arms: int = 1) -> FloatArray:
    """Return sign-flips of n replicates, (flips, n) of ±1, the first of them +1 throughout.

    All of them up to :data:`MOST_EXACT` replicates, but for the mirror image of each, which has
    the same |t|; beyond, a sample that is always the same.
    """
    if n <= MOST_EXACT:
        half = product((1.0, -1.0), repeat=max(n - 1, 0))
        signs = np.array([(1.0, *rest) for rest in half], np.float64)[:, :n]
        signs.flags.writeable = False
        return signs
    count = int(np.clip(MOST_CELLS // max(arms, 1), FEWEST_DRAWN, DRAWN))
    bits = np.random.Generator(np.random.Philox(0))
    signs = np.where(bits.random((count, n)) < 0.5, -1.0, 1.0)
    signs[0] = 1.0
    signs.flags.writeable = False
    return signs


def step_down(flipped: FloatArray, observed: FloatArray) -> FloatArray:
    """Return p-values adjusted by the largest statistic, stepping down.

    Parameters
    ----------
    flipped, observed
        Statistics of each arm under every flip, (arms, flips), the first flip changing nothing,
        and as they were observed, (arms,).
    """
    order = np.argsort(-observed, kind="stable")
    largest = np.maximum.accumulate(flipped[order[::-1]], axis=0)[::-1]
    at_least = largest >= observed[order][:, None] * (1.0 - ALIKE)
    at_least[:, 0] = True
    adjusted = np.empty(len(observed))
    adjusted[order] = np.maximum.accumulate(at_least.mean(axis=1))
    return adjusted


def _largest_of_others(flipped: FloatArray) -> list[FloatArray]:
    """Return for each arm the largest statistic of the other arms under every flip."""
    if len(flipped) == 1:
        return [np.zeros(flipped.shape[1])]
    first = flipped.argmax(axis=0)
    columns = np.arange(flipped.shape[1])
    top = flipped[first, columns]
    without = flipped.copy()
    without[first, columns] = -1.0
    second = without.max(axis=0)
    return [np.where(first == arm, second, top) for arm in range(len(flipped))]


class PairedScores:
    """One arm's differences, and the statistic t² of them minus any δ."""

    def __init__(self, differences: FloatArray, factor: float = 1.0, size: float = 0.0) -> None:
        self.there = ~np.isnan(differences)
        self.values = differences[self.there]
        self.n, self.factor = len(self.values), factor
        self.ranked = bool(np.isinf(self.values).any())
        scale = max(float(size), float(np.abs(self.values).max(initial=0.0)))
        spread = 0.0 if not self.n or self.ranked else float(np.ptp(self.values))
        self.alike = bool(self.n) and not self.ranked and spread <= ALIKE * scale
        if self.alike:
            self.values = np.full(self.n, self.values.mean())
        self.estimate = centre(self.values) if self.n else math.nan
        self._known: tuple[FloatArray, FloatArray] | None = None

    def scores(self, delta: float) -> FloatArray:
        """Return the differences minus δ, or their signed ranks."""
        moved = self.values - delta
        if not self.ranked:
            return moved
        return np.asarray(np.sign(moved) * ranks(np.abs(moved)))

    def flipped_sums(self, signs: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the sum of the scores under every flip, and its t²."""
        scores = self.scores(0.0)
        sums = signs[:, self.there] @ scores
        return sums, t_squared(sums, scores)

    def effect(self) -> PairedEffect:
        """Return the effect of too few pairs."""
        nan = math.nan
        return PairedEffect(self.estimate, nan, nan, nan, self.n, self.ranked, self.alike)

    def judged(
        self,
        signs: FloatArray,
        p: float,
        rivals: FloatArray,
        alpha: float,
        step: float,
        arms: int,
    ) -> PairedEffect:
        """Return the effect with its interval; ``rivals`` are the other arms' largest t²."""
        low, high = math.nan, math.nan
        if self.alike:
            if step > 0:
                reach = (1.0 - (alpha / (2 * arms)) ** (1.0 / self.n)) * step
                low, high = self.estimate - reach, self.estimate + reach
        else:
            mine = signs[:, self.there]
            low, high = (self._end(mine, rivals, alpha, way) for way in (-1.0, 1.0))
            if p <= alpha and low <= 0.0 <= high:
                low, high = (0.0, high) if self.estimate > 0 else (low, 0.0)
        return PairedEffect(self.estimate, low, high, float(p), self.n, self.ranked, self.alike)

    def _rejected(self, signs: FloatArray, rivals: FloatArray, alpha: float, delta: float) -> bool:
        scores = self.scores(delta)
        if self.ranked:
            sums = signs @ scores
        else:
            with_values, with_ones = self._products(signs)
            sums = with_values - delta * with_ones
        least = float(t_squared(sums[:1], scores)[0]) / self.factor * (1.0 - ALIKE)
        share = least / (least + self.n - 1) if math.isfinite(least) else 1.0 - ALIKE
        reach = share * self.n * float(scores @ scores)  # (Σ ±y)² from here on has t² ≥ least
        at_least = (sums * sums >= reach) | (rivals >= least)
        at_least[0] = True
        return bool(np.count_nonzero(at_least) <= alpha * len(at_least))

    def _products(self, signs: FloatArray) -> tuple[FloatArray, FloatArray]:
        if self._known is None:
            self._known = signs @ self.values, signs.sum(axis=1)
        return self._known

    def _end(self, signs: FloatArray, rivals: FloatArray, alpha: float, way: float) -> float:
        """Return the end of the interval on one side, by halving."""
        finite = self.values[np.isfinite(self.values)]
        spread = (float(np.ptp(finite)) or float(np.abs(finite).max()) or 1.0) if len(finite) else 1
        inside = self.estimate
        if math.isinf(inside):
            if inside * way > 0:
                return inside
            inside = math.copysign(FAR * spread, inside)
            if self._rejected(signs, rivals, alpha, inside):
                return self.estimate
        inner, outer = 0.0, spread
        while not self._rejected(signs, rivals, alpha, inside + way * outer):
            inner, outer = outer, 4.0 * outer
            if outer > FAR * FAR * spread:
                return way * math.inf
        for _ in range(HALVINGS):
            middle = (inner + outer) / 2
            if self._rejected(signs, rivals, alpha, inside + way * middle):
                outer = middle
            else:
                inner = middle
        return inside + way * outer
