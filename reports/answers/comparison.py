"""The answer by comparison: the baseline and a second arm, with intervals and the verdict."""

from __future__ import annotations

import math

from ...core.engine.outcome import Status
from ...core.streams import Purpose
from ...studies.designs.design_function import Level
from ...studies.metrics import Metric
from ..language.luck import purpose_words
from ..language.messages import capital, clauses, counted, listed, sentences, series, text
from ..language.numbers import (
    amount,
    effect_words,
    exponential,
    interval,
    number,
    rate_words,
)
from ..language.verdicts import generality_words
from ..page.words import levels_spoken, since
from ..statistics.analysis import Analysis
from ..statistics.estimates import Estimate
from ..statistics.margins import limits
from ..statistics.scales import back
from .answer import Answer
from .qualifications import judged, qualifications


def answer(analysis: Analysis) -> Answer:
    """Compare the baseline with the contrast arm, paired by replicate."""
    said, before = [], ""
    for i, arm in zip(analysis.results.named, named_arms(analysis), strict=True):
        estimate, template = analysis.estimates[i], ""
        if estimate.n and not estimate.lost.k:
            template = template_of(analysis.metric, estimate, analysis.study.margin)
        value = value_words(analysis, i, before)
        if template and template == before:
            said.append(text("with {levels}, {value}", levels=arm, value=value))
        else:
            said.append(text("with {levels} {value}", levels=arm, value=value))
        before = template
    sentence = text("{clauses}.", clauses=capital(clauses(said)))
    qualification = sentences(
        shared_levels_words(analysis),
        interval_words(analysis),
        *qualifications(analysis),
        brackets(analysis),
    )
    return Answer(sentence, qualification, key_figures(analysis), judged(analysis))


def named_arms(analysis: Analysis) -> list[str]:
    """Name the answer's arms, by what they differ in."""
    arms = [analysis.results.arm(i) for i in analysis.results.named]
    *_, levels = split_levels(analysis)
    return [since(arm.origin, levels_spoken(each)) for arm, each in zip(arms, levels, strict=True)]


def split_levels(analysis: Analysis) -> tuple[list[Level], list[list[Level]]]:
    """Return the levels that the answer's two arms share, and those of each that it does not."""
    arms = [analysis.results.arm(i) for i in analysis.results.named]
    paths = dict.fromkeys(path for arm in arms for path in arm.paths)
    asked = [path for path in paths if path in analysis.study.design.compared]  # not what is tuned
    levels = [[arm.level(path) for path in asked or paths] for arm in arms]
    if len(arms) < 2:
        return [], levels
    shared = [level for level in levels[0] if level in levels[1]]
    return shared, [[level for level in each if level not in shared] for each in levels]


def shared_levels_words(analysis: Analysis) -> str:
    """Say what both arms of the answer have of what the study varies."""
    shared, _ = split_levels(analysis)
    return text("Both with {levels}.", levels=levels_spoken(shared)) if shared else ""


def interval_words(analysis: Analysis) -> str:
    """Give the intervals of the values in the headline."""
    metric, margin = analysis.metric, analysis.study.margin
    said = []
    for i, arm in zip(analysis.results.named, named_arms(analysis), strict=True):
        e = analysis.estimates[i]
        value, low, high = e.mean, e.low, e.high
        if e.lost.k:
            value, low, high = e.median, e.median_low, e.median_high
        elif metric.below and template_of(metric, e, margin) == metric.below:
            value, low, high = map(reciprocal, (value, high, low))
        ends, middle = interval(metric, low, high), ""
        if e.shape is not None and not e.shape.plain and not e.lost.k:
            median, around = amount(metric, e.median), interval(metric, e.median_low, e.median_high)
            middle = text("median {median} {interval}", median=median, interval=around)
        if e.n and ends:
            values = {"arm": arm, "value": amount(metric, value), "interval": ends}
            said.append(series(filter(None, (text("{arm} {value} {interval}", **values), middle))))
    return text("{clauses}.", clauses=capital(clauses(said))) if said else ""


def value_words(analysis: Analysis, position: int, before: str = "") -> str:
    """Say one arm's value after one said by ``before``, and how many replicates have none."""
    estimate, metric = analysis.estimates[position], analysis.metric
    if not estimate.n:
        return missing_words(analysis, position)
    if not estimate.lost.k:
        said = estimate_words(metric, estimate, analysis.study.margin, before)
        return sentences(said, shape_words(metric, estimate))
    return text(
        "the median {metric} is {value}, as {lost} of {of} replicates have none ({share}) and "
        "count as worst",
        metric=text(metric.words),
        value=amount(metric, estimate.median),
        lost=estimate.lost.k,
        of=estimate.of,
        share=rate_words(estimate.lost),
    )


