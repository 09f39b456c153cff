"""Published numbers, judged: a row for each claim, and a verdict for those judged together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ...core.inference.standing import Standing
from ...studies.expectations import Expectation
from ...studies.metrics import METRICS
from ..answers.published import takeaway
from ..language.messages import clauses, sentences, text
from ..language.numbers import number, points
from ..language.quantities import quantity_words, source_words
from ..language.verdicts import judgement_meaning, judgement_words
from ..page.words import levels_words
from ..statistics.analysis import Analysis
from ..statistics.judges import ClaimVerdict
from ..statistics.verdicts import FAMILY_WISE, Claim, Judgement
from .section import Section, made


def section(analysis: Analysis) -> Section | None:
    """List the claims with their verdicts, where the study has any."""
    judgements = analysis.judgements
    if not judgements:
        return None
    return made(
        "verdicts",
        text("Published numbers, judged"),
        "published_numbers.html",
        takeaway=takeaway(judgements),
        heads=[
            text("claim"),
            text("number"),
            text("here"),
            text("verdict"),
            text("wrong recipes told apart"),
            text("not told apart"),
        ],
        judgements=[judgement_rows(j, analysis.results.held_out) for j in judgements],
        caption=caption(judgements),
    )


def caption(judgements: Iterable[Judgement]) -> str:
    """Say what the verdicts mean and how often they err."""
    seen = {judgement.verdict for judgement in judgements}
    meanings = [
        text("{verdict}: {meaning}", verdict=judgement_words(v), meaning=judgement_meaning(v))
        for v in ClaimVerdict
        if v in seen
    ]
    return sentences(
        text(
            "If every claim of this page is true, one or more are contradicted with a probability "
            "of at most {percent} %; intervals are as wide as that needs.",
            percent=f"{100 * FAMILY_WISE:g}",
        ),
        text(
            "A wrong recipe that follows the same law is told apart no more often; all of them "
            "must be before a claim counts as reproduced."
        ),
        text(
            "Published numbers are others'; a reference was measured independently of this program."
        ),
        text("{meanings}.", meanings=clauses(meanings)),
    )


def judgement_rows(judgement: Judgement, held_out: str) -> dict[str, Any]:
    """Return the claims judged together as texts, with their verdict."""
    several = len(judgement.claims) > 1
    sources = {source_words(claim.expectation) for claim in judgement.claims}
    changed = (judgement.rejected, judgement.kept)
    rejected, kept = (clauses(map(levels_words, changes)) or text("none") for changes in changed)
    if judgement.absent:
        absent = text(
            "without values: {recipes}", recipes=clauses(map(levels_words, judgement.absent))
        )
        kept = absent if not judgement.kept else clauses((kept, absent))
    if not any((*changed, judgement.absent)):
        rejected = kept = text("none was named")
    return {
        "family": family_words(judgement) if several else "",
        "source": sources.pop() if several and len(sources) == 1 else "",
        "rows": [row(claim, held_out, shown=several) for claim in judgement.claims],
        "verdict": str(judgement.verdict),
        "verdict_words": judgement_words(judgement.verdict),
        "meaning": meaning(judgement),
        "rejected": rejected,
        "kept": kept,
    }


def family_words(judgement: Judgement) -> str:
    """Say which claims are judged together."""
    return text("{family}: judged together", family=text(judgement.family))


def meaning(judgement: Judgement) -> str:
    """Say what the verdict means, and what a claim without wrong recipes lacks."""
    named = judgement.rejected or judgement.kept or judgement.absent
    if judgement.verdict is ClaimVerdict.CONSISTENT and not named:
        return text("it holds, but no wrong recipe was named that must fail")
    return judgement_meaning(judgement.verdict)


def row(claim: Claim, held_out: str, *, shown: bool) -> dict[str, str]:
    """Return a claim as texts; where it stands by itself is ``shown`` in a family."""
    expected, reading = claim.expectation, claim.reading
    share = expected.judge == "quantiles"
    centre = write(expected, reading.centre, share=share)
    kept = text("{k} of {n} values", k=f"{len(claim.values):,}", n=f"{claim.asked:,}")
    standing = {
        Standing.INSIDE: "",
        Standing.OUTSIDE: text("outside"),
        Standing.OPEN: text("cannot be told"),
    }[reading.standing]
    return {
        "claim": text(expected.claim),
        "quantity": quantity_words(expected, held_out),
        "number": number_words(expected),
        "source": source_words(expected),
        "centre": centre if claim.values else text("no value"),
        "interval": interval_words(claim),
        "kept": kept,
        "standing": standing if shown else "",
    }


BOUNDLESS = 1e9
"""A band that reaches so far has no upper end."""


def number_words(expected: Expectation) -> str:
    """Write the number, or the band, of a claim, with the digits that were given."""
    low, high = (
        write(expected, x, digits=digits_of(x)) for x in (expected.published, expected.upper)
    )
    bounded = expected.judge == "rate" or is_share(expected)
    if expected.has_band and expected.upper >= (1 if bounded else BOUNDLESS):
        return text("at least {number}", number=low)
    if expected.has_band and expected.judge == "rate" and expected.published <= 0:
        return text("at most {number}", number=high)
    if expected.has_band:
        return between(low, high)
    if expected.judge == "median" and not expected.runs:
        tolerance = f"{100 * expected.tolerance:g}"
        return text("{number} ± {tolerance} %", number=low, tolerance=tolerance)
    return low


def digits_of(value: float) -> int:
    """Return how many significant digits a number was given with, 6 at most.

    >>> digits_of(0.0042), digits_of(86.95), digits_of(123.0)
    (2, 4, 3)
    """
    mantissa = f"{value:.6g}".partition("e")[0]
    return max(1, len(mantissa.replace(".", "").lstrip("-0")))


def interval_words(claim: Claim) -> str:
    """Write the interval that was measured, and what lies in it."""
    expected, reading = claim.expectation, claim.reading
    if math.isnan(reading.low):
        return text("no interval")
    share = expected.judge == "quantiles"
    ends = between(*(write(expected, x, share=share) for x in (reading.low, reading.high)))
    runs = f"{expected.runs:,}"
    if expected.judge == "median" and expected.runs:
        return text("the median of {runs} runs falls in {ends}", runs=runs, ends=ends)
    return {
        "prediction": text("one more replicate falls in {ends}", ends=ends),
        "mean": text("the mean of {runs} runs falls in {ends}", runs=runs, ends=ends),
        "median": text("the median lies in {ends}", ends=ends),
        "range": text("the median lies in {ends}", ends=ends),
        "rate": text("the share lies in {ends}", ends=ends),
        "sd": text("the sd of {runs} runs falls in {ends}", runs=runs, ends=ends),
        "quantiles": text("of replicates in the band; {ends} are allowed", ends=ends),
    }[expected.judge]


def is_share(expected: Expectation) -> bool:
    """Whether the quantity is a share, or a difference of shares."""
    metric = METRICS.get(expected.measure)
    return metric is not None and metric.unit == "%" and expected.quantity != "crossing"


def write(expected: Expectation, value: float, *, share: bool = False, digits: int = 0) -> str:
    """Write a value of the quantity, in per cent or points where that is its unit."""
    if share or expected.judge == "rate":
        return f"{number(100 * value, digits or 4)} %"
    if is_share(expected):
        if expected.quantity in ("gap", "difference"):
            return points(number(100 * value, digits or 3))
        return f"{number(100 * value, digits or 4)} %"
    return number(value, digits or 3)


def between(low: str, high: str) -> str:
    """Write a range."""
    return text("{low} to {high}", low=low, high=high)
