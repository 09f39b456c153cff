"""How often the report's claims are wrong or missed, over simulated studies of known truth.

``python benchmarks/inference.py [--studies N] [LAW ...]`` prints a table: for each law of the
replicates, number of arms and of pairs,

- *wrong*, the share of studies without any difference in which some arm is said to differ; over
  ``limit(N)`` it says "above .05";
- *covered*, the share of studies with one better arm in which every arm's interval holds its true
  mean difference;
- *power*, the share of the latter in which that arm, better by ``EFFECT`` sd of the difference of
  two arms, is said to be better.

The last two are of a quarter as many studies; so is all of 35 arms.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from paribus.reports.statistics.effects import Conditions, Effect, paired_effects
from paribus.reports.statistics.scales import compared
from paribus.studies.metrics import METRICS, Metric

Floats = NDArray[np.float64]
EXAMPLES = 72
EFFECT = 1.5
"""The planted effect, in sd of the difference of two arms."""
ACCURACY, LOSS = METRICS["validation_accuracy"], METRICS["validation_loss"]


@dataclass(frozen=True)
class Law:
    """How replicates' values come about.

    ``draw`` returns values (arms, replicates) of which arm 1 is better by ``effect`` sd of a
    paired difference, NaN for a replicate that diverged. ``truth`` is then the mean difference of
    arm 1, NaN where it has none.
    """

    name: str
    metric: Metric
    draw: Callable[[np.random.Generator, int, int, float], Floats]
    truth: float
    step: float = 0.0


def shifted(noise: Floats, effect: float) -> Floats:
    """Make arm 1 better by ``effect`` sd of the difference of two arms."""
    noise[1] += effect * np.sqrt(2.0)
    return noise


def normal(rng: np.random.Generator, arms: int, pairs: int, effect: float) -> Floats:
    """Return normal values on a luck that all arms share."""
    own = shifted(rng.normal(size=(arms, pairs)), effect)
    return 0.5 + 0.01 * (own + rng.normal(0, 2, pairs))


def heavy(rng: np.random.Generator, arms: int, pairs: int, effect: float) -> Floats:
    """Return values of Student's t law with three degrees of freedom."""
    own = shifted(rng.standard_t(3, (arms, pairs)) / np.sqrt(3), effect)
    return 0.5 + 0.01 * (own + rng.normal(0, 2, pairs))


def counts(rng: np.random.Generator, arms: int, pairs: int, effect: float) -> Floats:
    """Return accuracies near 1 on a few examples."""
    chance = np.full((arms, 1), 0.95)
    chance[1] += effect * 0.026
    return rng.binomial(EXAMPLES, np.minimum(chance, 0.999), (arms, pairs)) / EXAMPLES


def bimodal(rng: np.random.Generator, arms: int, pairs: int, effect: float) -> Floats:
    """Return accuracies of which one in ten is stuck at chance, in every arm alike."""
    values = normal(rng, arms, pairs, effect)
    return np.where(rng.random((arms, pairs)) < 0.1, 0.1, values)


def diverging(rng: np.random.Generator, arms: int, pairs: int, effect: float) -> Floats:
    """Return losses of which one in five diverges; with an effect, arm 1's never does."""
    losses = np.exp(-normal(rng, arms, pairs, effect))
    share = np.full((arms, 1), 0.2)
    share[1] = 0.2 if effect == 0 else 0.0
    return np.where(rng.random((arms, pairs)) < share, np.nan, losses)


SHIFT = 0.01 * EFFECT * math.sqrt(2.0)
LAWS = (
    Law("normal", ACCURACY, normal, SHIFT),
    Law("t3", ACCURACY, heavy, SHIFT),
    Law("counts near 1", ACCURACY, counts, EFFECT * 0.026, 1 / EXAMPLES),
    Law("bimodal", ACCURACY, bimodal, 0.9 * SHIFT),
    Law("diverging", LOSS, diverging, math.nan),
)


def judged(law: Law, values: Floats) -> list[Effect]:
    """Return the effects that a report would show of these values."""
    table = pd.DataFrame(compared(law.metric, values, np.isnan(values)).T)
    return paired_effects(law.metric, table, 0, Conditions(step=law.step))


def limit(studies: int) -> float:
    """Return what a rate of 5 % may be in so many studies: 2.5 sd more."""
    return 0.05 + 2.5 * math.sqrt(0.05 * 0.95 / studies)


def false_claims(law: Law, arms: int, pairs: int, studies: int) -> float:
    """Return the share of studies without any difference in which some arm is said to differ."""
    rng = np.random.default_rng([0, arms, pairs])
    claims = (judged(law, law.draw(rng, arms, pairs, 0.0)) for _ in range(studies))
    return sum(any(effect.clear for effect in effects) for effects in claims) / studies


def with_a_better_arm(law: Law, arms: int, pairs: int, studies: int) -> tuple[float, float]:
    """Return coverage and power over studies in which arm 1 is better."""
    rng = np.random.default_rng([1, arms, pairs])
    truths = np.r_[law.truth, np.zeros(arms - 2)]
    covered = seen = 0
    for _ in range(studies):
        effects = judged(law, law.draw(rng, arms, pairs, EFFECT))
        low, high = (np.array([getattr(e, end) for e in effects]) for end in ("low", "high"))
        covered += not ((low > truths) | (high < truths)).any()
        seen += effects[0].high < 0 if law.metric is LOSS else effects[0].low > 0
    return math.nan if math.isnan(law.truth) else covered / studies, seen / studies


def table(studies: int, laws: Sequence[Law] = LAWS) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"{'law':14} {'arms':>4} {'pairs':>5} {'wrong':>6} {'covered':>8} {'power':>6}"
    for law in laws:
        for arms in (2, 8, 35):
            for pairs in (3, 6, 10, 30):
                many = studies if arms < 35 else studies // 4
                wrong = false_claims(law, arms, pairs, many)
                covered, power = with_a_better_arm(law, arms, pairs, studies // 4)
                above = " above .05" if wrong > limit(many) else ""
                yield (
                    f"{law.name:14} {arms:4} {pairs:5} {wrong:6.3f} {covered:8.3f} "
                    f"{power:6.2f}{above}"
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("laws", nargs="*", metavar="LAW", help="only these")
    parser.add_argument("--studies", type=int, default=400)
    asked = parser.parse_args()
    for line in table(asked.studies, [x for x in LAWS if x.name in (asked.laws or x.name)]):
        print(line, flush=True)
