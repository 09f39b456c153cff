"""Outcomes per example: what two arms gain and lose, and how sure that is beyond these examples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .means import half_width

LEVEL = 0.95


@dataclass(frozen=True)
class ExampleUncertainty:
    """The difference of two accuracies, and the variances of that ``mean`` by where they come from.

    ``variance_examples`` is that over new examples with these replicates, ``variance_replicates``
    that over new replicates with these examples (NaN for a single one), ``variance`` that over
    both. ``low`` and ``high`` are the 95 % t-interval over both; over new examples alone where
    there is one replicate.
    """

    mean: float
    variance_examples: float
    variance_replicates: float
    variance: float
    low: float
    high: float
    replicates: int
    examples: int


def example_uncertainty(right: ArrayLike, level: float = LEVEL) -> ExampleUncertainty:
    """Return mean(right[1] − right[0]) with its uncertainty over new examples and new replicates.

    d = right[1] − right[0] is taken apart as μ + example + replicate + rest, both factors random:
    var d̄ = (MSₑ + MSᵣ − MS)/(RE) with the mean squares of R replicates, E examples and the rest,
    and its degrees of freedom by Satterthwaite 1946. 1 is added to the examples' sum of squares, as
    half an example gained and half a one lost by a single replicate would, so that no disagreement
    is no certainty (Agresti & Min 2005). The rows that networks are trained on are not drawn anew.

    Parameters
    ----------
    right
        Whether each example is classified rightly, shape (2 arms, replicates, examples): the same
        examples for both arms and in all replicates.

    Raises
    ------
    ValueError
        If there are not two arms, or fewer than two examples.
    """
    x = np.asarray(right, dtype=np.float64)
    if x.ndim != 3 or len(x) != 2 or x.shape[1] < 1 or x.shape[2] < 2:
        raise ValueError(f"right has shape {x.shape}, not (2, replicates, at least 2 examples)")
    d = x[1] - x[0]
    r, e = d.shape
    mean, by_example, by_replicate = float(d.mean()), d.mean(axis=0), d.mean(axis=1)
    of_examples = (r * float(((by_example - mean) ** 2).sum()) + 1.0) / (e - 1)
    if r == 1:
        variance = of_examples / e
        half = half_width(math.sqrt(variance), e - 1, level)
        return ExampleUncertainty(
            mean, variance, math.nan, variance, mean - half, mean + half, r, e
        )
    of_replicates = e * float(by_replicate.var(ddof=1))
    rest = d - by_example - by_replicate[:, None] + mean
    of_rest = float((rest**2).sum()) / ((r - 1) * (e - 1))
    both = of_examples + of_replicates - of_rest
    squares = of_examples**2 / (e - 1) + of_replicates**2 / (r - 1)
    squares += of_rest**2 / ((r - 1) * (e - 1))
    freedom = both**2 / squares
    if both < max(of_examples, of_replicates):  # one of the components is estimated below zero
        both = max(of_examples, of_replicates)
        freedom = float(e - 1 if of_examples >= of_replicates else r - 1)
    n = r * e
    half = half_width(math.sqrt(both / n), freedom, level)
    parts = of_examples / n, of_replicates / n, both / n
    return ExampleUncertainty(mean, *parts, mean - half, mean + half, r, e)


def mcnemar(gained: int, lost: int) -> float:
    """Return the exact p-value of ``gained`` against ``lost`` examples, NaN where there is none.

    Both have the same chance where two classifiers are equally accurate: a binomial test of 1/2.
    Source: McNemar 1947, Psychometrika 12.

    >>> mcnemar(1, 9), mcnemar(5, 5)
    (0.021484375, 1.0)
    """
    if gained + lost == 0:
        return math.nan
    from scipy.stats import binomtest  # takes half a second to load

    return float(binomtest(gained, gained + lost).pvalue)


@dataclass(frozen=True)
class Churn:
    """How often two replicates of one arm disagree about an example that both were asked about.

    ``differ`` is the share of examples predicted differently, ``flips`` that which one has right
    and the other wrong, and ``independent`` what ``flips`` would be at the same accuracies if
    errors fell on examples at random; means over ``pairs`` of replicates, weighted by examples.
    """

    differ: float
    flips: float
    independent: float
    pairs: int


def churn_of(predicted: ArrayLike, right: ArrayLike, asked: ArrayLike) -> Churn:
    """Return the churn between replicates; all arguments have shape (replicates, examples).

    ``asked`` tells which examples a replicate was asked about. Source: Milani Fard et al. 2016,
    Launch and Iterate: Reducing Prediction Churn.

    >>> churn_of([[0, 1, 1, 2], [0, 1, 2, 0]], [[1, 1, 0, 1], [1, 1, 1, 0]], [[1] * 4] * 2)
    Churn(differ=0.5, flips=0.5, independent=0.375, pairs=1)
    """
    answers, here = np.asarray(predicted), np.asarray(asked, dtype=bool)
    good = np.asarray(right, dtype=bool)
    sums, examples, pairs = np.zeros(3), 0, 0
    for i in range(len(answers)):
        for j in range(i):
            both = here[i] & here[j]
            n = int(both.sum())
            if n:
                a, b = good[i, both], good[j, both]
                p, q = float(a.mean()), float(b.mean())
                differ = float(np.mean(answers[i, both] != answers[j, both]))
                sums += n * np.array([differ, np.mean(a != b), p * (1 - q) + q * (1 - p)])
                examples, pairs = examples + n, pairs + 1
    differ, flips, independent = sums / examples if examples else np.full(3, math.nan)
    return Churn(float(differ), float(flips), float(independent), pairs)
