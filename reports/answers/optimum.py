"""The answer to "which is best": the best level of an axis, and those that may be as good."""

from __future__ import annotations

from collections.abc import Sequence

from ...studies.answers import Optimum
from ...studies.metrics import Metric
from ..language.messages import capital, clauses, listed, sentences, text
from ..language.numbers import amount, interval
from ..page.words import axis_words, level_words, levels_spoken, levels_words, since, value_words
from ..statistics.along import fixed_levels
from ..statistics.analysis import Analysis
from ..statistics.optima import Best, optima
from . import comparison
from .answer import Answer

MOST_PLACES = 2
"""So many best values are given in the headline; of more, only where they are."""


def answer(analysis: Analysis) -> Answer:
    """Say for each combination of levels which level of the axis is best."""
    asked = analysis.study.answer
    assert isinstance(asked, Optimum)
    known = optima(analysis.results, asked)
    sentence = text(
        "{best} is {places}.",
        best=extreme_words(analysis.metric),
        places=gathered_words(known)
        if len(known) > MOST_PLACES
        else clauses(place_words(analysis, best) for best in known),
    )
    said = [possible_words(analysis, best, asked.axis) for best in known]
    said += [edge_words(best, asked.axis) for best in known]
    fixed = fixed_levels(analysis.results, asked.axis, asked.by)
    if fixed:
        said.append(text("All with {levels}.", levels=levels_spoken(fixed)))
    said += [lost_words(best) for best in known]
    judged = text(
        "The best has the best median, and was chosen by the numbers that are shown, which "
        "flatters it. A level may be the best unless another one beats it clearly, over all levels "
        "together, at the 5 % level."
    )
    qualification = sentences(*said, comparison.brackets(analysis))
    return Answer(capital(sentence), qualification, comparison.counts(analysis), judged)


def extreme_words(metric: Metric) -> str:
    """Say of which value the best is told: the highest, the lowest, the one nearest to 1."""
    name = text(metric.words)
    if metric.distance:
        return text("the {metric} nearest to 1", metric=name)
    if metric.direction == "higher":
        return text("the highest {metric}", metric=name)
    return text("the lowest {metric}", metric=name)


def gathered_words(known: Sequence[Best]) -> str:
    """Say where many best values are, each level with the combinations in which it is best."""
    places: dict[str, list[str]] = {}
    for best in known:
        where = text("nowhere")
        if best.arm is not None:
            level = best.row.levels[best.row.arms.index(best.arm)]
            where = text("with {level}", level=levels_spoken([level]))
        others = since(best.row.origin, levels_words(best.row.by))
        places.setdefault(where, []).append(others)
    if len(places) == 1:
        (where,) = places
        return text("{place} in all {n} cases", place=where, n=len(known))
    return clauses(
        text("{place} ({levels})", place=place, levels=clauses(others))
        for place, others in places.items()
    )


def place_words(analysis: Analysis, best: Best) -> str:
    """Say one best value and where it is."""
    if best.arm is None or best.estimate is None:
        place = text("nowhere, as no trial has one")
    else:
        level = best.row.levels[best.row.arms.index(best.arm)]
        place = text(
            "{value} with {level}",
            value=amount(analysis.metric, best.estimate.median),
            level=levels_spoken([level]),
        )
    if best.row.by:
        place = text("{place} and {levels}", place=place, levels=levels_spoken(best.row.by))
    return since(best.row.origin, place)


def possible_words(analysis: Analysis, best: Best, axis: str) -> str:
    """Say the interval of the best median, and which other levels may be the best."""
    if best.arm is None or best.estimate is None:
        return ""
    e = best.estimate
    ends = interval(analysis.metric, e.median_low, e.median_high)
    middle = amount(analysis.metric, e.median)
    said = [
        text("The median is {median} {interval}.", median=middle, interval=ends) if ends else ""
    ]
    values = {"axis": axis_words(axis)}
    if best.possible is None:
        said.append(text("There are too few replicates to say which others may be best."))
    else:
        others = [
            value_words(level)
            for arm, level in zip(best.row.arms, best.row.levels, strict=True)
            if arm in best.possible and arm != best.arm
        ]
        said.append(
            text("Of the {axis}, {levels} may be the best, too.", levels=listed(others), **values)
            if others
            else text("No other level of the {axis} may be the best.", **values)
        )
    if not best.row.by:
        return sentences(*said)
    where = capital(levels_spoken(best.row.by))
    return text("{levels}: {rest}", levels=where, rest=sentences(*said))


def edge_words(best: Best, axis: str) -> str:
    """Say that the best level is the first or last of its axis, so that a better one may follow."""
    if not best.at_edge or best.arm is None:
        return ""
    level = best.row.levels[best.row.arms.index(best.arm)]
    return text(
        "{level} is at the edge of what was tried: the best {axis} may lie beyond.",
        level=capital(level_words(level)),
        axis=axis_words(axis),
    )


def lost_words(best: Best) -> str:
    """Say at which levels most replicates have no value."""
    if not best.lost:
        return ""
    levels = [best.row.levels[best.row.arms.index(arm)] for arm in best.lost]
    return text(
        "Most replicates have no value with {levels}.", levels=listed(map(level_words, levels))
    )
