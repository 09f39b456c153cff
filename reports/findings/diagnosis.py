"""Diagnosis: every rule asked of a run, and its findings as a list and as a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from ...cluster.folder.run import Run
from ...core.errors import InputError
from ..language.messages import capital, text
from ..statistics.frames import Results, results_of
from . import FINDINGS
from .finding import SEVERITIES, Finding
from .finding_function import FindingFunction
from .observed import Observed


@dataclass(frozen=True)
class Group:
    """What one rule finds, the arm with the most replicates first."""

    rule: FindingFunction
    findings: tuple[Finding, ...]


def diagnose(results: Results, rules: Sequence[FindingFunction] = FINDINGS) -> list[Group]:
    """Return what is found, grouped by rule, the gravest first."""
    observed = Observed(results)
    groups = [Group(rule, tuple(rule.findings(observed))) for rule in rules]
    return sorted(
        (group for group in groups if group.findings),
        key=lambda group: SEVERITIES.index(group.rule.severity),
    )


COLUMNS = (
    "code",
    "version",
    "severity",
    "arm",
    "replicates",
    "of",
    "trial_id",
    "layer",
    "epoch",
    "quantity",
    "number",
    "threshold",
    "counterfactual",
    "counterfactual_replicates",
    "counterfactual_of",
    "sentence",
)


def findings(run: Run) -> pd.DataFrame:
    """Return the findings of a run, one row for each rule and arm, the gravest first.

    ``replicates`` of ``of`` show it; ``trial_id``, ``layer``, ``epoch``, ``number`` and
    ``threshold`` are of the trial that stands for them. ``counterfactual`` is an arm that differs
    in one level, in which ``counterfactual_replicates`` of the same ``counterfactual_of`` show it.

    Raises
    ------
    InputError
        If no trial is finished yet.
    """
    results = results_of(run)
    if results.trials.empty:  # or there are only those that a design tunes on
        raise InputError(f"{run.path} holds no finished trial yet; there is nothing to diagnose")
    rows = [
        row(results, group.rule, each) for group in diagnose(results) for each in group.findings
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    whole = ["layer", "counterfactual_replicates", "counterfactual_of"]
    return frame.astype(dict.fromkeys(whole, "Int64"))


def row(results: Results, rule: FindingFunction, finding: Finding) -> dict[str, object]:
    """Return a finding as a row of the frame."""
    evidence, other = finding.evidence, finding.counterfactual
    return {
        "code": finding.code,
        "version": finding.version,
        "severity": finding.severity,
        "arm": "" if finding.arm is None else results.arm(finding.arm).label,
        "replicates": finding.k,
        "of": finding.n,
        "trial_id": evidence.trial_id,
        "layer": evidence.layer,
        "epoch": evidence.epoch,
        "quantity": evidence.quantity,
        "number": evidence.number,
        "threshold": evidence.threshold,
        "counterfactual": results.arm(other.arm).label if other else "",
        "counterfactual_replicates": other.k if other else None,
        "counterfactual_of": other.n if other else None,
        "sentence": capital(text("{clause}.", clause=rule.sentence(evidence))),
    }
