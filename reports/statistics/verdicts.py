"""Verdicts: whether the run reproduces published numbers, and whether wrong recipes do too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.inference.standing import Standing
from ...studies.claims import axis_levels
from ...studies.designs.design_function import Level
from ...studies.expectations import Expectation
from ...studies.quantities.quantity_function import Frames, Levels
from .frames import Results
from .judges import Reading, readings

FloatArray = NDArray[np.float64]
Change = tuple[Level, ...]
"""The levels, or the measure, in which a wrong recipe differs."""
FAMILY_WISE = 0.05
"""How often a study whose claims are all true contradicts any of them, at most."""


class ClaimVerdict(StrEnum):
    """How a claim fares; each value equals its text."""

    REPRODUCED = "reproduced"
    """It holds, and every wrong recipe fails the same judgement."""
    CONSISTENT = "consistent"
    """It holds, but not every wrong recipe is told apart."""
    INCONCLUSIVE = "inconclusive"
    """Too few values, or too wide an interval, to say."""
    CONTRADICTED = "contradicted"
    """It is excluded."""


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
    values = [values_of(results, e) for e in family]
    luck = [position(results, e.arm) for e in family]
    read = readings(family, values, luck, alpha)
    known = [tuple(v[~np.isnan(v)].tolist()) for v in values]
    claims = tuple(
        Claim(e, reading, mine, len(v))
        for e, reading, mine, v in zip(family, read, known, values, strict=True)
    )
    standings = {reading.standing for reading in read}
    if Standing.OUTSIDE in standings:
        verdict = ClaimVerdict.CONTRADICTED
    elif Standing.OPEN in standings:
        verdict = ClaimVerdict.INCONCLUSIVE
    else:
        verdict = ClaimVerdict.CONSISTENT
    rejects = family[0].rejects
    sorts: dict[str, list[Change]] = {"rejected": [], "kept": [], "absent": []}
    for change in rejects:
        wrong = [values_of(results, e, change) for e in family]
        named = tuple(level(results, *x) for x in change)
        if any(np.isnan(w).all() for w in wrong):
            sorts["absent"].append(named)
            continue
        luck = [position(results, changed(e.arm, change)) for e in family]
        apart = readings(family, wrong, luck, alpha / len(rejects))
        excluded = any(reading.standing is Standing.OUTSIDE for reading in apart)
        sorts["rejected" if excluded else "kept"].append(named)
    if verdict is ClaimVerdict.CONSISTENT and rejects and len(sorts["rejected"]) == len(rejects):
        verdict = ClaimVerdict.REPRODUCED
    return Judgement(
        claims, verdict, alpha, **{name: tuple(changes) for name, changes in sorts.items()}
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

    found: Any = asked.values(select)
    values = found.astype(float).reindex(range(study.replicates)).to_numpy(np.float64)
    return np.asarray(np.where(np.isfinite(values), values, np.nan))


def level(results: Results, path: str, value: Any) -> Level:
    """Return a level of an expectation as the arms that have it write it."""
    arms = results.study.matching(((path, value),)) if path != "measure" else ()
    return arms[0].level(path) if arms else Level(path, value, str(value))
