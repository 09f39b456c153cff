"""Factors of a study: main effects and interactions, or what each component does, paired."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from ...core.inference.ablation import changes_of
from ...core.inference.factorial import (
    FloatArray,
    IntArray,
    Term,
    aliases_of,
    contrasts,
    halves,
    orthogonal,
    terms_of,
)
from ...studies.designs.ablation import Ablation
from ...studies.designs.add_one_in import AddOneIn
from ...studies.designs.axes import Axis, puts
from ...studies.designs.design_function import Arm, Level
from ...studies.designs.factorial import Factorial
from ...studies.designs.fractional_factorial import FractionalFactorial
from ...studies.designs.grid import Grid
from ...studies.designs.leave_one_out import LeaveOneOut
from ...studies.metrics import Metric
from .effects import Conditions, judge_together
from .frames import Results
from .widening import of_contrasts

FactorKind = Literal["main", "interaction", "bare", "full", "others"]


@dataclass(frozen=True)
class Factor:
    """An axis with its levels: of each, what an arm has at every path of the axis."""

    axis: Axis
    levels: tuple[tuple[Level, ...], ...]


@dataclass(frozen=True)
class FactorEffect:
    """What a term does, on the scale of the analysis, judged together with all other terms.

    ``term`` names one factor or two by their position, each with the level that is compared with
    its first. ``mean``, ``low``, ``high``, ``p`` and ``ranked`` are as an arm's effect has them; in
    ``without`` of the ``n`` replicates an arm has no value and counts as worst. ``aliases`` are the
    terms that it cannot be told from.
    """

    kind: FactorKind
    term: Term
    mean: float
    low: float
    high: float
    n: int
    p: float = math.nan
    ranked: bool = False
    without: int = 0
    aliases: tuple[Term, ...] = ()

    @property
    def clear(self) -> bool:
        """Whether its interval leaves out no effect."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class FactorEffects:
    """The factors of a study and what they do."""

    factors: tuple[Factor, ...]
    effects: tuple[FactorEffect, ...]


def factor_effects(
    results: Results, metric: Metric, conditions: Conditions | None = None
) -> FactorEffects | None:
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
    if not ablation and not orthogonal(levels):
        return None
    named, weights = changes(levels) if ablation else terms(levels)
    table = results.compared(metric).reindex(columns=range(len(arms)))
    made = effects(results, table, named, weights, conditions or Conditions())
    return FactorEffects(tuple(known), tuple(made))


def factor_of(axis: Axis, arms: Sequence[Arm]) -> Factor | None:
    """Return an axis with what arms have on it, in its own order; None if some have no level."""
    arm_with = {tuple(arm.level(path) for path in axis.paths): arm for arm in reversed(arms)}
    ordered = [
        next((has for has, arm in arm_with.items() if all(arm.has(*x) for x in puts(choice))), ())
        for choice in axis.choices
    ]
    if not all(ordered) or len(arm_with) != len(ordered) or len(set(ordered)) != len(ordered):
        return None
    return Factor(axis, tuple(ordered))


def position(factor: Factor, arm: Arm) -> int:
    """Return which of a factor's levels an arm has."""
    return factor.levels.index(tuple(arm.level(path) for path in factor.axis.paths))


def terms(levels: IntArray) -> tuple[list[dict[str, Any]], FloatArray]:
    """Return main effects and interactions, and their weights; of aliases only the first."""
    names, signs = terms_of(levels)
    aliases = aliases_of(signs)
    first = [i for i in range(len(names)) if i < min(aliases[i], default=len(names))]
    named = [
        {
            "kind": "main" if len(names[i]) == 1 else "interaction",
            "term": names[i],
            "aliases": tuple(names[other] for other in aliases[i]),
        }
        for i in first
    ]
    return named, halves(signs[:, first])


def changes(levels: IntArray) -> tuple[list[dict[str, Any]], FloatArray]:
    """Return what each component does to the bare and to the full recipe, and the weights."""
    names, weights = changes_of(levels)
    return [{"kind": kind, "term": ((component, 1),)} for component, kind in names], weights


def effects(
    results: Results,
    table: pd.DataFrame,
    named: list[dict[str, Any]],
    weights: FloatArray,
    given: Conditions,
) -> list[FactorEffect]:
    """Judge the contrasts of compared values as one family, by the rules of arms.

    Where values are counts, a contrast counts in steps of its largest weight.
    """
    values = table.to_numpy(np.float64)
    rows = contrasts(values, weights).T
    finite = np.where(np.isfinite(values), np.abs(values), 0.0)
    factors = of_contrasts(results, rows, [int(k) for k in table.index])
    size, step = float(finite.max(initial=0.0)), float(np.abs(weights).max(initial=0.0))
    judged = judge_together(rows, given, factors, size=size, step=step) if len(rows) else []
    infinite = np.isinf(values).astype(np.float64) @ (weights != 0) > 0
    without = (infinite.T & ~np.isnan(rows)).sum(axis=1)
    return [
        FactorEffect(
            **name,
            mean=each.estimate,
            low=each.low,
            high=each.high,
            n=each.n,
            p=each.p,
            ranked=each.ranked,
            without=int(k),
        )
        for name, each, k in zip(named, judged, without, strict=True)
    ]
