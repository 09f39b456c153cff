"""Which arms a design withdrew, after which epoch, and how they stood there."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.engine.outcome import Status
from ...studies.metrics import METRICS, Metric
from .estimates import Estimate, estimate
from .frames import Results


@dataclass(frozen=True)
class Withdrawal:
    """An arm withdrawn after an epoch: the mean of ``n`` replicates, of all ``replicates``, there.

    The others diverged or failed before. Its score is no final one, and is compared with none.
    """

    arm: int
    epoch: int
    reached: Estimate
    replicates: int


def selecting_metric(results: Results) -> Metric:
    """Return the metric by which the design withdraws arms, the primary one if it names none."""
    name = results.study.design.selects_on or results.study.metric
    return results.renamed(METRICS[name])


def withdrawals(results: Results) -> tuple[Withdrawal, ...]:
    """Return the arms that were withdrawn, the last ones first, in the order of the arms.

    A replicate of several folds counts with their mean, where all of them were withdrawn.
    """
    metric, rows = selecting_metric(results), results.withdrawn
    if rows.empty or metric.name not in rows:
        return ()
    trials = results.trials[results.trials["status"] == Status.STOPPED]
    replicates = results.trials.groupby("arm").size()
    made = []
    for (arm, epoch), of_arm in rows.groupby(["arm", "epochs_trained"]):
        whole = trials.loc[trials["arm"] == arm, "replicate"]
        mine = of_arm[of_arm["replicate"].isin(whole)]
        means = mine.groupby("replicate")[metric.name].mean()
        there = estimate(means, metric.scale)
        made.append(Withdrawal(int(arm), int(epoch), there, int(replicates[arm])))
    return tuple(sorted(made, key=lambda each: (-each.epoch, each.arm)))
