"""The answer to "what helps": the component that does most alone, and that missed most."""

from __future__ import annotations

from ...studies.metrics import Metric
from ..language.messages import capital, clauses, counted, listed, sentences, text
from ..language.numbers import effect_interval, effect_words
from ..page.words import levels_spoken
from ..statistics.analysis import Analysis
from ..statistics.factors import FactorEffect, FactorEffects
from ..statistics.scales import better
from . import comparison
from .answer import Answer


def answer(analysis: Analysis) -> Answer:
    """Say which component helps most when added alone, and which when left out."""
    shown = analysis.factors
    effects = shown.effects if shown is not None else ()
    added = [effect for effect in effects if effect.kind == "bare"]
    kept = [effect for effect in effects if effect.kind == "full"]
    assert shown is not None
    said = []
    if added:
        said.append(added_words(analysis.metric, shown, added))
    if kept:
        said.append(kept_words(analysis.metric, shown, kept))
    sentence = text("{clauses}.", clauses=capital(clauses(said)))
    qualification = sentences(
        helping_words(analysis.metric, shown, added, alone=True) if added else "",
        helping_words(analysis.metric, shown, kept, alone=False) if kept else "",
        comparison.brackets(analysis),
    )
    judged = text(
        "Every change is paired by replicate, and the intervals of all changes hold together, so "
        "that the largest needs no further correction for having been picked."
    )
    return Answer(sentence, qualification, comparison.counts(analysis), judged)


def most_helpful(metric: Metric, effects: list[FactorEffect]) -> FactorEffect | None:
    """Return the clear effect for the better that is largest, None without any."""
    good = [effect for effect in effects if effect.clear and helps(metric, effect)]
    return max(good, key=lambda effect: abs(effect.mean), default=None)


def helps(metric: Metric, effect: FactorEffect) -> bool:
    """Whether an effect is for the better."""
    return better(metric, effect.mean) is True


def component_words(shown: FactorEffects, effect: FactorEffect) -> str:
    """Name the component that an effect is of, by the level with it."""
    ((factor, level),) = effect.term
    return levels_spoken(shown.factors[factor].levels[level])


def added_words(metric: Metric, shown: FactorEffects, added: list[FactorEffect]) -> str:
    """Say which component helps most alone."""
    most = most_helpful(metric, added)
    if most is None:
        return text("added alone, nothing clearly improves the {metric}", metric=text(metric.words))
    return text(
        "added alone, the {metric} improves most with {component} ({effect})",
        component=component_words(shown, most),
        metric=text(metric.words),
        effect=effect_words(metric, most.mean),
    )


def kept_words(metric: Metric, shown: FactorEffects, kept: list[FactorEffect]) -> str:
    """Say which component is missed most in the full recipe."""
    most = most_helpful(metric, kept)
    if most is None:
        return text("from the full recipe, nothing is clearly missed when it is left out")
    return text(
        "the full recipe owes most to {component} ({effect})",
        component=component_words(shown, most),
        effect=effect_words(metric, most.mean),
    )


def helping_words(
    metric: Metric, shown: FactorEffects, effects: list[FactorEffect], *, alone: bool
) -> str:
    """List which components clearly help, with their intervals, and which clearly harm."""
    clear = sorted((e for e in effects if e.clear), key=lambda e: -abs(e.mean))
    said = {
        good: listed(
            text(
                "{component} {effect} {interval}",
                component=component_words(shown, e),
                effect=effect_words(metric, e.mean),
                interval=effect_interval(metric, e.low, e.high),
            )
            for e in clear
            if helps(metric, e) is good
        )
        for good in (True, False)
    }
    place = text("Added alone") if alone else text("In the full recipe")
    n = len(effects)
    head = counted(
        "{place}, {k} of {n} component clearly changes the {metric}.",
        "{place}, {k} of {n} components clearly change the {metric}.",
        n,
        place=place,
        k=len(clear),
        metric=text(metric.words),
    )
    for_better, for_worse = said[True], said[False]
    return sentences(
        head,
        text("For the better: {components}.", components=for_better) if for_better else "",
        text("For the worse: {components}.", components=for_worse) if for_worse else "",
    )
