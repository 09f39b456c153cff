"""What the rules find in the run: a few lines for each code, however many arms show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from ...studies.designs.design_function import Level
from ...studies.metrics import after_its_set
from ..findings import FINDINGS
from ..findings.diagnosis import Group, diagnose
from ..findings.finding import Finding, Severity
from ..language.messages import capital, counted, series, text
from ..language.numbers import number
from ..page.words import arm_words, levels_words, since
from ..statistics.analysis import Analysis
from ..statistics.frames import Results
from .section import Section, made

MOST_ARMS = 200
"""Arms listed for each code; ``paribus findings`` lists all."""


@dataclass(frozen=True)
class Item:
    """The lines of one code: what and where, the evidence, what did not show it, every arm."""

    severity: Severity
    mark: str
    title: str
    sentence: str
    trial: str
    evidence: str
    counterfactual: str
    arms: list[str]
    summary: str


def section(analysis: Analysis) -> Section:
    """List the findings, or say plainly that there is none."""
    results = analysis.results
    groups = diagnose(results)
    values = {
        "rules": counted("{n} rule", "{n} rules", len(FINDINGS)),
        "trials": counted("{n} trial", "{n} trials", len(results.trials)),
    }
    if groups:
        looked = text("{rules} looked at {trials}.", **values)
    else:
        looked = text("No finding: {rules} looked at {trials} and none of them fired.", **values)
    return made(
        "findings",
        text("Findings"),
        "findings.html",
        items=[item(results, group) for group in groups],
        looked=looked,
        stop=text("."),
    )


def item(results: Results, group: Group) -> Item:
    """Return the lines of one code; the arm with the most replicates that show it speaks for all.

    Of several such arms the one whose number passes its threshold by most.
    """
    findings, rule = group.findings, group.rule
    worst = max(findings, key=lambda f: (f.k / f.n, excess(f)))
    clause = rule.sentence(worst.evidence)
    arms = [f.arm for f in findings if f.arm is not None]
    if worst.arm is None or len(results.study.arms) == 1:
        sentence = text("{clause}.", clause=capital(clause))
    elif len(arms) == 1:
        sentence = text(
            "With {arm}: {clause}.", arm=arm_words(results.arm(worst.arm)), clause=clause
        )
    else:
        sentence = text(
            "{where}. As with {arm}: {clause}.",
            where=where(results, arms),
            arm=arm_words(results.arm(worst.arm)),
            clause=clause,
        )
    rows = [
        text("{arm}: {share}", arm=arm_words(results.arm(f.arm)), share=of(f.k, f.n))
        for f in findings[:MOST_ARMS]
        if f.arm is not None
    ]
    return Item(
        rule.severity,
        severity_words(rule.severity),
        rule.title,
        sentence,
        worst.evidence.trial_id,
        evidence_words(worst),
        counterfactual(results, worst),
        rows if len(rows) > 1 else [],
        counted("the {n} arm", "the {n} arms", len(arms)),
    )


def excess(finding: Finding) -> float:
    """Return by how many times the number passes its threshold, either way."""
    value, limit = abs(finding.evidence.number), abs(finding.evidence.threshold)
    return max(value / limit, limit / value) if value and limit else float("inf")


def severity_words(severity: Severity) -> str:
    """Name a severity."""
    return {"serious": text("serious"), "warning": text("warning"), "note": text("note")}[severity]


def of(k: int, n: int) -> str:
    """Say how many replicates show something."""
    return counted("{k} of {n} replicate", "{k} of {n} replicates", n, k=k)


def where(results: Results, arms: list[int]) -> str:
    """Say how many arms show a finding, and what they alone have in common.

    That is one level, or two together, which all of them have and no other arm.
    """
    count = counted("In {k} of {n} arm", "In {k} of {n} arms", len(results.study.arms), k=len(arms))
    common = common_levels(results, arms)
    if not common:
        return count
    return text("{count}, all those with {levels}", count=count, levels=levels_words(common))


def common_levels(results: Results, arms: list[int]) -> list[Level]:
    """Return the one or two levels that these arms have and no other, if there are such."""
    wanted = set(arms)
    first = results.arm(arms[0])
    shared = [
        level
        for level in (first.level(path) for path in results.axes)
        if all(results.arm(a).level(level.path).label == level.label for a in arms)
    ]
    candidates: Iterable[tuple[Level, ...]] = (*combinations(shared, 1), *combinations(shared, 2))
    for levels in candidates:
        having = {
            position
            for position, arm in enumerate(results.study.arms)
            if all(arm.level(level.path).label == level.label for level in levels)
        }
        if having == wanted:
            return list(levels)
    return []


def evidence_words(finding: Finding) -> str:
    """Write the evidence: how many replicates, the trial's layer, epoch, number and threshold."""
    evidence = finding.evidence
    parts = [of(finding.k, finding.n)] if finding.arm is not None else []
    if evidence.layer is not None and evidence.layer > 0:
        parts.append(text("layer {layer}", layer=evidence.layer))
    if evidence.epoch is not None:
        parts.append(text("epoch {epoch}", epoch=number(evidence.epoch)))
    parts.append(
        text(
            "{quantity} {number}, threshold {threshold}",
            quantity=after_its_set(evidence.quantity.replace("_", " "), text(evidence.held_out)),
            number=number(evidence.number),
            threshold=number(evidence.threshold),
        )
    )
    parts.append(text("rule {code}, version {n}", code=finding.code, n=finding.version))
    return series(parts)


def counterfactual(results: Results, finding: Finding) -> str:
    """Say what became of the same replicates in an arm that differs in one level.

    Where one of the two is a fork, the level differs from its epoch on.
    """
    other = finding.counterfactual
    if other is None:
        return ""
    arms = [results.arm(i) for i in (other.arm, finding.arm) if i is not None]
    origin = next((arm.origin for arm in arms if arm.origin), None)
    level = since(origin, levels_words([arms[0].level(other.path)]))
    if other.k:
        return text(
            "Of the same {n} replicates with {level}, all else equal, {k} show it, too.",
            n=other.n,
            level=level,
            k=other.k,
        )
    return counted(
        "The same {n} replicate with {level}, all else equal, does not show it.",
        "The same {n} replicates with {level}, all else equal, do not show it.",
        other.n,
        level=level,
    )
