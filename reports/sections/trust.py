"""Whether the numbers can be trusted: a list of checks.

Adding one is one function and its place in ``CHECKS``; one that does not apply returns None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ...core.engine.outcome import Status
from ...core.inference.planning import break_even
from ..language.messages import counted, sentences, text
from ..language.numbers import number
from ..statistics.analysis import Analysis
from .section import Section, made

MOST_SUBNORMAL = 0.01
"""The share of a layer's δ that may be subnormal before a report warns of it."""


@dataclass(frozen=True)
class Check:
    """A trust check: what, whether it is fine, and the evidence."""

    title: str
    state: Literal["ok", "note"]
    sentence: str


def section(analysis: Analysis) -> Section:
    """List the checks."""
    return made(
        "trust",
        text("Can this be trusted?"),
        "trust.html",
        checks=checks(analysis),
        stop=text("."),
    )


def checks(analysis: Analysis) -> list[Check]:
    """Return the checks that apply."""
    return [result for check in CHECKS if (result := check(analysis)) is not None]


def state(good: bool) -> Literal["ok", "note"]:
    """Return how a check is marked."""
    return "ok" if good else "note"


def complete(analysis: Analysis) -> Check:
    """Check that all trials are finished."""
    sentence = counted(
        "{finished} of {n} trial is finished.",
        "{finished} of {n} trials are finished.",
        analysis.wanted,
        finished=f"{analysis.finished:,}",
    )
    to_come = analysis.results.run.plans[-1].to_come
    if to_come:
        more = counted(
            "The design may ask for up to {n} more trial, given the results of these.",
            "The design may ask for up to {n} more trials, given the results of these.",
            to_come,
        )
        sentence = sentences(sentence, more)
    good = analysis.finished == analysis.wanted and not to_come
    return Check(text("Complete"), state(good), sentence)


def tuned_inside(analysis: Analysis) -> Check | None:
    """Warn of arms tuned to the end of what was tried, beyond which they may be better."""
    tuning = analysis.tuning
    if tuning is None:
        return None
    n = tuning.at_edge
    sentence = text("No arm was tuned to the edge of what was tried.")
    if n:
        sentence = counted(
            "{n} arm was tuned to the edge of what was tried and may be better beyond it: widen "
            "the range.",
            "{n} arms were tuned to the edge of what was tried and may be better beyond it: widen "
            "the range.",
            n,
        )
    return Check(text("Tuned inside the range"), state(not n), sentence)


def stopped(analysis: Analysis) -> Check | None:
    """Say how many trials the design withdrew."""
    n = analysis.ended[Status.STOPPED]
    if not n:
        return None
    sentence = counted(
        "{n} trial was withdrawn by the design before its last epoch; it has no final score and is "
        "compared with none.",
        "{n} trials were withdrawn by the design before their last epoch; they have no final score "
        "and are compared with none.",
        n,
    )
    return Check(text("Stopped"), "note", sentence)


def failed(analysis: Analysis) -> Check:
    """Check that no trial failed."""
    n = analysis.ended[Status.FAILED]
    if not n:
        return Check(text("Failed"), "ok", text("No trial failed."))
    why = analysis.trust.failure
    sentence = counted("{n} trial failed: {why}", "{n} trials failed: {why}", n, why=why)
    return Check(text("Failed"), "note", sentence)


def subnormal(analysis: Analysis) -> Check | None:
    """Warn of gradients so small that they lost digits."""
    worst = analysis.trust.subnormal
    if worst is None or worst.share <= MOST_SUBNORMAL:
        return None
    sentence = text(
        "Up to {share} % of a layer's δ (layer {layer}, step {step}) are subnormal numbers, which "
        "many processors compute slowly and all compute coarsely; {setting} avoids them.",
        share=f"{100 * worst.share:.0f}",
        layer=worst.layer,
        step=worst.step,
        setting='dtype = "float64"',
    )
    return Check(text("Subnormal numbers"), "note", sentence)


def pairing(analysis: Analysis) -> Check | None:
    """Check that pairing helped: a variance ratio below the break-even of its fewer degrees."""
    facts = analysis.trust.pairing
    if facts is None:
        return None
    limit = break_even(analysis.study.replicates)
    helps = facts.variance_ratio <= limit
    conclusion = text("pairing helps") if helps else text("pairing does not help here")
    sentence = text(
        "Mean correlation of the pairs {correlation}; the variance of a paired difference is "
        "{ratio} times that of an unpaired one, which must be below {limit}: {conclusion}.",
        correlation=number(facts.correlation, 2),
        ratio=number(facts.variance_ratio, 2),
        limit=number(limit, 2),
        conclusion=conclusion,
    )
    return Check(text("Pairing"), state(helps), sentence)


def one_kind_of_machine(analysis: Analysis) -> Check:
    """Check that all numbers come from the same libraries and processors."""
    n = analysis.trust.machines
    sentence = text("All numbers come from the same libraries and processor type.")
    if n != 1:
        sentence = text("{n} kinds of machine or library; last digits may differ.", n=n)
    return Check(text("One kind of machine"), state(n == 1), sentence)


def note(analysis: Analysis) -> Check | None:
    """Repeat what the study notes of itself."""
    return Check(text("Note"), "note", analysis.study.note) if analysis.study.note else None


def extended(analysis: Analysis) -> Check | None:
    """Say that replicates or arms were added, perhaps after looking."""
    n = analysis.trust.extensions
    if not n:
        return None
    sentence = counted(
        "The study was extended {n} time after its first plan.",
        "The study was extended {n} times after its first plan.",
        n,
    )
    given = analysis.conditions
    if given.looks > 1 and not analysis.study.sequential:
        more = text(
            "Replicates were added without sequential = true: the intervals here hold at every "
            "look, but one that was read off an earlier look adds its own 5 % to the error."
        )
    elif given.anytime:
        more = text("The intervals hold at every look.")
    else:
        more = text("Arms that were added after looking are chosen ones.")
    return Check(text("Extended"), state(analysis.study.sequential), sentences(sentence, more))


def asked_anew(analysis: Analysis) -> Check | None:
    """Warn of a question that was changed after its first plan."""
    if analysis.trust.asked_in_advance:
        return None
    sentence = text(
        "Metric, margin, baseline, contrast or expectations were changed after trials had been "
        "planned; verdicts that were chosen after looking prove less."
    )
    return Check(text("Asked anew"), "note", sentence)


CHECKS: tuple[Callable[[Analysis], Check | None], ...] = (
    complete,
    tuned_inside,
    stopped,
    failed,
    subnormal,
    pairing,
    one_kind_of_machine,
    note,
    extended,
    asked_anew,
)
"""Every check, in the order of the page."""
