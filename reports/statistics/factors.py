"""Factors of a study: main effects and interactions, or what each component does, paired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...core.inference.ablation import changes_of
from ...core.inference.factorial import (
    FloatArray,
    IntArray,
    Term,
    aliases_of,
    contrasts,
    halves,
    intervals,
    orthogonal,
    terms_of,
)
from ...core.inference.means import Interval
from ...studies.designs.ablation import Ablation
from ...studies.designs.add_one_in import AddOneIn
from ...studies.designs.axes import Axis, puts
from ...studies.designs.design_function import Arm, Level
from ...studies.designs.factorial import Factorial
from ...studies.designs.fractional_factorial import FractionalFactorial
from ...studies.designs.grid import Grid
from ...studies.designs.leave_one_out import LeaveOneOut
from ...studies.metrics import Metric
from .frames import Results
from .scales import compared

FactorKind = Literal["main", "interaction", "bare", "full", "others"]


@dataclass(frozen=True)
class Factor:
    """An axis with its levels: of each, what an arm has at every path of the axis."""

    axis: Axis
    levels: tuple[tuple[Level, ...], ...]


@dataclass(frozen=True)
class FactorEffect:
    """What a term does, on the scale of the analysis, with its 95 % t-interval over replicates.

    ``term`` names one factor or two by their position, each with the level that is compared with
    its first. ``aliases`` are the terms that it cannot be told from.
    """

    kind: FactorKind
    term: Term
    interval: Interval
    aliases: tuple[Term, ...] = ()

    @property
    def clear(self) -> bool:
        """Whether its interval leaves out no effect."""
        return self.interval.low > 0 or self.interval.high < 0


@dataclass(frozen=True)
class FactorEffects:
    """The factors of a study and what they do."""

    factors: tuple[Factor, ...]
    effects: tuple[FactorEffect, ...]


def factor_effects(results: Results, metric: Metric) -> FactorEffects | None:
    """Return what the factors do, None where the design does not tell.

    A factorial tells it, as does a grid of two-level axes, and an ablation.
    """
    design, arms = results.study.design, results.study.arms
    ablation = isinstance(design, Ablation | LeaveOneOut | AddOneIn)
    crossed = isinstance(design, Grid | Factorial | FractionalFactorial)
    axes = [axis for axis in design.axes if len(axis.levels) > 1]
    if not (ablation or crossed) or len(axes) < (1 if ablation else 2):
        return None
    factors = [factor_of(axis, arms) for axis in axes]
    known = [factor for factor in factors if factor is not None]
    two = all(len(factor.levels) == 2 for factor in known)
    if len(known) < len(factors) or (isinstance(design, Grid) and not two):
        return None
    levels = np.array([[position(f, arm) for f in known] for arm in arms], np.int64)
    values = values_of(results, metric)
    if ablation:
        return FactorEffects(tuple(known), tuple(changes(values, levels)))
    return FactorEffects(tuple(known), tuple(terms(values, levels))) if orthogonal(levels) else None


def factor_of(axis: Axis, arms: Sequence[Arm]) -> Factor | None:
    """Return an axis with what arms have on it, in its own order; None if some have no level."""
    arm_with = {tuple(arm.level(path) for path in axis.paths): arm for arm in reversed(arms)}
    ordered = [
        next(
            (levels for levels, arm in arm_with.items() if all(arm.has(*x) for x in puts(choice))),
            (),
        )
        for choice in axis.choices
    ]
    if not all(ordered) or len(arm_with) != len(ordered) or len(set(ordered)) != len(ordered):
        return None
    return Factor(axis, tuple(ordered))


def position(factor: Factor, arm: Arm) -> int:
    """Return which of a factor's levels an arm has."""
    return factor.levels.index(tuple(arm.level(path) for path in factor.axis.paths))


def values_of(results: Results, metric: Metric) -> FloatArray:
    """Return what arms are compared by, shape (replicates, arms), NaN where it has no value."""
    table = results.trials.pivot(index="replicate", columns="arm", values=metric.name)
    table = table.reindex(columns=range(len(results.study.arms)))
    return compared(metric, table, diverged=False)


def terms(values: FloatArray, levels: IntArray) -> list[FactorEffect]:
    """Return main effects and interactions; of those that are aliases only the first."""
    names, signs = terms_of(levels)
    estimated = intervals(contrasts(values, halves(signs)))
    aliases = aliases_of(signs)
    return [
        FactorEffect(
            "main" if len(term) == 1 else "interaction",
            term,
            estimated[i],
            tuple(names[other] for other in aliases[i]),
        )
        for i, term in enumerate(names)
        if i < min(aliases[i], default=len(names))
    ]


def changes(values: FloatArray, levels: IntArray) -> list[FactorEffect]:
    """Return what each component does to the bare and to the full recipe."""
    names, weights = changes_of(levels)
    estimated = intervals(contrasts(values, weights))
    return [
        FactorEffect(change, ((component, 1),), interval)
        for (component, change), interval in zip(names, estimated, strict=True)
    ]
