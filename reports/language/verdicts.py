"""Verdicts in words: what an interval allows to be said, and how published numbers fare."""

from __future__ import annotations

from ..statistics.effects import Verdict
from ..statistics.judges import ClaimVerdict
from .messages import counted, text


def verdict_words(verdict: Verdict, n: int) -> str:
    """Say what the interval over ``n`` pairs allows to be said about the margin."""
    return {
        Verdict.SINGLE: text("no interval from a single pair"),
        Verdict.ALIKE: counted(
            "the same in {n} pair, which leaves no interval",
            "the same in all {n} pairs, which leaves no interval",
            n,
        ),
        Verdict.MATTERS: text("a difference that matters"),
        Verdict.DIFFERS: text("a difference"),
        Verdict.EQUAL: text("no difference that matters"),
        Verdict.SMALL: text("a difference, but perhaps too small to matter"),
        Verdict.UNDECIDED: counted(
            "undecided with {n} replicate", "undecided with {n} replicates", n
        ),
    }[verdict]


def judgement_words(verdict: ClaimVerdict) -> str:
    """Name the verdict on a published number."""
    return {
        ClaimVerdict.REPRODUCED: text("reproduced"),
        ClaimVerdict.CONSISTENT: text("consistent"),
        ClaimVerdict.INCONCLUSIVE: text("inconclusive"),
        ClaimVerdict.CONTRADICTED: text("contradicted"),
    }[verdict]


def judgement_meaning(verdict: ClaimVerdict) -> str:
    """Say what the verdict on a published number means."""
    return {
        ClaimVerdict.REPRODUCED: text("it holds, and every wrong recipe fails the same judgement"),
        ClaimVerdict.CONSISTENT: text("it holds, but so may a wrong recipe"),
        ClaimVerdict.INCONCLUSIVE: text("too few values, or too wide an interval, to say"),
        ClaimVerdict.CONTRADICTED: text("what was measured excludes it"),
    }[verdict]
