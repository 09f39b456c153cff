"""Error rates of a report's claims over simulated studies, each within its stated bound."""

from __future__ import annotations

import math

import pytest
from inference import LAWS, Law, false_claims, limit, with_a_better_arm

LAW = {law.name: law for law in LAWS}
by_law = pytest.mark.parametrize("law", LAWS, ids=LAW)


def least_coverage(studies: int) -> float:
    """Return what coverage of .95 may be in so many studies: 2.5 sd less."""
    return 1.0 - limit(studies)


@by_law
def test_few_pairs_claim_nothing_and_more_are_rarely_wrong(law: Law):
    assert false_claims(law, 2, 3, 5) == 0
    assert false_claims(law, 2, 10, 100) <= limit(100)
    assert false_claims(law, 6, 6, 60) <= limit(60)


@by_law
def test_a_better_arm_is_covered_and_seen(law: Law):
    covered, power = with_a_better_arm(law, 2, 10, 60)
    assert math.isnan(covered) == (law.name == "diverging")
    assert not covered < least_coverage(60)
    assert power > {"bimodal": 0.2, "diverging": 0.2}.get(law.name, 0.85)


@pytest.mark.slow
@pytest.mark.timeout(900)
@by_law
@pytest.mark.parametrize(("arms", "pairs"), [(2, 6), (2, 30), (8, 10), (8, 30), (35, 10)])
def test_claims_are_rarely_wrong(law: Law, arms: int, pairs: int):
    studies = 400 if arms < 35 else 100
    assert false_claims(law, arms, pairs, studies) <= limit(studies)
    covered, _ = with_a_better_arm(law, arms, pairs, 100)
    assert not covered < least_coverage(100)
