"""The answer to "how does it change": the slope of the metric along an axis of numbers."""

from __future__ import annotations

from ...studies.answers import Trend
from ..language.messages import capital, clauses, sentences, text
from ..language.numbers import effect_interval, effect_words, exponential, number, points
from ..page.words import axis_words, levels_spoken, since
from ..statistics.along import fixed_levels
from ..statistics.analysis import Analysis
from ..statistics.trends import Slope, slopes
from . import comparison
from .answer import Answer


def answer(analysis: Analysis) -> Answer:
    """Say for each combination of levels how the metric changes along the axis."""
    asked = analysis.study.answer
    assert isinstance(asked, Trend)
    known = slopes(analysis.results, asked, analysis.conditions)
    axis = axis_words(asked.axis)
    doubling = known[0].doubling
    step = (
        text("each doubling of {axis}", axis=axis)
        if doubling
        else text("each 1 of {axis}", axis=axis)
    )
    subject = text(analysis.metric.words)
    if analysis.metric.distance:
        subject = text("distance of the {metric} from 1", metric=subject)
    sentence = text(
        "with {step}, the {metric} {changes}.",
        step=step,
        metric=subject,
        changes=clauses(change_words(analysis, slope) for slope in known),
    )
    said = [evidence_words(analysis, slope) for slope in known]
    fixed = fixed_levels(analysis.results, asked.axis, asked.by)
    if fixed:
        said.append(text("All with {levels}.", levels=levels_spoken(fixed)))
    judged = text(
        "A replicate's slope is that of the straight line of least squares through its values; "
        "what its arms share by luck drops out of it."
    )
    qualification = sentences(*said, comparison.brackets(analysis))
    return Answer(capital(sentence), qualification, comparison.counts(analysis), judged)


def change_words(analysis: Analysis, slope: Slope) -> str:
    """Say the direction and the size of one change, or that none is clear."""
    size = size_words(analysis, slope.mean)
    if not slope.clear:
        said = text("does not clearly change")
    elif slope.mean > 0:
        said = text("rises {size}", size=size)
    else:
        said = text("falls {size}", size=size)
    if slope.row.by:
        said = text("{change} with {levels}", change=said, levels=levels_spoken(slope.row.by))
    return since(slope.row.origin, said)


def size_words(analysis: Analysis, change: float) -> str:
    """Write the size of a change without its sign."""
    metric = analysis.metric
    if metric.scale == "log":
        return text("{times}-fold", times=number(exponential(abs(change))))
    amount = number(metric.factor * abs(change))
    return text("by {amount}", amount=points(amount) if metric.unit == "%" else amount)


def evidence_words(analysis: Analysis, slope: Slope) -> str:
    """Say the interval of a slope, in how many replicates it goes that way, and if it is bent."""
    where = levels_spoken(slope.row.by) if slope.row.by else ""
    said = text(
        "The change is {mean} {interval}, with this sign in {k} of {n} replicates.",
        mean=effect_words(analysis.metric, slope.mean),
        interval=effect_interval(analysis.metric, slope.low, slope.high),
        k=slope.same,
        n=slope.n,
    )
    if where:
        said = text("With {levels}: {sentence}", levels=where, sentence=said)
    if not slope.bent:
        return said
    bent = text(
        "It is not straight: over the lower half of the levels it changes by {first}, over the "
        "upper half by {second}.",
        first=effect_words(analysis.metric, slope.first),
        second=effect_words(analysis.metric, slope.second),
    )
    return sentences(said, bent)
