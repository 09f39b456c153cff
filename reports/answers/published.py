"""The answer to "are the published numbers so": how many agree, and what wrong recipes do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ...core.inference.standing import Standing
from ..language.messages import capital, clauses, counted, listed, text
from ..language.verdicts import judgement_words
from ..statistics.analysis import Analysis
from ..statistics.judges import ClaimVerdict
from ..statistics.verdicts import Judgement
from . import comparison
from .answer import Answer


def answer(analysis: Analysis) -> Answer:
    """Count the numbers that agree, the published ones first, and the wrong recipes that do."""
    published = [j for j in analysis.judgements if level_of(j) == "published"]
    references = [j for j in analysis.judgements if level_of(j) != "published"]
    said = [agreeing(published)] if published else []
    said += [agreeing(references, alone=not published)] if references else []
    return Answer(
        text("{clauses}.", clauses=capital(clauses(said))),
        takeaway(analysis.judgements),
        comparison.counts(analysis),
    )


def level_of(judgement: Judgement) -> str:
    """Return whose numbers are judged together; a family is published if one number is."""
    levels = {claim.expectation.level for claim in judgement.claims}
    return "published" if "published" in levels else "reference"


def agreeing(judgements: Sequence[Judgement], *, alone: bool = True) -> str:
    """Say how many numbers lie where the recipe puts them, and how many wrong recipes do so.

    Reference values are not ``alone`` where published numbers were told of before.
    """
    claims = [claim for judgement in judgements for claim in judgement.claims]
    k = sum(claim.reading.standing is Standing.INSIDE for claim in claims)
    if level_of(judgements[0]) == "published":
        numbers = counted(
            "{k} of {n} published number lies where the recipe puts it",
            "{k} of {n} published numbers lie where the recipe puts them",
            len(claims),
            k=k,
        )
    elif alone:
        numbers = counted(
            "{k} of {n} independent reference value lies where the recipe puts it",
            "{k} of {n} independent reference values lie where the recipe puts them",
            len(claims),
            k=k,
        )
    else:
        numbers = counted(
            "{k} of {n} independent reference value does, too",
            "{k} of {n} independent reference values do, too",
            len(claims),
            k=k,
        )
    apart = {change for judgement in judgements for change in judgement.rejected}
    wrong = apart.union(*(judgement.kept for judgement in judgements))
    if not wrong:
        return numbers
    if apart:
        recipes = counted(
            "and {n} of {of} wrong recipes fails them",
            "and {n} of {of} wrong recipes fail them",
            len(apart),
            of=len(wrong),
        )
    else:
        recipes = counted(
            "but the {n} wrong recipe fits them, too",
            "but all {n} wrong recipes fit them, too",
            len(wrong),
        )
    return text("{numbers}, {recipes}", numbers=numbers, recipes=recipes)


def takeaway(judgements: Iterable[Judgement]) -> str:
    """Count all four verdicts."""
    judgements = list(judgements)
    counts = Counter(judgement.verdict for judgement in judgements)
    said = listed(
        text("{n} {verdict}", n=counts[v], verdict=judgement_words(v)) for v in ClaimVerdict
    )
    claims = sum(len(judgement.claims) for judgement in judgements)
    if claims == len(judgements):
        return counted("{n} claim: {said}.", "{n} claims: {said}.", claims, said=said)
    return counted(
        "{n} judgement on {claims} claims: {said}.",
        "{n} judgements on {claims} claims: {said}.",
        len(judgements),
        claims=claims,
        said=said,
    )
