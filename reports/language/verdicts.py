"""Verdicts in words: what an interval allows to be said, and how published numbers fare."""

from __future__ import annotations

from ...studies.estimands import Generality
from ..statistics.judges import ClaimVerdict
from ..statistics.margins import Verdict
from .messages import counted, text


def verdict_words(verdict: Verdict, n: int, better: bool | None = None) -> str:
    """Say what the interval over ``n`` pairs allows to be said, and if it is for the better."""
    directed = {
        Verdict.MATTERS: (
            text("better by an amount that matters"),
            text("worse by an amount that matters"),
            text("a difference that matters"),
        ),
        Verdict.DIFFERS: (text("better"), text("worse"), text("a difference")),
        Verdict.SMALL: (
            text("better, but perhaps by too little to matter"),
            text("worse, but perhaps by too little to matter"),
            text("a difference, but perhaps too small to matter"),
        ),
    }
    if verdict in directed:
        return directed[verdict][(True, False, None).index(better)]
    return {
        Verdict.FEW: counted(
            "{n} pair is too few for an interval; six are the least",
            "{n} pairs are too few for an interval; six are the least",
            n,
        ),
        Verdict.ALIKE: counted(
            "the same in {n} pair, which leaves no interval",
            "the same in all {n} pairs, which leaves no interval",
            n,
        ),
        Verdict.EQUAL: text("no difference that matters"),
        Verdict.UNDECIDED: counted("undecided with {n} pair", "undecided with {n} pairs", n),
    }[verdict]


def generality_words(generality: Generality, *, one_split: bool = False) -> str:
    """Say what intervals are about; with ``one_split`` all replicates divide the data alike."""
    if one_split and generality is Generality.SEEDS:
        return text("other seeds on the same division of the same data")
    return {
        Generality.SEEDS: text("other seeds and divisions of the same data"),
        Generality.FRESH_DATA: text("other data, which every replicate draws anew"),
        Generality.RESPLIT: text(
            "other data of the kind: they are widened as replicates share examples"
        ),
        Generality.EXAMPLES: text(
            "other data of the kind: they are widened by the chance choice of scored examples"
        ),
    }[generality]


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
