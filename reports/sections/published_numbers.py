"""Published numbers, judged: a row for each claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ..language.messages import clauses, counted, series, text
from ..language.numbers import number
from ..language.verdicts import judgement_words
from ..page.words import levels_words
from ..statistics.analysis import Analysis
from ..statistics.verdicts import Judgement
from .section import Section, made


def section(analysis: Analysis) -> Section | None:
    """List the claims with their verdicts, where the study has any."""
    if not analysis.judgements:
        return None
    counts = Counter(judgement.verdict for judgement in analysis.judgements)
    claims = len(analysis.judgements)
    takeaway = series(
        (
            counted(
                "{reproduced} of {n} claim is reproduced",
                "{reproduced} of {n} claims are reproduced",
                claims,
                reproduced=counts["reproduced"],
            ),
            counted("{n} is consistent", "{n} are consistent", counts["consistent"]),
            text("{n} contradicted", n=counts["contradicted"]),
        )
    )
    return made(
        "verdicts",
        text("Published numbers, judged"),
        "published_numbers.html",
        takeaway=text("{clauses}.", clauses=takeaway),
        heads=[
            text("claim"),
            text("published"),
            text("here"),
            text("interval or band"),
            text("verdict"),
            text("wrong recipes that fail"),
            text("that pass as well"),
        ],
        rows=[row(judgement) for judgement in analysis.judgements],
        caption=text(
            "A claim is reproduced where it holds and at least one wrong recipe fails the same "
            "judgement; consistent where every wrong recipe passes too, so that it proves little."
        ),
    )


def row(judgement: Judgement) -> dict[str, str]:
    """Return a judged expectation as texts."""
    expected = judgement.expectation
    write: Callable[[float], str] = percentage if expected.scale == "logit" else number
    published = write(expected.published)
    if expected.judge == "range":
        published = between(published, write(expected.upper))
    return {
        "claim": expected.claim,
        "published": published,
        "centre": write(judgement.centre),
        "interval": between(write(judgement.low), write(judgement.high)),
        "judge": {
            "prediction": text("in the prediction interval"),
            "median": text(
                "median within {tolerance} %", tolerance=f"{100 * expected.tolerance:g}"
            ),
            "range": text("median in the band"),
        }[expected.judge],
        "verdict": judgement.verdict,
        "verdict_words": judgement_words(judgement.verdict),
        "rejected": clauses(map(levels_words, judgement.rejected)) or text("none"),
        "kept": clauses(map(levels_words, judgement.kept)) or text("none"),
    }


def between(low: str, high: str) -> str:
    """Write a range."""
    return text("{low} to {high}", low=low, high=high)


def percentage(share: float) -> str:
    """Write a share in per cent, to four digits."""
    return f"{number(100 * share, 4)} %"
