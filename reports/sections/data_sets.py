"""Arms over several data sets, by their average ranks."""

from __future__ import annotations

import math

from ...core.inference.blocks import Friedman
from ..language.messages import counted, sentences, text
from ..language.numbers import amount, number
from ..page.words import levels_words, value_words
from ..statistics.analysis import Analysis
from ..statistics.blocks import FEWEST, Blocks, blocks_of
from ..statistics.scales import back
from .section import Section
from .tables import TextTable, tabled

MOST_TASKS, MOST_ROWS = 5, 10
CLEAR = 0.05


def section(analysis: Analysis) -> Section | None:
    """Rank arms over data sets, where the study has several."""
    made = blocks_of(analysis.results)
    if made is None:
        return None
    order = sorted(range(len(made.treatments)), key=lambda i: made.ranks[i])
    tasks = range(min(MOST_TASKS, len(made.tasks)))
    table = TextTable(
        [text("arm"), text("average rank"), *(value_words(made.tasks[t]) for t in tasks)],
        [
            [
                levels_words(made.treatments[i]),
                number(made.ranks[i]),
                *(cell(analysis, float(made.values[t, i])) for t in tasks),
            ]
            for i in order[:MOST_ROWS]
        ],
        caption(analysis, made),
    )
    best, second = order[0], order[1]
    said = takeaway(made, best, second)
    return tabled("data-sets", text("Over data sets"), said, table)


def cell(analysis: Analysis, merit: float) -> str:
    """Write a median value, a dash where more than half of the replicates diverged."""
    metric = analysis.metric
    if not math.isfinite(merit):
        return "–"
    return amount(metric, back(metric.scale, -merit if metric.direction == "lower" else merit))


def takeaway(made: Blocks, best: int, second: int) -> str:
    """Say which arm ranks best, and whether that is more than luck over data sets."""
    leading = counted(
        "Exploratory: over {n} data set, {arm} has the best average rank, {rank} of {all}.",
        "Exploratory: over {n} data sets, {arm} has the best average rank, {rank} of {all}.",
        len(made.tasks),
        arm=levels_words(made.treatments[best]),
        rank=number(made.ranks[best]),
        all=len(made.treatments),
    )
    if made.test is None:
        few = text("Fewer than {n} data sets are too few for a test.", n=FEWEST)
        return sentences(leading, few)
    return sentences(leading, test_words(made.test, made, second))


def test_words(test: Friedman, made: Blocks, second: int) -> str:
    """Say what Friedman's test tells, and what is not told apart from the best."""
    values = {"f": number(test.f), "p": number(test.p, 2)}
    if test.p >= CLEAR:
        return text(
            "Friedman's test does not tell the arms apart (Iman and Davenport's F = {f}, p = {p}).",
            **values,
        )
    lead = made.ranks[second] - min(made.ranks)
    words = text(
        "The arms differ (Friedman's test, Iman and Davenport's F = {f}, p = {p}).", **values
    )
    if lead < test.critical:
        close = text(
            "Yet the best is not told apart from {arm}: ranks differ by less than {critical}.",
            arm=levels_words(made.treatments[second]),
            critical=number(test.critical),
        )
        return sentences(words, close)
    return sentences(words, text("The best is ahead of all others."))


def caption(analysis: Analysis, made: Blocks) -> str:
    """Say what is ranked, and from which difference on ranks are told apart."""
    how = text(
        "Each data set is a block: arms are ranked within it by the median {metric} of their "
        "replicates, 1 the best, diverged trials last, and ranks are averaged over data sets. "
        "Replicates of one data set do not count as further evidence.",
        metric=text(analysis.metric.words),
    )
    apart = ""
    if made.test is not None:
        apart = text(
            "Average ranks that differ by less than {critical} are not told apart (Nemenyi, 95 %).",
            critical=number(made.test.critical),
        )
    left = counted(
        "{n} data set is left out, as an arm has no finished trial on it.",
        "{n} data sets are left out, as an arm has no finished trial on them.",
        made.left_out,
    )
    more = len(made.treatments) - MOST_ROWS
    further = (
        counted("{n} further arm is not listed.", "{n} further arms are not listed.", more)
        if more > 0
        else ""
    )
    return sentences(how, apart, left if made.left_out else "", further)
