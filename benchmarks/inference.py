"""How often the report's claims are wrong or missed, over simulated studies of known truth.

``python benchmarks/inference.py [--studies N]`` prints a table: for each law of the replicates,
number of arms and of pairs, the share of null studies in which any arm is said to differ (wrong),
the share in which every arm's interval covers its true effect (covered), and how often an arm
that is better by ``EFFECT`` sd is said to be better (power).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
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
"""The planted effect, in sd of a paired difference."""
ACCURACY, LOSS = METRICS["validation_accuracy"], METRICS["validation_loss"]


@dataclass(frozen=True)
class Law:
    """How replicates' values come about.

    ``draw`` returns values (arms, replicates) of which arm 1 is better by ``effect`` sd of a
    paired difference, NaN for a replicate that diverged.
    """

    name: str
    metric: Metric
    draw: Callable[[np.random.Generator, int, int, float], Floats]
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


LAWS = (
    Law("normal", ACCURACY, normal),
    Law("t3", ACCURACY, heavy),
    Law("counts near 1", ACCURACY, counts, 1 / EXAMPLES),
    Law("bimodal", ACCURACY, bimodal),
    Law("diverging", LOSS, diverging),
)


def judged(law: Law, values: Floats) -> list[Effect]:
    """Return the effects that a report would show of these values."""
    table = pd.DataFrame(compared(law.metric, values, np.isnan(values)).T)
    return paired_effects(law.metric, table, 0, Conditions(step=law.step))


@dataclass(frozen=True)
class Rates:
    """Shares of simulated studies: see the module."""

    wrong: float
    covered: float
    power: float


def rates(law: Law, arms: int, pairs: int, studies: int, seed: int = 0) -> Rates:
    """Simulate studies without an effect, and with one in arm 1."""
    rng = np.random.default_rng([seed, arms, pairs])
    wrong = covered = seen = 0
    for _ in range(studies):
        null = judged(law, law.draw(rng, arms, pairs, 0.0))
        wrong += any(effect.clear for effect in null)
        covered += all(not effect.low > 0 and not effect.high < 0 for effect in null)
        one = judged(law, law.draw(rng, arms, pairs, EFFECT))[0]
        seen += one.high < 0 if law.metric is LOSS else one.low > 0
    return Rates(wrong / studies, covered / studies, seen / studies)


def table(studies: int) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"{'law':14} {'arms':>4} {'pairs':>5} {'wrong':>6} {'covered':>8} {'power':>6}"
    for law in LAWS:
        for arms in (2, 8, 35):
            for pairs in (3, 6, 10, 30):
                r = rates(law, arms, pairs, studies if arms < 35 else studies // 4)
                yield (
                    f"{law.name:14} {arms:4} {pairs:5} {r.wrong:6.3f} {r.covered:8.3f} "
                    f"{r.power:6.2f}"
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=400)
    for line in table(parser.parse_args().studies):
        print(line, flush=True)
