"""How the second arm compares with the first, what flatters it, and how it was judged."""

from __future__ import annotations

import math

from ...studies.metrics import METRICS, Metric
from ..language.luck import draw_words
from ..language.messages import clauses, counted, listed, sentences, text
from ..language.numbers import (
    effect_interval,
    effect_words,
    exponential,
    number,
    points,
    rate_words,
)
from ..language.verdicts import verdict_words
from ..page.words import level_words
from ..statistics.analysis import Analysis
from ..statistics.effects import Effect
from ..statistics.margins import Verdict
from ..statistics.scales import better


def qualifications(analysis: Analysis) -> list[str]:
    """Say how the second arm compares with the first, and what flatters it."""
    study, effect = analysis.study, analysis.effect
    if analysis.results.contrast is None:
        return [unnamed_words(analysis)] if len(study.arms) > 1 else []
    said = []
    if effect is not None and analysis.verdict is not None:
        said += [effect_sentence(analysis, effect, analysis.verdict), needed_sentence(analysis)]
    said += [steps_sentence(analysis), chosen_sentence(analysis), looks_sentence(analysis)]
    return said


def judged(analysis: Analysis) -> str:
    """Say what pairs share, how often the second arm is better, and which margin matters."""
    effect = analysis.effect
    if analysis.results.contrast is None or effect is None or analysis.verdict is None:
        return ""
    shared = text(
        "The two arms of a pair have the same {luck}.",
        luck=listed(map(draw_words, analysis.shared_by_named)),
    )
    level = ""
    if analysis.metric.distance:
        level = text("Level is a factor of 1; arms are compared by their distance from it.")
    margin = margin_sentence(analysis) if analysis.study.margin else ""
    return sentences(level, shared, wins_sentence(effect), margin)


def unnamed_words(analysis: Analysis) -> str:
    """Say why no second arm is named."""
    if not analysis.metric.directed:
        return text(
            "No value of the {metric} is better than another; name a contrast to compare two arms.",
            metric=text(analysis.metric.words),
        )
    return text("No other arm has a value to compare with.")


def effect_sentence(analysis: Analysis, effect: Effect, verdict: Verdict) -> str:
    """Say the contrast's effect and what it allows to be concluded."""
    metric = analysis.metric
    values = {
        "pairs": counted("{n} pair of replicates", "{n} pairs of replicates", effect.n),
        "effect": effect_words(metric, effect.mean),
        "interval": effect_interval(metric, effect.low, effect.high),
        "conclusion": verdict_words(verdict, effect.n, better(metric, effect.mean)),
    }
    if metric.distance:
        said = text(
            "Over {pairs} the second, compared with the first, is {distance}: {conclusion}.",
            distance=distance_words(effect),
            **values,
        )
    else:
        said = text(
            "Over {pairs} the {metric} changes by {effect} {interval} from the first to the "
            "second: {conclusion}.",
            metric=text(metric.words),
            **values,
        )
    if not effect.ranked:
        return said
    ranks = counted(
        "In {n} pair an arm has no value; it counts as worst, and signed ranks are compared.",
        "In {n} pairs an arm has no value; it counts as worst, and signed ranks are compared.",
        effect.without,
    )
    return sentences(said, ranks)


def distance_words(effect: Effect) -> str:
    """Say by how many times the second arm is nearer to 1, or farther from it."""
    every = [effect.mean, effect.low, effect.high]
    clear = effect.low > 0 or effect.high < 0
    times, *ends = map(exponential, map(abs, every) if clear else every)
    low, high = map(number, sorted(ends))
    values = {
        "times": number(times),
        "interval": text("(no interval)") if math.isnan(effect.low) else f"[{low}, {high}]",
    }
    if not clear:
        return text("{times} {interval} times as far from level", **values)
    if effect.mean < 0:
        return text("{times} {interval} times nearer to level", **values)
    return text("{times} {interval} times farther from level", **values)


def change_words(metric: Metric, effect: Effect) -> str:
    """Write an effect with its interval."""
    if metric.distance:
        return distance_words(effect)
    ends = effect_interval(metric, effect.low, effect.high)
    return f"{effect_words(metric, effect.mean)} {ends}"


