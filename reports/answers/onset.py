"""The answer to "when": the epoch of the lowest validation loss, and what follows it."""

from __future__ import annotations

import math

from ...studies.metrics import METRICS
from ..language.messages import capital, sentences, text
from ..language.numbers import effect_interval, effect_words, number
from ..statistics.analysis import Analysis
from ..statistics.estimates import Estimate
from ..statistics.onsets import AccuracyChange, LossOnset, onset_of
from . import comparison
from .answer import Answer
from .qualifications import judged, qualifications


def answer(analysis: Analysis) -> Answer:
    """Say for both named arms when the loss is lowest, how it rises, and what accuracy does."""
    named = zip(analysis.results.named, comparison.named_arms(analysis), strict=True)
    spoken = [(words, onset_of(analysis.results, arm)) for arm, words in named]
    (levels, first), *_ = spoken
    when = when_words(analysis, first)
    judged_by = text("An onset is the epoch of the lowest loss; what follows it is compared.")
    return Answer(
        capital(text("with {levels} {when}.", levels=levels, when=when)),
        sentences(
            comparison.shared_levels_words(analysis),
            *(detail_words(words, onset) for words, onset in spoken if onset is not None),
            *qualifications(analysis),
            comparison.brackets(analysis),
        ),
        comparison.key_figures(analysis),
        sentences(judged_by, judged(analysis)),
    )


def when_words(analysis: Analysis, onset: LossOnset | None) -> str:
    """Say when an arm's loss is lowest, and how it ends."""
    held_out = text(analysis.results.held_out)
    if onset is None:
        return text("no replicate has a {set} loss", set=held_out)
    return text(
        "the {set} loss is lowest after epoch {epoch} of {epochs} and ends {rise} times as high",
        set=held_out,
        epoch=number(onset.epoch.mean),
        epochs=f"{onset.epochs:,}",
        rise=number(onset.rise.mean),
    )


def detail_words(arm: str, onset: LossOnset) -> str:
    """Give an arm's epoch and rise with their intervals, and what accuracy does meanwhile."""
    said = text(
        "With {arm} the lowest loss is after epoch {epoch} and the last is {rise} times as high.",
        arm=arm,
        epoch=f"{number(onset.epoch.mean)} {between(onset.epoch)}".rstrip(),
        rise=f"{number(onset.rise.mean)} {between(onset.rise)}".rstrip(),
    )
    if onset.accuracy is None:
        return said
    meanwhile = text("Meanwhile {change}.", change=accuracy_words(onset.accuracy))
    return sentences(said, meanwhile)


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
