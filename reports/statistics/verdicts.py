"""Verdicts: whether the run reproduces published numbers, and whether wrong recipes do too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...studies.claims import axis_levels
from ...studies.designs.design_function import Level
from ...studies.expectations import Expectation
from ...studies.quantities.quantity_function import Frames, Levels
from .frames import Results
from .judges import ClaimVerdict, Measured, Reading, verdict

FloatArray = NDArray[np.float64]
Change = tuple[Level, ...]
"""The levels, or the measure, in which a wrong recipe differs."""
FAMILY_WISE = 0.05
"""How often a study whose claims are all true contradicts any of them, at most."""


@dataclass(frozen=True)
class Claim:
    """One expectation with what was measured for it: ``values`` of ``asked`` replicates."""

    expectation: Expectation
    reading: Reading
    values: tuple[float, ...]
    asked: int


@dataclass(frozen=True)
class Judgement:
    """Claims judged together, a family or a single one.

    ``alpha`` is the probability at most with which true ones are contradicted. Of the wrong
    recipes, ``rejected`` are told apart, ``kept`` are not, and ``absent`` have no values.
    """

    claims: tuple[Claim, ...]
    verdict: ClaimVerdict
    alpha: float
    rejected: tuple[Change, ...] = ()
    kept: tuple[Change, ...] = ()
    absent: tuple[Change, ...] = ()

    @property
    def family(self) -> str:
        """The name of the family, empty for a single claim."""
        return self.claims[0].expectation.family


def judge(results: Results) -> tuple[Judgement, ...]:
    """Judge every expectation of the study, those of a family together.

    The families share :data:`FAMILY_WISE` between them.
    """
    families: dict[str, list[Expectation]] = {}
    for index, expected in enumerate(results.study.expectations):
        families.setdefault(expected.family or f"\n{index}", []).append(expected)
    return tuple(
        judged(results, family, FAMILY_WISE / len(families)) for family in families.values()
    )


def judged(results: Results, family: Sequence[Expectation], alpha: float) -> Judgement:
    """Judge a family of expectations, then each wrong recipe at its share of the level."""
    right = measured(results, family)
    rejects = family[0].rejects
    wrong = [measured(results, family, change) for change in rejects]
    fate, read, apart = verdict(family, right, wrong, alpha)
    claims = tuple(
        Claim(e, reading, tuple(v[~np.isnan(v)].tolist()), len(v))
        for e, reading, v in zip(family, read, right.values, strict=True)
    )

    def those(rejected: bool | None) -> tuple[Change, ...]:
        chosen = (change for change, x in zip(rejects, apart, strict=True) if x is rejected)
        return tuple(tuple(level(results, *x) for x in change) for change in chosen)

    return Judgement(claims, fate, alpha, those(True), those(False), those(None))


def measured(results: Results, family: Sequence[Expectation], change: Levels = ()) -> Measured:
    """Return what a family speaks of, in the arms with a change."""
    return Measured(
        tuple(values_of(results, expected, change) for expected in family),
        tuple(position(results, changed(expected.arm, change)) for expected in family),
    )


def changed(arm: Levels, change: Levels) -> Levels:
    """Return an arm's levels with others in their place; a measure is none of them."""
    return tuple((dict(arm) | {p: v for p, v in change if p != "measure"}).items())


def position(results: Results, levels: Levels) -> int:
    """Return the position of the one arm that has these levels, −1 where there is not one."""
    arms = results.study.matching(levels)
    return results.study.arms.index(arms[0]) if len(arms) == 1 else -1


def values_of(results: Results, expected: Expectation, change: Levels = ()) -> FloatArray:
    """Return the quantity in every replicate, NaN where it has no value."""
    study = results.study
    numbers = axis_levels(expected.axis, study.matching)
    asked = expected.asked(str(dict(change).get("measure", "")), numbers)
    arm = changed(expected.arm, change)

    def select(levels: Levels) -> Frames:
        index = position(results, changed(arm, levels))
        return {
            name: frame[frame["arm"] == index]
            for name in ("trials", "epochs", "layers")
            for frame in [results.table(name)]
        }

    series: Any = asked.values(select)
    values = series.astype(float).reindex(range(study.replicates)).to_numpy(np.float64)
    return np.asarray(np.where(np.isfinite(values), values, np.nan))


def level(results: Results, path: str, value: Any) -> Level:
    """Return a level of an expectation as the arms that have it write it."""
    arms = results.study.matching(((path, value),)) if path != "measure" else ()
    return arms[0].level(path) if arms else Level(path, value, str(value))
