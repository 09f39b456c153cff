"""The answer to "how large": where the metric passes a value, with its interval."""

from __future__ import annotations

import math

from ...studies.answers import Threshold
from ..language.messages import capital, clauses, sentences, series, text
from ..language.numbers import number
from ..page.words import axis_words, level_words, levels_spoken, since
from ..statistics.analysis import Analysis
from ..statistics.thresholds import Passing, passings
from . import comparison
from .answer import Answer


def answer(analysis: Analysis) -> Answer:
    """Say for each combination of levels where the metric passes the value."""
    asked = analysis.study.answer
    assert isinstance(asked, Threshold)
    metric = text(analysis.metric.words)
    places = clauses(map(place_words, passings(analysis.results, asked)))
    passes = text("the {metric} passes {value}", metric=metric, value=number(asked.value))
    sentence = text(
        "{what} beyond {axis} {places}.",
        what=asked.beyond or capital(passes),
        axis=axis_words(asked.axis),
        places=places,
    )
    qualification = sentences(
        text("There {passes}.", passes=passes) if asked.beyond else "",
        *map(diverged_words, passings(analysis.results, asked)),
        text(
            "Between two levels the metric is taken to be straight over the logarithm of the axis."
        ),
        comparison.brackets(analysis),
    )
    return Answer(sentence, qualification, comparison.key_figures(analysis))


def place_words(passing: Passing) -> str:
    """Say one place, and in how many replicates it lies beyond the axis."""
    interval = passing.interval
    place = text("beyond the largest level")
    if math.isfinite(interval.estimate):
        place = number(interval.estimate)
        if not math.isnan(interval.low):
            place = f"{place} [{number(interval.low)}, {number(interval.high)}]"
    levels = levels_spoken(passing.levels) if passing.levels else ""
    if levels:
        place = text("{place} with {levels}", place=place, levels=levels)
    place = since(passing.origin, place)
    if not passing.beyond:
        return place
    beyond = text("beyond it in {k} of {n} replicates", k=passing.beyond, n=passing.n)
    return text("{place} ({beyond})", place=place, beyond=beyond)


def diverged_words(passing: Passing) -> str:
    """Say at which levels trainings diverged."""
    if not passing.diverged:
        return ""
    each = [
        text("{k} of {n} at {level}", k=rate.k, n=rate.n, level=level_words(level))
        for level, rate in passing.diverged
    ]
    levels = levels_spoken(passing.levels)
    where = text("With {levels} trainings", levels=levels) if passing.levels else text("Trainings")
    where = since(passing.origin, where)
    return text("{where} diverged: {each}.", where=where, each=series(each))
