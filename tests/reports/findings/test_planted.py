"""Precision and recall of the rules, measured on planted failures and healthy trainings.

``pytest -m slow -s tests/reports/findings/test_planted.py`` trains all of the held-out half and
prints the table.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from paribus.reports.findings import FINDINGS
from paribus.reports.findings.finding_function import TrialFinding
from paribus.reports.findings.observed import Observed
from planted import ENDED, LASTS, PLANTS, Plant, train

RULES = [rule for rule in FINDINGS if isinstance(rule, TrialFinding)]
BOUNDS = {"still-improving": (0.6, 0.7)}
"""The least precision and recall; 0.85 both for codes that are not named."""
QUICK = [
    p for p in PLANTS if p.half == "held-out" and p.name.startswith(("healthy", "tanh N", "neg"))
][::3]


def shown(observed: Observed) -> list[set[str]]:
    """Return the codes that each trial shows."""
    codes: list[set[str]] = [set() for _ in observed.ids]
    for rule in RULES:
        with np.errstate(all="ignore"):
            look = rule.look(observed)
        for row in np.flatnonzero(look.shows & ~np.isnan(look.number)):
            codes[row].add(rule.code)
    return codes


def judged(planted: Plant, folder: Path) -> list[tuple[set[str], set[str], set[str]]]:
    """Train a plant; return for each trial what it shows, must show and may show."""
    observed = Observed(train(planted, folder))
    rows = [(codes, set(planted.shows), set(planted.may)) for codes in shown(observed)]
    if planted.trained_on:
        epochs = planted.recipe["epochs"]
        longer = Observed(train(planted, folder / "longer", epochs=2 * epochs)).validation
        gain = (longer[:, epochs] - longer[:, epochs:].min(axis=1)) / observed.chance
        for row, (_, must, may) in enumerate(rows):
            must.discard("still-improving")
            if gain[row] > LASTS:
                must.add("still-improving")
            elif gain[row] > ENDED:
                may.add("still-improving")
    return rows


def table(rows: list[tuple[set[str], set[str], set[str]]]) -> dict[str, tuple[int, int, int, int]]:
    """Return for each code the trials that show it rightly, in vain and not, and the others."""
    counts = {}
    for code in (rule.code for rule in RULES):
        right = sum(code in codes and code in must for codes, must, _ in rows)
        missed = sum(code not in codes and code in must for codes, must, _ in rows)
        apart = [codes for codes, must, may in rows if code not in must | may]
        vain = sum(code in codes for codes in apart)
        counts[code] = right, vain, missed, len(apart) - vain
    return counts


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_precision_and_recall_on_the_half_that_chose_no_threshold(tmp_path):
    rows = []
    for index, planted in enumerate(PLANTS):
        if planted.half == "held-out":
            rows += judged(planted, tmp_path / str(index))
    counts = table(rows)
    print(f"\n{len(rows)} trials\n{'code':20} precision recall  right in-vain missed silent")
    for code, (right, vain, missed, silent) in counts.items():
        precision, recall = right / max(1, right + vain), right / (right + missed)
        print(f"{code:20} {precision:9.2f} {recall:6.2f} {right:6} {vain:7} {missed:6} {silent:6}")
        least_precision, least_recall = BOUNDS.get(code, (0.85, 0.85))
        assert precision >= least_precision, code
        assert recall >= least_recall, code
        assert vain <= 0.05 * (vain + silent), code


@pytest.mark.parametrize("planted", QUICK, ids=lambda p: p.name)
def test_a_few_of_them_quickly(planted, tmp_path):
    for codes in shown(Observed(train(planted, tmp_path))):
        assert planted.shows <= codes <= planted.shows | planted.may | {"still-improving"}


def test_every_rule_is_planted_on_both_halves():
    for half in ("tuning", "held-out"):
        planted = set().union(*(p.shows for p in PLANTS if p.half == half))
        assert planted == {rule.code for rule in RULES}
        assert sum(not p.shows for p in PLANTS if p.half == half) >= 12
