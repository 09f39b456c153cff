"""The answer to "when": the epoch of the lowest validation loss, and what follows it."""

from __future__ import annotations

import math

from ...studies.metrics import METRICS
from ..language.messages import capital, clauses, sentences, text
from ..language.numbers import effect_interval, effect_words, number
from ..page.words import levels_spoken, since
from ..statistics.analysis import Analysis
from ..statistics.estimates import Estimate
from ..statistics.onsets import AccuracyChange, LossOnset, onset_of
from . import comparison
from .answer import Answer
from .qualifications import judged, qualifications


def answer(analysis: Analysis) -> Answer:
    """Say for both named arms when the loss is lowest, how it rises, and what accuracy does."""
    named = zip(analysis.results.named, comparison.named_levels(analysis), strict=True)
    spoken = [
        (
            since(analysis.results.arm(arm).origin, levels_spoken(levels)),
            onset_of(analysis.results, arm),
        )
        for arm, levels in named
    ]
    (_, first), *others = spoken
    said = [
        text("with {levels} {when}", levels=levels, when=when_words(analysis, onset, first))
        for levels, onset in spoken
    ]
    beside = [
        text("With {levels} it {ends}.", levels=levels, ends=end_words(onset))
        for levels, onset in others
        if onset is not None
    ]
    return Answer(
        text("{clauses}.", clauses=capital(clauses(said))),
        sentences(*qualifications(analysis), comparison.brackets(analysis)),
        comparison.key_figures(analysis),
        sentences(*beside, judged(analysis)),
    )


def when_words(analysis: Analysis, onset: LossOnset | None, first: LossOnset | None) -> str:
    """Say when one arm's loss is lowest, and what follows; briefly after the ``first`` arm."""
    held_out = text(analysis.results.held_out)
    if onset is None:
        return text("no replicate has a {set} loss", set=held_out)
    values = {
        "set": held_out,
        "epoch": f"{number(onset.epoch.mean)} {between(onset.epoch)}".rstrip(),
        "epochs": f"{onset.epochs:,}",
    }
    if onset is not first and first is not None:
        return text("it is lowest after epoch {epoch}", **values)
    lowest = text("the {set} loss is lowest after epoch {epoch} of {epochs}", **values)
    return text("{lowest} and {ends}", lowest=lowest, ends=end_words(onset))


def end_words(onset: LossOnset) -> str:
    """Say how high the loss ends, and what accuracy does meanwhile."""
    rise = f"{number(onset.rise.mean)} {between(onset.rise)}".rstrip()
    ends = text("ends {rise} times as high", rise=rise)
    if onset.accuracy is None:
        return ends
    return text("{ends}, while {then}", ends=ends, then=accuracy_words(onset.accuracy))


def between(estimate: Estimate) -> str:
    """Write an interval, nothing where there is none."""
    if math.isnan(estimate.low):
        return ""
    return f"[{number(estimate.low)}, {number(estimate.high)}]"


def accuracy_words(accuracy: AccuracyChange) -> str:
    """Say how accuracy changes from the lowest loss to the end."""
    metric, change = METRICS["validation_accuracy"], accuracy.change
    values = {
        "change": effect_words(metric, change.mean).lstrip("+" if change.low > 0 else ""),
        "interval": effect_interval(metric, change.low, change.high),
        "k": accuracy.upwards,
        "n": change.n,
    }
    if change.low > 0:
        return text("accuracy rises by {change} {interval}, in {k} of {n} replicates", **values)
    return text(
        "accuracy changes by {change} {interval}, upwards in {k} of {n} replicates", **values
    )
