"""The answer in one sentence, with its interval and what it may be taken to mean."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...core.engine.outcome import Status
from ...studies.designs.design_function import Level
from ...studies.metrics import Metric
from ..language.luck import draw_words
from ..language.messages import capital, clauses, counted, listed, sentences, series, text
from ..language.numbers import amount, effect_interval, effect_words, interval, points
from ..language.verdicts import verdict_words
from ..page.words import levels_spoken, since
from ..statistics.analysis import Analysis
from ..statistics.effects import Effect, Estimate, Verdict
from .section import Section, made


@dataclass(frozen=True)
class Answer:
    """The headline, what qualifies it, and key figures: what, and the number."""

    sentence: str
    qualification: str
    figures: tuple[tuple[str, str], ...]


def section(analysis: Analysis) -> Section:
    """Open the page: question, answer, key figures and explanation."""
    study = analysis.study
    return made(
        "answer",
        text("Answer"),
        "answer.html",
        question=study.question,
        answer=answer(analysis),
        note=study.note,
        paragraphs=[p for p in study.explanation.split("\n\n") if p],
        source=text("Source: {source}", source=study.source) if study.source else "",
    )


def answer(analysis: Analysis) -> Answer:
    """Compare the baseline with the contrast arm, paired by replicate."""
    spoken = [
        text(
            "with {levels} {value}",
            levels=since(analysis.results.arm(i), levels_spoken(levels)),
            value=value_words(analysis, i),
        )
        for i, levels in zip(analysis.results.named, named_levels(analysis), strict=True)
    ]
    sentence = text("{clauses}.", clauses=capital(clauses(spoken)))
    qualification = sentences(*qualifications(analysis), brackets(analysis))
    return Answer(sentence, qualification, key_figures(analysis))


def named_levels(analysis: Analysis) -> list[list[Level]]:
    """Return the levels by which the answer names its arms: what both share only for the first."""
    arms = [analysis.results.arm(i) for i in analysis.results.named]
    paths = dict.fromkeys(path for arm in arms for path in arm.paths)
    first, *others = ([arm.level(path) for path in paths] for arm in arms)
    if not others:
        return [first]
    (second,) = others
    shared = [level for level in first if level in second]
    of_first, of_second = ([x for x in levels if x not in shared] for levels in (first, second))
    return [[*shared, *of_first], of_second]


def value_words(analysis: Analysis, position: int) -> str:
    """Say one arm's value, or why it has none."""
    estimate, metric = analysis.estimates[position], analysis.metric
    if estimate.n:
        return estimate_words(metric, estimate)
    reasons = [ended_words(status, n) for status, n in analysis.statuses[position].items()]
    if analysis.results.older_than_metric:
        reasons = [
            text(
                "they were made before it was recorded; `paribus run` with another --name trains "
                "them anew"
            )
        ]
    values = {"metric": text(metric.words), "reasons": series(reasons) or text("none is finished")}
    if analysis.study.folds > 1:
        return text("no replicate has a {metric} ({reasons})", **values)
    return text("no trial has a {metric} ({reasons})", **values)


def estimate_words(metric: Metric, estimate: Estimate) -> str:
    """Say a mean with its interval, as the metric does."""
    sentence = metric.sentence
    mean, low, high = estimate.mean, estimate.low, estimate.high
    if metric.above and not low <= 1 <= high:
        sentence = metric.above
        if mean <= 1:
            sentence, (mean, low, high) = metric.below, map(reciprocal, (mean, high, low))
    said = text(
        sentence,
        words=text(metric.words),
        value=amount(metric, mean),
        interval=interval(metric, low, high),
    )
    return " ".join(said.split())


def reciprocal(value: float) -> float:
    """Return 1 / value, ∞ for 0."""
    return 1.0 / value if value else math.inf


def ended_words(status: str, n: int) -> str:
    """Say how many trials ended so."""
    return {
        Status.OK: counted("{n} ok", "{n} ok", n),
        Status.DIVERGED: counted("{n} diverged", "{n} diverged", n),
        Status.STOPPED: counted("{n} stopped", "{n} stopped", n),
        Status.FAILED: counted("{n} failed", "{n} failed", n),
    }[Status(status)]


