"""The answer to "when": the epoch of the lowest validation loss, and what follows it."""

from __future__ import annotations

from ...studies.metrics import METRICS
from ..language.messages import capital, clauses, sentences, text
from ..language.numbers import effect_interval, effect_words, number
from ..page.words import levels_spoken, since
from ..statistics.analysis import Analysis
from ..statistics.onsets import LossOnset, onset_of
from . import comparison
from .answer import Answer
from .qualifications import qualifications


def answer(analysis: Analysis) -> Answer:
    """Say for both named arms when the loss is lowest, how it rises, and what accuracy does."""
    named = zip(analysis.results.named, comparison.named_levels(analysis), strict=True)
    said = [
        text(
            "with {levels} {when}",
            levels=since(analysis.results.arm(arm).origin, levels_spoken(levels)),
            when=when_words(analysis, arm),
        )
        for arm, levels in named
    ]
    qualification = sentences(
        text("At the end:") if len(said) > 1 else "",
        *qualifications(analysis),
        comparison.brackets(analysis),
    )
    figures = comparison.key_figures(analysis)
    return Answer(text("{clauses}.", clauses=capital(clauses(said))), qualification, figures)


def when_words(analysis: Analysis, arm: int) -> str:
    """Say when one arm's loss is lowest, and what follows."""
    onset, held_out = onset_of(analysis.results, arm), text(analysis.results.held_out)
    if onset is None:
        return text("no replicate has a {set} loss", set=held_out)
    lowest = text(
        "the {set} loss is lowest after epoch {epoch} {interval} of {epochs}",
        set=held_out,
        epoch=number(onset.epoch.mean),
        interval=f"[{number(onset.epoch.low)}, {number(onset.epoch.high)}]",
        epochs=f"{onset.epochs:,}",
    )
    return " ".join(
        text("{lowest} {then}", lowest=lowest, then=then_words(analysis, onset)).split()
    )


def then_words(analysis: Analysis, onset: LossOnset) -> str:
    """Say how the loss rises, and what accuracy does meanwhile."""
    rise = text(
        "and ends ×{rise} {interval} as high",
        rise=number(onset.rise.mean),
        interval=f"[{number(onset.rise.low)}, {number(onset.rise.high)}]",
    )
    if onset.accuracy is None:
        return rise
    metric, change = METRICS["validation_accuracy"], onset.accuracy
    return text(
        "{rise}, while accuracy changes by {change} {interval}, upwards in {k} of {n} replicates",
        rise=rise,
        change=effect_words(metric, change.mean),
        interval=effect_interval(metric, change.low, change.high),
        k=onset.upwards,
        n=change.n,
    )
