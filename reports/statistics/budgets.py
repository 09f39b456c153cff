"""Arms at equal budgets: after as many epochs, updates or floating-point operations."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...core.engine.outcome import Status
from ...core.inference.reversals import medians, order_of, reversals
from ...studies.metrics import METRICS, Metric
from .frames import Results
from .merits import merits

FloatArray = NDArray[np.float64]
ALIKE = 0.05
"""Budgets that differ by less than this share are the same."""


class Kind(Enum):
    """What is counted."""

    EPOCHS = auto()
    UPDATES = auto()
    FLOPS = auto()


@dataclass(frozen=True)
class Budget:
    """Arms at one budget: their order from the best, median merits, and diverged replicates."""

    kinds: tuple[Kind, ...]
    amount: float
    order: tuple[int, ...]
    medians: tuple[float, ...]
    diverged: tuple[int, ...]


@dataclass(frozen=True)
class Reversal:
    """Arm ``first`` is ahead at one budget and ``second`` at another, each beyond luck.

    It is so whether curves are read between epochs by monotone cubics or by straight lines.
    """

    first: int
    at_first: Kind
    second: int
    at_second: Kind


@dataclass(frozen=True)
class Budgets:
    """The same arms at each kind of budget at which they compare differently.

    ``metric`` is what the curves record: the primary metric, or the validation set's counterpart.
    """

    metric: Metric
    budgets: tuple[Budget, ...]
    reversals: tuple[Reversal, ...]
    replicates: int


def budgets_of(results: Results) -> Budgets | None:
    """Compare arms at the largest budgets that all can afford; None where they cost the same."""
    metric = METRICS.get(
        results.metric.name.removeprefix("best_").replace("test_", "validation_"), results.metric
    )
    if metric.name not in results.epochs or results.epochs[metric.name].isna().all():
        return None
    costs = costs_per_epoch(results)
    if len(costs) < 2:
        return None
    affordable = largest_common(results, costs)
    if len(affordable) == 1:
        return None
    curves = Curves.of(results, metric)
    values = [curves.at(epochs) for _, _, epochs in affordable]
    straight = [curves.at(epochs, straight=True) for _, _, epochs in affordable]
    budgets = [
        budget_of(kinds, amount, x)
        for (kinds, amount, _), x in zip(affordable, values, strict=True)
    ]
    reversed_pairs = tuple(
        Reversal(a, one.kinds[0], b, other.kinds[0])
        for (one, x, u), (other, y, v) in itertools.combinations(
            zip(budgets, values, straight, strict=True), 2
        )
        for a, b in sorted({*reversals(x, y)} & {*reversals(u, v)})
    )
    return Budgets(results.renamed(metric), tuple(budgets), reversed_pairs, len(curves.replicates))


def largest_common(
    results: Results, costs: pd.DataFrame
) -> list[tuple[tuple[Kind, ...], float, dict[int, float]]]:
    """Return the largest budget of each kind that all arms can afford, and their epochs then.

    Kinds at which every arm has come as far are put together.
    """
    horizons = np.array([results.study.arms[arm].recipe.epochs for arm in costs.index])
    made: list[tuple[tuple[Kind, ...], float, dict[int, float]]] = []
    for kind in Kind:
        each = costs[kind].to_numpy(np.float64)
        amount = float((horizons * each).min())
        epochs = dict(zip(map(int, costs.index), (amount / each).tolist(), strict=True))
        for i, (kinds, other, known) in enumerate(made):
            if np.allclose([*epochs.values()], [*known.values()], rtol=ALIKE):
                made[i] = (*kinds, kind), other, known
                break
        else:
            made.append(((kind,), amount, epochs))
    return made


def budget_of(kinds: tuple[Kind, ...], amount: float, values: FloatArray) -> Budget:
    """Return the order of arms by these merits."""
    return Budget(
        kinds,
        amount,
        tuple(map(int, order_of(values))),
        tuple(map(float, medians(values))),
        tuple(map(int, (values == -math.inf).sum(axis=1))),
    )


def costs_per_epoch(results: Results) -> pd.DataFrame:
    """Return what an epoch of each arm costs, of the arms of which a trial did not diverge."""
    ended = results.trainings
    ended = ended[ended["status"].isin([Status.OK, Status.STOPPED]) & (ended["epochs_trained"] > 0)]
    first = ended.groupby("arm").first()
    return pd.DataFrame(
        {
            Kind.EPOCHS: 1.0,
            Kind.UPDATES: first["updates"] / first["epochs_trained"],
            Kind.FLOPS: first["flops"] / first["epochs_trained"],
        },
        index=first.index,
    )


@dataclass(frozen=True)
class Curves:
    """Merits after every epoch of every trial, by arm and replicate, with how the trial ended."""

    curves: dict[tuple[int, int], tuple[FloatArray, FloatArray, str]]
    arms: int
    replicates: tuple[int, ...]

    @classmethod
    def of(cls, results: Results, metric: Metric) -> Curves:
        """Return the curves of a run."""
        status = results.trials.set_index("trial_id")["status"]
        rows = results.epochs.sort_values("epoch", kind="stable")
        rows = rows[rows["trial_id"].isin(status.index)]
        rows = rows.assign(merit=merits(rows.assign(status=Status.OK.value), metric))
        curves = {
            (int(arm), int(replicate)): (
                group["epoch"].to_numpy(np.float64),
                group["merit"].to_numpy(np.float64),
                str(status[group["trial_id"].iloc[0]]),
            )
            for (arm, replicate), group in rows.groupby(["arm", "replicate"])
        }
        return cls(
            curves,
            len(results.study.arms),
            tuple(sorted({int(k) for k in results.trials["replicate"]})),
        )

    def at(self, epochs: dict[int, float], *, straight: bool = False) -> FloatArray:
        """Return the merits of shape (arms, replicates) after so many epochs of each arm.

        They are interpolated between epochs, by monotone cubics or ``straight`` lines. Behind
        its end a trial that stopped early by itself has its last, one that diverged has −∞, and
        one that the design withdrew has none.
        """
        values = np.full((self.arms, len(self.replicates)), np.nan)
        for (arm, replicate), (epoch, merit, status) in self.curves.items():
            k = self.replicates.index(replicate)
            wanted = epochs.get(arm)
            if wanted is None or (status == Status.DIVERGED and wanted > epoch[-1]):
                values[arm, k] = -math.inf
            elif wanted <= epoch[-1] or status == Status.OK:
                values[arm, k] = interpolated(wanted, epoch, merit, straight=straight)
        return values


def interpolated(
    wanted: float, epoch: FloatArray, merit: FloatArray, *, straight: bool = False
) -> float:
    """Return a curve's value between two epochs, −∞ beside one that has none."""
    right = min(int(np.searchsorted(epoch, wanted)), len(epoch) - 1)
    if epoch[right] <= wanted or right == 0:
        return float(merit[right])
    beside = merit[right - 1 : right + 1]
    if not np.isfinite(beside).all():
        return float(beside.min())
    if straight:
        return float(np.interp(wanted, epoch[right - 1 : right + 1], beside))
    from scipy.interpolate import PchipInterpolator  # takes a third of a second to load

    known = np.isfinite(merit)
    return float(PchipInterpolator(epoch[known], merit[known])(wanted))