def key_figures(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    """Return the key figures: trials, what they are made of, the effect, and what was lost."""
    study, ended, effect = analysis.study, analysis.ended, analysis.effect
    arms = len(study.arms)
    parts = {counted("arm", "arms", arms): arms}
    parts[counted("replicate", "replicates", study.replicates)] = study.replicates
    if study.folds > 1:
        parts[counted("fold", "folds", study.folds)] = study.folds
    trials = counted("trial", "trials", analysis.finished), f"{analysis.finished:,}"
    figures = [trials, (" × ".join(parts), " × ".join(map(str, parts.values())))]
    if effect is not None:
        ratio = analysis.metric.scale == "log"
        kind = text("paired ratio") if ratio else text("paired difference")
        figures.append((kind, effect_words(analysis.metric, effect.mean)))
    names = {
        Status.DIVERGED: text("diverged"),
        Status.STOPPED: text("stopped"),
        Status.FAILED: text("failed"),
    }
    figures += [
        (name, f"{ended[status]:,}")
        for status, name in names.items()
        if ended[status] or status == Status.DIVERGED
    ]
    return tuple(figures)


def qualifications(analysis: Analysis) -> list[str]:
    """Say how the second arm compares with the first, and what flatters it."""
    study, effect = analysis.study, analysis.effect
    if analysis.results.contrast is None:
        alone = len(study.arms) == 1
        return [] if alone else [text("No other arm has a value to compare with.")]
    said = []
    if effect is not None and analysis.verdict is not None:
        said.append(effect_sentence(analysis, effect, analysis.verdict))
        if study.margin:
            said.append(margin_sentence(analysis))
    if not study.contrast and len(study.arms) > 2:
        said.append(
            text(
                "The second arm is the best of {n} by the same numbers, which flatters it.",
                n=len(study.arms) - 1,
            )
        )
    return said


def effect_sentence(analysis: Analysis, effect: Effect, verdict: Verdict) -> str:
    """Say the contrast's effect and what it allows to be concluded."""
    metric = analysis.metric
    values = {
        "pairs": counted("{n} pair of replicates", "{n} pairs of replicates", effect.n),
        "luck": listed(map(draw_words, analysis.shared_by_named)),
        "effect": effect_words(metric, effect.mean),
        "interval": effect_interval(metric, effect.low, effect.high),
        "conclusion": verdict_words(verdict, effect.n),
    }
    if metric.scale == "log":
        return text(
            "The ratio of the second to the first, over {pairs} with the same {luck}, is {effect} "
            "{interval}: {conclusion}.",
            **values,
        )
    return text(
        "The difference of the second to the first, over {pairs} with the same {luck}, is "
        "{effect} {interval}: {conclusion}.",
        **values,
    )


def margin_sentence(analysis: Analysis) -> str:
    """Say which margin matters, and when it was set."""
    margin, metric = analysis.study.margin, analysis.metric
    limit = f"{margin:g}"
    if metric.scale == "log":
        limit = f"{100 * margin:g} %"
    elif metric.unit == "%":
        limit = points(f"{100 * margin:g}")
    if analysis.trust.asked_in_advance:
        return text("What matters was set in advance: at least {limit}.", limit=limit)
    return text("What matters was set after results were there: at least {limit}.", limit=limit)


def brackets(analysis: Analysis) -> str:
    """Say what the brackets are; a replicate of several folds counts once."""
    n, folds = analysis.estimates[analysis.results.baseline].n, analysis.study.folds
    if n == 0:
        return ""
    if n == 1:
        return text("With a single replicate there is no interval: add replicates.")
    if folds == 1:
        return text("Brackets are 95 % intervals over {n} replicates.", n=n)
    return text(
        "Brackets are 95 % intervals over {n} replicates, each the mean over {folds} folds.",
        n=n,
        folds=folds,
    )