def wins_sentence(effect: Effect) -> str:
    """Say in how many pairs the second arm is better: an estimate of the chance that it is."""
    if not effect.n or not (effect.wins.k or effect.mean):
        return ""
    ties = counted("{n} is a tie", "{n} are ties", effect.ties)
    return counted(
        "The second is better in {k} of {n} pair ({share}{ties}).",
        "The second is better in {k} of {n} pairs ({share}{ties}).",
        effect.n,
        k=effect.wins.k,
        share=rate_words(effect.wins),
        ties=text("; {ties}", ties=ties) if effect.ties else "",
    )


def margin_sentence(analysis: Analysis) -> str:
    """Say which margin matters, and when it was set."""
    limit = margin_words(analysis)
    if analysis.trust.asked_in_advance:
        return text("What matters was set in advance: at least {limit}.", limit=limit)
    return text("What matters was set after results were there: at least {limit}.", limit=limit)


def margin_words(analysis: Analysis) -> str:
    """Write the margin in the metric's unit."""
    margin, metric = analysis.study.margin, analysis.metric
    if metric.scale == "log" and margin < 1:
        return text("{margin} % more or less", margin=f"{100 * margin:g}")
    if metric.scale == "log":
        return text("a factor of {factor} either way", factor=f"{1 + margin:g}")
    return points(f"{100 * margin:g}") if metric.unit == "%" else f"{margin:g}"


def needed_sentence(analysis: Analysis) -> str:
    """Say how many pairs would settle what is undecided."""
    needed, effect = analysis.needed, analysis.effect
    if needed is None or effect is None or analysis.verdict is not Verdict.UNDECIDED:
        return ""
    return text(
        "By their spread, {pairs} pairs in all [{low}, {high}] would show a difference that "
        "matters four times in five.",
        pairs=f"{needed.pairs:,}",
        low=f"{needed.low:,}",
        high=f"{needed.high:,}",
    )


def steps_sentence(analysis: Analysis) -> str:
    """Take a contrast of several changes apart, one change at a time."""
    alone = [
        text(
            "{level} alone {effect}",
            level=level_words(analysis.results.arm(position).level(path)),
            effect=change_words(analysis.metric, effect),
        )
        for path, position in analysis.steps.items()
        if (effect := analysis.effects.get(position)) is not None and effect.n
    ]
    if not alone:
        return ""
    return text(
        "The two arms differ in more than one thing; one change at a time: {steps}.",
        steps=clauses(alone),
    )


def chosen_sentence(analysis: Analysis) -> str:
    """Say that the second arm was chosen by its result, and who else may be the best."""
    study, effect, rivals = analysis.study, analysis.effect, len(analysis.results.rivals)
    if study.contrast or rivals < 2:
        return ""
    if study.design.selects == "arms":
        said = text(
            "The second arm was chosen as the best of {n} by its {chosen}, not by the numbers that "
            "are compared here.",
            n=rivals,
            chosen=text(METRICS[study.design.selects_on].words),
        )
    elif effect is None or math.isnan(effect.low):
        said = text(
            "The second arm was chosen as the best of {n} by these same numbers, which flatters "
            "it.",
            n=rivals,
        )
    else:
        said = text(
            "The second arm was chosen as the best of {n} by these same numbers; the interval "
            "holds for all of them together.",
            n=rivals,
        )
    if analysis.best is None:
        return said
    possible = text(
        "At the 5 % level {k} of {n} arms may be the best.", k=len(analysis.best), n=rivals + 1
    )
    return sentences(said, possible)


def looks_sentence(analysis: Analysis) -> str:
    """Say how often results were looked at, and that the run is not complete."""
    said = []
    if analysis.finished < analysis.wanted:
        said.append(
            text(
                "{finished} of {wanted} trials are finished.",
                finished=f"{analysis.finished:,}",
                wanted=f"{analysis.wanted:,}",
            )
        )
    given = analysis.conditions
    if given.anytime:
        said.append(
            text("This is look {look}: the intervals hold at every look.", look=given.looks)
        )
    return sentences(*said)
