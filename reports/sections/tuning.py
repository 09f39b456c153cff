"""How nuisance factors were tuned: what each arm was given, and what was tried."""

from __future__ import annotations

from collections.abc import Iterable

from ...core.streams import Purpose
from ...studies.designs.axes import Axis
from ...studies.designs.design_function import Arm
from ...studies.designs.tuned import Curve
from ..language.messages import clauses, counted, listed, sentences, series, text
from ..language.numbers import amount
from ..page.words import axis_words, level_words, value_words
from ..statistics.analysis import Analysis
from ..statistics.tuning import Tuning
from .section import Section, made


def section(analysis: Analysis) -> Section | None:
    """List each arm's choice and its candidates, where the design tunes any."""
    tuning = analysis.tuning
    if tuning is None:
        return None
    heads = [text("arm"), text("chosen"), *candidate_heads(tuning)]
    return made(
        "tuning",
        text("Tuned best against tuned best"),
        "tuning.html",
        takeaway=takeaway(tuning),
        heads=heads,
        rows=[row(tuning, curve) for curve in tuning.curves],
        caption=caption(analysis, tuning),
    )


def takeaway(tuning: Tuning) -> str:
    """Say what was tuned, how often and on what."""
    each = len(tuning.curves[0].candidates)
    return text(
        "Each arm has its own {factors}: the best of {n} by its {score} over {replicates} that "
        "serve nothing else.",
        factors=listed(
            axis_words(path) for axis in tuning.curves[0].nuisances for path in axis.paths
        ),
        n=f"{each:,}",
        score=text(tuning.metric.words),
        replicates=counted("{n} replicate", "{n} replicates", tuning.replicates),
    )


def factors(curve: Curve) -> list[str]:
    """Name what is tuned."""
    return [axis_words(path) for axis in curve.nuisances for path in axis.paths]


def candidate_heads(tuning: Tuning) -> list[str]:
    """Head the columns of candidates with what is tried in each."""
    curve = tuning.curves[0]
    return [series(levels(arm, curve.nuisances)) for arm in curve.candidates]


def levels(arm: Arm, axes: Iterable[Axis]) -> list[str]:
    """Write an arm's levels on some axes; a single axis is named in the caption."""
    return [value_words(arm.level(path)) for axis in axes for path in axis.paths]


def row(tuning: Tuning, curve: Curve) -> dict[str, object]:
    """Return an arm's line: its name, what it was given, and what each candidate scored."""
    tuned = [path for axis in curve.nuisances for path in axis.paths]
    arm = curve.candidates[0]
    scientific = [level_words(arm.level(path)) for path in arm.paths if path not in tuned]
    chosen = clauses(level_words(curve.chosen.level(p)) for p in tuned) if curve.chosen else "–"
    edge = text("at the edge of what was tried") if curve.at_edge else ""
    cells = [cell(tuning, curve, position) for position in range(len(curve.candidates))]
    return {
        "arm": series(scientific) or text("the only arm"),
        "chosen": chosen,
        "edge": edge,
        "cells": cells,
        "best": -1 if curve.best is None else curve.best,
    }


def cell(tuning: Tuning, curve: Curve, position: int) -> tuple[str, str]:
    """Write a candidate's mean score, and how many replicates have none."""
    standing = curve.standings[position]
    if standing is None:
        return "…", ""
    mean = tuning.mean(curve, position)
    lost = text("{k} of {n} lost", k=standing.lost, n=standing.replicates) if standing.lost else ""
    return amount(tuning.metric, mean) if mean is not None else "–", lost


def caption(analysis: Analysis, tuning: Tuning) -> str:
    """Say what the numbers are, how ties and losses count, and on what rows arms are judged."""
    return sentences(
        text(
            "Columns: {factors}; numbers: {score}, the mean over tuning replicates.",
            factors=series(
                axis_words(path) for axis in tuning.curves[0].nuisances for path in axis.paths
            ),
            score=text(tuning.metric.words),
        ),
        text(
            "A candidate that lost a replicate, as by divergence, stands behind those that lost "
            "fewer, and of equals the first is chosen."
        ),
        text("Only replicates that were not tuned on are compared anywhere else on this page."),
        rows_words(analysis, tuning),
    )


def rows_words(analysis: Analysis, tuning: Tuning) -> str:
    """Say whether the rows that arms are judged on were seen in tuning."""
    if Purpose.DATA in tuning.varied:
        return text("Every replicate draws data of its own: no row is for tuning and for judging.")
    if Purpose.SPLIT not in tuning.varied:
        return text(
            "All of them have the same split: levels were chosen on its validation rows, on which "
            "arms are not compared."
        )
    if "test" in analysis.metric.needs:
        return text(
            "All of them split the same data anew: a row for testing in one may have been for "
            "validation in a tuning replicate."
        )
    return text(
        "All of them split the same data anew: a row for validation in one may have been so in a "
        "tuning replicate, so that levels were chosen on some of the rows that judge them; a test "
        "metric would look at fewer of these."
    )
