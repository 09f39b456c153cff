"""The answer to "how large": where the metric passes a value, with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...studies.answers import Threshold
from ..language.messages import capital, clauses, listed, sentences, text
from ..language.numbers import number
from ..page.words import axis_words, levels_spoken, since, value_words
from ..statistics.along import fixed_levels
from ..statistics.analysis import Analysis
from ..statistics.thresholds import Passing, passings
from . import comparison
from .answer import Answer

MOST_PLACES = 2
"""So many places are named in the headline one by one."""


def answer(analysis: Analysis) -> Answer:
    """Say for each combination of levels where the metric passes the value."""
    asked = analysis.study.answer
    assert isinstance(asked, Threshold)
    found = passings(analysis.results, asked)
    metric, axis = text(analysis.metric.words), axis_words(asked.axis)
    passes = text("the {metric} passes {value}", metric=metric, value=number(asked.value))
    what = text("{what} where the {axis} exceeds", what=text(asked.beyond), axis=axis)
    if not asked.beyond:
        what = text("{passes} where the {axis} is", passes=passes, axis=axis)
    sentence = text("{what} {places}.", what=what, places=short_words(found, asked.by))
    fixed = fixed_levels(analysis.results, asked.axis, asked.by)
    if fixed:
        sentence = text("with {levels} {sentence}", levels=levels_spoken(fixed), sentence=sentence)
    judged = sentences(
        text("The threshold is where {passes}.", passes=passes) if asked.beyond else "",
        text(
            "Between two levels the metric is taken to be straight over the logarithm of the axis."
        ),
    )
    qualification = sentences(
        text("Thresholds: {places}.", places=clauses(map(place_words, found))),
        diverged_words(axis, found),
        comparison.brackets(analysis),
    )
    return Answer(capital(sentence), qualification, comparison.counts(analysis), judged)


def short_words(found: Sequence[Passing], by: Sequence[str]) -> str:
    """Say the places without intervals: one, a few with their levels, or from where to where."""
    places = [passing.interval.estimate for passing in found]
    if len(found) > MOST_PLACES and all(map(math.isfinite, places)):
        return text(
            "{low} to {high}, by {axes}",
            low=number(min(places)),
            high=number(max(places)),
            axes=listed(map(axis_words, by)),
        )
    return clauses(place_words(passing, brackets=False) for passing in found)


def place_words(passing: Passing, *, brackets: bool = True) -> str:
    """Say one place, and in how many replicates it lies beyond the axis."""
    interval = passing.interval
    place = text("a value beyond the largest level")
    if math.isfinite(interval.estimate):
        place = number(interval.estimate)
        if brackets and not math.isnan(interval.low):
            place = f"{place} [{number(interval.low)}, {number(interval.high)}]"
    levels = levels_spoken(passing.levels) if passing.levels else ""
    if levels:
        place = text("{place} with {levels}", place=place, levels=levels)
    place = since(passing.origin, place)
    if not passing.beyond or not brackets:
        return place
    beyond = text("beyond it in {k} of {n} replicates", k=passing.beyond, n=passing.n)
    return text("{place} ({beyond})", place=place, beyond=beyond)


def diverged_words(axis: str, found: list[Passing]) -> str:
    """Say at which levels trainings diverged."""
    places = []
    for passing in found:
        each = listed(
            text("{level} ({k} of {n})", level=value_words(level), k=rate.k, n=rate.n)
            for level, rate in passing.diverged
        )
        if each and passing.levels:
            levels = levels_spoken(passing.levels)
            each = text("{place} with {levels}", place=each, levels=levels)
        places.append(since(passing.origin, each) if each else "")
    if not any(places):
        return ""
    where = clauses(filter(None, places))
    return text("Trainings diverged where the {axis} is {places}.", axis=axis, places=where)
