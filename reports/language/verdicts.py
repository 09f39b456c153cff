"""Verdicts in words: what an interval allows to be said, and how published numbers fare."""

from __future__ import annotations

from ..statistics.effects import Verdict
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


def judgement_words(verdict: str) -> str:
    """Name the verdict on a published number."""
    return {
        "reproduced": text("reproduced"),
        "consistent": text("consistent"),
        "contradicted": text("contradicted"),
        "not judged": text("not judged"),
    }[verdict]