def shape_words(metric: Metric, estimate: Estimate) -> str:
    """Say that a mean does not stand for an arm's replicates, and what does."""
    shape = estimate.shape
    if shape is None or shape.plain:
        return ""
    middle = amount(metric, estimate.median)
    if shape.modes == 1:
        return text("(skewed; median {median})", median=middle)
    return text(
        "(two groups: {k} of {n} replicates below {gap}; median {median})",
        k=round(shape.below * shape.n),
        n=shape.n,
        gap=amount(metric, back(metric.scale, shape.gap)),
        median=middle,
    )


def missing_words(analysis: Analysis, position: int) -> str:
    """Say why an arm has no value."""
    estimate, metric = analysis.estimates[position], analysis.metric
    reasons = [ended_words(status, n) for status, n in analysis.statuses[position].items()]
    if analysis.results.older_than_metric:
        reasons = [
            text(
                "they were made before it was recorded; `paribus run` with another --name trains "
                "them anew"
            )
        ]
    if estimate.lost.k:
        reasons.append(rate_words(estimate.lost))
    values = {"metric": text(metric.words), "reasons": series(reasons) or text("none is finished")}
    if analysis.study.folds > 1:
        return text("no replicate has a {metric} ({reasons})", **values)
    return text("no trial has a {metric} ({reasons})", **values)


def template_of(metric: Metric, estimate: Estimate, margin: float = 0.0) -> str:
    """Return the metric's words for a mean with such an interval."""
    if not metric.above:
        return metric.sentence
    if estimate.low <= 1 <= estimate.high:
        down, up = (math.exp(limit) for limit in limits(metric, margin))
        level = down < estimate.low and estimate.high < up
        return metric.sentence if level else metric.undecided
    return metric.below if estimate.mean <= 1 else metric.above


def estimate_words(
    metric: Metric, estimate: Estimate, margin: float = 0.0, before: str = ""
) -> str:
    """Say a mean as the metric does; briefly if ``before`` was said alike."""
    template = template_of(metric, estimate, margin)
    below = metric.below and template == metric.below
    mean = reciprocal(estimate.mean) if below else estimate.mean
    return text(
        metric.again if template == before else template,
        words=text(metric.words),
        value=amount(metric, mean),
    )


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
    """Return the key figures: the effect among the counts."""
    effect, metric = analysis.effect, analysis.metric
    trials, made, *lost = counts(analysis)
    if effect is None:
        return (trials, made, *lost)
    kind = text("paired ratio") if metric.scale == "log" else text("paired difference")
    value = effect_words(metric, effect.mean)
    if metric.distance:
        nearer = effect.mean < 0
        kind = text("times nearer to level") if nearer else text("times farther from level")
        value = number(exponential(abs(effect.mean)))
    return (trials, made, (kind, value), *lost)


def counts(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    """Return the number of trials, what they are made of, and how many were lost."""
    study, ended = analysis.study, analysis.ended
    arms = len(study.arms)
    parts = {counted("arm", "arms", arms): arms}
    parts[counted("replicate", "replicates", study.replicates)] = study.replicates
    if study.folds > 1:
        parts[counted("fold", "folds", study.folds)] = study.folds
    trials = counted("trial", "trials", analysis.finished), f"{analysis.finished:,}"
    figures = [trials, (" × ".join(parts), " × ".join(map(str, parts.values())))]
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


def brackets(analysis: Analysis) -> str:
    """Say what the brackets are; a replicate of several folds counts once."""
    n, folds = analysis.estimates[analysis.results.baseline].n, analysis.study.folds
    if n == 0:
        return ""
    if n == 1:
        return text("With a single replicate there is no interval: add replicates.")
    varies = (*analysis.luck.varied, *(purpose for purpose, _ in analysis.luck.crossed))
    about = generality_words(analysis.generality, one_split=Purpose.SPLIT not in varies)
    if folds == 1:
        said = text(
            "Brackets are 95 % intervals over {n} replicates, about {about}.", n=n, about=about
        )
    else:
        said = text(
            "Brackets are 95 % intervals over {n} replicates, each the mean over {folds} folds, "
            "about {about}.",
            n=n,
            folds=folds,
            about=about,
        )
    return sentences(said, shared_words(analysis))


def shared_words(analysis: Analysis) -> str:
    """Say that replicates share levels of luck, and that the brackets reckon with it."""
    if not analysis.luck.crossed:
        return ""
    sources = [
        counted("{n} level of {source}", "{n} levels of {source}", n, source=purpose_words(purpose))
        for purpose, n in analysis.luck.crossed
    ]
    return text(
        "Replicates share {sources}: brackets of means and of differences are about other levels "
        "of each, and as wide as so few of them make it.",
        sources=listed(sources),
    )
