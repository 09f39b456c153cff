"""How a recipe stands by a score of its replicates, for designs that decide by scores."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from ...core.recipe import Recipe
from .design_function import Score

SELECTING = ("validation_loss", "validation_accuracy")
"""The scores that a design may decide by; those of the test set are for judging alone."""
LEAST_LOSS = 1e-12


class Standing(NamedTuple):
    """The mean cost of a recipe's replicates, lower being better; compared as a tuple.

    A recipe stands behind every one that lost fewer replicates: diverged, failed, or without a
    score. ``cost`` is the mean over the others, ∞ where there is none.
    """

    lost: int
    cost: float
    replicates: int


def cost(name: str, value: float) -> float:
    """Return a score on the scale on which replicates are averaged, so that lower is better.

    It is log loss, or error: −accuracy. A loss below 10⁻¹² counts as that.

    >>> cost("validation_loss", 1.0), cost("validation_accuracy", 0.75)
    (0.0, -0.75)
    """
    return math.log(max(value, LEAST_LOSS)) if name.endswith("_loss") else -value


def uncost(name: str, mean: float) -> float:
    """Return the score that has this cost."""
    return math.exp(mean) if name.endswith("_loss") else -mean


def standings(
    scores: Iterable[Score], name: str, replicates: Collection[int]
) -> dict[Recipe, Standing]:
    """Return how every recipe stands of which all these replicates are known."""
    values: dict[Recipe, dict[int, float]] = defaultdict(dict)
    for score in scores:
        if score.replicate in replicates and score.status:
            value = score.scores.get(name, math.inf)
            lost = score.status in ("diverged", "failed") or not math.isfinite(value)
            values[score.recipe][score.replicate] = math.inf if lost else cost(name, value)
    return {
        recipe: standing(list(by_replicate.values()))
        for recipe, by_replicate in values.items()
        if len(by_replicate) == len(replicates)
    }


def standing(costs: Sequence[float]) -> Standing:
    """Return how a recipe stands with these costs, ∞ where a replicate is lost.

    >>> standing([1.0, math.inf, 2.0])
    Standing(lost=1, cost=1.5, replicates=3)
    """
    known = [value for value in costs if math.isfinite(value)]
    mean = math.fsum(known) / len(known) if known else math.inf
    return Standing(len(costs) - len(known), mean, len(costs))


def finite_costs(of: Sequence[Standing]) -> list[float]:
    """Return one finite cost each, in the order of the standings, for samplers that need numbers.

    A recipe that lost k of n replicates costs k / n of the range of whole recipes more than the
    worst of these.

    >>> finite_costs([Standing(0, 1.0, 2), Standing(1, 0.5, 2), Standing(0, 3.0, 2)])
    [1.0, 4.0, 3.0]
    """
    whole = [each.cost for each in of if not each.lost] or [0.0]
    worst = max(whole)
    step = worst - min(whole) or 1.0
    return [worst + step * each.lost / each.replicates if each.lost else each.cost for each in of]
