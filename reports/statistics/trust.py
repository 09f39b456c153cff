"""What bears on whether a run's numbers can be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ...cluster.planning.plan import Plan
from .effects import Effect
from .frames import Results

EXTENT = ("grid", "design", "replicates")
"""What of a study's table says which trials there are."""


@dataclass(frozen=True)
class Subnormal:
    """The largest share of subnormal numbers in a layer's δ, and where it was measured."""

    share: float
    layer: int
    step: int


@dataclass(frozen=True)
class Pairing:
    """Means over arms: correlation of the pairs, and variance against an unpaired comparison's."""

    correlation: float
    variance_ratio: float


@dataclass(frozen=True)
class Trust:
    """Facts for the checks of a report.

    Parameters
    ----------
    failure
        Why the first failed training failed.
    subnormal, pairing
        None where nothing was measured, or no pair varies.
    machines
        The number of kinds of machine or library.
    extensions
        How many later plans asked for more trials than those before.
    asked_in_advance
        Whether metric, margin and named arms are those of the first plan.
    """

    failure: str
    subnormal: Subnormal | None
    pairing: Pairing | None
    machines: int
    extensions: int
    asked_in_advance: bool


def trust_of(results: Results, effects: Sequence[Effect]) -> Trust:
    """Return the facts about a run, given its paired effects."""
    trials, plans = results.trainings, results.run.plans
    failures = trials.loc[trials["status"] == "failed", "message"].dropna()
    return Trust(
        failure=str(failures.iloc[0]) if len(failures) else "",
        subnormal=subnormal(results),
        pairing=pairing(effects),
        machines=trials["numerics"].nunique(),
        extensions=extensions(plans),
        asked_in_advance=results.asked_in_advance,
    )


def extensions(plans: Sequence[Plan]) -> int:
    """Return how many plans ask for arms or replicates that none before them did.

    One that only goes on, after a budget was used up or a design had its scores, asks for no more:
    it answers the same request.
    """
    count, arms, replicates = 0, set[str](), 0
    extent: dict[str, object] = {}
    for plan in plans:
        asked, many = {planned.arm_id for planned in plan.arms}, int(plan.study["replicates"])
        former, extent = extent, {key: plan.study.get(key) for key in EXTENT}
        more = many > replicates or not asked <= arms
        count += bool(former) and extent != former and more
        arms, replicates = arms | asked, max(replicates, many)
    return count


def subnormal(results: Results) -> Subnormal | None:
    """Return where the share of subnormal numbers was largest."""
    shares = results.layers["subnormal_share"].dropna()
    if shares.empty:
        return None
    worst = results.layers.loc[shares.idxmax()]
    return Subnormal(float(shares.max()), int(worst["layer"]), int(worst["step"]))


def pairing(effects: Sequence[Effect]) -> Pairing | None:
    """Return how much pairing helped, over the arms whose pairs vary."""
    varied = [effect for effect in effects if math.isfinite(effect.correlation)]
    if not varied:
        return None
    correlation, ratio = (
        sum(getattr(effect, name) for effect in varied) / len(varied)
        for name in ("correlation", "variance_ratio")
    )
    return Pairing(correlation, ratio)
